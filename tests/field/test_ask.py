# SPDX-License-Identifier: Apache-2.0
"""Who asks an agent: before it knows, for keys of any bytes, when others hold its socket, at the
place where no agent is; and how tags look in a table."""
import contextlib
import grp
import json
import os
import signal
import socket
import subprocess

from field import Field, known, slow, stories

NOBODY_THERE = "192.0.2.1:7847"
NOT_JOINED = "hearsay: this agent has not joined yet: it knows no more than itself\n"
SYSTEM = "/run/hearsay/hearsayd.sock"


def up(f, host):
    f.wait(lambda: host.try_ask("status"), 10)
    return host


def connect(host, *requests):
    """A connection that makes these requests and does not read."""
    sock = socket.socket(socket.AF_UNIX)
    sock.connect(host.control)
    with contextlib.suppress(BrokenPipeError):  # it may be turned away before it has asked
        for request in requests:
            sock.sendall(json.dumps(request).encode() + b"\n")
    return sock


def can_ask(host):
    return host.tool("--timeout", "2", "status").returncode == 0


# ---- it does not know yet ------------------------------------------------------------------------


def a_lookup_before_it_has_joined_says_so():
    """The owner was itself, and the exit code 0."""
    with Field() as f:
        a, b = f.host("a"), f.host("b")
        up(f, a.start(join=b))
        done = a.tool("lookup", "k")
        assert (done.returncode, done.stderr) == (4, NOT_JOINED), done
        answer = json.loads(a.tool("lookup", "k", "--json").stdout)
        assert answer["ready"] is False and answer["isolated"] is False, answer
        for words in (["members"], ["ring"], ["status"], ["why", "a"]):
            done = a.tool(*words)
            assert (done.returncode, done.stderr) == (0, NOT_JOINED), done
        b.start()
        f.agree()
        f.wait(lambda: a.ask("status")["ready"], 10)
        done = a.tool("lookup", "k")
        assert (done.returncode, done.stderr) == (0, ""), done


def ten_seconds_alone_make_nobody_ready():
    """They did, and a service that waited for it began with an empty cluster."""
    with Field() as f:
        a = up(f, f.host("a").start(join=NOBODY_THERE))
        f.never(lambda: a.ask("status")["ready"] or a.events("ready"), 11, "it is ready")
        assert a.ask("status")["uptime_us"] > 10_500_000
        assert a.tool("lookup", "k").returncode == 4


@known
def an_agent_with_nobody_to_ask_is_ready_at_once():
    with Field() as f:
        a = f.host("a").start()
        b = f.host("b")
        b.start(join=b)
        for one in (a, b):
            f.wait(lambda: one.events("ready", reason="alone"), 5)  # pylint: disable=W0640
            assert one.tool("lookup", "k").returncode == 0


# ---- waiting -------------------------------------------------------------------------------------


def a_script_waits_for_the_cluster():
    with Field() as f:
        a, b, c = f.host("a"), f.host("b"), f.host("c")
        waiting = a.spawn(f.hearsay, "--control", a.control, "wait", "--ready", "--members", "3",
                          "--alive", "c", "--timeout", "1m", stdout=subprocess.PIPE)
        a.start()
        b.start(join=a)
        f.agree(a, b)
        assert waiting.running()
        done = a.tool("wait", "--members", "3", "--timeout", "1")
        assert (done.returncode, done.stderr) == (
            1, "hearsay: wait: not so after 1 s: 2 of 3 members are alive\n"), done
        c.start(join=b)
        assert waiting.ends(20) == 0


# ---- the socket is taken -------------------------------------------------------------------------


def idle_connections_do_not_lock_the_operator_out():
    with Field() as f:
        a = up(f, f.host("a").start())
        crowd = [connect(a) for _ in range(64)]
        f.wait(lambda: can_ask(a), 10)
        for sock in crowd:
            sock.close()


@slow
def idle_connections_end_after_a_minute():
    with Field() as f:
        a = up(f, f.host("a").start())
        with connect(a) as idle, connect(a, {"cmd": "monitor"}) as monitor:
            assert monitor.recv(100) == b'{"ok":true}\n'
            idle.settimeout(80)
            assert idle.recv(1) == b"", "it ends"
            monitor.setblocking(False)
            f.never(lambda: b"" == heard(monitor), 1, "the monitor ends, too")


def heard(sock):
    try:
        return sock.recv(1 << 16)
    except BlockingIOError:
        return None


def stopped_monitors_do_not_lock_the_operator_out():
    with Field() as f:
        a = up(f, f.host("a").start())
        stopped = [a.spawn(f.hearsay, "--control", a.control, "monitor",
                           stderr=subprocess.DEVNULL) for _ in range(64)]
        f.wait(lambda: sum(one.running() for one in stopped) <= 48, 20)
        for one in stopped:
            if one.running():
                one.proc.send_signal(signal.SIGSTOP)
        f.wait(lambda: can_ask(a), 10)


def who_is_turned_away_is_told():
    with Field() as f:
        a = up(f, f.host("a").start())
        crowd = [connect(a, {"cmd": "monitor"}) for _ in range(48)]
        crowd += [connect(a, *[{"cmd": "ring", "ranges": True}] * 100) for _ in range(16)]
        f.wait(lambda: "64 clients are served already" in a.tool("status").stderr, 10)
        line = f.wait(lambda: a.said("clients", level="warn"), 10)[0]
        assert line["event"] == "refuse" and line["uid"] == os.getuid(), line
        for sock in crowd:
            sock.close()
        f.wait(lambda: can_ask(a), 10)


