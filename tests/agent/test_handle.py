# SPDX-License-Identifier: Apache-2.0
"""`hearsay handle` with real agents: Serf's scripts as they are, handlers that misbehave, tags that
would break a shell, kills and restarts on both sides, bursts, isolation, its state, the recipes."""
import contextlib
import json
import os
import pathlib
import signal
import socket
import subprocess
import time

from agents import Skip, free_port, run_tests, wait_until
from handles import ALL, LIMIT, TOOL, Handle, Handlers, cluster_of, text_of
from netns import Net
from swarms import Swarm

SWARM = os.environ["HEARSAY_SWARM"]

# As a script for Serf reads its input; each line of the result is an object.
SERF_SCRIPT = """#!/bin/bash
# usage: OUT
while IFS=$'\\t' read -r name address role tags; do
    printf '%s|%s|%s|%s|%s\\n' "$SERF_EVENT" "$name" "$address" "$role" "$tags"
done >>"$1"
"""


def a_script_for_serf_runs_unchanged():
    cluster, (a, b) = cluster_of(2)
    with cluster:
        handle = Handle(a)
        out = os.path.join(handle.dir, "serf")
        script = handle.script("serf.sh", SERF_SCRIPT)

        def lines():
            return text_of(out).splitlines()

        def wait_line(text, count=1):
            wait_until(lambda: sum(line.startswith(text) for line in lines()) >= count, LIMIT,
                       lambda: f"no {text}: {lines()} {handle.said()}")

        handle.start("--", script, out)
        wait_line(f"member-join|{a.name}|127.0.0.1||")
        wait_line(f"member-join|{b.name}|127.0.0.1||")
        b.ask("tags-set", tags={"role": "web", "rack": "r 1"})
        wait_line(f"member-update|{b.name}|127.0.0.1|web|")
        assert sorted(lines()[-1].split("|")[4].split(",")) == ["rack=r 1", "role=web"], lines()
        b.kill()
        wait_line(f"member-failed|{b.name}|")
        b.start(join=[a.addr])
        wait_line(f"member-join|{b.name}|", 2)
        b.ask("leave")
        wait_line(f"member-leave|{b.name}|")
        a.ask("force-leave", name=b.name, prune=True)
        wait_line(f"member-reap|{b.name}|")
        handle.end()


def variables_tell_the_evidence():
    cluster, (a, b, c) = cluster_of(3)
    with cluster:
        a.ask("tags-set", tags={"role": "db", "data-center": "x"})
        handle = Handle(a)
        handle.start("--on", "*=" + handle.note)
        first = handle.wait_run("member-join")
        assert first["env"]["HEARSAY_COUNT"] == "3" and "HEARSAY_JSON" not in first["env"], first
        handle.wait_run("ring")
        b.kill_both()
        failed = handle.wait_run("member-failed", b.name)["env"]
        line = json.loads(failed["HEARSAY_JSON"])
        assert a.events("member", name=b.name, to="dead") == [line]
        assert (failed["SERF_SELF_NAME"], failed["SERF_SELF_ROLE"]) == (a.name, "db")
        assert failed["SERF_TAG_DATA_CENTER"] == "x" and failed["SERF_EVENT"] == "member-failed"
        assert failed["HEARSAY_FROM"] == line["from"] and failed["HEARSAY_REASON"] == line["reason"]
        assert failed.get("HEARSAY_ACCUSER") == line.get("accuser")
        assert failed["HEARSAY_ADDR"] == b.addr and failed["HEARSAY_CAUSE"] == "failed"
        assert failed["HEARSAY_CONTROL"] == a.control and failed["HEARSAY_NODE"] == a.name
        assert handle.wait_run("suspect", b.name)["env"]["HEARSAY_STATUS"] == "suspect"
        handle.wait(lambda: any("HEARSAY_MOVED" in run["env"] for run in handle.runs("ring")))
        ring = [run["env"] for run in handle.runs("ring") if "HEARSAY_MOVED" in run["env"]][-1]
        assert ring["HEARSAY_RING_CHECKSUM"] == a.ask("status")["ring"]["checksum"], ring
        assert "SERF_EVENT" not in ring
        ids = [run["env"]["HEARSAY_ID"] for run in handle.runs() if "HEARSAY_JSON" in run["env"]]
        assert ids == sorted(ids, key=lambda one: int(one.split("-")[1])), ids
        handle.end()


