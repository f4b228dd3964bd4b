#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Asking an agent: before it knows, with keys of any bytes, waiting for it, and when others have
taken its places."""

import contextlib
import grp
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import time

from agents import Cluster, Skip, free_port, run_tests, wait_until

FAST = ["--profile", "local"]
VIEWS = [("members", {}), ("status", {}), ("ring", {}), ("ring-history", {}),
         ("ring-plan", {"add": [{"name": "x"}]}), ("lookup", {"key": "k"}), ("why", {"name": "a"})]


def tool(agent, *args, limit=30, **popen):
    """(exit code, stdout, stderr) of the tool."""
    env = {**os.environ, "HEARSAY_CONTROL": agent.control, "LC_ALL": "C.UTF-8"}
    done = subprocess.run([os.environ["HEARSAY"], *args], env=env, capture_output=True,
                          timeout=limit, check=False, **popen)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def start_tool(agent, *args):
    env = {**os.environ, "HEARSAY_CONTROL": agent.control, "LC_ALL": "C.UTF-8"}
    return subprocess.Popen([os.environ["HEARSAY"], *args], env=env, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE)


def ended(process, limit=10):
    out, err = process.communicate(timeout=limit)
    return process.returncode, out.decode(), err.decode()


# ---- before it knows -----------------------------------------------------------------------------


def worth(agent):
    said = {(answer["ready"], answer["isolated"]) for answer in
            (agent.ask(command, **fields) for command, fields in VIEWS)}
    assert len(said) == 1, said
    return said.pop()


def asked_before_it_has_joined():
    with Cluster(FAST) as cluster:
        seed = cluster.agent("seed")
        one = cluster.agent("a").start(join=[seed.addr])
        wait_until(lambda: one.try_ask("status"), 5)
        assert worth(one) == (False, False)
        code, out, err = tool(one, "lookup", "k")
        assert code == 4 and "a" in out and "has not joined yet" in err, (code, out, err)
        code, out, err = tool(one, "members")
        assert code == 0 and "has not joined yet" in err, (code, out, err)
        seed.start()
        wait_until(lambda: one.ask("status")["ready"], 15, lambda: f"{one.lines}")
        assert worth(one) == worth(seed) == (True, False)
        assert tool(one, "lookup", "k")[::2] == (0, "")
        ready, = one.events("ready")
        assert ready["reason"] == "joined"
        assert seed.events("ready")[0]["reason"] == "alone", "it has no seed"


def others_join_an_agent_whose_seeds_are_down():
    """It has joined, too: its view is theirs."""
    with Cluster(FAST) as cluster:
        one = cluster.agent("a").start(join=[f"127.0.0.1:{free_port()}"])
        wait_until(lambda: one.try_ask("status"), 5)
        other = cluster.agent("b").start(join=[one.addr])
        wait_until(lambda: one.ask("status")["ready"], 10, cluster.describe)
        wait_until(lambda: other.ask("status")["ready"], 10, cluster.describe)
        assert one.events("ready")[0]["reason"] == "joined"


def its_own_address_is_no_seed_to_wait_for():
    with Cluster(FAST) as cluster:
        alone = cluster.agent("a")
        alone.start(join=[alone.addr])
        wait_until(lambda: alone.events("ready", reason="alone"), 5)
        both = cluster.agent("b")
        both.start(join=[both.addr, f"127.0.0.1:{free_port()}"])
        wait_until(lambda: len(both.events("join", result="closed")) > 1, 10)
        assert not both.ask("status")["ready"], "the other seed may still answer"


# ---- keys ----------------------------------------------------------------------------------------


def keys_are_bytes():
    with Cluster(FAST) as cluster:
        one = cluster.agent("a").start()
        wait_until(lambda: one.events("ready"), 5)

        def found(*args, **popen):
            code, out, err = tool(one, "lookup", "--json", *args, **popen)
            assert code == 0, (args, out, err)
            answer = json.loads(out)
            return answer.get("key"), answer["key_hex"], answer["hash"]
        raw = found(b"\xff\xfe")
        assert raw[:2] == (None, "fffe"), raw
        assert raw == found("--hex", "FFFE") == found("-", input=b"\xff\xfe")
        assert raw == found("--hex", "-", input=b"fffe\n")
        latin = found("\xff\xfe")
        assert latin[:2] == ("\xff\xfe", "c3bfc3be") and latin[2] != raw[2], latin
        assert found("k") == found("--hex", "6b")
        assert found("-", input=b"a\0b")[:2] == (None, "610062")
        assert found("")[:2] == ("", "") and found("") == found("--hex", "")
        assert one.ask("lookup", key="\u00e9")["hash"] == one.ask("lookup", key_hex="c3a9")["hash"]
        for wrong in ({}, {"key": "k", "key_hex": "6b"}, {"key_hex": "6"}, {"key_hex": "6g"},
                      {"key_hex": 1}, {"key_hex": "0x6b"}, {"key": None}):
            answer = one.ask("lookup", **wrong)
            assert answer["error"] == "usage" and "key" in answer["message"], answer


# ---- waiting -------------------------------------------------------------------------------------


def waits_for_an_agent_that_is_started_later():
    with Cluster(FAST) as cluster:
        one = cluster.agent("a")
        waiting = start_tool(one, "wait", "--ready", "--timeout", "20")
        time.sleep(0.3)
        assert waiting.poll() is None
        one.start()
        assert ended(waiting) == (0, "", "")


def waits_for_members_and_names():
    with Cluster(FAST) as cluster:
        one = cluster.agent("a").start()
        wait_until(lambda: one.events("ready"), 5)
        members = start_tool(one, "wait", "--members", "2", "--timeout", "20", "--json")
        name = start_tool(one, "wait", "--alive", "b", "--ready", "--timeout", "20s")
        assert tool(one, "wait", "--members", "2", "--timeout", "1") == (
            1, "", "hearsay: wait: not so after 1 s: 1 of 2 members are alive\n")
        assert tool(one, "wait", "--alive", "b", "--timeout", "1") == (
            1, "", "hearsay: wait: not so after 1 s: no member named b\n")
        assert members.poll() is None and name.poll() is None
        other = cluster.agent("b").start(join=[one.addr])
        assert ended(name) == (0, "", "")
        code, out, err = ended(members)
        assert (code, err) == (0, "") and json.loads(out)["members"]["alive"] == 2, out
        other.kill()
        cluster.wait_status("b", "dead")
        assert tool(one, "wait", "--alive", "b", "--timeout", "1") == (
            1, "", "hearsay: wait: not so after 1 s: b is dead\n")


def waits_through_a_restart_and_gives_up_in_time():
    with Cluster(FAST) as cluster:
        one = cluster.agent("a").start()
        wait_until(lambda: one.events("ready"), 5)
        waiting = start_tool(one, "wait", "--members", "2", "--timeout", "30")
        one.signal(signal.SIGTERM)
        one.wait_exit()
        one.start()
        cluster.agent("b").start(join=[one.addr])
        assert ended(waiting, 30) == (0, "", "")
        one.signal(signal.SIGSTOP)
        began = time.monotonic()
        code, _, err = tool(one, "wait", "--alive", "b", "--timeout", "2")
        assert code == 1 and "wait: not so after 2 s: the agent at" in err, err
        assert time.monotonic() - began < 6
        one.signal(signal.SIGCONT)
        one.kill()
        code, _, err = tool(one, "wait", "--ready", "--timeout", "1")
        assert code == 1 and "not so after 1 s: no agent at " + one.control in err, err


# ---- places --------------------------------------------------------------------------------------

CLIENTS_MAX, MONITORS_MAX, KEPT = 64, 48, 8
UNREAD = [{"cmd": "ring", "ranges": True}] * 100  # answers that nobody reads keep a client busy


def connect(agent, *requests):
    """A connection on which these requests are made, and not waited for."""
    sock = socket.socket(socket.AF_UNIX)
    sock.connect(agent.control)  # blocking: waits in a queue of connections that is full
    sock.settimeout(5)
    with contextlib.suppress(BrokenPipeError):  # it may be turned away before it has asked
        for request in requests:
            sock.sendall(json.dumps(request).encode() + b"\n")
    return sock


def answer_of(sock):
    with sock.makefile("rb") as lines:
        return json.loads(lines.readline() or b"{}")


def served(agent):
    return (agent.try_ask("version") or {}).get("ok")


def idle_connections_lock_nobody_out():
    with Cluster(FAST) as cluster:
        one = cluster.agent("a").start()
        wait_until(lambda: one.events("ready"), 5)
        crowd = [connect(one) for _ in range(CLIENTS_MAX + 10)]
        wait_until(lambda: tool(one, "status")[0] == 0, 5)
        half = [connect(one) for _ in range(CLIENTS_MAX)]
        for sock in half:
            try:
                sock.sendall(b'{"cmd":')
            except OSError:
                pass  # it had to yield already
        wait_until(lambda: tool(one, "status")[0] == 0, 5)
        for sock in crowd + half:
            sock.close()


def stopped_monitors_lock_nobody_out():
    with Cluster(FAST) as cluster:
        one = cluster.agent("a").start()
        wait_until(lambda: one.events("ready"), 5)
        crowd = [connect(one, {"cmd": "monitor"}) for _ in range(CLIENTS_MAX)]
        answers = [answer_of(sock) for sock in crowd]
        assert [a["ok"] for a in answers] == [True] * MONITORS_MAX + [False] * (
            CLIENTS_MAX - MONITORS_MAX), answers
        assert answers[-1]["error"] == "refused" and "48 monitors" in answers[-1]["message"]
        wait_until(lambda: tool(one, "status")[0] == 0, 5)
        assert tool(one, "monitor")[0] == 1
        for sock in crowd:
            sock.close()


def a_client_that_is_refused_is_told_in_the_log():
    with Cluster(FAST) as cluster:
        one = cluster.agent("a").start()
        wait_until(lambda: one.events("ready"), 5)
        crowd = [connect(one, {"cmd": "monitor"}) for _ in range(MONITORS_MAX)]
        assert all(answer_of(sock)["ok"] for sock in crowd)
        crowd += [connect(one, *UNREAD) for _ in range(CLIENTS_MAX - MONITORS_MAX)]
        assert "64 clients are served already" in tool(one, "status")[2]
        assert "64 clients are served already" in tool(one, "members")[2]
        line, = one.events("refuse")
        assert (line["reason"], line["uid"], line["level"]) == ("clients", os.getuid(), "warn")
        assert line["count"] == 1
        for sock in crowd:
            sock.close()
        wait_until(lambda: served(one), 5)


FLOOD = """
import json, os, socket, sys, time
os.setgroups([]); os.setgid(int(sys.argv[2])); os.setuid(65534)
crowd = []
for i in range(56):
    sock = socket.socket(socket.AF_UNIX)
    sock.connect(sys.argv[1])
    request = {"cmd": "monitor"} if i < 48 else {"cmd": "ring", "ranges": True}
    sock.sendall((json.dumps(request).encode() + b"\\n") * (1 if i < 48 else 100))
    crowd.append(sock)