def descriptors_used_up_by_clients_cost_no_time():
    """94 % of a processor, and no line."""
    with Field() as f:
        assert f.names  # it knows no such host, and says so at once
        a = up(f, f.host("a").start(files=30))
        pid = a.ask("status")["pid"]
        crowd = [connect(a, {"cmd": "monitor"}) for _ in range(40)]
        before = seconds(pid)
        f.never(lambda: seconds(pid) - before > 0.5, 3, "it spins")
        f.wait(lambda: can_ask(a), 10)
        assert a.ask("join", addrs=["no.such.host.invalid"], timeout=30)["ok"], "it ends"
        for sock in crowd:
            sock.close()


def seconds(pid):
    """Of the processor, since its start."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


# ---- keys ----------------------------------------------------------------------------------------


def keys_are_any_bytes():
    with Field() as f:
        a = up(f, f.host("a").start())
        raw = a.tool("lookup", b"\xff\xfe", "--json")
        assert raw.returncode == 0, raw
        raw = json.loads(raw.stdout)
        assert raw["key_hex"] == "fffe" and "key" not in raw
        assert json.loads(a.tool("lookup", "--hex", "fffe", "--json").stdout) == raw
        text = json.loads(a.tool("lookup", "\xff\xfe", "--json").stdout)
        assert text["key_hex"] == "c3bfc3be" and text["hash"] != raw["hash"]
        assert f"hash       {raw['hash']}" in a.tool("lookup", "--hex", "fffe").stdout
        typed = a.tool("lookup", "-", "--json", stdin="user:42")
        assert json.loads(typed.stdout)["key"] == "user:42", typed


# ---- whom the tool asks --------------------------------------------------------------------------


def an_ordinary_user_finds_the_systems_agent():
    """The tool looked in /run/user alone."""
    with Field() as f:
        a = f.host("a")
        group = grp.getgrnam("games").gr_gid
        a.shell("mkdir /run/hearsay && chmod 755 /run/hearsay && chown daemon /run/hearsay")
        a.shell("mkdir -p /run/user/65534 && chown nobody /run/user/65534")
        a.start("--control-group", "games", control=SYSTEM, user="daemon", groups=[group])
        f.wait(lambda: a.run("test", "-S", SYSTEM).returncode == 0, 10)
        members = dict(user="nobody", control=False)
        f.wait(lambda: a.tool("members", groups=[group], **members).returncode == 0, 10)
        done = a.tool("members", groups=[group], env={"XDG_RUNTIME_DIR": "/run/user/65534"},
                      **members)
        assert done.returncode == 0 and "a " in done.stdout, done
        done = a.tool("members", **members)
        assert done.returncode == 3 and done.stderr.startswith(
            f"hearsay: not allowed to use {SYSTEM}: Permission denied"), done
        a.stop()
        done = a.tool("members", **members)
        assert done.returncode == 3 and all(
            path in done.stderr for path in ("/run/user/65534/hearsayd.sock",
                                             "/tmp/hearsayd-65534.sock", SYSTEM)), done


FORGER = """
import os, socket
s = socket.socket(socket.AF_UNIX)
s.bind("/tmp/hearsayd-65534.sock"); os.chmod("/tmp/hearsayd-65534.sock", 0o777); s.listen(4)
while True:
    c, _ = s.accept()
    c.makefile("rb").readline()
    c.sendall(b'{"ok":true,"owners":[{"name":"evil","addr":"-","status":"alive"}]}\\n')
"""


def a_socket_that_somebody_put_into_tmp_is_not_believed():
    with Field() as f:
        a = f.host("a")
        a.disk("/tmp", "1m", mode="1777", keep=f.kept_folders())
        a.spawn("python3", "-c", FORGER, user="daemon", stderr=subprocess.DEVNULL)
        f.wait(lambda: a.shell("test -S /tmp/hearsayd-65534.sock").returncode == 0, 10)
        done = a.tool("lookup", "k", user="nobody", control=False)
        assert done.returncode == 3 and "evil" not in done.stdout, done
        assert done.stderr.startswith("hearsay: the socket /tmp/hearsayd-65534.sock is of user 1, "
                                      "and in a directory that others may write only one of root "
                                      "or of your own is believed"), done


# ---- tags ----------------------------------------------------------------------------------------


def a_tag_in_the_table_is_one_tag():
    with Field() as f:
        a = up(f, f.host("a", "--tag", "note=x,role=db").start())
        table = a.tool("members").stdout
        assert "role=db" not in table and 'note="x,role\\x3ddb"' in table, table
        done = a.tool("tags", "set", "note=x\nrole=db")
        assert done.returncode == 2 and "must not hold a newline" in done.stderr, done
        assert a.ask("tags-set", tags={"note": "x\nrole=db"})["error"] == "usage"
        a.tool("tags", "set", "role=db")
        assert "role=db" in a.tool("members").stdout


if __name__ == "__main__":
    stories([a_lookup_before_it_has_joined_says_so, ten_seconds_alone_make_nobody_ready,
             an_agent_with_nobody_to_ask_is_ready_at_once, a_script_waits_for_the_cluster,
             idle_connections_do_not_lock_the_operator_out, idle_connections_end_after_a_minute,
             stopped_monitors_do_not_lock_the_operator_out, who_is_turned_away_is_told,
             descriptors_used_up_by_clients_cost_no_time, keys_are_any_bytes,
             an_ordinary_user_finds_the_systems_agent,
             a_socket_that_somebody_put_into_tmp_is_not_believed, a_tag_in_the_table_is_one_tag])
