# SPDX-License-Identifier: Apache-2.0
"""The log's file: full, rotated, gone, a pipe that nobody reads. None of it stops an agent; what is
lost is counted and said as soon as something can be written again. And SIGHUP, which reopens it and
reloads what can change."""
import json
import os
import re
import resource
import signal
import socket
import subprocess

import log_schema
from agents import Cluster, Skip, run_tests, wait_until

FAST = ["--profile", "local"]
DISK = 64 * 1024        # bytes of the disk that is filled
# bytes that an agent keeps for a log that takes nothing (src/agent/parts/log.h)
WAITING = 1024 * 1024


def ready(agent):
    wait_until(lambda: agent.events("ready"), 5,
               lambda: f"{agent.name} is not ready: {agent.lines}")
    return agent


def with_peer(cluster, agent):
    """Somebody to gossip with, so that it shows when periods stop."""
    cluster.agent("peer").start(join=[agent.addr])
    wait_until(lambda: set(agent.view()) == {agent.name, "peer"}, 10, cluster.describe)


def periods_go_on(agent):
    before = agent.ask("status")["sent"]["gossip"]
    wait_until(lambda: agent.ask("status")["sent"]["gossip"] > before + 3, 10)


def chatter(agent, lines):
    """Makes it write at least so many lines: each change of its tags is one."""
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(10)
        sock.connect(agent.control)
        with sock.makefile("rb") as answers:
            for number in range(lines):
                sock.sendall(json.dumps({"cmd": "tags-set", "tags": {"n": str(number)}}).encode() +
                             b"\n")
                assert json.loads(answers.readline())["ok"]


def lost(agent):
    """(what the log says is lost, what the agent says)"""
    return (sum(e["count"] for e in agent.events("drop", reason="log")),
            agent.ask("status")["log"]["dropped"])


def on_a_small_disk(cluster, name):
    """An agent whose log is on a disk of its own, in a mount namespace of its own."""
    script = f'mount -t tmpfs -o size={DISK} none "$0" && exec "$@"'
    folder = os.path.join(cluster.dir, "disk")
    os.mkdir(folder)
    prefix = ["unshare", "--mount", "sh", "-c", script, folder]
    tried = subprocess.run([*prefix, "true"], capture_output=True, check=False)
    if tried.returncode != 0:
        raise Skip("no mount namespace may be made here: " + tried.stderr.decode().strip())
    agent = cluster.agent(name)
    agent.prefix, agent.log = prefix, os.path.join(folder, "log")
    agent.start()
    wait_until(lambda: agent.try_ask("status"), 5)
    agent.prefix, agent.log = [], f"/proc/{agent.proc.pid}/root{folder}/log"
    return ready(agent)


