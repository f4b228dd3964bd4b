#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Last words (R60) of real agents: who is killed is dead for all at once, by its own witness; who
is stopped, or leaves, is not; and no witness stays behind."""
import base64
import os
import signal
import subprocess
import time

from agents import Cluster, Skip, run_tests, wait_until
from prepared import LIMIT, ends_by_its_own_word, joined, prepared, told
from witness import NAME, children, is_gone, left_behind, title, witness_of

LONELY = 64321  # a user that has no process


def test_a_kill_is_told_at_once():
    with Cluster() as cluster:
        agents = joined(cluster, 4)
        for victim, number in zip(agents[1:], (signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT)):
            witness = witness_of(victim)
            victim.signal(number)
            assert victim.wait_exit() != 0  # a sanitizer ends in its own way after a crash
            ends_by_its_own_word(cluster.alive(), victim.name)
            wait_until(lambda w=witness: is_gone(w), LIMIT)
            for agent in cluster.alive():  # also those that have heard it from another one
                last = agent.ask("why", name=victim.name)["history"][-1]
                assert (last["step"], last["result"], last["actor"]) == ("declared", "ended",
                                                                         victim.name), last
                line = agent.events("member", name=victim.name, to="dead")[-1]
                assert "accuser" not in line, line
        assert "its own witness said so" in subprocess.run(
            [os.environ["HEARSAY"], "--control", agents[0].control, "why", agents[1].name],
            capture_output=True, text=True, check=True).stdout


def test_sealed_words_are_heard():
    with Cluster() as cluster:
        key = os.path.join(cluster.dir, "key")
        with open(os.open(key, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="ascii") as file:
            file.write(base64.b64encode(os.urandom(32)).decode() + "\n")
        cluster.options = ["--key", key]
        agents = joined(cluster, 4)
        agents[2].kill()
        ends_by_its_own_word(cluster.alive(), agents[2].name)


def test_who_is_stopped_says_nothing():
    with Cluster() as cluster:
        agents = joined(cluster, 3)
        agents[2].signal(signal.SIGSTOP)
        wait_until(lambda: ("suspect", "silent") in told(agents[0], "n3"), 20)
        assert told(agents[0], "n3")[-1] != ("dead", "ended")
        agents[2].signal(signal.SIGCONT)
        cluster.wait_agreed(20)
        witness = witness_of(agents[2])
        agents[2].signal(signal.SIGSTOP)
        agents[2].kill()  # a stopped process, too, ends only now
        wait_until(lambda: told(agents[0], "n3")[-1][0] == "dead", 20)
        wait_until(lambda: is_gone(witness), LIMIT)


def test_a_goodbye_is_all_that_is_said():
    with Cluster() as cluster:
        agents = joined(cluster, 3)
        witness = witness_of(agents[2])
        agents[2].signal(signal.SIGTERM)
        assert agents[2].wait_exit() == 0
        assert is_gone(witness), "the agent ends after its witness"
        wait_until(lambda: all(("dead", "left") in told(a, "n3") for a in agents[:2]), LIMIT)
        time_to_speak = time.monotonic() + 0.2
        wait_until(lambda: time.monotonic() > time_to_speak, 1)
        assert all(told(a, "n3")[-1] == ("dead", "left") for a in agents[:2])


def test_the_next_process_is_alive():
    with Cluster() as cluster:
        agents = joined(cluster, 3)
        for _ in range(3):
            marks = [a.mark() for a in agents[:2]]
            agents[2].kill()
            agents[2].start(join=[agents[0].addr])  # at the port that the witness may still hold
            cluster.wait_agreed(20)
            for agent, mark in zip(agents[:2], marks):
                after = [e["to"] for e in agent.events_since(mark, "member", name="n3")]
                assert after[-1] == "alive" and after.count("dead") <= 1, after


def test_a_port_in_use_is_still_refused():
    with Cluster() as cluster:
        first = cluster.agent("lw-first").start()
        wait_until(lambda: first.events("ready"), 10)
        second = cluster.agent("lw-second", port=first.port).start()
        assert second.wait_exit(10) == 1
        with open(second.err, encoding="utf-8") as err:
            assert "the port is in use by another process" in err.read()
        third = cluster.agent("lw-third", options=["--log", "/nowhere/log"]).start()
        assert third.wait_exit(10) != 0
        wait_until(lambda: not left_behind("lw-second") and not left_behind("lw-third"), LIMIT)
        assert left_behind("lw-first") == [witness_of(first)]


def test_it_can_be_switched_off():
    with Cluster(options=["--last-words", "no"]) as cluster:
        agents = cluster.start(3)
        cluster.wait_agreed(20)
        assert not any(children(a.proc.pid) for a in agents)
        assert agents[0].ask("status")["last_words"] == "off"
        agents[2].kill()
        wait_until(lambda: told(agents[0], "n3")[-1][0] == "dead", 20)
        assert told(agents[0], "n3")[-2:] == [("suspect", "refused"), ("dead", "failed")]


def test_a_witness_holds_two_descriptors_and_blocks_signals():
    with Cluster() as cluster:
        agent = cluster.agent("lw-quiet").start()
        wait_until(lambda: agent.events("ready"), 10)
        pid = witness_of(agent)
        links = [os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")]
        assert sorted(link.split(":")[0] for link in links) == ["pipe", "socket"], links
        assert os.getsid(pid) == pid and os.readlink(f"/proc/{pid}/cwd") == "/"
        with open(f"/proc/{pid}/comm", encoding="ascii") as comm:
            assert comm.read().strip() == NAME
        assert title(pid) == f"{NAME} of lw-quiet", title(pid)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT,
                       signal.SIGUSR1, signal.SIGUSR2, signal.SIGPIPE, signal.SIGALRM):
            os.kill(pid, number)
        assert agent.ask("status")["ok"] and not is_gone(pid)
        agent.kill()
        wait_until(lambda: is_gone(pid), LIMIT)


def test_an_agent_that_loses_its_witness_says_so():
    with Cluster() as cluster:
        agents = joined(cluster, 3)
        pid = witness_of(agents[2])
        assert agents[2].ask("status")["last_words"] == "on"
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: agents[2].events("health", reason="no-witness"), LIMIT)
        assert agents[2].ask("status")["last_words"] == "lost"
        assert not children(agents[2].proc.pid), "it has been waited for"
        assert agents[2].view() == {"n1": "alive", "n2": "alive", "n3": "alive"}
        agents[2].kill()
        wait_until(lambda: told(agents[0], "n3")[-1] == ("dead", "failed"), 20)


def test_a_witness_that_cannot_be_made_is_told_with_the_fix():
    if os.geteuid() != 0:
        raise Skip("another user is needed, whose processes are none")
    with Cluster() as cluster:
        agent = cluster.agent("lw-alone")
        os.chown(cluster.dir, LONELY, LONELY)
        agent.prefix = ["setpriv", f"--reuid={LONELY}", f"--regid={LONELY}", "--clear-groups",
                        "prlimit", "--nproc=1"]
        agent.start()
        wait_until(lambda: agent.events("health", reason="no-witness"), 10)
        said, = agent.events("health", reason="no-witness")
        assert said["message"] == ("a process for the witness could not be made: Resource "
                                   "temporarily unavailable; raise TasksMax or RLIMIT_NPROC, and "
                                   "restart"), said
        assert agent.ask("status")["last_words"] == "lost" and not children(agent.proc.pid)


def test_a_witness_outlives_the_group_of_its_agent():
    with Cluster() as cluster:
        agents = joined(cluster, 2)
        agents[1].prefix = ["setsid"]
        agents[1].signal(signal.SIGTERM)
        agents[1].wait_exit()
        agents[1].start(join=[agents[0].addr])
        cluster.wait_agreed(20)
        prepared(agents[1:])
        os.killpg(agents[1].proc.pid, signal.SIGKILL)
        agents[1].wait_exit()
        ends_by_its_own_word(agents[:1], "n2")


if __name__ == "__main__":
    run_tests([
        test_a_kill_is_told_at_once,
        test_sealed_words_are_heard,
        test_who_is_stopped_says_nothing,
        test_a_goodbye_is_all_that_is_said,
        test_the_next_process_is_alive,
        test_a_port_in_use_is_still_refused,
        test_it_can_be_switched_off,
        test_a_witness_holds_two_descriptors_and_blocks_signals,
        test_an_agent_that_loses_its_witness_says_so,
        test_a_witness_that_cannot_be_made_is_told_with_the_fix,
        test_a_witness_outlives_the_group_of_its_agent,
    ])
