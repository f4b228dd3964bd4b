# SPDX-License-Identifier: Apache-2.0
"""One real agent that joins a swarm: what measurements of it have in common."""
import contextlib
import os
import shutil
import signal
import sys
import time

import hearsay  # first: it puts the tests' harness on the path
import namespace
from agents import Cluster
from scenarios import Failed
from swarms import Swarm
from system import Missing, cpu_seconds, wait

BUILD = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "build")
NET, AGENT_PORT = "127.16.0.1:7847", 7847
READY_LIMIT, JOIN_LIMIT = 1800.0, 600.0
SETTLE = 5.0    # seconds after the agent has nothing left to tell


def add_programs(parser, *, serve=False):
    """The options that say which programs are measured."""
    add = parser.add_argument
    add("--daemon", metavar="PATH", help="hearsayd (build/src/agent/hearsayd)")
    if serve:
        add("--serve", metavar="PATH", help="hearsay-serve (build/src/serve/hearsay-serve)")
    add("--swarm", metavar="PATH", help="hearsay-swarm (build/tools/swarm/hearsay-swarm)")


def find_built(place, given, option):
    """A program of ours: that which was given, or that of the build."""
    found = shutil.which(given or os.path.join(BUILD, place))
    if not found:
        raise Missing(f"{os.path.basename(place)} is not at {given or 'build/' + place}: build it, "
                      f"or say {option} PATH")
    return os.path.abspath(found)


def find_serve(options):
    return find_built("src/serve/hearsay-serve", options.serve, "--serve")


def find_swarm(options):
    return find_built("tools/swarm/hearsay-swarm", options.swarm, "--swarm")


@contextlib.contextmanager
def swarm_and_agent(options, members, program, *words):
    """A swarm that is ready, and an agent in a cluster of its own, to be started by `join`."""
    with Swarm(program, members, NET, *words) as crowd:
        crowd.ready(READY_LIMIT)
        say(f"{members} members are ready")
        cluster = Cluster(daemon=hearsay.find(options))
        try:
            yield crowd, cluster.agent("x", AGENT_PORT)
        finally:
            cluster.close()


def run(main):
    """A measurement as a program: `main`, and why it could not be made."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
    except (namespace.Unable, Missing, Failed, AssertionError, OSError, ValueError) as error:
        sys.exit(f"{program_name()}: {error}")


def program_name():
    return os.path.basename(sys.argv[0])


def say(text):
    print(f"{program_name()}: {text}", file=sys.stderr, flush=True)


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
