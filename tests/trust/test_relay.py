# SPDX-License-Identifier: Apache-2.0
"""The attacker does what it says: what it sees, lets through, changes and sends, with agents that
have no key. What the others then make of it is test_attack.py's business."""
import os
import struct
import subprocess
import threading

import packets
from tapped import Tape, Tapped, known, stories, wire

# Sends what it reads, as from one port, and prints what comes there.
ECHO = """
import binascii, os, select, socket, sys
s = socket.socket(socket.AF_INET6 if sys.argv[1] == "6" else socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
if sys.argv[1] == "4":
    s.setsockopt(socket.IPPROTO_IP, 11, 1)  # IP_RECVERR
s.bind((sys.argv[2], 7847))
print("up", flush=True)
rest = b""
while True:
    for ready in select.select([0, s], [], [])[0]:
        if ready == 0:
            data = os.read(0, 65536)
            if not data:
                sys.exit()
            *lines, rest = (rest + data).split(b"\\n")
            for line in lines:
                host, port, what = line.decode().split()
                s.sendto(binascii.unhexlify(what), (host, int(port)))
            continue
        try:
            data, source = s.recvfrom(65536)
            print(source[0], source[1], data.hex(), flush=True)
        except OSError as error:
            print("error", error.errno, error.strerror, flush=True)
"""


