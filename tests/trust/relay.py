# SPDX-License-Identifier: Apache-2.0
"""The attacker: whoever runs the network. Every frame between the hosts of a field goes through a
Relay, which sees, sends, repeats, delays, reorders, cuts and corrupts any datagram:

    with Tapped() as f:                       # a Field (tests/field) whose bridge is the attacker's
        a, b = f.grow(2)
        tape = f.relay.record()               # from now on; of all, or of those that …
        f.relay.drop(lambda d: d.sender is a and d.kind == "ack")
        f.relay.delay(lambda d: d.receiver is b, 0.2)
        f.relay.reorder(within=0.05)          # all: each is delayed by chance
        f.relay.repeat(times=3)
        f.relay.corrupt(bit=300)              # of the payload; None: by chance
        f.relay.cut(length=60)
        f.relay.replay(tape, to=b, from_="10.77.0.99:7847", after=5).wait()
        f.relay.forge_icmp(tape[0], "port")   # "the port to which this was sent is closed"
        f.relay.inject(b"…", to=a, from_=b)
        eve = f.relay.stranger()              # an address of the attacker's: what is sent there
        eve.send(a, tape[0].data)             # is in eve.heard, and nobody else gets it

A rule holds until its end(), or until the end of `with` that it stands in; .count says how often it
was used. Rules are applied in the order in which they were made. What the attacker sends itself
goes through no rule and on no tape.

A predicate gets a Datagram: .source and .target (texts, "10.77.0.1:7847"), .sender and .receiver
(hosts, or None), .data, .kind ("gossip", "ack", …), .sender_id, .created, .sealed, .when. It is
called by the relay's thread; if it fails, the test does.

Only UDP is touched, and no DNS. All else (ARP, ICMP, TCP) passes. Checksums of UDP are always made
right: a network that damages a datagram without the receiver's kernel noticing it is one that does
it on purpose. Tapes can be written as a capture, which tcpdump and hearsay-dump read.
"""
import collections
import contextlib
import ctypes
import errno
import heapq
import itertools
import os
import random
import selectors
import socket
import struct
import threading
import time

import packets
import wire

ETH_P_ALL, PACKET_IGNORE_OUTGOING, SOL_PACKET = 3, 23, 263
FRAME_MAX = 1 << 17
ROOM = 8 << 20  # bytes of frames that wait for the relay
PACE = 4000  # datagrams a second of a replay: more at once would not fit the receiver's queues
KINDS = dict(enumerate(("gossip", "ack", "probe-request", "nack", "challenge", "join", "sync",
                        "refusal"), 1))
EVE = "02:00:00:00:66:66"
SEAL = b"\xc4\x11"  # begins the trailer of a sealed datagram
SEAL_LENGTH = 19


def everything(_):
    return True


class Datagram:
    """One UDP datagram, as the attacker sees it."""

    # pylint: disable=too-many-arguments
    def __init__(self, relay, source, target, data, macs=(EVE, EVE), when=None):
        self.relay, self.source, self.target, self.data = relay, source, target, data
        self.macs, self.when = macs, time.monotonic() if when is None else when

    def __repr__(self):
        return f"<{self.kind or 'datagram'} {self.source} > {self.target}, {len(self.data)} bytes>"

    @property
    def sender(self):
        """The host that has the source's address; it need not have sent this."""
        return self.relay.host_at(self.source)

    @property
    def receiver(self):
        return self.relay.host_at(self.target)

    def is_ours(self):
        return len(self.data) >= wire.HEAD and self.data[0] == 0x96 and self.data[7] == 0xCF

    @property
    def kind(self):
        return KINDS.get(wire.kind_of(self.data)) if self.is_ours() else None

    @property
    def sender_id(self):
        return struct.unpack_from(">Q", self.data, 8)[0] if self.is_ours() else None

    @property
    def created(self):
        """When it was made, by its sender's clock: microseconds since 1970."""
        return struct.unpack_from(">Q", self.data, 17)[0] if self.is_ours() else None

    @property
    def sealed(self):
        """Whether it ends as a sealed one does, to whom has no key."""
        if not self.is_ours() or len(self.data) < wire.HEAD + SEAL_LENGTH:
            return False
        body = struct.unpack_from(">H", self.data, wire.HEAD - 2)[0]
        at = wire.HEAD + body
        return len(self.data) == at + SEAL_LENGTH and self.data[at:at + 2] == SEAL

    def but(self, **changes):
        """A copy with another source, target or data."""
        fields = {"source": self.source, "target": self.target, "data": self.data, **changes}
        return Datagram(self.relay, fields["source"], fields["target"], fields["data"], self.macs)


