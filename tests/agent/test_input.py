# SPDX-License-Identifier: Apache-2.0
"""Datagrams that no agent would send, to real agents: counted by reason, said in the log, and
nothing changes. And nobody can make an agent send more to a third party than was sent to it (R11,
R28)."""
import json
import os
import random
import socket
import subprocess
import time

import wire
from agents import Cluster, run_tests, wait_until
from wire import Mole, datagram, u64

FAST = ["--profile", "local"]
FLOOD = 20_000
BATCH = 100  # datagrams sent before it is seen that they were read


def drops(agent):
    """By reason, as the tool tells them."""
    done = subprocess.run([os.environ["HEARSAY"], "--control", agent.control, "status", "--json"],
                          check=True, capture_output=True, timeout=10)
    return {reason: count for reason, count in json.loads(done.stdout)["drops"].items() if count}


def settled(cluster):
    """Agreed, and no rumors under way: from now on nothing changes by itself."""
    cluster.wait_agreed()
    wait_until(lambda: all(a.ask("status")["rumors"] == 0 for a in cluster.alive()), 10)


def state(agent):
    status = agent.ask("status")
    return status["digest"], status["ring"], status["members"], agent.view()


def gossip_goes_on(agent):
    before = agent.ask("status")["received"]["gossip"]
    wait_until(lambda: agent.ask("status")["received"]["gossip"] > before + 3, 15)


def rises(agent, mole, bad, reasons):
    """Sends all of them; every one must be counted, each under one of the reasons, and change
    nothing."""
    before, kept = drops(agent), state(agent)
    sum_before = sum(before.get(r, 0) for r in reasons)
    for at in range(0, len(bad), BATCH):
        for data in bad[at:at + BATCH]:
            mole.send(agent, data)
        wanted = sum_before + min(at + BATCH, len(bad))
        wait_until(lambda: sum(drops(agent).get(r, 0) for r in reasons) >= wanted, 5,
                   lambda: f"{before} became {drops(agent)}, not {len(bad)} more of {reasons}")
    after = drops(agent)
    got = {r: after.get(r, 0) - before.get(r, 0) for r in after}
    assert sum(got.get(r, 0) for r in reasons) == len(bad), (got, len(bad))
    assert all(got.get(r, 0) > 0 for r in reasons), f"no drop for one of {reasons}: {got}"
    assert state(agent) == kept, "state changed"
    return got


def pair(cluster):
    cluster.start(2)
    settled(cluster)
    return cluster["n1"], cluster["n2"]


def junk_is_counted_by_reason():
    chance = random.Random(1)
    with Cluster(FAST) as cluster, Mole() as mole:
        agent, _ = pair(cluster)
        rises(agent, mole, [b"", b"x", b"\x96", bytes(32)], ["truncated"])
        rises(agent, mole, [bytes(100), b"GET / HTTP/1.1\r\n" * 5, b"\xff" * 1400], ["malformed"])
        rises(agent, mole, [bytes(1401), bytes(60_000)], ["oversized"])
        noise = [chance.randbytes(chance.randrange(33, 1400)) for _ in range(500)]
        rises(agent, mole, noise, ["malformed"])
        wait_until(lambda: {e["reason"] for e in agent.events("drop")} ==
                   {"truncated", "malformed", "oversized"}, 5)
        assert all(e["level"] == "warn" for e in agent.events("drop")), "an operator should know"
        gossip_goes_on(agent)