more = socket.socket(socket.AF_UNIX)
more.connect(sys.argv[1])
print(more.recv(4096).decode(), flush=True)
time.sleep(60)
"""


def a_group_that_floods_leaves_root_its_places():
    if os.getuid() != 0:
        raise Skip("only root may be two users")
    with Cluster(FAST) as cluster:
        os.chmod(cluster.dir, 0o755)
        one = cluster.agent("a", options=["--control-group", "daemon"]).start()
        wait_until(lambda: one.events("ready"), 5)
        group = str(grp.getgrnam("daemon").gr_gid)
        with subprocess.Popen([sys.executable, "-c", FLOOD, one.control, group],
                              stdout=subprocess.PIPE) as flood:
            try:
                line = json.loads(flood.stdout.readline())
                assert line["error"] == "refused", line
                assert tool(one, "status")[0] == 0, "at once: the places of root are free"
            finally:
                flood.kill()
        told, = one.events("refuse")
        assert told["uid"] == 65534


def cpu_seconds(agent):
    with open(f"/proc/{agent.proc.pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def descriptors_are_out():
    """No busy loop, one line, and the operator still gets in."""
    with Cluster(FAST) as cluster:
        one = cluster.agent("a").start()
        wait_until(lambda: one.events("ready"), 5)
        used = len(os.listdir(f"/proc/{one.proc.pid}/fd"))
        resource.prlimit(one.proc.pid, resource.RLIMIT_NOFILE, (used + 3, used + 3))
        crowd = [connect(one, {"cmd": "monitor"}) for _ in range(20)]
        wait_until(lambda: one.events("health", reason="descriptors"), 5)
        before, began = cpu_seconds(one), time.monotonic()
        while time.monotonic() < began + 3:
            time.sleep(0.1)
        assert cpu_seconds(one) - before < 0.3, "it waits and does not try all the time"
        line, = one.events("health", reason="descriptors")
        assert line["level"] == "warn" and line["message"] == "Too many open files", line
        for sock in crowd:
            sock.close()
        wait_until(lambda: served(one), 5)
        crowd = [connect(one) for _ in range(20)]
        wait_until(lambda: tool(one, "status", "--timeout", "3")[0] == 0, 10)
        for sock in crowd:
            sock.close()


def a_low_limit_of_descriptors_leaves_some_for_the_agent():
    with Cluster(FAST) as cluster:
        one = cluster.agent("a")
        one.prefix = ["prlimit", "--nofile=44:44"]
        one.start()
        wait_until(lambda: one.events("ready"), 5)
        crowd = [connect(one, {"cmd": "monitor"}) for _ in range(30)]
        answers = [answer_of(sock) for sock in crowd]
        assert [a["ok"] for a in answers[:9]] == [True] * 9, answers
        assert not any(a["ok"] for a in answers[9:]), answers
        wait_until(lambda: tool(one, "status")[0] == 0, 5)
        results = one.ask("join", timeout=20, addrs=["no.such.host.invalid"])["results"]
        assert results[0]["result"] == "unresolved", results
        assert not one.events("health", reason="descriptors")
        for sock in crowd:
            sock.close()


if __name__ == "__main__":
    run_tests([asked_before_it_has_joined, others_join_an_agent_whose_seeds_are_down,
               its_own_address_is_no_seed_to_wait_for, keys_are_bytes,
               waits_for_an_agent_that_is_started_later, waits_for_members_and_names,
               waits_through_a_restart_and_gives_up_in_time, idle_connections_lock_nobody_out,
               stopped_monitors_lock_nobody_out, a_client_that_is_refused_is_told_in_the_log,
               a_group_that_floods_leaves_root_its_places, descriptors_are_out,
               a_low_limit_of_descriptors_leaves_some_for_the_agent])