class Tape(list):
    """Datagrams in the order in which they were seen. It grows until stop()."""

    def __init__(self, relay, where=everything, found=()):
        super().__init__(found)
        self.relay, self.where = relay, where

    def stop(self):
        with contextlib.suppress(ValueError):
            self.relay.tapes.remove(self)
        return self

    def only(self, where):
        """A new tape of those for which this is true. It does not grow."""
        return Tape(self.relay, found=[d for d in list(self) if where(d)])

    def of(self, kind):
        return self.only(lambda d: d.kind == kind)

    def save(self, path):
        """As a capture (pcap) of Ethernet."""
        with open(path, "wb") as file:
            file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
            for d in list(self):
                frame = packets.frame(*d.macs, packets.udp_packet(d.source, d.target, d.data))
                second, rest = divmod(int(d.when * 1e6), 1000000)
                file.write(struct.pack("<IIII", second, rest, len(frame), len(frame)) + frame)
        return path

    @classmethod
    def load(cls, relay, path):
        """A tape of another day, or of a network that is no more."""
        made = cls(relay)
        with open(path, "rb") as file:
            file.read(24)
            while head := file.read(16):
                second, rest, length, _ = struct.unpack("<IIII", head)
                frame = file.read(length)
                source, target, data = packets.Opened(frame).udp(frame)
                macs = packets.mac_text(frame[6:12]), packets.mac_text(frame[:6])
                made.append(Datagram(relay, source, target, data, macs, second + rest / 1e6))
        return made


class Rule:
    """What is done to datagrams. `treat` gives those that go on instead, each with its delay."""

    def __init__(self, relay, where, treat):
        self.relay, self.where, self.treat, self.count = relay, where or everything, treat, 0

    def apply(self, d):
        if not self.where(d):
            return [(0.0, d)]
        self.count += 1
        return self.treat(d)

    def end(self):
        self.relay.rules = [rule for rule in self.relay.rules if rule is not self]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()


class Replay:
    """Datagrams that are sent one after the other. .sent says how many were."""

    def __init__(self, relay, schedule):
        self.relay, self.schedule, self.sent = relay, schedule, 0
        self.ended = threading.Event()

    def next(self, push):
        """Sends the next one, and pushes itself for the one after it."""
        d = self.schedule[self.sent][1]
        self.relay.put(d)
        self.sent += 1
        if self.sent < len(self.schedule):
            push(self.schedule[self.sent][0], self)
        else:
            self.ended.set()

    def wait(self, limit=60.0):
        """Until all are sent; returns how many."""
        assert self.ended.wait(limit), f"{self.sent} of {len(self.schedule)} are sent"
        return self.sent


class Stranger:
    """An address of the attacker's own. `heard`: what came there."""

    def __init__(self, relay, addr):
        self.relay, self.addr, self.heard = relay, addr, Tape(relay)

    def send(self, to, data):
        return self.relay.inject(data, to=to, from_=self)


class Late:
    """A datagram that a rule holds back."""

    def __init__(self, relay, d):
        self.relay, self.d = relay, d

    def next(self, _):
        self.relay.deliver(self.d)


