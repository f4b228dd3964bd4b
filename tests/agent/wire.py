# SPDX-License-Identifier: Apache-2.0
"""The wire of docs/protocol.md, written a second time and as plainly as possible, to send a real
agent what no agent would. Datagram() makes any; Mole is a member that plays by the rules until it
is told not to."""
import ctypes
import ctypes.util
import os
import select
import socket
import struct
import time

GOSSIP, ACK, PROBE_REQUEST, NACK, CHALLENGE, JOIN, SYNC, REFUSAL = range(1, 9)
SUSPECT, ALIVE, DEAD = 1, 2, 3
HEAD, TRAILER, MTU = 28, 5, 1400

_xxhash = ctypes.CDLL(ctypes.util.find_library("xxhash")).XXH3_64bits_withSeed
_xxhash.restype = ctypes.c_uint64
_xxhash.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint64]


def hash64(data, seed=0):
    return _xxhash(data, len(data), seed)


def u64(value):
    return b"\xcf" + struct.pack(">Q", value)


def uint(value):
    return bytes([value]) if value < 128 else u64(value)


def least(value):
    """A number as the agents pack it: in as few bytes as it takes."""
    if value < 128:
        return bytes([value])
    return b"\xcc" + bytes([value]) if value < 256 else b"\xcd" + value.to_bytes(2, "big")


def text(value):
    return b"\xd9" + bytes([len(value)]) + value


def blob_bytes(value):
    return b"\xc5" + struct.pack(">H", len(value)) + value


def array(*items):
    return bytes([0x90 + len(items)]) + b"".join(items)


def ipv4(addr):
    host, port = addr.rsplit(":", 1)
    return blob_bytes(socket.inet_aton(host) + struct.pack(">H", int(port)))


def member_id(name, instance):
    return hash64(name + struct.pack("<Q", instance))


def blob(name, addr, instance, start=1, tokens=16, tags=b"\x80"):
    return array(text(name), ipv4(addr), u64(instance), u64(start), uint(tokens), tags, uint(1),
                 uint(1))


def record(blob_of, timestamp, status=ALIVE, cause=0, *extra):
    return array(b"\x00", blob_bytes(blob_of), u64(timestamp), uint(status | cause << 2), *extra)


def datagram(kind, sender, created, body, receiver=None, cluster=b"hearsay", version=1):
    """Sealed by the null cipher for `receiver` (bytes), or for nobody in particular."""
    head = (b"\x96" + bytes([version << 4 | kind]) + b"\xce" +
            struct.pack(">I", hash64(cluster) & 0xFFFFFFFF))
    head += u64(sender) + u64(created) + b"\xc5" + struct.pack(">H", len(body))
    seed = hash64(receiver) if receiver is not None else 0
    return head + body + b"\xce" + struct.pack(">I", hash64(head + body, seed) & 0xFFFFFFFF)


def kind_of(data):
    return data[1] & 15


def numbers(data, count):
    """The first `count` u64 of a body."""
    return [struct.unpack_from(">Q", data, HEAD + 9 * i + 1)[0] for i in range(count)]


class Mole:
    """One socket on loopback and a member's identity."""

    def __init__(self, name=b"mole", cluster=b"hearsay"):
        self.name, self.cluster, self.instance = name, cluster, int.from_bytes(os.urandom(8), "big")
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.sock.bind(("127.0.0.1", 0))
        self.addr = f"127.0.0.1:{self.sock.getsockname()[1]}"
        self.id, self.created = member_id(name, self.instance), time.time_ns() // 1000
        self.timestamp, self.start = self.created, self.created

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    def record(self, addr=None):
        return record(blob(self.name, addr or self.addr, self.instance, self.start), self.timestamp)

    def make(self, kind, body, receiver=None, **other):
        self.created += 1
        return datagram(kind, self.id, self.created, body, receiver,
                        other.pop("cluster", self.cluster), **other)

    def gossip(self, receiver, *rumors, **other):
        return self.make(GOSSIP, u64(0) + u64(self.timestamp) + b"".join(rumors), receiver, **other)

    def join(self, nonce, echo=0, addr=None):
        return self.make(JOIN, u64(nonce) + u64(echo) + self.record(addr))

    def send(self, agent, data):
        host, port = agent.addr.rsplit(":", 1)
        self.sock.sendto(data, (host, int(port)))

    def receive(self, patience=5.0):
        """The next datagram, or None."""
        if not select.select([self.sock], [], [], patience)[0]:
            return None
        return self.sock.recv(65536)

    def receive_kind(self, kind, patience=5.0):
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            data = self.receive(deadline - time.monotonic())
            if data is not None and kind_of(data) == kind:
                return data
        raise AssertionError(f"no datagram of kind {kind} within {patience} s")

    def drain(self):
        """All that has come so far."""
        return list(iter(lambda: self.receive(0), None))

    def become_member(self, agent):
        """The handshake of a newcomer (R25)."""
        self.send(agent, self.join(nonce=77))
        nonce, echo = numbers(self.receive_kind(CHALLENGE), 2)
        assert echo == 77, "the challenge echoes the join's nonce"
        self.send(agent, self.join(nonce=77, echo=nonce))
        self.receive_kind(JOIN)
