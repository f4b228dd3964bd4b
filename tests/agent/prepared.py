# SPDX-License-Identifier: Apache-2.0
"""Agents whose witnesses have something to say (R60: last words), and what others then tell."""
from agents import log_time, wait_until

LIMIT = 5  # seconds; without last words a death takes no less than 1.2 s, but this machine is busy


def prepared(agents, limit=20):
    """Waits until each has prepared words for somebody: that is done once per period, and acks of
    the next period come after it."""
    for agent in agents:
        for _ in range(2):
            acks = agent.ask("status")["received"]["ack"]
            wait_until(lambda a=agent, n=acks: a.ask("status")["received"]["ack"] > n + 2, limit)


def joined(cluster, count, options=()):
    """`count` agents that agree, and whose witnesses have something to say."""
    agents = cluster.start(count, options=options)
    cluster.wait_agreed(20)
    prepared(agents)
    return agents


def told(agent, subject):
    """(to, reason) of each change of the subject's status that this agent's log tells."""
    return [(e["to"], e["reason"]) for e in agent.events("member", name=subject)
            if e["from"] != e["to"]]


def ends_by_its_own_word(others, name):
    for other in others:
        wait_until(lambda o=other: ("dead", "ended") in told(o, name), LIMIT,
                   lambda o=other: f"{o.name}: {told(o, name)}")
        assert told(other, name)[-1] == ("dead", "ended"), told(other, name)
        assert ("suspect", "silent") not in told(other, name)[-2:], told(other, name)
        steps = other.ask("why", name=name)["history"]
        assert (steps[-1]["step"], steps[-1]["result"]) == ("declared", "ended"), steps


def told_after(others, name, moment):
    """How many seconds after `moment` the last of them has told its own word."""
    return max(log_time(other.events("member", name=name, reason="ended")[-1]["time"])
               for other in others) - moment