class Relay:
    """A switch with a thread of its own. plug() gives it ports, which are interfaces of the
    namespace that `pid` lives in."""

    def __init__(self, pid, hosts, seed=0):
        self.hosts, self.random = hosts, random.Random(seed)
        self.rules, self.tapes, self.strangers = [], [], {}
        self.failed = None  # what a predicate raised
        self.undelivered = 0  # frames that a port did not take
        self.net, self.gateway = pid, packets.BROADCAST
        self.ports, self.places, self.heap, self.serial = {}, {}, [], itertools.count()
        self.orders, self.selector = collections.deque(), selectors.DefaultSelector()
        self.woken, self.waker = os.pipe()
        self.selector.register(self.woken, selectors.EVENT_READ)
        self.thread, self.closed = threading.Thread(target=self.run, daemon=True), False
        self.thread.start()

    # ---- what the attacker does ----------------------------------------------------------

    def record(self, where=None):
        """A tape of what is seen from now on, as it was sent, before any rule."""
        made = Tape(self, where or everything)
        self.tapes = [*self.tapes, made]
        return made

    def rule(self, where, treat):
        made = Rule(self, where, treat)
        self.rules = [*self.rules, made]
        return made

    def drop(self, where=None, chance=1.0):
        return self.rule(where, lambda d: [] if self.random.random() < chance else [(0.0, d)])

    def delay(self, where=None, seconds=0.1):
        return self.rule(where, lambda d: [(seconds, d)])

    def reorder(self, where=None, within=0.05):
        """Each is delayed by chance, up to so many seconds: they overtake each other."""
        return self.rule(where, lambda d: [(self.random.random() * within, d)])

    def repeat(self, where=None, times=1, after=0.0):
        """Each comes so many times more, all of these so much later."""
        return self.rule(where, lambda d: [(0.0, d)] + [(after, d)] * times)

    def corrupt(self, where=None, bit=None):
        """Turns one bit over: this one of the payload, or (None) one by chance."""
        def treat(d):
            at = self.random.randrange(8 * len(d.data)) if bit is None else bit
            if at >= 8 * len(d.data):
                return [(0.0, d)]
            data = bytearray(d.data)
            data[at // 8] ^= 0x80 >> at % 8
            return [(0.0, d.but(data=bytes(data)))]
        return self.rule(where, treat)

    def cut(self, where=None, length=0):
        """Only so many bytes of each arrive; a negative number is counted from its end."""
        return self.rule(where, lambda d: [(0.0, d.but(data=d.data[:length]))])

    def change(self, where, how):
        """how(d) is what arrives instead: a datagram (see Datagram.but), or None."""
        return self.rule(where, lambda d: [(0.0, one) for one in [how(d)] if one])

    def replay(self, tape, to=None, from_=None, after=0.0, pace=PACE):
        """Sends what is on the tape now: to whom it was for or to another one, as from its source
        or from another one; so many a second, or (pace=None) with the pauses that it had."""
        found = [self.readdress(d, to, from_) for d in list(tape)]
        begin = time.monotonic() + after
        first = found[0].when if found else 0.0
        schedule = [(begin + (i / pace if pace else d.when - first), d)
                    for i, d in enumerate(found)]
        made = Replay(self, schedule)
        if schedule:
            self.order("push", schedule[0][0], made)
        else:
            made.ended.set()
        return made

    def inject(self, data, to, from_):
        """Sends one datagram of whatever bytes, as from an address that need not be ours."""
        d = self.readdress(Datagram(self, "0.0.0.0:7847", "0.0.0.0:7847", data), to, from_)
        self.order("push", 0.0, Replay(self, [(0.0, d)]))
        return d

    def forge_icmp(self, about, what="port", by=None):
        """Tells the source of a datagram that it did not arrive. `what` is a name of packets.ICMP;
        `by` the address of the host or router that says so, by default of the datagram's target.
        `about` may be a pair of addresses instead of a datagram: a guess."""
        if isinstance(about, tuple):
            about = self.readdress(Datagram(self, "0.0.0.0:7847", "0.0.0.0:7847", b""),
                                   about[1], about[0])
        reporter = by or packets.split(about.target)[0]
        packet = packets.icmp_packet(reporter, packets.udp_packet(about.source, about.target,
                                                                  about.data), what)
        frame = packets.frame(EVE, self.mac_of(about.source), packet)
        self.order("frame", frame)

    def stranger(self, addr=None):
        """An address on the hosts' network, or beyond (by the way out), that is the attacker's."""
        addr = addr or f"{self.spare()}:7847"
        host = packets.split(addr)[0]
        for one in self.hosts:
            one.shell(f"ip neigh replace {host} lladdr {EVE} dev eth0 nud permanent")
        made = Stranger(self, addr)
        self.strangers = {**self.strangers, host: made}
        return made

    # ---- addresses -----------------------------------------------------------------------

    spare = None  # gives an address that no host has

    def host_at(self, addr):
        host = packets.split(addr)[0]
        return next((one for one in self.hosts if host in (one.v4, one.v6)), None)

    def mac_of(self, addr):
        host = self.host_at(addr)
        return host.mac if host else self.gateway

    def readdress(self, d, to, from_):
        """A copy for other ends; each is None, a host, a stranger or a text."""
        source, target = (old if end is None else getattr(end, "addr", end)
                          for end, old in ((from_, d.source), (to, d.target)))
        host = self.host_at(source)
        made = Datagram(self, source, target, d.data, when=d.when)
        made.macs = host.mac if host else EVE, self.mac_of(target)
        return made

    # ---- the switch ----------------------------------------------------------------------

    def plug(self, port, mac):
        """A port, and who is behind it. mac=None: the way out."""
        sock = socket_in(self.net, port)
        self.order("plug", sock, port, mac)

    def order(self, *words):
        self.orders.append(words)
        os.write(self.waker, b"x")

    def push(self, when, what):
        heapq.heappush(self.heap, (when, next(self.serial), what))

    def obey(self):
        os.read(self.woken, 4096)
        while self.orders:
            what, *words = self.orders.popleft()
            if what == "plug":
                sock, port, mac = words
                self.ports[port] = sock
                self.places[mac] = port
                self.selector.register(sock, selectors.EVENT_READ, port)
            elif what == "push":
                self.push(*words)
            elif what == "frame":
                self.forward(words[0], None)

    def run(self):
        while not self.closed:
            pause = max(0.0, self.heap[0][0] - time.monotonic()) if self.heap else None
            for key, _ in self.selector.select(pause):
                if key.fileobj == self.woken:
                    self.obey()
                else:
                    self.empty(key.fileobj, key.data)
            now = time.monotonic()
            while self.heap and self.heap[0][0] <= now:
                heapq.heappop(self.heap)[2].next(self.push)

    def empty(self, sock, port):
        """Takes what has come, but not for ever."""
        for _ in range(64):
            try:
                data = sock.recv(FRAME_MAX)
            except OSError:  # nothing more, or the interface is down
                return
            self.take(data, port)

    def take(self, data, port):
        source = packets.mac_text(data[6:12])
        self.places.setdefault(source, port)
        if self.gateway == packets.BROADCAST and port == self.places.get(None):
            self.gateway = source
        opened = packets.Opened(data)
        udp = opened.udp(data)
        if udp is None or 53 in (packets.split(udp[0])[1], packets.split(udp[1])[1]):
            self.forward(packets.summed(data, opened), port)
            return
        d = Datagram(self, *udp, (source, packets.mac_text(data[:6])))
        try:
            going = self.judge(d)
        except Exception as error:  # of a predicate: the test has to hear of it
            self.failed = self.failed or error
            going = [(0.0, d)]
        for delay, one in going:
            if delay > 0:
                self.push(time.monotonic() + delay, Late(self, one))
            else:
                self.deliver(one)

    def judge(self, d):
        for tape in self.tapes:
            if tape.where(d):
                tape.append(d)
        going = [(0.0, d)]
        for rule in self.rules:
            going = [(delay + more, out) for delay, one in going for more, out in rule.apply(one)]
        return going

    def deliver(self, d):
        """To whom it is for, or to a stranger, that is to us."""
        stranger = self.strangers.get(packets.split(d.target)[0])
        if stranger:
            stranger.heard.append(d)
        else:
            self.put(d)

    def put(self, d):
        self.forward(packets.frame(*d.macs, packets.udp_packet(d.source, d.target, d.data)), None)

    def forward(self, frame, port):
        """To the port of its receiver, or to all but the one that it came from."""
        target = packets.mac_text(frame[:6])
        place = self.places.get(target)
        if target == EVE:
            return
        for name in [place] if place else [one for one in self.ports if one != port]:
            try:
                self.ports[name].send(frame)
            except OSError as error:
                self.undelivered += 1
                if error.errno not in (errno.ENOBUFS, errno.EAGAIN, errno.ENETDOWN, errno.ENXIO):
                    self.failed = self.failed or error

    def close(self):
        if self.closed:
            return
        self.closed = True
        os.write(self.waker, b"x")
        self.thread.join()
        for sock in self.ports.values():
            sock.close()
        self.selector.close()
        os.close(self.woken)
        os.close(self.waker)


def socket_in(pid, interface):
    """A packet socket on an interface of another network. A socket stays in the network in which it
    was made, so this thread visits that one for a moment."""
    libc = ctypes.CDLL(None, use_errno=True)
    clone_newnet = 0x40000000
    with open("/proc/thread-self/ns/net", "rb") as home, open(f"/proc/{pid}/ns/net", "rb") as there:
        if libc.setns(there.fileno(), clone_newnet) < 0:
            raise OSError(ctypes.get_errno(), "setns")
        try:
            made = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        finally:
            if libc.setns(home.fileno(), clone_newnet) < 0:
                os._exit(1)  # in a foreign network nothing of the test is right
    made.setblocking(False)
    made.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
    made.setsockopt(socket.SOL_SOCKET, 33, ROOM)  # SO_RCVBUFFORCE
    made.setsockopt(socket.SOL_SOCKET, 32, ROOM)  # SO_SNDBUFFORCE
    made.bind((interface, ETH_P_ALL))
    return made