def others_and_other_versions():
    with Cluster(FAST) as cluster, Mole() as mole, Mole(cluster=b"elsewhere") as foreigner:
        agent, _ = pair(cluster)
        join = foreigner.join(1)
        rises(agent, foreigner, [join, foreigner.gossip(b"n1")], ["cluster"])
        rises(agent, mole, [mole.gossip(b"n1", version=v) for v in (0, 2, 7)], ["version"])
        rises(agent, mole, [mole.gossip(b"n1", version=v) for v in (8, 15)], ["malformed"])
        rises(agent, mole, [mole.gossip(b"n2"), mole.gossip(b"")], ["checksum"])
        body = u64(0) + u64(1)
        rises(agent, mole, [mole.make(kind, body, b"n1") for kind in (0, 9, 15)], ["malformed"])
        wait_until(lambda: {e["reason"] for e in agent.events("drop")} >=
                   {"cluster", "version", "checksum"}, 5)
        assert mole.drain() == [], "not one of them is answered"
        told = foreigner.drain()
        assert [wire.kind_of(data) for data in told] == [wire.REFUSAL], "a join alone is answered"
        assert len(told[0]) <= len(join), "R28: no amplification"
    with Cluster(FAST) as cluster:
        one = cluster.agent("n1").start()
        wait_until(lambda: one.events("ready"), 5)
        two = cluster.agent("n2", options=["--cluster", "other"]).start(join=[one.addr])
        wait_until(lambda: drops(one).get("cluster"), 5)
        wait_until(lambda: two.events("join", result="refused"), 15)
        assert "another cluster" in two.events("join", result="refused")[0]["message"]
        assert one.view() == {"n1": "alive"} and two.view() == {"n2": "alive"}


def captured_join(cluster, mole):
    """A real datagram: what an agent sends to its seed, which is us. The agent is gone
    afterwards."""
    agent = cluster.agent("captured").start(join=[mole.addr])
    data = mole.receive_kind(wire.JOIN)
    agent.kill()
    return data