def fill(path):
    """Leaves no byte free."""
    with open(path, "wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 4096)
        except OSError:
            pass


def full_disk_is_survived_counted_and_said():
    with Cluster(FAST) as cluster:
        agent = on_a_small_disk(cluster, "n1")
        with_peer(cluster, agent)
        filler = os.path.join(os.path.dirname(agent.log), "filler")
        fill(filler)
        chatter(agent, 4 * WAITING // 250)
        dropped = agent.ask("status")["log"]["dropped"]
        assert dropped > 0
        periods_go_on(agent)
        cluster.wait_agreed()
        assert not cluster["peer"].events("member", to="suspect")
        os.unlink(filler)
        rotate(agent)
        # What waited is more than the disk holds: it takes several rotations until all of it is
        # out.
        said = 0

        def told():
            nonlocal said
            if os.stat(agent.log).st_size > DISK // 2:
                said += sum(e["count"] for e in rotate(agent) if e["event"] == "drop" and
                            e["reason"] == "log")
            return said + lost(agent)[0] >= dropped
        wait_until(told, 20, lambda: f"{said} of {agent.ask('status')['log']} said")


def rotate(agent):
    """As logrotate does. Returns the lines of the file that is gone, without a last one that is
    torn."""
    rotated = agent.log + ".1"
    os.rename(agent.log, rotated)
    agent.offset, agent.lines = 0, []
    agent.signal(signal.SIGHUP)
    wait_until(lambda: os.path.exists(agent.log), 5)
    with open(rotated, "rb") as file:
        lines = file.read().split(b"\n")
    os.unlink(rotated)
    return [log_schema.schema().check(line) for line in lines[:-1]]


def rotation_of_a_full_disk_tears_no_line():
    with Cluster(FAST) as cluster:
        agent = on_a_small_disk(cluster, "n1")
        folder = os.path.dirname(agent.log)
        fill(os.path.join(folder, "filler"))
        chatter(agent, 100)
        os.rename(agent.log, os.path.join(folder, "old"))
        os.unlink(os.path.join(folder, "filler"))
        agent.offset, agent.lines = 0, []
        mark = agent.ask("status")["log"]["written"]
        agent.signal(signal.SIGHUP)
        wait_until(lambda: agent.events("reload"), 5)
        assert agent.ask("status")["log"]["written"] >= mark - 1
        assert log_schema.check_file(agent.log) == b"", "only whole lines"


def file_size_limit_is_a_full_disk():
    with Cluster(FAST) as cluster:
        agent = cluster.agent("n1")
        agent.prefix = ["prlimit", "--fsize=8192:unlimited"]
        agent.start()
        ready(agent)
        chatter(agent, 100)
        assert agent.running() and os.stat(agent.log).st_size == 8192
        resource.prlimit(agent.proc.pid, resource.RLIMIT_FSIZE,
                         (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        wait_until(lambda: len(agent.events("member", name="n1")) > 100, 5)
        assert lost(agent) == (0, 0)


def device_that_takes_nothing():
    """The counters say that nothing is written; standard error says why, once, and at the end that
    everything is lost."""
    with Cluster(FAST) as cluster:
        agent = cluster.agent("n1")
        agent.log = "/dev/full"
        agent.start()
        with_peer(cluster, agent)
        chatter(agent, 200)
        periods_go_on(agent)
        log = agent.ask("status")["log"]
        assert (log["written"], log["dropped"]) == (0, 0) and log["waiting"] >= 200, log
        assert log["error"] == "No space left on device", log
        agent.signal(signal.SIGTERM)
        assert agent.wait_exit() == 0
        with open(agent.err, encoding="utf-8") as file:
            first, last = file.read().splitlines()
        reason = "No space left on device"
        assert re.fullmatch(f"hearsayd: log /dev/full: {reason}: [0-9]+ lines wait, 0 are lost",
                            first), first
        assert re.fullmatch(f"hearsayd: log /dev/full: [0-9]+ lines are lost: {reason}", last), last


def rotated_log_is_reopened():
    with Cluster(FAST) as cluster:
        agent = ready(cluster.agent("n1").start())
        old = agent.log + ".1"
        os.rename(agent.log, old)
        chatter(agent, 3)

        def written():
            with open(old, "rb") as file:
                return file.read()
        # until the signal the old file is written
        wait_until(lambda: written().count(b'"updated"') == 3, 2)
        before = written()
        agent.offset, agent.lines = 0, []
        agent.signal(signal.SIGHUP)
        wait_until(lambda: agent.events("reload"), 5)
        assert [e["event"] for e in agent.events()] == ["reload"]
        chatter(agent, 1)
        wait_until(lambda: len(agent.events("member")) == 1, 2)
        assert written() == before


def log_that_cannot_be_reopened_is_said_in_the_old_one():
    with Cluster(FAST) as cluster:
        folder = os.path.join(cluster.dir, "logs")
        os.mkdir(folder)
        agent = cluster.agent("n1")
        agent.log = os.path.join(folder, "log")
        ready(agent.start())
        with_peer(cluster, agent)
        os.rename(folder, folder + ".gone")
        agent.log = os.path.join(folder + ".gone", "log")
        agent.signal(signal.SIGHUP)
        wait_until(lambda: agent.events("reload", result="failed"), 5)
        failed = agent.events("reload", result="failed")[0]
        assert failed["level"] == "error" and folder in failed["message"], failed
        periods_go_on(agent)
        assert len(agent.events("reload")) == 1, "one line, which is true"


def hangup_reloads_what_can_change():
    with Cluster() as cluster:
        conf = os.path.join(cluster.dir, "conf")

        def configure(text):
            with open(conf, "w", encoding="utf-8") as file:
                file.write(text)
        configure("tag = role=web\nlog-level = info\ninterval = 200ms\n")
        agent = cluster.agent("n1", options=["--config", conf]).start()
        other = ready(cluster.agent("n2").start(join=[agent.addr]))
        cluster.wait_agreed()

        def tags():
            return other.ask("members", name="n1")["members"][0]["tags"]
        assert tags() == {"role": "web"}
        configure("tag = role=db\ntag = rack=r1\nlog-level = debug\ninterval = 300ms\n")
        agent.signal(signal.SIGHUP)
        wait_until(lambda: tags() == {"role": "db", "rack": "r1"}, 5)
        done = agent.events("reload")[-1]
        assert (sorted(done["changed"]) == ["log-level", "tag"] and
                done["ignored"] == ["interval"]), done
        assert done["result"] == "ok" and done["level"] == "warn"
        configure("tag = role=cache\nfanout = 1\n")
        agent.signal(signal.SIGHUP)
        wait_until(lambda: agent.events("reload", result="failed"), 5)
        failed = agent.events("reload", result="failed")[0]
        assert (f"{conf}:2" in failed["message"] and failed["level"] == "error" and
                not failed["changed"]), failed
        assert agent.ask("members", name="n1")["members"][0]["tags"] == {"role": "db", "rack": "r1"}
        configure("tag = role=db\ntag = rack=r1\nlog-level = error\ninterval = 200ms\n")
        mark = agent.mark()
        agent.signal(signal.SIGHUP)
        wait_until(lambda: agent.ask("status") and not agent.ask("reload")["changed"], 5)
        chatter(agent, 2)
        assert not agent.events_since(mark, "member"), "level error is in force"


def reader_of_the_log_goes_away():
    """Standard output is a pipe: its reader stops reading, then closes it. No SIGPIPE, no
    waiting."""
    with Cluster(FAST) as cluster:
        agent = cluster.agent("n1")
        read, write = os.pipe()
        agent.proc = subprocess.Popen([cluster.daemon, *FAST, "--name", "n1", "--bind", agent.addr,
                                       "--control",
                                       agent.control], stdin=subprocess.DEVNULL, stdout=write)
        os.close(write)
        wait_until(lambda: agent.try_ask("status"), 5)
        with_peer(cluster, agent)
        chatter(agent, 600)  # more than a pipe holds
        periods_go_on(agent)
        assert agent.ask("status")["log"]["dropped"] == 0
        os.close(read)
        chatter(agent, 3)
        periods_go_on(agent)
        assert agent.ask("status")["log"]["dropped"] > 3
        agent.signal(signal.SIGTERM)
        assert agent.wait_exit() == 0


def delete(agent):
    os.unlink(agent.log)
    agent.offset, agent.lines = 0, []


def deleted_file_is_made_again_and_no_line_is_lost():
    with Cluster(FAST) as cluster:
        agent = ready(cluster.agent("n1").start())
        delete(agent)  # nothing happens here: it is alone
        wait_until(lambda: agent.events("health", reason="log-deleted"), 10)
        for _ in range(3):
            delete(agent)
            chatter(agent, 20)
            wait_until(lambda: agent.events("health", reason="log-deleted"), 10)
            assert len(agent.events("member", reason="updated")) == 20, agent.lines
        assert agent.ask("status")["log"]["dropped"] == 0
        delete(agent)
        agent.signal(signal.SIGTERM)
        assert agent.wait_exit() == 0
        assert agent.events("stop"), "the last line, too"


def reader_of_a_fifo_comes_back():
    """What was lost without a reader is said to the next one, all of it."""
    with Cluster(FAST) as cluster:
        agent = cluster.agent("n1")
        agent.log = os.path.join(cluster.dir, "fifo")
        os.mkfifo(agent.log)
        first = os.open(agent.log, os.O_RDONLY | os.O_NONBLOCK)
        agent.start()
        wait_until(lambda: agent.try_ask("status"), 5)
        with_peer(cluster, agent)
        os.close(first)
        chatter(agent, 50)
        assert agent.ask("status")["log"]["dropped"] >= 50
        periods_go_on(agent)
        second = os.open(agent.log, os.O_RDONLY | os.O_NONBLOCK)
        data = b""

        def said():
            nonlocal data
            try:
                data += os.read(second, 65536)
            except BlockingIOError:
                pass
            whole = data[:data.rfind(b"\n") + 1].splitlines()
            return [e for e in map(log_schema.schema().check, whole) if e["event"] == "drop"]
        wait_until(said, 10)
        assert (said()[0]["reason"] == "log" and
                said()[0]["count"] == agent.ask("status")["log"]["dropped"])
        os.close(second)


if __name__ == "__main__":
    run_tests([full_disk_is_survived_counted_and_said, rotation_of_a_full_disk_tears_no_line,
               file_size_limit_is_a_full_disk, device_that_takes_nothing, rotated_log_is_reopened,
               log_that_cannot_be_reopened_is_said_in_the_old_one, hangup_reloads_what_can_change,
               reader_of_the_log_goes_away, deleted_file_is_made_again_and_no_line_is_lost,
               reader_of_a_fifo_comes_back])
