# SPDX-License-Identifier: Apache-2.0
"""What an attacker on the network can do to agents that have no key: less than it seems, because
repeats, damage and strangers are dropped and counted. That it can lie is not tried here
(tests/agent/test_forged.py); what a key changes is test_sealed.py's business."""
import itertools

from judge import drops, no_amplification, nobody_dies, nothing_changes
from tapped import Tapped, known, stories, wire


def every(number, where):
    """A predicate that is true for each so manieth datagram of those."""
    counter = itertools.count(1)
    return lambda d: where(d) and next(counter) % number == 0


@known
def a_recorded_gossip_repeated_is_a_counted_duplicate():
    with Tapped() as f:
        _, b, _ = f.grow(3)
        tape = f.relay.record(lambda d: d.receiver is b and d.kind == "gossip")
        f.wait(lambda: len(tape) >= 20, 20)
        tape.stop()
        f.rounds(b, 1)  # what is on the tape has arrived
        with nothing_changes(f):
            before = drops(b, "duplicate")
            f.relay.replay(tape).wait()
            f.wait(lambda: drops(b, "duplicate") >= before + len(tape), 10)
            f.rounds(b, 3)


@known
def a_network_that_repeats_all_changes_nothing():
    with Tapped() as f:
        hosts = f.grow(3)
        with nothing_changes(f), f.relay.repeat(times=2, after=0.02) as rule:
            f.rounds(hosts[0], 10)
        assert sum(drops(one, "duplicate") for one in hosts) >= rule.count


@known
def a_damaged_datagram_is_a_counted_checksum_drop():
    with Tapped() as f:
        _, b, _ = f.grow(3)
        before = drops(b)
        with f.relay.corrupt(every(4, lambda d: d.receiver is b and d.kind == "gossip"),
                             bit=8 * wire.HEAD + 20) as rule:
            with nobody_dies(f):
                f.wait(lambda: rule.count >= 10, 30)
        f.wait(lambda: drops(b, "checksum") == before["checksum"] + rule.count, 10)
        assert drops(b, "malformed", "truncated") == before["malformed"] + before["truncated"]


@known
def a_datagram_that_was_cut_is_a_counted_drop():
    with Tapped() as f:
        _, b, _ = f.grow(3)
        before = drops(b, "truncated")
        with f.relay.cut(every(4, lambda d: d.receiver is b), length=wire.HEAD) as rule:
            with nobody_dies(f):
                f.wait(lambda: rule.count >= 10, 30)
        f.wait(lambda: drops(b, "truncated") == before + rule.count, 10)


@known
def a_bad_network_kills_nobody():
    """Loss, damage, repeats and disorder together."""
    def anything(_):
        return True
    with Tapped(seed=7) as f:
        hosts = f.grow(4)
        with nobody_dies(f), f.relay.drop(chance=0.1), f.relay.corrupt(every(20, anything)), \
                f.relay.repeat(every(3, anything), after=0.1), f.relay.reorder(within=0.02):
            f.rounds(hosts[0], 40)
        f.agree()


@known
def a_stranger_with_a_tape_gets_no_long_answer():
    """From an address that is nobody's, and in the name of one: that one is not flooded."""
    with Tapped() as f:
        a, b, _ = f.grow(3)
        tape = f.relay.record(lambda d: d.receiver is b)
        f.wait(lambda: len(tape) >= 60, 20)
        tape.stop()
        near, far = f.relay.stranger(), f.relay.stranger("192.0.2.7:7847")
        with nothing_changes(f):
            for eve in near, far:
                f.relay.replay(tape, from_=eve).wait()
                f.rounds(b, 3)
                no_amplification(eve, tape)
        victim = f.relay.record(lambda d: d.sender is b and d.target == near.addr)
        f.rounds(a, 3)
        assert not victim, "nothing goes on to who does not answer"


@known
def forged_errors_kill_nobody():
    """Each datagram to b is reported as refused, and b lives."""
    with Tapped() as f:
        hosts = f.grow(4)
        b = hosts[1]
        with nobody_dies(f), f.refusing(b) as rule:
            f.rounds(b, 20)
        assert rule.count > 50
        f.agree()
        errors = sum(one.counter("icmp_errors") for one in hosts if one is not b)
        assert errors > 10, errors


@known
def forged_errors_about_what_was_not_sent_are_nothing():
    """Who does not see the traffic can only guess."""
    with Tapped() as f:
        a, b, _ = f.grow(3)
        with nothing_changes(f):
            for what in "port", "host", "network", "too-big", "time":
                for _ in range(20):
                    f.relay.forge_icmp((a.addr, b.addr), what)
            f.rounds(a, 10)


if __name__ == "__main__":
    stories([a_recorded_gossip_repeated_is_a_counted_duplicate,
             a_network_that_repeats_all_changes_nothing,
             a_damaged_datagram_is_a_counted_checksum_drop,
             a_datagram_that_was_cut_is_a_counted_drop, a_bad_network_kills_nobody,
             a_stranger_with_a_tape_gets_no_long_answer, forged_errors_kill_nobody,
             forged_errors_about_what_was_not_sent_are_nothing])
