# SPDX-License-Identifier: Apache-2.0
"""A member that has the cluster's key and lies. Its datagrams are sealed by the second
implementation of the seal, tests/seal/siv_reference.py.

A thread of its own answers as a true member does: it acks gossips and meets challenges, so that
nobody suspects the liar itself. `lies` replaces the answer to a kind of message.
"""
import base64
import os
import select
import socket
import sys
import threading
import time

import wire
from agents import Cluster, Skip, wait_until
from wire import (ACK, ALIVE, CHALLENGE, DEAD, GOSSIP, HEAD, JOIN, SUSPECT, array, least, u64,
                  uint)

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "seal"))
try:
    import siv_reference
except ImportError:
    siv_reference = None

FAILED, LEFT, FORCED = 1, 2, 3
SECRET = bytes(range(32))
KINDS_FOR_ANYBODY = (JOIN, CHALLENGE)  # bound to no name
YEAR = 365 * 86400 * 1000000  # microseconds


def now_us():
    return time.time_ns() // 1000


class Sealed(Cluster):
    """Agents with one key. Periods of half a second, as in the profile `local`."""

    def __init__(self, *options):
        if siv_reference is None:
            raise Skip("python3-cryptography is not here")
        super().__init__(["--profile", "local", *options])
        self.key = os.path.join(self.dir, "key")
        with open(self.key, "wb") as file:
            file.write(base64.b64encode(SECRET) + b"\n")
        os.chmod(self.key, 0o600)
        self.options += ["--key", self.key]

    def grown(self, count):
        made = self.start(count)
        self.wait_agreed()
        return made


def string(value):
    return bytes([0xa0 + len(value)]) + value if len(value) < 32 else wire.text(value)


class Truth:
    """What an agent holds of a member, and records that differ from it."""

    def __init__(self, agent, name, mark):
        held = agent.ask("members", name=name)["members"][0]
        self.name, self.addr = name.encode(), held["addr"]
        self.id, self.instance = (int(held[key], 16) for key in ("id", "instance"))
        self.timestamp, self.start, self.tokens = held["timestamp"], held["start"], held["tokens"]
        self.marks = mark
        self.timing = [held[key] // 1000 for key in ("ring_hold_us", "ring_settle_us")]

    def record(self, timestamp=None, status=ALIVE, cause=0, extra=(), **other):
        """The newest but for what is said here."""
        held = {**self.__dict__, **other}
        tags = other.get("tags", {})
        blob = array(string(held["name"]), b"\xc4" + wire.ipv4(held["addr"])[2:],
                     u64(held["instance"]), u64(held["start"]), least(held["tokens"]),
                     bytes([0x80 + len(tags)]) + b"".join(string(k) + string(v)
                                                          for k, v in tags.items()),
                     b"\x01", b"\x01", b"\xc4" + bytes([len(held["marks"])]) + held["marks"],
                     array(*map(least, held["timing"])))
        if timestamp is None:
            timestamp = self.timestamp + 1
        return wire.record(blob, timestamp, status, cause, *extra)

    def suspect(self, *accusers, refused=True):
        mask = (1 << len(accusers)) - 1 if refused else 0
        return self.record(status=SUSPECT, extra=[uint(0), uint(mask), *map(u64, accusers)])

    def dead(self, cause=FAILED, age=0, **other):
        return self.record(status=DEAD, cause=cause, extra=[u64(age)], **other)


class Insider(wire.Mole):
    def __init__(self, agents, name=b"liar"):
        super().__init__(name)
        self.key = siv_reference.Key(SECRET, self.cluster)
        self.mark = self.key.fingerprint[:4]
        self.at = {agent.port: agent for agent in agents}
        self.lock, self.ended, self.lies = threading.Lock(), False, {}
        self.heard = {}  # bytes by kind
        self.thread = threading.Thread(target=self.answer, daemon=True)
        self.thread.start()
        self.say(agents[0], JOIN, u64(77) + u64(0) + self.record())
        for agent in agents:
            wait_until(lambda a=agent: a.view().get(name.decode()) == "alive", 10)
            wait_until(lambda a=agent: self.is_heard(a), 10, lambda a=agent: a.ask("status"))

    def __exit__(self, *_):
        self.ended = True
        self.thread.join()
        super().__exit__()

    def record(self, addr=None):
        return wire.record(wire.blob(self.name, addr or self.addr, self.instance, self.start)[:-1]
                           .replace(b"\x98", b"\x99", 1) + b"\x01\xc4\x04" + self.mark,
                           self.timestamp)

    def truth(self, agent, name):
        return Truth(agent, name, self.mark)

    # ---- sealed datagrams ---------------------------------------------------------------------

    def stamp(self):
        with self.lock:
            self.created = max(self.created + 1, now_us())
            return self.created

    def sealed(self, kind, body, receiver, as_id=None, created=None):
        binding = 0 if kind in KINDS_FOR_ANYBODY else wire.hash64(receiver)
        head = wire.datagram(kind, as_id or self.id, created or self.stamp(), body)[:HEAD]
        return head + self.key.seal(binding, head, body)

    def say(self, agent, kind, body, **how):
        self.send(agent, self.sealed(kind, body, agent.name.encode(), **how))

    def tell(self, agents, *rumors, timestamp=None, **how):
        """A gossip, of the liar itself or of another one (as_id)."""
        for agent in agents:
            self.say(agent, GOSSIP, u64(0) + u64(timestamp or self.timestamp) + b"".join(rumors),
                     **how)

    def opened(self, data):
        """Head and body, or None."""
        binding = 0 if wire.kind_of(data) in KINDS_FOR_ANYBODY else wire.hash64(self.name)
        body = self.key.open(binding, data[:HEAD], data[HEAD:])
        return None if body is None else data[:HEAD] + body

    # ---- answers ------------------------------------------------------------------------------

    def is_heard(self, agent):
        """It has a floor there: what the liar says now is heard."""
        before = agent.ask("status")
        self.tell([agent])
        time.sleep(0.05)
        after = agent.ask("status")
        return (after["drops"]["stranger"] == before["drops"]["stranger"] and
                after["received"]["gossip"] > before["received"]["gossip"])

    def answer(self):
        while not self.ended:
            if not select.select([self.sock], [], [], 0.1)[0]:
                continue
            data, source = self.sock.recvfrom(65536)
            agent, message = self.at.get(source[1]), self.opened(data)
            if agent is None or message is None:
                continue
            kind = wire.kind_of(data)
            self.heard[kind] = self.heard.get(kind, 0) + len(data)
            answer = self.lies.get(kind, getattr(self, f"on_{kind}", None))
            if answer:
                answer(agent, message)

    def on_1(self, agent, gossip):
        self.say(agent, ACK, u64(0) + u64(created_of(gossip)))

    def on_5(self, agent, challenge):
        self.say(agent, JOIN, u64(0) + u64(wire.numbers(challenge, 1)[0]) + self.record())


def created_of(message):
    return int.from_bytes(message[17:25], "big")


def sender_of(message):
    return int.from_bytes(message[8:16], "big")


class Watched:
    """A UDP socket of somebody who has nothing to do with it all, and counts what it is sent."""

    def __init__(self):
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        self.sock.bind(("127.0.0.1", 0))
        self.addr = f"127.0.0.1:{self.sock.getsockname()[1]}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    def taken(self):
        """The lengths of what has come since."""
        lengths = []
        while select.select([self.sock], [], [], 0)[0]:
            lengths.append(len(self.sock.recv(65536)))
        return lengths
