# SPDX-License-Identifier: Apache-2.0
"""Who may do what at the control socket: root, the agent's user, control-group, control-read-group
and strangers. This test is the clients itself, under ids that it takes on while it connects."""
import contextlib
import grp
import os
import shutil
import signal
import stat
import subprocess

from agents import Cluster, Skip, run_tests, wait_until
from test_control import Client

FAST = ["--profile", "local"]
NOBODY = 65534
OTHER = 65533  # a user that no database knows
ADMINS, READERS, ELSE = "adm", "games", "daemon"
CHANGES = {"join": {"addrs": ["127.0.0.1:9"]}, "leave": {}, "force-leave": {"name": "x"},
           "tags-set": {"tags": {"a": "b"}}, "tags-delete": {"keys": ["a"]},
           "weight": {"weight": 2}, "reload": {}}
ASKS = {"members": {}, "ring": {}, "ring-history": {}, "ring-diff": {},
        "ring-plan": {"remove": ["a"]}, "lookup": {"key": "k"}, "status": {},
        "monitor": {}, "why": {"name": "a"}, "version": {}, "weight": {}}


def gid(name):
    return grp.getgrnam(name).gr_gid


@contextlib.contextmanager
def being(uid, first=NOBODY, groups=()):
    """This process is somebody else meanwhile."""
    before = os.getgroups()
    os.setgroups([g if isinstance(g, int) else gid(g) for g in groups])
    os.setegid(first if isinstance(first, int) else gid(first))
    os.seteuid(uid)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)
        os.setgroups(before)


@contextlib.contextmanager
def doors(*options, prefix=(), conf=None):
    """An agent whose socket others can reach, if the mode of its file lets them."""
    if os.getuid() != 0:
        raise Skip("only root can be other users")
    with Cluster(FAST) as cluster:
        os.chmod(cluster.dir, 0o777)
        if conf is not None:
            path = os.path.join(cluster.dir, "conf")
            configure(path, conf)
            options = (*options, "--config", path)
        agent = cluster.agent("a", options=options)
        agent.prefix = list(prefix)
        agent.start()
        wait_until(lambda: agent.events("ready"), 5, lambda: f"not ready: {agent.lines}")
        yield agent


