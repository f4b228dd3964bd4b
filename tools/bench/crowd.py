# SPDX-License-Identifier: Apache-2.0
"""One real agent that joins a swarm: what measurements of it have in common."""
import os
import shutil
import sys
import time

import hearsay  # noqa: F401  puts the tests' harness on the path
from system import Missing, cpu_seconds, wait

NET, ADDR_PORT = "127.16.0.1:7847", 7847
READY_LIMIT, JOIN_LIMIT = 1800.0, 600.0
SETTLE = 5.0    # seconds after the agent has nothing left to tell


class Failed(Exception):
    """There is nothing to measure."""


def find_swarm(options):
    built = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "build", "tools",
                         "swarm", "hearsay-swarm")
    found = shutil.which(options.swarm or built)
    if not found:
        raise Missing("hearsay-swarm is not at build/tools/swarm: build it, or say --swarm PATH")
    return os.path.abspath(found)


def say(text):
    print(f"{os.path.basename(sys.argv[0])}: {text}", file=sys.stderr, flush=True)


def demand(condition, limit, what, crowd=None, process=None):
    def look():
        if crowd:
            crowd.read()  # otherwise its pipe fills and it blocks
        if process and process.poll() is not None:
            raise Failed(f"{what}: it has ended with {process.returncode}")
        return condition()
    if not wait(look, limit):
        raise Failed(f"{what}: not within {limit:.0f} s")


def usage(agent, crowd):
    """CPU seconds of both, and what went between them; at a moment when the swarm has just
    counted."""
    mark = crowd.mark()
    line = crowd.wait(lambda one: one["event"] == "status" and crowd.lines.index(one) >= mark, 30,
                      "status")
    return {"at": time.monotonic(), "cpu": cpu_seconds(agent.proc.pid),
            "swarm": cpu_seconds(crowd.proc.pid), **line}


def join(agent, crowd, figures):
    before = usage_of_swarm(crowd)
    agent.start(join=[crowd.addr])
    began = time.monotonic()

    def has_all():
        status, ours = agent.try_ask("status"), crowd.status()
        return (status and status["members"]["alive"] == ours["alive"] + 1 and
                status["digest"] == ours["digest"])
    demand(has_all, JOIN_LIMIT, "the agent has the swarm's view", crowd)
    figures["join: same view as the swarm, s"] = time.monotonic() - began
    demand(lambda: agent.ask("status", timeout=30)["rumors"] == 0, JOIN_LIMIT,
           "the agent has told all it has to", crowd)
    figures["join: nothing left to tell, s"] = time.monotonic() - began
    figures["join: CPU, s"] = cpu_seconds(agent.proc.pid)
    after = usage_of_swarm(crowd)
    figures["join: bytes sent"] = after["bytes_received"] - before["bytes_received"]
    figures["join: bytes received"] = after["bytes_sent"] - before["bytes_sent"]
    time.sleep(SETTLE)


def usage_of_swarm(crowd):
    demand(lambda: crowd.status(), 30, "a status of the swarm", crowd)
    return crowd.status()
