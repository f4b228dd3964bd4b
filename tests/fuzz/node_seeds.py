#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the seeds of the corpus of fuzz_node: short stories that chance would take long to tell.

The fuzzer varies them. Their bytes are explained in fuzz_node.c, beside the functions that read
them.

usage: node_seeds.py DIRECTORY
"""
import pathlib
import sys

RUN, SPAN, WALL, COMMAND, SEND, LOOK, RESTART, ODD, MESSAGE = range(9)
GOSSIP, ACK, PROBE_REQUEST, NACK, CHALLENGE, JOIN, SYNC, REFUSAL = (MESSAGE + i for i in range(8))
BUCKETS, DIFFER, LIST, RECORDS, FINE, FINER = (2 * i for i in range(6))
A, B, C, D, E, F, A2, ME2 = range(8)  # peers; peer i is at address 2 + i
USUAL, SMALL, STRICT, ALONE, CROWDED = 0, 1, 2, 3, 31
ADVANCED = 128  # the second thing that a kind may answer, or bits of its own in a sync
ALL = 255


def say(kind, who, answers=0, field=0, b4=1, b5=0, rumors=(), damage=0):
    return [[kind, who, answers, field, b4, b5, len(rumors), damage], *rumors]


def rumor(about, form, timestamp=0, age=0, accusers=0, first=0, refused=0):
    return [about, form, timestamp, age, accusers, first, refused, 0]


def run(count, answering=0, unsent=0, late=0):
    return [[RUN, count - 1, answering, unsent, late, 0, 0, 0]]


def span(ms, shift=0):
    return [[SPAN, ms - 1, shift, 0, 0, 0, 0, 0]]


def command(what, b2=0, b3=0):
    return [[COMMAND, what, b2, b3, 0, 0, 0, 0]]


def odd(what, b2=0, b3=0, b4=0, b5=0):
    return [[ODD, what, b2, b3, b4, b5, 0, 0]]


SENT = [[SEND, ALL, 0, 0, 0, 0, 0, 0]]
LOOKED = [[LOOK, 0, 0, 0, 0, 0, 0, 0]]
ALIVE, SUSPECT, DEAD, BLOB = 0, 1, 2, 4
OWN = 15
REST = run(16, 7) + run(16, 7) + run(16, 7)
DIFFERS = REST + say(GOSSIP, A, field=1, b4=9) + SENT  # begins an exchange
JOIN_E = command(0, 6) + SENT
WELCOME = say(JOIN, E, ADVANCED) + SENT
FULL = 128  # a challenge says who is there, a join whom it means
ANEW = [[RESTART, A, 0, 1, 1, 0, 0, 0]]
GONE = span(250, 20) + SENT + ANEW  # away for long: members are called by name
KNOCK = lambda who: say(JOIN, who, field=2 | 8) + SENT + say(JOIN, who, field=2) + SENT

SEEDS = {
    'exchange': [USUAL, DIFFERS, say(SYNC, A, field=DIFFER, b4=ALL), SENT,
                 say(SYNC, A, field=RECORDS, b4=ALL, b5=3,
                     rumors=[rumor(1, BLOB, 1), rumor(OWN, SUSPECT, 0, 1,
1)]), SENT, LOOKED],
    'exchange-equal': [USUAL, DIFFERS, say(SYNC, A, field=DIFFER, b4=0), SENT, LOOKED],
    'exchange-in-vain': [USUAL, DIFFERS, say(SYNC, A, field=DIFFER, b4=ALL), SENT,
                         say(SYNC, A, field=RECORDS,
b4=ALL), SENT,
                         DIFFERS, say(SYNC, A, field=DIFFER, b4=ALL), SENT,
                         say(SYNC, A, field=RECORDS, b4=ALL),
                 say(GOSSIP, A, field=1, b4=9), SENT],
    'exchange-told': [USUAL, DIFFERS, say(SYNC, A, field=DIFFER, b4=ALL), SENT,
                      say(SYNC, A, field=RECORDS, b4=1, b5=8,
                          rumors=[rumor(1, BLOB), rumor(2, BLOB), rumor(0,
BLOB)]),
                      say(SYNC, A, field=RECORDS, b4=254, b5=9,
                          rumors=[rumor(1, BLOB), rumor(2, BLOB)]), SENT],
    'exchange-silent': [USUAL, DIFFERS, say(SYNC, A, field=DIFFER, b4=ALL), *[run(16, 6)] * 4],
    'answers': [USUAL, say(SYNC, A, field=BUCKETS | 128, b4=3), SENT,
                say(SYNC, A, field=LIST | 128, b4=ALL, b5=3),
                 SENT,
                say(SYNC, A, field=LIST | 128 | 64, b4=ALL, b5=9), SENT,
                say(SYNC, A, field=FINE | 128, b4=8, b5=1),
                 SENT,
                say(SYNC, D, field=LIST | 128, b4=ALL), SENT],
    'answers-many': [USUAL, *[say(SYNC, i % 3, field=LIST | 128, b4=ALL) for i in range(12)], SENT],
    'crowd': [CROWDED, DIFFERS, say(SYNC, A, field=DIFFER, b4=1), SENT,
              say(SYNC, A, field=FINER, b4=1, b5=ALL), SENT,
              say(SYNC, A, field=RECORDS, b4=1, b5=9), SENT, run(16, 7)],
    'crowd-again': [CROWDED, DIFFERS, say(SYNC, A, field=DIFFER, b4=1), SENT,
                    say(SYNC, A, field=FINER, b4=1, b5=0),
                 SENT,
                    DIFFERS, say(SYNC, A, field=DIFFER, b4=1), *[run(16, 0)] * 3],
    'crowd-all': [CROWDED, DIFFERS, say(SYNC, A, field=DIFFER, b4=ALL), SENT,
                  *[say(SYNC, A, field=FINER, b4=ALL, b5=3) + SENT] * 4],
    'crowd-answers': [CROWDED, say(SYNC, A, field=LIST | 128, b4=ALL, b5=1), SENT,
                      say(SYNC, A, field=LIST | 128,
b4=9), SENT,
                      say(SYNC, A, field=FINE | 128, b4=8), SENT,
                      say(SYNC, B, field=LIST | 128 | 64, b4=8, b5=7),
                 SENT],
    'join': [ALONE, JOIN_E, say(CHALLENGE, E, field=2), SENT, WELCOME,
             say(SYNC, E, field=DIFFER, b4=0), SENT,
                 LOOKED, run(16, ALL)],
    'join-cut': [ALONE, JOIN_E, WELCOME, say(SYNC, E, field=DIFFER, b4=ALL), SENT,
                 say(SYNC, E, field=RECORDS, b4=ALL, b5=5, rumors=[rumor(0, BLOB), rumor(1, BLOB)]),
                 SENT, LOOKED],
    'join-silent': [USUAL, JOIN_E, WELCOME, *[run(16)] * 4, LOOKED],
    'join-busy': [USUAL, DIFFERS, JOIN_E, WELCOME, SENT, command(0, 7), SENT,
                  say(JOIN, F, ADVANCED), SENT, LOOKED],
    'join-refused': [ALONE, JOIN_E, say(REFUSAL, E, b4=1), SENT, JOIN_E,
                     say(REFUSAL, E, b4=0, b5=8), SENT, LOOKED],
    'join-self': [ALONE, command(0, 9), SENT, odd(3, 9), SENT, LOOKED],
    'join-full': [SMALL, KNOCK(E), KNOCK(F), KNOCK(A2), JOIN_E, WELCOME, LOOKED],
    'join-odd': [USUAL, say(JOIN, E, field=2 | 8, damage=9), say(JOIN, E, 0, 4), command(0, 0),
                 SENT, say(JOIN, F, ADVANCED, 4), say(CHALLENGE, F, ADVANCED, 4), LOOKED],
    'rival': [USUAL, JOIN_E, say(REFUSAL, E, b4=0, b5=8), SENT,
              say(CHALLENGE, ME2, field=2 | 16, b5=200), SENT,
              say(REFUSAL, ME2, b4=0, b5=8), SENT, LOOKED],
    'rival-earlier': [USUAL, JOIN_E, say(REFUSAL, E, b4=0, b5=8), SENT,
                      say(CHALLENGE, ME2, field=2 | 16, b5=1), SENT,
                      say(REFUSAL, ME2, b4=0, b5=8), SENT, LOOKED],
    'rival-told': [USUAL, say(GOSSIP, A, rumors=[rumor(ME2, BLOB, 9)]), SENT,
                   say(GOSSIP, A, rumors=[rumor(ME2,
BLOB | DEAD, 31)]), SENT],
    'catch-up': [ALONE, command(5, 2, 1), JOIN_E, say(CHALLENGE, E, field=2 | 32, b4=200, b5=250),
                 SENT, WELCOME, LOOKED],
    'catch-up-future': [ALONE, JOIN_E, say(CHALLENGE, E, field=2 | 16 | 64), SENT,
                        say(CHALLENGE, E, field=2 | 16,
b4=3, b5=1), SENT],
    'contest': [USUAL, KNOCK(A2), say(ACK, A), SENT, say(JOIN, A2, field=2 | 8), SENT,
                say(JOIN, A2, field=2), SENT,
                 KNOCK(ME2), LOOKED],
    'contest-free': [USUAL, KNOCK(A2), run(16, 6), run(16, 6), run(16, 6), KNOCK(A2), LOOKED],
    'contests': [USUAL, KNOCK(A2), [[RESTART, B, 1, 1, 1, 0, 0, 0]], KNOCK(B),
                 [[RESTART, C, 1, 1, 1, 0, 0, 0]], KNOCK(C),
                 [[RESTART, D, 1, 1, 1, 0, 0, 0]], KNOCK(D), say(JOIN, A2, field=2)],
    'called': [USUAL, GONE, say(CHALLENGE, A, field=2 | FULL, b5=3), SENT, run(16, 6),
               say(CHALLENGE, A, field=2 | FULL, b5=0), SENT, say(JOIN, A, ADVANCED), SENT, LOOKED],
    'called-founder': [USUAL, GONE, say(CHALLENGE, A, field=2 | 32 | FULL, b5=2), SENT,
                       say(JOIN, A, ADVANCED, FULL, b5=2), SENT, say(JOIN, E, ADVANCED), LOOKED],
    'called-kin': [USUAL, GONE, say(CHALLENGE, A, field=2 | FULL, b5=1), SENT,
                   say(JOIN, A, ADVANCED), SENT, LOOKED],
    'called-old': [USUAL, GONE, say(CHALLENGE, A, field=2), SENT, say(CHALLENGE, A, ADVANCED, 2),
                   SENT, say(JOIN, A, ADVANCED), LOOKED],
    'forgotten': [USUAL, run(4), ANEW, run(9),
                  say(CHALLENGE, A, ADVANCED, 4), SENT, say(CHALLENGE, A, 0, 2 | FULL, b5=3), SENT,
                  say(CHALLENGE, A, ADVANCED, 4), SENT, say(CHALLENGE, A, 0, 2 | FULL, b5=0), SENT,
                  say(JOIN, A, ADVANCED), LOOKED],
    'caller': [USUAL, say(JOIN, E, field=2 | 8 | FULL), SENT, say(JOIN, E, field=2 | FULL), SENT,
               say(JOIN, E, field=2 | 64 | FULL), SENT, say(JOIN, F, field=2 | 8 | 64, b5=3), SENT,
               say(JOIN, F, field=2 | 64, b5=3), SENT, LOOKED],
    'older': [USUAL, [[RESTART, A, 0, 1, 0, 0, 0, 0]], say(GOSSIP, B, rumors=[rumor(0, BLOB, 20)]),
              KNOCK(A),
                 KNOCK(A)],
    'refute': [USUAL, say(GOSSIP, A, rumors=[rumor(OWN, SUSPECT, 0, 1, 4, 0, 3)]), SENT,
               say(GOSSIP, A, rumors=[rumor(OWN, DEAD, 3, 1)]), SENT,
               say(GOSSIP, B, rumors=[rumor(OWN, BLOB, 5)]),
                 LOOKED],
    'fails': [USUAL, *[run(16, 6)] * 6, LOOKED, span(200, 16), span(200, 16), LOOKED],
    'fails-all': [USUAL, *[run(16, 0)] * 6, LOOKED, *[span(200, 13)] * 9],
    'nacked': [USUAL, run(16, 6), *[say(NACK, who, b4=1) for who in (B, C, D)], run(3),
               say(NACK, B), say(NACK, C,
b4=1),
               run(16), SENT, say(NACK, B, b4=1), say(NACK, C), run(16)],
    'reached': [USUAL, run(16, 6), say(ACK, B), say(ACK, A),
                *[say(ACK, who, ADVANCED) for who in (B, C, A)], run(9,
6), say(ACK, A)],
    'helps': [USUAL, say(PROBE_REQUEST, A, b5=1), SENT, say(ACK, B), SENT,
              say(PROBE_REQUEST, A, b5=2), run(16),
                 run(16),
              say(PROBE_REQUEST, A, b5=15), say(PROBE_REQUEST, A, b5=0),
              say(GOSSIP, A, rumors=[rumor(1, DEAD, 1)]), say(PROBE_REQUEST, A, b5=1), SENT],
    'refused': [USUAL, run(2), odd(0, 0, 0), odd(0, 0, 1), odd(0, 0, 2), run(9), odd(0, 0, 0),
                odd(0, 1, 1), odd(0,
2, 1, 0, 5)],
    'closed': [ALONE, JOIN_E, odd(0, 4, 4), *[run(9)] * 2, LOOKED],
    'forced': [USUAL, say(GOSSIP, A, rumors=[rumor(1, SUSPECT, 0, 1,
                                                   2), rumor(2, SUSPECT, 0, 1, 1)]), command(2, 1,
1), command(2, 2),
               command(2, 2, 1), command(2, 0), command(2, 64), LOOKED],
    'leave': [USUAL, command(7), SENT, run(4, 7), LOOKED, say(GOSSIP, A), command(7), command(0, 4),
              command(2, 1),
                 command(5), SENT],
    'leave-alone': [ALONE, command(7), LOOKED],
    'leave-silent': [USUAL, command(7), *[run(16)] * 3, LOOKED],
    'away': [USUAL, span(200, 10), say(GOSSIP, A), LOOKED, [[WALL, 100, 0, 0, 0, 0, 0, 0]], run(3),
             span(250, 20),
                 LOOKED, run(9)],
    'friends': [USUAL, command(4), command(4, 1), command(4), LOOKED],
    'friends-full': [SMALL, KNOCK(E), KNOCK(F), command(4), LOOKED],
    'contacts': [USUAL, command(6, 71), SENT, *[run(16)] * 8, command(0, 40), LOOKED],
    'no-memory': [USUAL, odd(2, 0), say(GOSSIP, A, rumors=[rumor(1, SUSPECT, 0, 1, 1)]), odd(2, 0),
                  KNOCK(E), odd(2,
1), KNOCK(F),
                  odd(2, 0), command(5, 2), odd(2, 0), LOOKED, odd(2, 0), run(16)],
    'raw': [USUAL, odd(1, 0, 0, 2), [[0x91, 9, 0x91, 0x90, 0x93, 7, 1, 2]] * 2, odd(1, 0, 5, 3),
            [[ALL] * 8] * 3],
    'strict': [STRICT, say(GOSSIP, A), say(GOSSIP, A, 64), SENT, run(9, 7), KNOCK(A2),
               say(ACK, A, 64)],
}


def flat(part):
    for item in part:
        if isinstance(item[0], int):
            yield bytes(item)
        else:
            yield from flat(item)


def main():
    directory = pathlib.Path(sys.argv[1])
    for name, (setup, *story) in SEEDS.items():
        steps = list(flat(story))
        (directory / name).write_bytes(bytes([setup, name.startswith('crowd-')] + [0] * 6) +
                                       b''.join(steps))


if __name__ == '__main__':
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main()