def configure(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def both(**more):
    return doors("--control-group", ADMINS, "--control-read-group", READERS, **more)


def enter(agent, uid, first=NOBODY, groups=()):
    """A connection that this user has made."""
    with being(uid, first, groups):
        return Client(agent)


def rights(agent, *who, **more):
    """"change", "ask", "none" (sent away by the agent) or "closed" (by the file's mode)."""
    try:
        client = enter(agent, *who, **more)
    except PermissionError:
        return "closed"
    with client:
        with contextlib.suppress(BrokenPipeError):
            client.send({"cmd": "version"})
        if not client.line()["ok"]:
            return "none"
        return "change" if client.ask({"cmd": "tags-set", "tags": {"a": "b"}})["ok"] else "ask"


def mode(agent):
    found = os.stat(agent.control)
    try:
        group = grp.getgrgid(found.st_gid).gr_name
    except KeyError:
        group = str(found.st_gid)
    return stat.S_IMODE(found.st_mode), group


def denied(agent):
    return agent.ask("status")["counters"]["denied"]


# ---- who ---------------------------------------------------------------------------------------


def each_may_do_what_is_theirs():
    with both() as agent:
        for who, what in [
                ((0,), "change"), ((0, 0, []), "change"), ((0, READERS), "change"),
                ((NOBODY, ADMINS), "change"), ((NOBODY, NOBODY, [ADMINS]), "change"),
                ((OTHER, READERS, [ELSE, ADMINS]), "change"),
                ((OTHER, ADMINS, [READERS]), "change"),
                ((NOBODY, READERS), "ask"), ((NOBODY, NOBODY, [ELSE, READERS]), "ask"),
                ((NOBODY,), "none"), ((NOBODY, ELSE, [ELSE]), "none"), ((OTHER, 0, [0]), "none")]:
            assert rights(agent, *who) == what, (who, rights(agent, *who))


def groups_of_the_process_count_however_many():
    """And not those of the user in the group database. More than 64 take another way."""
    with both() as agent:
        many = list(range(70000, 70300))
        for extra, what in ([], "none"), ([READERS], "ask"), ([ADMINS], "change"):
            assert rights(agent, OTHER, groups=[*many, *extra]) == what, extra
            assert rights(agent, OTHER, groups=[*many[:63], *extra]) == what, extra
            assert rights(agent, OTHER, groups=[*many[:64], *extra]) == what, extra


def the_agents_user_may_change():
    prefix = ["setpriv", f"--reuid={OTHER}", f"--regid={OTHER}", "--clear-groups"]
    with both(prefix=prefix) as agent:
        assert mode(agent) == (0o666, str(OTHER))
        assert rights(agent, OTHER, OTHER) == rights(agent, 0) == "change"
        assert rights(agent, NOBODY, groups=[READERS]) == "ask", "it need not be in the group"
        assert rights(agent, NOBODY, OTHER) == "none", "its group is no group of the settings"


def who_connected_counts():
    """The one that has the descriptor later does not."""
    with both() as agent:
        with enter(agent, NOBODY, READERS) as reader:  # used as root from here on
            assert reader.ask({"cmd": "weight", "weight": 2})["error"] == "denied"
        with enter(agent, 0) as client, being(NOBODY):
            assert client.ask({"cmd": "weight", "weight": 2})["ok"]


# ---- what --------------------------------------------------------------------------------------


def all_commands_are_asked_or_denied():
    with both() as agent:
        before = agent.ask("members")["members"][0]
        for name, fields in ASKS.items():
            with enter(agent, NOBODY, READERS) as reader:
                answer = reader.ask({"cmd": name, **fields})
                assert answer["ok"] or answer["error"] == "not-found", (name, answer)
        assert denied(agent) == 0
        with enter(agent, NOBODY, READERS) as reader:
            for count, (name, fields) in enumerate(CHANGES.items(), 1):
                answer = reader.ask({"cmd": name, **fields})
                assert answer == {"ok": False, "error": "denied", "message":
                                  "user 65534 may ask this agent and not change it: "
                                  f"{name} is for root, the agent's user and its control-group"}
                assert denied(agent) == count
            assert reader.ask({"cmd": "version"})["ok"], "the connection goes on"
        after = agent.ask("members")["members"][0]
        assert all(after[key] == before[key] for key in ("timestamp", "tokens", "tags")), after
        assert not agent.events("reload")


def readers_monitor():
    with both() as agent, enter(agent, NOBODY, READERS) as reader:
        assert reader.ask({"cmd": "monitor", "events": ["ring"]}) == {"ok": True}
        agent.ask("weight", weight=2)
        assert reader.line()["event"] == "ring"


def refusals_are_said_once_a_minute():
    with both() as agent:
        with enter(agent, NOBODY, READERS) as reader:
            for _ in range(3):
                assert not reader.ask({"cmd": "leave"})["ok"]
        wait_until(lambda: agent.events("refuse"), 5)
        assert rights(agent, OTHER) == "none"
        assert denied(agent) == 4
        line, = agent.events("refuse")
        assert {key: line.get(key) for key in ("level", "reason", "uid", "pid", "command",
                                               "count")} == {
            "level": "warn", "reason": "denied", "uid": NOBODY, "pid": os.getpid(),
            "command": "leave", "count": 1}, line
    with both() as agent:
        with enter(agent, OTHER) as stranger:
            assert stranger.line() == {
                "ok": False, "error": "denied", "message":
                "user 65533 may not use this agent: it is for root, the agent's user, its "
                "control-group and, to ask, its control-read-group"}
            assert stranger.line() is None
        wait_until(lambda: agent.events("refuse", reason="denied", uid=OTHER), 5)
        assert "command" not in agent.events("refuse")[0]


def strangers_take_no_places():
    with both() as agent:
        strangers = [enter(agent, OTHER) for _ in range(200)]
        with Client(agent) as root:
            assert root.ask({"cmd": "status"})["counters"]["denied"] == 200
        assert rights(agent, NOBODY, READERS) == "ask"
        for stranger in strangers:
            assert stranger.line()["error"] == "denied"
            stranger.sock.close()
        wait_until(lambda: len(os.listdir(f"/proc/{agent.proc.pid}/fd")) < 32, 5)


# ---- the file ----------------------------------------------------------------------------------


def the_file_is_as_closed_as_it_can_be():
    for options, wanted in [((), (0o600, "root")),
                            (("--control-group", ADMINS), (0o660, ADMINS)),
                            (("--control-read-group", READERS), (0o660, READERS)),
                            (("--control-group", ADMINS, "--control-read-group", ADMINS),
                             (0o660, ADMINS)),
                            (("--control-group", ADMINS, "--control-read-group", READERS),
                             (0o666, "root"))]:
        with doors(*options) as agent:
            assert mode(agent) == wanted, (options, mode(agent))
            open_to_all = wanted[0] == 0o666
            assert rights(agent, OTHER) == ("none" if open_to_all else "closed"), options
            assert rights(agent, NOBODY, ADMINS) == ("change" if ADMINS in options else "closed")
            assert rights(agent, NOBODY, READERS) == ("ask" if READERS in options else "closed")


def an_open_file_opens_nothing():
    """Whoever changes its mode by hand."""
    with doors() as agent:
        os.chmod(agent.control, 0o666)
        assert rights(agent, NOBODY, groups=[0]) == "none" and rights(agent, 0) == "change"


def a_reload_moves_the_doors():
    with doors(conf=f"control-group = {ADMINS}\n") as agent:
        conf = os.path.join(os.path.dirname(agent.control), "conf")

        def reload(text):
            configure(conf, text)
            return agent.ask("reload")

        assert rights(agent, NOBODY, READERS) == "closed"
        done = reload(f"control-group = {ADMINS}\ncontrol-read-group = {READERS}\n")
        assert done == {"ok": True, "changed": ["control-read-group"], "ignored": []}, done
        assert mode(agent) == (0o666, "root")
        with enter(agent, NOBODY, READERS) as early:
            assert rights(agent, NOBODY, ADMINS) == "change"
            done = reload(f"control-group = {READERS}\n")
            assert set(done["changed"]) == {"control-group", "control-read-group"}, done
            assert mode(agent) == (0o660, READERS)
            assert rights(agent, NOBODY, READERS) == "change"
            assert rights(agent, NOBODY, ADMINS) == "closed"
            assert early.ask({"cmd": "leave"})["error"] == "denied", "it stays what it was"
        done = reload(f"control-group = {READERS}\ncontrol-read-group = no-such-group\n")
        assert not done["ok"] and "no such group" in done["message"], done
        assert mode(agent) == (0o660, READERS), "all or nothing"
        assert reload("")["ok"] and mode(agent) == (0o600, "root")
        assert rights(agent, NOBODY, READERS) == "closed"


def a_reload_that_fails_moves_nothing():
    """The groups are right, and something behind them fails: the node takes no tags any more."""
    with doors("--leave-timeout", "30s", conf=f"control-group = {ADMINS}\n") as agent:
        other = agent.cluster.agent("b").start(join=[agent.addr])
        agent.cluster.wait_agreed()
        other.signal(signal.SIGSTOP)
        with Client(agent) as leaver:
            leaver.send({"cmd": "leave"})
            wait_until(lambda: agent.ask("status")["leaving"], 5)
            configure(os.path.join(os.path.dirname(agent.control), "conf"),
                      f"control-group = {ADMINS}\ncontrol-read-group = {READERS}\ntag = a=b\n")
            done = agent.ask("reload")
            assert not done["ok"] and done["message"].startswith("tag: "), done
            assert mode(agent) == (0o660, ADMINS) and rights(agent, NOBODY, READERS) == "closed"
        agent.kill()


# ---- the tool ----------------------------------------------------------------------------------


def the_tool_says_it_and_ends_with_1():
    with both() as agent:
        # where others can run it
        program = shutil.copy(os.environ["HEARSAY"], os.path.dirname(agent.control))
        os.chmod(program, 0o755)

        def tool(*words, **who):
            return subprocess.run([program, "--control", agent.control, *words], text=True,
                                  capture_output=True, timeout=20, check=False, **who)

        reader = dict(user=NOBODY, group=NOBODY, extra_groups=[gid(READERS)])
        assert tool("members", **reader).returncode == 0
        assert tool("weight", **reader).returncode == 0
        done = tool("tags", "set", "a=b", **reader)
        assert (done.returncode, done.stdout) == (1, ""), done
        assert done.stderr == ("hearsay: user 65534 may ask this agent and not change it: tags-set "
                               "is for root, the agent's user and its control-group\n"), done
        done = tool("members", user=OTHER, group=NOBODY, extra_groups=[])
        assert done.returncode == 1 and "may not use this agent" in done.stderr, done
        admin = dict(user=NOBODY, group=NOBODY, extra_groups=[gid(ADMINS)])
        assert tool("tags", "set", "a=b", **admin).returncode == 0
        assert "denied 2" in tool("status", **reader).stdout


def mistakes_are_one_line_and_exit_2():
    with doors() as agent:
        folder = os.path.dirname(agent.control)
        base = [os.environ["HEARSAYD"], "--name", "b", "--bind", "127.0.0.1:0", "--log",
                "/dev/null", "--control", os.path.join(folder, "b.sock")]
        other = ["setpriv", f"--reuid={OTHER}", f"--regid={OTHER}", "--clear-groups"]
        for prefix, words, told in [
                ([], ["--control-read-group", "nosuchgroup"], "control-read-group nosuchgroup: no"),
                (other, ["--control-read-group", READERS], f"group {READERS}: ")]:
            for check in [], ["--check"]:
                done = subprocess.run([*prefix, *base, *words, *check], capture_output=True,
                                      text=True, timeout=20, check=False)
                assert done.returncode == 2 and done.stderr.count("\n") == 1, done
                assert told in done.stderr or check, done
                assert not check or done.stderr.startswith("control-read-group "), done
        done = subprocess.run([*other, *base, "--control-group", ADMINS, "--control-read-group",
                               READERS, "--check"], capture_output=True, text=True, timeout=20,
                              check=False)
        assert done.returncode == 0, done


if __name__ == "__main__":
    run_tests([each_may_do_what_is_theirs, groups_of_the_process_count_however_many,
               the_agents_user_may_change, who_connected_counts, all_commands_are_asked_or_denied,
               readers_monitor, refusals_are_said_once_a_minute, strangers_take_no_places,
               the_file_is_as_closed_as_it_can_be, an_open_file_opens_nothing,
               a_reload_moves_the_doors, a_reload_that_fails_moves_nothing,
               the_tool_says_it_and_ends_with_1, mistakes_are_one_line_and_exit_2])