WILD = ["$(touch %s)", "`touch %s`", "'; touch %s; '", "\"; touch %s; \"", "a\\tb | touch %s #",
        "&& touch %s", "${IFS}touch${IFS}%s", "%%n%%s%%x", "-rf / --no-preserve-root"]


def tags_that_would_break_a_shell_are_only_values():
    cluster, (a, b) = cluster_of(2)
    with cluster:
        handle = Handle(a)
        bait = f"/tmp/bait{os.getpid()}"  # short: all tags have 512 bytes
        wild = {f"t.{i}-x": text % bait if "touch" in text else text for i, text in enumerate(WILD)}
        wild["role"] = "$(touch " + bait + ")"
        script = handle.script("serf.sh", SERF_SCRIPT)
        out = os.path.join(handle.dir, "serf")
        handle.start("--on", f"member-update={script} {out}",
                     "--on", f"member-update={handle.note}").follows()
        for agent in (a, b):  # the agent's own ones are variables, too
            assert agent.ask("tags-set", tags=wild)["ok"]
        run = handle.wait_run("member-update", b.name)
        fields = run["lines"][0].split("\t")
        assert fields[:3] == [b.name, "127.0.0.1", wild["role"]], fields
        assert all(f"{key}={value}" in fields[3] for key, value in wild.items()), fields
        handle.wait_run("member-update", a.name)
        handle.wait(lambda: handle.runs()[-1]["env"].get("SERF_TAG_T_0_X") == wild["t.0-x"])
        handle.wait(lambda: text_of(out).count("\n") >= 2)
        assert not os.path.exists(bait)
        handle.end()


def handlers_that_misbehave_hold_up_only_themselves():
    cluster, (a, b) = cluster_of(2)
    with cluster:
        handle = Handle(a)
        pid = os.path.join(handle.dir, "pid")
        scripts = [f"sleep 600 & echo $! >{pid}; wait", "echo gone wrong >&2; exit 7",
                   "yes 0123456789 | head -c 1000000", "exec <&-; sleep 0.1", "kill -9 $$",
                   "/no/such/thing", handle.note]
        handle.start("--timeout", "2", *(f"--on={ALL}={script}" for script in scripts))
        handle.wait_run("member-join")
        b.ask("tags-set", tags={"x": "1"})
        handle.wait_run("member-update", b.name)
        handle.wait_said("ended after its time of 2", 2)
        handle.wait_said("failed with exit code 7", 2)
        handle.wait_said("failed with exit code 127", 2)
        handle.wait_said("killed by signal 9", 2)
        said = handle.said()
        assert "| gone wrong" in said and "; the end of its output:" in said
        assert len(said) < 100000, len(said)
        sleeper = int(pathlib.Path(pid).read_text(encoding="ascii"))
        handle.wait(lambda: is_gone(sleeper))
        handle.end()


def is_gone(pid):
    try:
        stat = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="ascii")
    except OSError:
        return True
    return stat.rsplit(")", 1)[1].split()[0] in "ZX"


def nothing_is_missed_over_kills():
    cluster, (a, b, c) = cluster_of(3)
    with cluster:
        handle = Handle(a)
        words = ["--on", f"{ALL}={handle.note}"]
        handle.start(*words)
        handle.wait_run("member-join", a.name)
        handle.wait_written()
        handle.kill()
        b.kill()
        cluster.wait_status(b.name, "dead", observers=[a, c])
        handle.start(*words)
        assert "HEARSAY_JSON" in handle.wait_run("member-failed", b.name)["env"]  # not by comparing
        # killed again and again while members change
        for number in range(10):
            c.ask("tags-set", tags={"n": str(number)})
            time.sleep(0.02 * (number % 4))  # not waited for: where it is killed is to differ
            handle.kill()
            handle.start(*words)
        handle.wait(lambda: any("n=9" in line for run in handle.runs("member-update", c.name)
                                for line in run["lines"]))
        assert len(handle.runs("member-join")) == 1, handle.runs("member-join")
        handle.end()
        # at an orderly end nothing is run twice
        runs = len(handle.runs())
        handle.start(*words).follows()
        c.ask("tags-set", tags={"n": "10"})
        handle.wait(lambda: any("n=10" in line for run in handle.runs() for line in run["lines"]))
        assert len(handle.runs()) == runs + 1, handle.runs()[runs:]
        handle.end()


