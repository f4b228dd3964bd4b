# SPDX-License-Identifier: Apache-2.0
"""When the witnesses of agents have something to say (R60: last words)."""
from agents import wait_until


def prepared(agents, limit=20):
    """Waits until each has prepared words for somebody: that is done once per period, and acks of
    the next period come after it."""
    for agent in agents:
        for _ in range(2):
            acks = agent.ask("status")["received"]["ack"]
            wait_until(lambda a=agent, n=acks: a.ask("status")["received"]["ack"] > n + 2, limit)