class Talker:
    """A program on a host that sends and hears datagrams of any bytes, without a protocol."""

    def __init__(self, host, family=4):
        self.host = host
        self.address = host.v4 if family == 4 else host.v6
        self.addr = packets.join(self.address, 7847)
        self.program = host.spawn("python3", "-c", ECHO, str(family), self.address,
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.heard, self.errors = [], []
        assert self.program.proc.stdout.readline() == b"up\n"
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        for line in self.program.proc.stdout:
            first, second, rest = line.decode().rstrip("\n").split(" ", 2)
            if first == "error":
                self.errors.append(int(second))
            else:
                self.heard.append((packets.join(first, int(second)), bytes.fromhex(rest)))

    def send(self, to, *words):
        for word in words:
            line = f"{to.address} 7847 {word.encode().hex()}\n"
            self.program.proc.stdin.write(line.encode())
        self.program.proc.stdin.flush()

    @property
    def words(self):
        return [data.decode(errors="replace") for _, data in self.heard]


def talkers(f, count=2, family=4):
    return [Talker(f.host(chr(ord("a") + i)), family) for i in range(count)]


def through(f, one, other):
    """Until a word that is sent now has arrived: all before it has, too, or never will."""
    word = f"last {len(other.heard)} {os.urandom(4).hex()}"
    one.send(other, word)
    f.wait(lambda: word in other.words, 10, f"{word} did not arrive")
    other.heard = [pair for pair in other.heard if pair[1] != word.encode()]


# ---- words between two who know no protocol ----------------------------------------------------


@known
def what_is_sent_is_seen_and_arrives():
    for family in (4, 6):
        with Tapped() as f:
            a, b = talkers(f, family=family)
            tape = f.relay.record()
            a.send(b, "one", "two")
            b.send(a, "three")
            f.wait(lambda: len(b.heard) == 2 and len(a.heard) == 1, 10)
            assert b.heard == [(a.addr, b"one"), (a.addr, b"two")], b.heard
            seen = [(d.source, d.target, d.data) for d in tape]
            assert sorted(seen) == sorted([(a.addr, b.addr, b"one"), (a.addr, b.addr, b"two"),
                                           (b.addr, a.addr, b"three")]), seen
            one = next(d for d in tape if d.data == b"one")
            assert one.sender is a.host and one.receiver is b.host
            assert one.kind is None and not one.sealed
            tape.stop()
            a.send(b, "four")
            through(f, a, b)
            assert len(tape) == 3


@known
def what_is_dropped_does_not_arrive():
    with Tapped() as f:
        a, b = talkers(f)
        with f.relay.drop(lambda d: d.data.startswith(b"not")) as rule:
            a.send(b, "not this", "this", "nor that", "not that")
            through(f, a, b)
            assert b.words == ["this", "nor that"] and rule.count == 2, b.words
        a.send(b, "not dropped any more")
        through(f, a, b)
        assert b.words[2:] == ["not dropped any more"]


@known
def what_is_delayed_arrives_later():
    with Tapped() as f:
        a, b = talkers(f)
        with f.relay.delay(lambda d: d.data == b"slow", 0.5):
            a.send(b, "slow", "quick")
            f.wait(lambda: len(b.heard) == 2, 10)
        assert b.words == ["quick", "slow"], b.words


@known
def what_is_reordered_all_arrives():
    with Tapped(seed=3) as f:
        a, b = talkers(f)
        words = [str(i) for i in range(30)]
        with f.relay.reorder(within=0.1):
            a.send(b, *words)
            f.wait(lambda: len(b.heard) == 30, 10)
        assert b.words != words and sorted(b.words) == sorted(words), b.words


@known
def what_is_repeated_comes_again():
    with Tapped() as f:
        a, b = talkers(f)
        with f.relay.repeat(lambda d: d.data == b"again", times=2, after=0.1):
            a.send(b, "again", "once")
            f.wait(lambda: len(b.heard) == 4, 10)
        assert b.words == ["again", "once", "again", "again"], b.words


@known
def what_is_damaged_arrives_damaged():
    """The kernel of the receiver finds nothing wrong: the checksum of UDP is right."""
    for family in (4, 6):
        with Tapped() as f:
            a, b = talkers(f, family=family)
            with f.relay.corrupt(bit=7), f.relay.cut(lambda d: len(d.data) > 4, 3):
                a.send(b, "abcd", "abcdefgh")
                f.wait(lambda: len(b.heard) == 2, 10)
            assert b.words == ["`bcd", "`bc"], b.words
            with f.relay.corrupt() as rule:
                a.send(b, "abcd")
                f.wait(lambda: len(b.heard) == 3, 10)
            turned = int.from_bytes(b"abcd", "big") ^ int.from_bytes(b.heard[2][1], "big")
            assert bin(turned).count("1") == 1 and rule.count == 1
            with f.relay.change(None, lambda d: d.but(data=d.data.upper())):
                a.send(b, "abcd")
                f.wait(lambda: len(b.heard) == 4, 10)
            assert b.words[3] == "ABCD"


@known
def what_was_recorded_is_played_to_anybody():
    for family in (4, 6):
        with Tapped() as f:
            a, b, c = talkers(f, 3, family)
            tape = f.relay.record(lambda d: d.sender is a.host)
            a.send(b, "one", "two")
            through(f, a, b)
            tape.stop()
            assert len(tape) == 3
            tape = tape.only(lambda d: not d.data.startswith(b"last"))
            assert f.relay.replay(tape).wait() == 2
            f.wait(lambda: b.words == ["one", "two"] * 2, 10)
            f.relay.replay(tape, to=c.addr, from_=b.addr).wait()
            f.wait(lambda: c.heard == [(b.addr, b"one"), (b.addr, b"two")], 10, lambda: c.heard)
            f.relay.replay(tape, to=c.addr, from_=packets.join(f.spare(family), 99)).wait()
            f.wait(lambda: len(c.heard) == 4, 10)
            assert c.heard[2][0].endswith(":99"), c.heard
            late = f.relay.replay(tape, after=0.3)
            through(f, a, b)
            assert late.sent == 0 and len(b.heard) == 4
            f.wait(lambda: len(b.heard) == 6, 10)


@known
def a_tape_outlives_its_network():
    with Tapped() as f:
        a, b = talkers(f)
        tape = f.relay.record()
        a.send(b, "one", "two")
        f.wait(lambda: len(b.heard) == 2, 10)
        path = tape.save(os.path.join(os.path.dirname(f.dir), f"{os.path.basename(f.dir)}.pcap"))
    try:
        with Tapped() as f:
            a, b = talkers(f)
            found = Tape.load(f.relay, path)
            f.relay.replay(found, pace=None).wait()
            f.wait(lambda: b.words == ["one", "two"], 10)
            assert found[0].sender is a.host
    finally:
        os.remove(path)


@known
def many_are_played():
    with Tapped() as f:
        a, b = talkers(f)
        tape = f.relay.record(lambda d: d.data == b"drop of the flood")
        a.send(b, "drop of the flood")
        f.wait(lambda: tape, 10)
        many = Tape(f.relay, found=list(tape) * 8000)
        assert f.relay.replay(many).wait() == 8000
        through(f, a, b)
        assert len(b.heard) > 7900 and f.relay.undelivered == 0, len(b.heard)


@known
def a_stranger_hears_what_is_sent_to_it():
    with Tapped() as f:
        a, b = talkers(f)
        for addr in (None, "192.0.2.7:4000"):
            eve = f.relay.stranger(addr)
            eve.send(a, b"hello")
            f.wait(lambda: (eve.addr, b"hello") in a.heard, 10)
            host, port = packets.split(eve.addr)
            a.program.proc.stdin.write(f"{host} {port} {b'back'.hex()}\n".encode())
            a.program.proc.stdin.flush()
            f.wait(lambda: eve.heard, 10)
            assert (eve.heard[0].data, eve.heard[0].sender) == (b"back", a.host)
        f.relay.inject(b"as b", to=a, from_=b)
        f.wait(lambda: (b.addr, b"as b") in a.heard, 10)
        assert not b.heard


@known
def forged_errors_reach_the_socket():
    refused, unreachable = 111, 113
    with Tapped() as f:
        a, b = talkers(f)
        tape = f.relay.record()
        a.send(b, "one")
        f.wait(lambda: tape, 10)
        f.relay.forge_icmp(tape[0], "port")
        f.wait(lambda: refused in a.errors, 10, "a hears of no closed port")
        f.relay.forge_icmp((a.addr, b.addr), "host", by="10.77.0.254")
        f.wait(lambda: unreachable in a.errors, 10, "a hears of no host that is away")
        assert not b.errors


@known
def a_predicate_that_fails_fails_the_test():
    try:
        with Tapped() as f:
            a, b = talkers(f)
            f.relay.drop(lambda d: d.no_such_thing)
            a.send(b, "one")
            f.wait(lambda: b.heard, 10)
    except AttributeError:
        return
    raise AssertionError("nobody heard of it")


# ---- agents ------------------------------------------------------------------------------------


@known
def agents_agree_by_way_of_the_relay():
    """Names are asked for, too, and IPv6 works."""
    with Tapped() as f:
        a = f.host("a").start()
        tape = f.relay.record()
        b = f.host("b").start(join="seed.test:7847")
        f.names.set("seed.test", a)
        c = f.host("c").start("--bind", "[::]:7847", join=f"[{a.v6}]:7847", bind=False)
        f.wait(lambda: b.sees("a"), 20)
        f.rounds(a, 5)
        f.wait(lambda: {"gossip", "ack", "challenge", "join"} <= {d.kind for d in tape}, 10)
        gossip = tape.of("gossip").only(lambda d: d.sender is a)[0]
        assert gossip.sender_id == int(a.ask("members", name="a")["members"][0]["id"], 16)
        assert gossip.created == struct.unpack_from(">Q", gossip.data, wire.HEAD - 11)[0]
        assert abs(gossip.created / 1e6 - a.started) < 60
        assert c.running()


@known
def a_dump_has_words_for_a_tape():
    with Tapped() as f:
        tape = f.relay.record()
        a, b = f.grow(2)
        f.rounds(a, 3)
        tape.stop()
        code, words = f.dump(tape.only(lambda d: d.receiver is b), "--to", b.name)
        assert code == 0 and "gossip" in words and "join" in words and a.addr in words, words


@known
def a_cut_network_heals():
    with Tapped() as f:
        a, b = f.grow(2)
        with f.relay.drop():
            f.wait(lambda: a.sees("n2", "dead") and b.sees("n1", "dead"), 30)
        f.agree(limit=30)


if __name__ == "__main__":
    stories([what_is_sent_is_seen_and_arrives, what_is_dropped_does_not_arrive,
             what_is_delayed_arrives_later, what_is_reordered_all_arrives,
             what_is_repeated_comes_again, what_is_damaged_arrives_damaged,
             what_was_recorded_is_played_to_anybody, a_tape_outlives_its_network,
             many_are_played, a_stranger_hears_what_is_sent_to_it, forged_errors_reach_the_socket,
             a_predicate_that_fails_fails_the_test, agents_agree_by_way_of_the_relay,
             a_dump_has_words_for_a_tape, a_cut_network_heals])