def a_run_that_is_ended_with_us_is_run_again():
    cluster, (a,) = cluster_of(1)
    with cluster:
        handle = Handle(a)
        flag, stuck = (os.path.join(handle.dir, name) for name in ("flag", "stuck"))
        words = ["--on", f"member-join=echo $HEARSAY_ID >>{flag}; "
                         f"[ -e {stuck} ] || {{ touch {stuck}; sleep 600; }}"]
        handle.start(*words)
        handle.wait(lambda: os.path.exists(stuck))
        handle.proc.send_signal(signal.SIGTERM)
        handle.end()  # a second signal does not wait for the run
        assert "because we end: it will run again" in handle.said()
        handle.start(*words)
        handle.wait_said("done in")
        ids = pathlib.Path(flag).read_text(encoding="ascii").split()
        assert len(ids) == 2 and ids[0] == ids[1], ids
        handle.end()


def while_it_ends_it_waits_and_does_not_spin():
    cluster, (a, b) = cluster_of(2)
    with cluster:
        handle = Handle(a)
        handle.start("--on", f"{ALL}=sleep 600").follows()
        b.ask("tags-set", tags={"x": "1"})
        handle.wait(lambda: tag_of(a, b.name, "x") == "1")
        b.ask("tags-set", tags={"x": "2"})
        handle.wait(lambda: tag_of(a, b.name, "x") == "2")  # something waits behind the run
        handle.proc.send_signal(signal.SIGTERM)
        handle.wait_said("it will run again")  # after its 10 s
        used = os.wait4(handle.proc.pid, 0)[2]
        handle.proc.returncode = 0
        assert used.ru_utime + used.ru_stime < 2, used


def an_agent_may_be_killed_and_come_back():
    cluster, (a, b, c) = cluster_of(3)
    with cluster:
        handle = Handle(a)
        handle.start("--on", f"*={handle.note}")
        handle.wait_run("member-join", a.name)
        a.kill()
        handle.wait_said("waits for the agent")
        c.kill()
        cluster.wait_status(c.name, "dead", observers=[b])
        handle.wait(lambda: b.ask("members")["members"][0]["status"] == "dead")
        a.start(join=[b.addr])
        handle.wait_run("member-failed", c.name)
        handle.wait_run("member-update", a.name)  # it is another process
        assert not handle.runs("member-failed", b.name), handle.runs("member-failed")
        assert not handle.runs("member-failed", a.name)
        assert len(handle.runs("member-join")) == 1
        handle.end()


def the_agent_need_not_be_there_at_first():
    with Handlers(["--profile", "local"]) as cluster:
        a = cluster.agent("n1")
        handle = Handle(a)
        handle.start("--on", f"{ALL}={handle.note}", "--json")
        handle.wait(lambda: "no agent at" in handle.said())
        a.start()
        handle.wait_run("member-join", "n1")
        lines = [json.loads(line) for line in handle.said().splitlines()]
        assert [line["event"] for line in lines][:3] == ["start", "agent", "agent"], lines
        # that it is not there is not said at each try
        assert sum(line["event"] == "agent" for line in lines) <= 3, lines
        handle.wait(lambda: '"handled"' in handle.said())
        line = [line for line in handle.said().splitlines() if '"handled"' in line][0]
        handled = json.loads(line)
        assert (handled["exit"], handled["for"], handled["name"]) == (0, "member-join", "n1"), line
        handle.end()


def an_agent_that_hangs_at_first_is_said():
    cluster, (agent,) = cluster_of(1)
    with cluster:
        handle = Handle(agent)
        agent.signal(signal.SIGSTOP)
        handle.start("--on", f"member-join={handle.note}")
        handle.wait_said("waits for the agent since")
        handle.wait_said("it says nothing: it hangs, or was stopped")
        agent.signal(signal.SIGCONT)
        handle.wait_said("follows n1")
        handle.end()


