#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the seeds of the corpus of fuzz_between: what an attacker would try first.

The fuzzer varies them. Their bytes are explained in fuzz_between.c, beside the functions that read
them.

usage: between_seeds.py DIRECTORY
"""
import pathlib
import sys

(PASS, REST, GAP, PLAY, BEND, FORGE, NEW, BACK, KEYS, ORDER, ICMP, CLOCK) = range(12)
REQUIRED, NEWCOMER, ROTATING, ON, MIXED, PLAIN = range(6)  # clusters
LONG = 77  # a rest of seconds
CALM = 12  # at the end all must agree, and then be calm
A, B, C = range(3)
NONE, K1, K1_K2, K2_K1, K2, K3 = range(6)  # keysets
OFF, ACCEPT, SEAL_ON, REQUIRE = range(4)
OLDEST = 128
THERE = 3  # to whom a datagram was sent
AUTHOR, STRANGER = 0, 2  # from where it comes
JOIN, LEAVE, FORCE, TAGS, MOVE, SEED = range(6)


def step(*numbers):
    return [list(numbers) + [0] * (8 - len(numbers))]


def rest(instants=24, seconds=0):
    return step(REST, instants - 1, seconds, LONG if seconds else 0)


def play(first, count, to=THERE, source=AUTHOR):
    return step(PLAY, first, count - 1, to, source)


def all_of(to=THERE, source=AUTHOR):
    return [one for first in (0, 16, 32, 48, 64) for one in play(OLDEST | first, 16, to, source)]


def bent(at, bits, first=0, to=THERE):
    return step(BEND, first, 0, to, AUTHOR, at // 256, at % 256, bits)


def keys(who, keyset, mode=REQUIRE):
    return step(KEYS, who, keyset, mode)


def every(change):
    return [one for who in (A, B, C) for one in change(who) + rest(6)]


SEEDS = {
    "rest": [REQUIRED, rest()],
    "recording-at-once": [REQUIRED, rest(), all_of()],
    "recording-from-elsewhere": [REQUIRED, rest(), all_of(source=STRANGER)],
    "held-back-then-from-elsewhere": [REQUIRED, rest(), step(ORDER, TAGS, A, 1),
                                      step(ORDER, TAGS, B, 5), step(PASS, 7, 255),
                                      play(7, 8, THERE, STRANGER), step(PASS, 7, 255),
                                      play(7, 8, THERE, STRANGER), rest()],
    "recording-to-the-restarted": [REQUIRED, rest(), step(NEW, B), all_of(), rest(),
                                   step(ORDER, JOIN, B, A), rest(), all_of()],
    "recording-to-its-authors": [REQUIRED, rest(), all_of(A), all_of(B)],
    "recording-long-after": [REQUIRED, rest(), step(GAP, 250, 12), all_of(), rest()],
    "recording-to-a-newcomer": [NEWCOMER, all_of(C), step(ORDER, JOIN, C, A), rest(8), all_of(C),
                                rest(8), all_of(C)],
    "join-that-comes-back": [NEWCOMER, step(ORDER, JOIN, C, A),
                             step(PASS, 4, 255), play(0, 1, C), play(0, 1, C, STRANGER), rest()],
    "snapshot": [REQUIRED, rest(), rest(), step(BACK, B, 1), rest(), all_of(), rest()],
    "snapshot-with-the-right-clock": [REQUIRED, rest(), step(BACK, A, 0), rest(), all_of(B)],
    "snapshot-older-than-a-floor": [REQUIRED, rest(24, 60), step(NEW, A),
                                    step(ORDER, JOIN, A, B), rest(24, 2), step(BACK, B, 1),
                                    rest(24, 4)],
    "snapshot-of-other-keys": [REQUIRED, every(lambda who: keys(who, K1_K2)), step(BACK, C, 1),
                               rest(), all_of()],
    "rotation": [REQUIRED, every(lambda who: keys(who, K1_K2)),
                 every(lambda who: keys(who, K2_K1)), every(lambda who: keys(who, K2))],
    "rotation-in-the-middle": [ROTATING, rest(), all_of(), rest()],
    "lost-key": [REQUIRED, keys(A, K3), rest(), rest(), all_of(A)],
    "switching-on": [PLAIN, every(lambda who: keys(who, K1, ACCEPT)),
                     every(lambda who: keys(who, K1, SEAL_ON)),
                     every(lambda who: keys(who, K1))],
    "switching-off": [ON, every(lambda who: keys(who, K1, ACCEPT)),
                      every(lambda who: keys(who, NONE, OFF))],
    "changed": [REQUIRED, rest(), bent(0, 1), bent(1, 2), bent(9, 4), bent(20, 8), bent(27, 1),
                bent(30, 255), bent(50, 1), bent(62, 1), bent(64, 128), bent(40, 0), bent(0, 0)],
    "changed-in-plain": [PLAIN, rest(), bent(1, 1), bent(4, 2), bent(9, 4), bent(30, 8),
                         bent(50, 1)],
    "recorded-in-plain": [MIXED, rest(), step(NEW, A, 0, K1, SEAL_ON), step(ORDER, JOIN, A, B),
                          rest(), keys(A, K1), all_of(A)],
    "forged-time": [MIXED, rest(), step(FORGE, 0, 0, THERE, AUTHOR, 0, 2, 0x0f), rest(),
                    step(FORGE, 1, 0, A, STRANGER, B, 3, 0x0f), rest()],
    "disturbed": [REQUIRED, step(PASS, 23, 0x11, 0x22, 0x44, 0x88, 30), rest()],
    "cut-off": [REQUIRED, *[step(PASS, 23, 255)] * 6, rest()],
    "moved": [REQUIRED, step(ORDER, MOVE, B, 1), rest(), all_of(), step(ORDER, MOVE, B, 0), rest()],
    "moved-at-once": [REQUIRED, step(ORDER, MOVE, A, 1), step(ORDER, MOVE, B, 1),
                      step(ORDER, MOVE, C, 1)],
    "moved-after-a-goodbye": [REQUIRED, step(ORDER, LEAVE, C), rest(24, 10),
                              step(ORDER, MOVE, A, 1), step(ORDER, MOVE, B, 1)],
    "moved-in-a-goodbye": [REQUIRED, step(ORDER, LEAVE, C), step(PASS, 0, 0, 0, 0, 0x5e),
                           step(ORDER, MOVE, B, 1), step(ORDER, MOVE, A, 1)],
    "goodbye": [REQUIRED, step(ORDER, LEAVE, C, 0), rest(), all_of(A), step(NEW, C),
                step(ORDER, JOIN, C, A), rest(), all_of()],
    "recording-of-the-forgotten": [REQUIRED, rest(), step(ORDER, LEAVE, C, 0), rest(1, 63),
                                   step(NEW, B), step(ORDER, JOIN, B, A), rest(), all_of(A),
                                   all_of(B)],
    "forced-out": [REQUIRED, *[step(PASS, 23, 255)] * 6, step(ORDER, FORCE, A, B), rest()],
    "icmp": [REQUIRED, rest(), step(ICMP, 0), step(ICMP, 1), step(ICMP, 2), step(ICMP, 3), rest()],
    "clocks": [REQUIRED, step(CLOCK, A, 0, 11), step(CLOCK, B, 255, 11), rest(), step(NEW, A),
               step(ORDER, JOIN, A, B), rest(), all_of()],
}


def main():
    if len(sys.argv) != 2:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    for name, (cluster, *story) in SEEDS.items():
        steps = step(cluster, CALM) + [one for part in story for one in (
            part if isinstance(part[0], list) else [part])]
        pathlib.Path(sys.argv[1], name).write_bytes(bytes(b for one in steps for b in one))
    return 0


if __name__ == "__main__":
    sys.exit(main())