def every_truncation_and_many_bit_flips():
    with Cluster(FAST) as cluster, Mole() as mole:
        agent, _ = pair(cluster)
        real = captured_join(cluster, mole)
        assert len(real) <= wire.MTU
        rises(agent, mole, [real[:n] for n in range(len(real))], ["truncated"])
        flips = []
        for bit in [*range(8 * wire.HEAD), *range(8 * wire.HEAD, 8 * len(real), 5)]:
            flipped = bytearray(real)
            flipped[bit // 8] ^= 1 << bit % 8
            flips.append(bytes(flipped))
        rises(agent, mole, flips, ["truncated", "malformed", "version", "cluster", "checksum"])
        gossip_goes_on(agent)


def a_replay_is_counted_and_not_answered():
    with Cluster(FAST) as cluster, Mole() as mole:
        one, two = pair(cluster)
        mole.become_member(one)
        wait_until(lambda: two.view().get("mole") == "alive", 5)
        before = drops(one).get("duplicate", 0)
        same = mole.gossip(b"n1")
        for _ in range(50):
            mole.send(one, same)
        wait_until(lambda: drops(one).get("duplicate", 0) >= before + 49, 5,
                   lambda: f"{drops(one)}")
        created = mole.created
        # answered after all replays: what came before is all there is
        mole.send(one, mole.gossip(b"n1"))
        acks = []
        while not acks or acks[-1] != created + 1:
            acks.append(wire.numbers(mole.receive_kind(wire.ACK), 2)[1])
        assert acks.count(created) == 1, "one answer to fifty copies"


def lies_of_a_member():
    """A member that is in, and sends what is out of range, in the future, or of a kind of its
    own."""
    with Cluster(["--suspect-timeout", "60s", "--suspect-timeout-min",
                  "60s"]) as cluster, Mole() as mole:
        agent, _ = pair(cluster)
        mole.become_member(agent)
        wait_until(lambda: set(agent.view()) == {"n1", "n2", "mole"}, 5)
        ghost = wire.blob(b"ghost", "127.0.0.1:9", 5)
        now = time.time_ns() // 1000
        future = [wire.record(ghost, now + 11 * 365 * 86400 * 1_000_000), wire.record(ghost, 2**63)]
        values = [wire.record(ghost, now, 0), wire.record(ghost, now, wire.ALIVE, 7),
                  wire.record(b"", now), wire.record(wire.blob(b"a b", "127.0.0.1:9", 5), now),
                  wire.record(wire.blob(b"", "127.0.0.1:9", 5), now),
                  wire.record(wire.blob(b"g" * 129, "127.0.0.1:9", 5), now),
                  wire.record(wire.blob(b"ghost", "127.0.0.1:9", 5, tokens=0), now),
                  wire.record(wire.blob(b"ghost", "127.0.0.1:9", 5, tokens=4097), now)]
        strange = wire.array(b"\x63", u64(1), wire.text(b"of a later release"))

        def ghostless():
            return "ghost" not in agent.view()
        for reason, rumors in (("future", future), ("value", values)):
            before = drops(agent).get(reason, 0)
            for rumor in rumors:
                mole.send(agent, mole.gossip(b"n1", rumor))
            wait_until(lambda: drops(agent).get(reason, 0) >= before + len(rumors), 5,
                       lambda: f"{reason}: {before}, then {drops(agent)}")
            assert ghostless(), reason
        # sizes that are not there
        lies = [b"\xdd\x0a\xff\xff\xff", b"\xc6\xff\xff\xff\xff", b"\x9f", b"\xc1"]
        before = drops(agent).get("malformed", 0)
        for lie in lies:
            mole.send(agent, mole.gossip(b"n1", lie))
        wait_until(lambda: drops(agent).get("malformed", 0) == before + len(lies), 5,
                   lambda: f"{drops(agent)}")
        assert ghostless()
        mole.send(agent,
                  mole.gossip(b"n1", strange, wire.record(ghost, now, wire.DEAD, 1, wire.uint(1))))
        # what follows an unknown rumor is read
        wait_until(lambda: agent.view().get("ghost") == "dead", 5)
        assert all(m["name"] != "ghost"
                   for m in agent.ask("ring")["members"]), "the dead own nothing"
        n2 = agent.ask("members", name="n2")["members"][0]
        two = cluster["n2"]
        killer = wire.record(wire.blob(b"n2", two.addr, int(n2["instance"], 16), n2["start"], 128),
                             n2["timestamp"] + 1, wire.DEAD, 1, wire.uint(0))
        mole.send(agent, mole.gossip(b"n1", killer))
        wait_until(lambda: two.events("refute"), 10)  # R4: nobody else's word about us is the last
        wait_until(lambda: agent.view().get("n2") == "alive", 10, lambda: f"{agent.view()}")


def a_stranger_is_challenged_in_no_more_bytes():
    with Cluster(FAST) as cluster, Mole() as mole:
        agent, _ = pair(cluster)
        before, kept = drops(agent).get("stranger", 0), state(agent)
        rumor = wire.record(wire.blob(b"ghost", "127.0.0.1:9", 5), 5)
        for rumors in ((), (rumor,), (rumor,) * 8):
            question = mole.gossip(b"n1", *rumors)
            mole.send(agent, question)
            answer = mole.receive(5)
            assert (answer and wire.kind_of(answer) == wire.CHALLENGE and
                    len(answer) <= len(question)), answer
        for kind, body in ((wire.ACK, u64(0) + u64(1)), (wire.NACK, u64(0) + u64(1) + b"\0"),
                           (wire.PROBE_REQUEST, u64(0) + u64(1)),
                           (wire.SYNC, u64(0) + u64(1) + b"\0\0\xc4\4abcd")):
            question = mole.make(kind, body, b"n1")
            mole.send(agent, question)
            answer = mole.receive(5)
            assert answer is None or len(answer) <= len(question), (kind, len(question), answer)
        assert drops(agent)["stranger"] == before + 7 and state(agent) == kept


def spoofed_joins_do_not_reach_a_victim_longer():
    """The address in a join is anybody's word: what goes there is never more than what came
    here."""
    udp = (socket.AF_INET, socket.SOCK_DGRAM)
    with Cluster(FAST) as cluster, Mole() as attacker, socket.socket(*udp) as victim:
        agent, _ = pair(cluster)
        victim.bind(("127.0.0.1", 0))
        target = f"127.0.0.1:{victim.getsockname()[1]}"
        kept, sent = state(agent), 0
        for number in range(1, 51):
            question = attacker.join(nonce=number, addr=target)
            attacker.send(agent, question)
            sent += len(question)
        wait_until(lambda: agent.ask("status")["received"]["join"] >= 50, 5)
        # A member's name, and with it a longer record: the holder is asked, and the victim still
        # gets little.
        liar = Mole(b"n2")
        question = liar.join(nonce=1, addr=target)
        liar.send(agent, question)
        liar.sock.close()
        sent += len(question)
        gossip_goes_on(agent)  # periods pass: nothing is repeated to the victim
        victim.setblocking(False)
        got = []
        try:
            while True:
                got.append(victim.recv(65536))
        except BlockingIOError:
            pass
        assert 0 < len(got) <= 51, len(got)
        assert sum(map(len, got)) <= sent, f"{sum(map(len, got))} bytes for {sent}"
        assert all(wire.kind_of(data) == wire.CHALLENGE for data in got)
        assert attacker.drain() == [], "the answer goes to the address in the join alone"
        assert state(agent) == kept
        # A wrong echo proves nothing.
        attacker.send(agent, attacker.join(nonce=1, echo=12345))
        wait_until(lambda: drops(agent).get("nonce"), 5)
        assert state(agent) == kept


def resident(agent):
    with open(f"/proc/{agent.proc.pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def a_flood_of_junk():
    """Neither periods nor memory mind. The first half is heard before memory is measured."""
    chance = random.Random(2)
    with Cluster() as cluster, Mole() as mole:
        # a sanitizer keeps what is freed for a while: not much of it
        for name in ("n1", "n2", "n3"):
            cluster.agent(name, env={"ASAN_OPTIONS": "quarantine_size_mb=1"})
            cluster[name].start(join=[cluster["n1"].addr] if name != "n1" else [])
        settled(cluster)
        agent = cluster["n1"]
        kept = state(agent)
        strangers = [Mole(b"stranger%d" % i) for i in range(4)]
        kinds = [lambda: chance.randbytes(chance.randrange(1400)),
                 lambda: strangers[0].gossip(b"n1"),
                 lambda: strangers[1].join(1, addr="127.0.0.1:9"),
                 lambda: strangers[2].gossip(b"n2"),
                 lambda: datagram(wire.GOSSIP, chance.getrandbits(64), 1, u64(0) + u64(0), b"n1"),
                 lambda: b""]
        sizes, before = [], sum(drops(agent).values())
        for number in range(FLOOD):
            mole.send(agent, kinds[number % len(kinds)]())
            if number % (FLOOD // 2) == FLOOD // 2 - 1:
                gossip_goes_on(agent)
                sizes.append(resident(agent))
        assert sum(drops(agent).values()) > before + FLOOD // 4, "it did hear them"
        assert sizes[1] <= sizes[0] + (1 << 20), f"{sizes} bytes"
        wait_until(lambda: state(agent) == kept, 5, lambda: f"{state(agent)} was {kept}")
        for one in cluster.agents:
            assert not one.events("member", to="suspect"), one.events("member")
        lines = len(agent.events("drop"))
        assert lines < 100, f"{lines} lines about {FLOOD} datagrams"
        for stranger in strangers:
            stranger.sock.close()


if __name__ == "__main__":
    run_tests([junk_is_counted_by_reason, others_and_other_versions,
               every_truncation_and_many_bit_flips, a_replay_is_counted_and_not_answered,
               lies_of_a_member, a_stranger_is_challenged_in_no_more_bytes,
               spoofed_joins_do_not_reach_a_victim_longer, a_flood_of_junk])