def a_log_that_nobody_reads_holds_up_nothing():
    for words in ([], ["--json"]):
        cluster, (agent,) = cluster_of(1)
        with cluster:
            handle = Handle(agent)
            wordy = handle.script("wordy", "#!/bin/sh\nhead -c 9000 /dev/zero | tr '\\0' x\n"
                                  f"echo ran >>{handle.out}\n")
            reader, writer = os.pipe()
            handle.proc = subprocess.Popen([*handle.command, *words, "--on",
                                            f"member-join,member-update={wordy}"],
                                           stdin=subprocess.DEVNULL, stderr=writer)
            os.close(writer)

            def run_more(count):
                begun = text_of(handle.out).count("ran")
                for value in range(count):
                    runs = text_of(handle.out).count("ran")
                    assert agent.ask("tags-set", tags={"v": f"{begun} {value}"})["ok"]
                    wait_until(lambda before=runs: text_of(handle.out).count("ran") > before, 10)
            wait_until(lambda: "ran" in text_of(handle.out), 10)
            run_more(20)
            os.set_blocking(reader, False)
            while True:  # all that it has
                try:
                    os.read(reader, 65536)
                except BlockingIOError:
                    break
            run_more(1)
            said = b""

            def is_said():
                nonlocal said
                with contextlib.suppress(BlockingIOError):
                    said += os.read(reader, 65536)
                return b"lines are missing here" in said
            wait_until(is_said, 30)
            os.set_blocking(reader, True)
            handle.signal(signal.SIGTERM)
            assert handle.proc.wait(10) == 0
            os.close(reader)


def two_hundred_events_in_a_burst():
    cluster, (a,) = cluster_of(1)
    with cluster:
        handle = Handle(a)
        quick, slow = (os.path.join(handle.dir, name) for name in ("quick", "slow"))

        def joined():
            return {line.split("\t")[0] for line in text_of(quick).splitlines()}

        script = handle.script("slow.sh", SERF_SCRIPT.replace("while", "sleep 0.3\nwhile", 1))
        handle.start("--on", f"member-join=cat >>{quick}", "--on", f"{ALL}={script} {slow}")
        handle.wait(lambda: joined() == {a.name})
        with Swarm(SWARM, 200, f"127.{16 + os.getpid() % 200}.0.1:{free_port()}", "--profile",
                   "local", "--nodes", "10").ready() as crowd:
            a.ask("join", addrs=[crowd.addr])
            wait_until(lambda: len(a.view()) == 201, LIMIT, lambda: len(a.view()))
            wait_until(lambda: joined() == set(a.view()), 2 * LIMIT,
                       lambda: (len(joined()), handle.said()[-2000:]))
        handle.proc.send_signal(signal.SIGTERM)
        handle.end()


def more_events_than_may_wait_are_merged():
    cluster, (a, b) = cluster_of(2)
    with cluster:
        handle = Handle(a)
        hold, last = (os.path.join(handle.dir, name) for name in ("hold", "last"))
        pathlib.Path(hold).touch()
        script = f"while [ -e {hold} ]; do sleep 0.05; done; cat >{last}"
        handle.start("--on", f"member-update={script}", "--timeout", "600", "--from-now").follows()
        with socket.socket(socket.AF_UNIX) as sock:
            sock.settimeout(LIMIT)
            sock.connect(b.control)
            with sock.makefile("rb") as answers:
                for number in range(2000):
                    request = {"cmd": "tags-set", "tags": {"n": str(number)}}
                    sock.sendall(json.dumps(request).encode() + b"\n")
                    assert json.loads(answers.readline())["ok"]
                    if number % 4 == 0:
                        handle.wait(lambda: tag_of(a, b.name, "n") == str(number))
        handle.wait_said("were merged into 1")
        handle.wait(lambda: tag_of(a, b.name, "n") == "1999")
        os.unlink(hold)
        handle.wait(lambda: "n=1999" in text_of(last))
        handle.end()


def tag_of(agent, name, key):
    return next(m["tags"].get(key) for m in agent.ask("members")["members"] if m["name"] == name)


