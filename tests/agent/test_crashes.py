#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Last words (R60) of those that a kernel ends: by a crash, before the core is dumped, however long
that takes; and by the OOM killer, which takes the agent and leaves its witness."""
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import time

from agents import Cluster, Skip, run_tests, wait_until
from memory_group import Eater, MemoryGroup
from prepared import LIMIT, ends_by_its_own_word, prepared, told_after
from witness import is_gone, is_sanitized, witness_of

HOLD = os.path.join(os.path.dirname(os.path.abspath(__file__)), "hold.py")
ROOM = 64 << 20  # bytes left in a group before it is filled: a raised score counts shares of them
LIBRARY = re.compile(r"(libevent\S*) => (\S+)")  # as ldd(1) says it


class Held:
    """A process that will be held before its core is dumped (hold.py)."""

    def __init__(self, agent, number):
        self.proc = subprocess.Popen(
            [sys.executable, HOLD, str(agent.proc.pid), str(int(number))], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if self.says() != "watching":
            raise Skip(f"no process can be traced here: {self.proc.stderr.read().strip()}")

    def says(self):
        """Its next line, or "" if none comes for long."""
        ready = select.select([self.proc.stdout], [], [], LIMIT)[0]
        return self.proc.stdout.readline().strip() if ready else ""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.proc.communicate("\n")


def dumping(cluster, name, env=None):
    """An agent that may dump a core, into a folder of its own."""
    folder = os.path.join(cluster.dir, name + ".core")
    os.mkdir(folder)
    agent = cluster.agent(name, env=env)
    agent.prefix = ["sh", "-c", 'ulimit -c unlimited && cd "$0" && exec "$@"', folder]
    agent.start(join=[cluster.agents[0].addr])
    wait_until(lambda: agent.events("ready") or not agent.running(), 20)
    if not agent.running():
        with open(agent.err, encoding="utf-8") as err:
            raise Skip(f"no core may be dumped here: {err.read().strip()}")
    cluster.wait_agreed(20)
    prepared([agent])
    return agent, folder


def dumps_to_files():
    """Whether the kernel writes a core to the working directory, and not to a program or a place of
    its own."""
    with open("/proc/sys/kernel/core_pattern", encoding="utf-8") as file:
        return file.read(1).isalnum()


def check_dump(agent, folder, number, sanitized):
    """Waits for its end. A sanitizer ends it in its own way, without a core."""
    how = os.waitid(os.P_PID, agent.proc.pid, os.WEXITED | os.WNOWAIT)
    agent.wait_exit()
    if sanitized:
        return
    assert how.si_status == number, how
    if dumps_to_files():
        assert how.si_code == os.CLD_DUMPED and os.listdir(folder), (how, os.listdir(folder))


def say_how_long(others, agent, moment):
    print(f"# {agent.name}: told {told_after(others, agent.name, moment):.3f} s afterwards")


def test_a_crash_with_a_core_is_told_at_once():
    with Cluster() as cluster:
        others = cluster.start(3)
        agent, folder = dumping(cluster, "dumped")
        sanitized, moment = is_sanitized(agent.proc.pid), time.time()
        agent.signal(signal.SIGSEGV)
        ends_by_its_own_word(others, agent.name)
        say_how_long(others, agent, moment)
        check_dump(agent, folder, signal.SIGSEGV, sanitized)


def crash_that_is_held(cluster, others, agent, folder, number, crash):
    sanitized, witness = is_sanitized(agent.proc.pid), witness_of(agent)
    with Held(agent, number) as held:
        moment = time.time()
        crash()
        assert held.says() == "held", "nobody wanted to know of the crash"
        ends_by_its_own_word(others, agent.name)
        say_how_long(others, agent, moment)
        wait_until(lambda: is_gone(witness), LIMIT)
        assert agent in cluster.alive() and not os.listdir(folder), "this was before the dump"
    check_dump(agent, folder, number, sanitized)


def test_a_crash_is_told_before_its_core_is_dumped():
    with Cluster() as cluster:
        others = cluster.start(3)
        agent, folder = dumping(cluster, "slow-dump")
        crash_that_is_held(cluster, others, agent, folder, signal.SIGSEGV,
                           lambda: agent.signal(signal.SIGSEGV))


def test_a_crash_by_the_kernel_is_told_before_its_core_is_dumped():
    """Somebody writes over a library that is in use. Such a signal comes again by itself."""
    with Cluster() as cluster:
        others = cluster.start(3)
        found = LIBRARY.search(subprocess.run(["ldd", cluster.daemon], capture_output=True,
                                              text=True, check=False).stdout)
        if not found:
            raise Skip("the agent has its libevent inside")
        library = shutil.copy(found[2], os.path.join(cluster.dir, found[1]))
        agent, folder = dumping(cluster, "bus-error", {"LD_LIBRARY_PATH": cluster.dir})

        def crash():
            os.truncate(library, 0)
            agent.try_ask("status")  # so that it does something
        crash_that_is_held(cluster, others, agent, folder, signal.SIGBUS, crash)


def test_who_is_out_of_memory_is_told_at_once():
    with MemoryGroup() as group, Cluster() as cluster:
        others = cluster.start(3)
        agent = cluster.agent("oom")
        agent.prefix = group.inside(1000)
        agent.start(join=[others[0].addr])
        cluster.wait_agreed(20)
        prepared([agent])
        witness = witness_of(agent)
        assert sorted(group.pids()) == sorted([agent.proc.pid, witness])
        with Eater(group) as eater:
            group.bound(ROOM)
            eater.eat()
            wait_until(lambda: group.kills() == 1, 20, pause=0.001)
            moment = time.time()
            assert agent.wait_exit(20) == -signal.SIGKILL
            ends_by_its_own_word(others, agent.name)
            say_how_long(others, agent, moment)
            wait_until(lambda: is_gone(witness), LIMIT)
            assert group.kills() == 1, "the witness has ended by itself"


if __name__ == "__main__":
    run_tests([
        test_a_crash_with_a_core_is_told_at_once,
        test_a_crash_is_told_before_its_core_is_dumped,
        test_a_crash_by_the_kernel_is_told_before_its_core_is_dumped,
        test_who_is_out_of_memory_is_told_at_once,
    ])
