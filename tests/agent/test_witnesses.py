#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A thousand starts and ends of every sort leave no witness behind (R60: last words), and of those
that ran none is alive for the others."""
import os
import signal

from agents import Cluster, run_tests, wait_until
from witness import left_behind, witness_of

STARTS = 1000
AT_ONCE = 8
PREFIX = f"w{os.getpid()}-"
FAST = ["--profile", "local"]


def is_up(agent):
    return agent.events("ready") or not agent.running()


def end(agent, sort):
    """Ends an agent, in one of several ways."""
    if sort == 0:
        agent.kill()
    elif sort == 1:
        agent.signal(signal.SIGSEGV)
    elif sort == 2:
        agent.signal(signal.SIGTERM)
    elif sort == 3:
        agent.signal(signal.SIGSTOP)
        agent.kill()
    elif sort == 4:
        os.kill(witness_of(agent), signal.SIGKILL)
        agent.signal(signal.SIGTERM)
    elif sort == 5:
        agent.kill_both()
    else:
        agent.signal(signal.SIGTERM)
        agent.kill()  # in the middle of its goodbye, perhaps
    agent.wait_exit(20)


def test_a_thousand_starts_leave_no_witness_behind():
    with Cluster(FAST) as cluster:
        hub = cluster.agent("hub").start()
        agents = [cluster.agent(f"{PREFIX}{i}") for i in range(AT_ONCE)]
        taken = cluster.agent(f"{PREFIX}taken", port=hub.port)
        for number in range(0, STARTS, AT_ONCE):
            for agent in agents:
                agent.offset, agent.lines = 0, []
                if os.path.exists(agent.log):
                    os.remove(agent.log)
                agent.start(join=[hub.addr])
            for agent in agents:
                wait_until(lambda a=agent: is_up(a), 30)
                assert agent.running(), open(agent.err, encoding="utf-8").read()
            for place, agent in enumerate(agents):
                end(agent, (number + place) % 7)
            if number % 200 == 0:
                taken.start()  # whose port is in use
                assert taken.wait_exit(20) == 1
        wait_until(lambda: not left_behind(PREFIX), 5, lambda: str(left_behind(PREFIX)))
        wait_until(lambda: [n for n, s in hub.view().items() if s == "alive"] == ["hub"], 30,
                   lambda: str(hub.view()))


if __name__ == "__main__":
    run_tests([test_a_thousand_starts_leave_no_witness_behind])