def an_isolated_agent_is_not_believed():
    with Net(3) as net, Handlers(["--profile", "local"]) as cluster:
        net.start(cluster, 3)
        a, b, c = cluster.agents
        handle, eager = Handle(a), Handle(a)
        handle.start("--on", f"*={handle.note}").follows()
        eager.start("--on", f"*={eager.note}", "--while-isolated").follows()
        for one in (handle, eager):
            one.wait_run("member-join")
        net.link(1, "down")
        handle.wait_run("isolated")
        handle.wait_said("events are held back: the agent is isolated")
        a.ask("tags-set", tags={"x": "1"})
        eager.wait_run("member-update", a.name)
        c.kill()
        cluster.wait_status(c.name, "dead", observers=[b])
        assert not handle.runs("member-update") and not handle.runs("member-failed")
        net.link(1, "up")
        handle.wait_run("connected")
        handle.wait_run("member-update", a.name)
        handle.wait_run("member-failed", c.name)
        handle.end()
        eager.end()


def settings_are_read_again():
    cluster, (a, b) = cluster_of(2)
    with cluster:
        handle = Handle(a)
        conf = pathlib.Path(handle.dir, "handle.conf")
        other = os.path.join(handle.dir, "other")
        conf.write_text("# ours\ntimeout = 5s\n"
                        f"on member-join, member-update = {handle.note}\n", encoding="utf-8")
        handle.start("--config", str(conf))
        handle.wait_run("member-join", b.name)
        conf.write_text("on member-jion = x\n", encoding="utf-8")
        handle.signal(signal.SIGHUP)
        handle.wait_said("nothing is changed: ")
        assert (f"{conf}:1: no event is called 'member-jion' (did you mean member-join?)"
                in handle.said())
        conf.write_text(f"on member-join,member-update = {handle.note}\n"
                        f"on member-join = cat >{other} # --x=y\n", encoding="utf-8")
        handle.signal(signal.SIGHUP)
        handle.wait_said("the settings were read again")
        # the new one gets to know who is there, the old one does not again
        handle.wait(lambda: text_of(other).count("\n") == 2)
        b.ask("tags-set", tags={"x": "1"})
        handle.wait_run("member-update", b.name)
        assert len(handle.runs("member-join")) == 1
        conf.write_text("on ring = true\n", encoding="utf-8")
        handle.signal(signal.SIGHUP)
        handle.wait_said("the settings were read again", 2)
        runs = len(handle.runs())
        b.ask("tags-set", tags={"zone": "z"})
        handle.wait_said("handle: ring: ring=true: done", 2)
        assert len(handle.runs()) == runs
        handle.end()


def states_that_are_not_good_are_said_and_survived():
    cluster, (a,) = cluster_of(1)
    with cluster:
        handle = Handle(a)
        words = ["--on", f"{ALL}={handle.note}"]
        state = pathlib.Path(handle.state, "state")

        def start_with(data, said, joins):
            state.write_bytes(data)
            handle.start(*words).follows()
            handle.wait_said(said)
            handle.wait_run("member-join", a.name, joins)
            # what is not ours is left, and else it is ours now
            handle.end()
            return state.read_bytes()

        state_text = start_with(b"", "is empty", 1)
        assert state_text.startswith(b"hearsay handled 1 ")
        assert start_with(state_text[:-100], "is damaged", 2).startswith(b"hearsay handled 1 ")
        later = b"hearsay handled 2 x"
        assert start_with(later, "is of a later release", 3) == later
        foreign = other_cluster()
        assert start_with(foreign, "is of cluster other, and the agent of hearsay", 4) == foreign

        # two processes with one state
        state.unlink()
        handle.start(*words).follows()
        twin = subprocess.run([*handle.command, *words], capture_output=True, text=True,
                              check=False, timeout=LIMIT)
        assert twin.returncode == 1 and "is in use: hearsay handle, process" in twin.stderr, twin
        handle.end()
        # a state that cannot be written: no such directory
        handle.command[-1] = "/no/such/directory"
        handle.start(*words)
        handle.wait_said("the state in /no/such/directory cannot be written: No such file")
        handle.wait_run("member-join", a.name, 6)
        handle.end()


def other_cluster():
    """The state of a handle of another cluster."""
    with Handlers(["--profile", "local", "--cluster", "other"]) as cluster:
        a = cluster.start(1)[0]
        handle = Handle(a)
        handle.start("--on", "member-join=true")
        handle.wait_said("done in")
        handle.end()
        return pathlib.Path(handle.state, "state").read_bytes()


