# SPDX-License-Identifier: Apache-2.0
"""Forged words. Without a key any member can lie about others, and this one does so ten times a
second. The victim refutes; what must not happen is that the ring is without it most of the time."""
import datetime
import time

import wire
from agents import Cluster, run_tests, wait_until
from wire import DEAD, SUSPECT, Mole, least, u64, uint

FAST = ["--profile", "local"]
FAILED, LEFT, FORCED = 1, 2, 3
SPAN = 12.0  # seconds


class Forger(Mole):
    """A member that acks as others do, and lies about one of them."""

    def __init__(self, cluster):
        super().__init__(b"forger")
        self.agents = cluster.alive()
        self.names = {}
        for member in self.agents[0].ask("members")["members"]:
            self.names[int(member["id"], 16)] = member["name"].encode()
        self.become_member(self.agents[0])
        self.victim = None

    def serve(self, until):
        while (left := until - time.monotonic()) > 0:
            data = self.receive(left)
            if data is None or wire.kind_of(data) != wire.GOSSIP or data[7] != 0xcf:
                continue
            sender, created = (int.from_bytes(data[at:at + 8], "big") for at in (8, 17))
            for agent in self.agents:
                if self.names.get(sender) == agent.name.encode():
                    self.send(agent, self.make(wire.ACK, u64(0) + u64(created),
                                               agent.name.encode()))

    def lie(self, victim, to, *states):
        """Tells `to` that the victim's newest record is followed by these (status, cause)."""
        self.serve(time.monotonic() + 0.1)
        held = to[0].ask("members", name=victim)["members"][0]
        for agent in to:
            rumors = []
            for status, cause in states:
                extra = [uint(0)] + ([uint(0), u64(self.id)] if status == SUSPECT else [])
                rumors.append(wire.array(b"\x01", u64(int(held["id"], 16)), check(held),
                                         u64(held["timestamp"] + 1), uint(status | cause << 2),
                                         *extra))
            self.send(agent, self.gossip(agent.name.encode(), *rumors))


def check(held):
    """Of the blob that hearsayd writes of itself, without tags: the low half of its hash."""
    name = held["name"].encode()
    timing = [held[key] // 1000 for key in ("ring_hold_us", "ring_settle_us")]
    blob = wire.array(bytes([0xa0 + len(name)]) + name, b"\xc4" + wire.ipv4(held["addr"])[2:],
                      u64(int(held["instance"], 16)), u64(held["start"]), least(held["tokens"]),
                      b"\x80", b"\x01", b"\x01", b"\xc4\x00", wire.array(*map(least, timing)))
    return b"\xce" + (wire.hash64(blob) & 0xffffffff).to_bytes(4, "big")


def seconds(line):
    return datetime.datetime.fromisoformat(line["time"].replace("Z", "+00:00")).timestamp()


def absence(agent, mark, name):
    """The share of SPAN in which it held the member dead."""
    gone, since = 0.0, None
    for line in agent.events_since(mark, "member", name=name):
        if line["to"] == "dead" and since is None:
            since = seconds(line)
        elif line["to"] == "alive" and since is not None:
            gone, since = gone + seconds(line) - since, None
    return gone / SPAN


def forge(*states):
    """What n1 has said of the victim."""
    with Cluster(FAST) as cluster:
        n1, _, n3 = cluster.start(3)
        cluster.wait_agreed()
        with Forger(cluster) as forger:
            wait_until(lambda: n3.view().get("forger") == "alive", 10)
            forger.serve(time.monotonic() + 2)
            mark, end = n1.mark(), time.monotonic() + SPAN
            while time.monotonic() < end:
                forger.lie("n2", [n1, n3], *states)
            away = absence(n1, mark, "n2")
            lines = n1.events_since(mark, "member", name="n2")
            rings = n1.events_since(mark, "ring")
            print(f"# absent {100 * away:.1f} %, {len(rings)} rings")
            assert away < 0.1 and len(rings) <= 20, (away, len(rings))
            assert n1.ask("status")["drops"]["damped"] > 0
            wait_until(lambda: n1.view().get("n2") == "alive", 10)
        return lines


def a_goodbye_that_nobody_said():
    told = [line for line in forge((DEAD, LEFT)) if line["reason"] == "not-left"]
    assert told and all(line["level"] == "warn" and line["to"] == "alive" for line in told), told


def a_death_that_nobody_found():
    forge((DEAD, FAILED))


def an_order_that_nobody_gave():
    assert any(line["reason"] == "not-left" for line in forge((DEAD, FORCED)))


def a_suspicion_and_its_death():
    forge((SUSPECT, 0), (DEAD, FAILED))


if __name__ == "__main__":
    run_tests([a_goodbye_that_nobody_said, a_death_that_nobody_found,
               an_order_that_nobody_gave, a_suspicion_and_its_death])
