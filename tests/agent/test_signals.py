#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Signals: two that are one wish, a log that cannot be reopened, a status line on demand, and those
that must not end an agent."""
import os
import resource
import signal
import subprocess
import time

from agents import Cluster, run_tests, wait_until

FAST = ["--profile", "local"]
IMPATIENT = 0.25  # seconds: longer than HS_IMPATIENT_US


def ready(agent, limit=5):
    wait_until(lambda: agent.events("ready"), limit,
               lambda: f"{agent.name} is not ready: {agent.lines}")
    return agent


def hearsay(agent, *words):
    done = subprocess.run([os.environ["HEARSAY"], "--control", agent.control, *words],
                          capture_output=True, text=True, timeout=10, check=False)
    return done.returncode, done.stdout, done.stderr


def pair_of_which_one_hears_nothing(cluster):
    """Two members; the second is stopped, so that a goodbye of the first lasts to its timeout."""
    first, second = cluster.start(2)
    cluster.wait_agreed()
    second.signal(signal.SIGSTOP)
    return first


def words_of(agent):
    with open(agent.err, encoding="utf-8") as err:
        return err.read()


def signals_at_once_are_one_goodbye():
    for numbers in ([signal.SIGTERM] * 3, [signal.SIGINT, signal.SIGTERM]):
        with Cluster([*FAST, "--leave-timeout", "600ms"]) as cluster:
            agent = pair_of_which_one_hears_nothing(cluster)
            for number in numbers:
                agent.signal(number)
                time.sleep(0.02)  # else the kernel makes one of them
            assert agent.wait_exit(3) == 0
            assert agent.events("stop")[-1]["reason"] == "left", agent.lines
            assert words_of(agent) == ""


def a_signal_after_the_command_leave_is_the_first():
    with Cluster([*FAST, "--leave-timeout", "1500ms"]) as cluster:
        agent = pair_of_which_one_hears_nothing(cluster)
        with subprocess.Popen([os.environ["HEARSAY"], "--control", agent.control, "leave"],
                              stdout=subprocess.DEVNULL) as tool:
            wait_until(lambda: agent.ask("status")["leaving"], 2)
            time.sleep(IMPATIENT)
            agent.signal(signal.SIGTERM)
            assert agent.wait_exit(4) == 0
            assert tool.wait(5) == 0


def the_next_signal_is_impatience():
    with Cluster(["--leave-timeout", "10s"]) as cluster:
        agent = pair_of_which_one_hears_nothing(cluster)
        agent.signal(signal.SIGTERM)
        agent.signal(signal.SIGINT)
        wait_until(lambda: agent.ask("status")["leaving"], 2)
        time.sleep(IMPATIENT)
        agent.signal(signal.SIGTERM)
        assert agent.wait_exit(2) == 1
        assert agent.events("stop")[-1]["reason"] == "interrupted", agent.lines


def timeout_ends_it_with_a_goodbye():
    """timeout(1) signals its child, and then its group, in which the child is, too."""
    with Cluster(FAST) as cluster:
        agent = cluster.agent("a")
        agent.prefix = ["timeout", "1"]
        agent.start()
        assert agent.wait_exit(10) == 124
        assert agent.events("stop")[-1]["reason"] == "left", agent.lines
        assert words_of(agent) == ""


def blocked_signals_are_heard_nevertheless():
    """A process inherits what the one that started it has blocked."""
    with Cluster(FAST) as cluster:
        agent = cluster.agent("a")
        numbers = {signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1}
        before = signal.pthread_sigmask(signal.SIG_BLOCK, numbers)
        try:
            ready(agent.start())
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        agent.signal(signal.SIGHUP)
        wait_until(lambda: agent.events("reload", result="ok"), 5)
        agent.signal(signal.SIGTERM)
        assert agent.wait_exit() == 0


def log_that_cannot_be_reopened_is_one_line():
    with Cluster(FAST) as cluster:
        folder = os.path.join(cluster.dir, "logs")
        gone = folder + ".gone"
        conf = os.path.join(cluster.dir, "conf")
        with open(conf, "w", encoding="utf-8") as file:
            file.write("log-level = debug\n")
        os.mkdir(folder)
        agent = cluster.agent("a", options=["--config", conf])
        agent.log = os.path.join(folder, "log")
        ready(agent.start())
        os.rename(folder, gone)
        agent.log = os.path.join(gone, "log")
        with open(conf, "w", encoding="utf-8") as file:
            file.write("log-level = debug\ntag = x=1\n")
        agent.signal(signal.SIGHUP)
        wait_until(lambda: agent.events("reload"), 5)
        code, out, err = hearsay(agent, "reload")
        assert code == 1 and not out and folder in err, (code, out, err)
        lines = agent.events("reload")
        assert [line["result"] for line in lines] == ["failed", "failed"], lines
        for line in lines:
            assert (line["level"] == "error" and not line["changed"] and
                    f"log file {folder}/log: No such file" in line["message"] and
                    "the log of before goes on" in line["message"]), line
        assert agent.ask("members")["members"][0]["tags"] == {}, "all or nothing"
        os.mkdir(folder)
        agent.signal(signal.SIGHUP)
        agent.log, agent.offset, agent.lines = os.path.join(folder, "log"), 0, []
        wait_until(lambda: agent.events("reload", result="ok"), 5)
        assert agent.events("reload")[0]["changed"] == ["tag"], agent.lines
        agent.signal(signal.SIGTERM)
        assert agent.wait_exit() == 0


def rotation_goes_on_though_the_file_is_wrong():
    """What rotates logs has moved the file away; a mistake in the settings must not keep the lines
    there."""
    with Cluster(FAST) as cluster:
        conf = os.path.join(cluster.dir, "conf")
        with open(conf, "w", encoding="utf-8") as file:
            file.write("")
        agent = ready(cluster.agent("a", options=["--config", conf]).start())
        with open(conf, "w", encoding="utf-8") as file:
            file.write("\nfanout = 1\n")
        os.rename(agent.log, agent.log + ".1")
        agent.offset, agent.lines = 0, []
        agent.signal(signal.SIGHUP)
        wait_until(lambda: agent.events("reload"), 5)
        line, = agent.events("reload")
        assert line["result"] == "failed" and f"{conf}:2: fanout = 1" in line["message"], line


def status_on_demand():
    with Cluster(FAST) as cluster:
        agent = cluster.agent("a", options=["--log-level", "error"]).start()
        wait_until(lambda: agent.try_ask("status"), 5)
        agent.signal(signal.SIGUSR1)
        wait_until(lambda: agent.events("status"), 5)
        line, = agent.events()
        answer = agent.ask("status")
        del answer["ok"]
        assert set(line) == set(answer) | {"time", "level", "node", "event"}, line
        for key in ("name", "addr", "pid", "members", "digest", "ring"):
            assert line[key] == answer[key], (key, line)
        agent.signal(signal.SIGTERM)
        assert agent.wait_exit() == 0
        assert len(agent.events()) == 1, "the level is what it was"


def signals_that_mean_nothing():
    with Cluster(FAST) as cluster:
        agent = ready(cluster.agent("a").start())
        for number in (signal.SIGUSR2, signal.SIGPIPE, signal.SIGXFSZ, signal.SIGWINCH):
            agent.signal(number)
            assert agent.ask("status")["ok"], number
        mark = agent.mark()
        agent.signal(signal.SIGHUP)  # signals are taken in turn: those before have been
        wait_until(lambda: agent.events_since(mark, "reload"), 5)
        assert agent.running()
        resource.prlimit(agent.proc.pid, resource.RLIMIT_CORE, (0, 0))
        agent.signal(signal.SIGQUIT)
        assert agent.wait_exit(30) == -signal.SIGQUIT


if __name__ == "__main__":
    # A shell without job control lets what it runs in the background ignore this signal.
    signal.signal(signal.SIGQUIT, signal.SIG_DFL)
    run_tests([signals_at_once_are_one_goodbye, a_signal_after_the_command_leave_is_the_first,
               the_next_signal_is_impatience, timeout_ends_it_with_a_goodbye,
               blocked_signals_are_heard_nevertheless, log_that_cannot_be_reopened_is_one_line,
               rotation_goes_on_though_the_file_is_wrong, status_on_demand,
               signals_that_mean_nothing])