def a_full_disk_is_said_and_survived():
    cluster, (a,) = cluster_of(1)
    with cluster:
        handle = Handle(a)
        if os.geteuid() != 0 or subprocess.run(
                ["mount", "-t", "tmpfs", "-o", "size=16k", "none", handle.state], check=False,
                stderr=subprocess.DEVNULL).returncode != 0:
            raise Skip("cannot mount a small file system")
        try:
            pathlib.Path(handle.state, "fill").write_bytes(b"x" * 12288)
            handle.start("--on", f"{ALL}={handle.note}")
            handle.wait_said("cannot be written: No space left on device")
            handle.wait_run("member-join", a.name)
            a.ask("tags-set", tags={"x": "1"})
            handle.wait_run("member-update", a.name)
            pathlib.Path(handle.state, "fill").unlink()
            handle.end()  # the last time is not waited for
            assert "is written again" in handle.said()
        finally:
            handle.kill()
            subprocess.run(["umount", handle.state], check=True)


def wrong_words_are_refused():
    with Handlers() as cluster:
        a = cluster.agent("n1")
        conf = pathlib.Path(cluster.dir, "conf")

        def refused(words, said):
            done = subprocess.run([TOOL, "--control", a.control, "handle", *words],
                                  capture_output=True, text=True, check=False, timeout=LIMIT)
            assert done.returncode == 2 and said in done.stderr, done

        def refused_file(text, said):
            conf.write_bytes(text)
            refused(["--config", str(conf)], said)

        refused([], "there is nothing to run")
        refused(["--on", "x.sh"], "must be EVENTS=SCRIPT")
        refused(["--on", "x.sh --a=b"], "no event is called 'x.sh'")
        refused(["--on", "user:deploy=x"], "no user events")
        refused(["--on", "ring=x", "--on", "ring=x"], "given twice")
        refused(["--timeout", "0", "--on", "ring=x"], "--timeout must be")
        refused(["--config", "/no/such/file"], "config file /no/such/file: No such file or "
                "directory; must be a text file that can be read")
        refused_file(b"", "there is nothing to run")
        refused_file(b"on = x\n", ":1: the events are missing")
        refused_file(b"\n\nonn ring = x\n", ":3: unknown key 'onn ring'")
        refused_file(b"on ring\n", ":1: 'on ring' must be: on EVENTS = SCRIPT")
        refused_file(b"timeout = 0\non ring = x\n", ":1: timeout must be 1 s to 3600 s")
        refused_file(b"timeout = 5\ntimeout = 6\n", ":2: 'timeout' is given twice")
        refused_file(b"while-isolated = maybe\n", ":1: while-isolated must be yes or no")
        refused_file(b"time-out = 5\n", "did you mean 'timeout'?")
        refused_file(b"on ring = \n", ":1: there is no script behind 'ring'\n")
        refused_file(b"on ring = x\nbar = 1\ntimeout = 0\non jion = y\non ring = x\n",
                     ":2: unknown key 'bar'; there are on, timeout and while-isolated "
                     "(and 3 more)\n")
        refused_file(b"on ring = \0\n", ":1: there is a NUL byte")
        refused_file(b"on ring = " + b"x" * 5000, ":1: line is longer than 4095 bytes")


run_tests([
    a_script_for_serf_runs_unchanged,
    variables_tell_the_evidence,
    tags_that_would_break_a_shell_are_only_values,
    handlers_that_misbehave_hold_up_only_themselves,
    nothing_is_missed_over_kills,
    a_run_that_is_ended_with_us_is_run_again,
    while_it_ends_it_waits_and_does_not_spin,
    an_agent_may_be_killed_and_come_back,
    the_agent_need_not_be_there_at_first,
    an_agent_that_hangs_at_first_is_said,
    a_log_that_nobody_reads_holds_up_nothing,
    two_hundred_events_in_a_burst,
    more_events_than_may_wait_are_merged,
    an_isolated_agent_is_not_believed,
    settings_are_read_again,
    states_that_are_not_good_are_said_and_survived,
    a_full_disk_is_said_and_survived,
    wrong_words_are_refused,
])
