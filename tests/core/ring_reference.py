#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The ring a second time, from docs/ring.md, by the plainest means: sort everything, walk
everything. Needs python3-xxhash.

As a program it makes random rings, asks the C library (a program that reads rings and prints what
they answer, tests/core/ring_print.c) and itself, and compares:

    tests/core/ring_reference.py PROGRAM [RINGS]
"""
import bisect
import random
import struct
import subprocess
import sys

import xxhash

CIRCLE = 1 << 64
POINTS = 6


def hash64(data):
    return xxhash.xxh3_64_intdigest(data)


class Ring:
    """Members: {name: tokens}; zones: {name: zone} of those that have one. Who has no tokens is
    drained, and not in the ring."""

    def __init__(self, members, zones=None):
        self.members = {name: tokens for name, tokens in members.items() if tokens}
        self.zones = dict(zones or {})
        self.names = sorted(self.members, key=lambda name: name.encode())
        self.tokens = sorted(
            (hash64(name.encode() + struct.pack("<I", i)), owner)
            for owner, name in enumerate(self.names)
            for i in range(self.members[name]))

    def checksum(self):
        if not self.tokens:
            return 0
        return hash64(b"".join(struct.pack("<Q", point) for point, _ in self.tokens)
                      + b"".join(struct.pack("<I", owner) for _, owner in self.tokens)
                      + b"".join(name.encode() + b"\0" for name in self.names))

    def zones_checksum(self):
        if not any(self.zones.values()):
            return 0
        return hash64(b"".join(self.zones.get(name, "").encode() + b"\0" for name in self.names))

    def owners(self, point, n):
        """The preference list: members in the order in which their tokens are met."""
        begin = bisect.bisect_left(self.tokens, (point, -1))
        found = {}
        for _, owner in self.tokens[begin:] + self.tokens[:begin]:
            if len(found) == n:
                break
            found.setdefault(self.names[owner])
        return list(found)

    def replicas(self, point, n):
        """Of each zone the first member met, then those passed over."""
        first, rest, seen = [], [], set()
        for name in self.owners(point, len(self.names)):
            zone = self.zones.get(name, "")
            (rest if zone in seen else first).append(name)
            seen.add(zone)
        return (first + rest)[:n]

    def placed(self, point, n, zones):
        return self.replicas(point, n) if zones else self.owners(point, n)

    def bound(self, name, total, percent):
        """The part of `total` that a member's tokens are of all, times percent / 100, rounded
        up."""
        return min(-(-total * percent * self.members[name] // (100 * len(self.tokens))), CIRCLE - 1)

    def bounded(self, point, loads, total, percent):
        for name in self.owners(point, len(self.names)):
            if loads[name] < self.bound(name, total, percent):
                return name
        return None

    def ends(self):
        return sorted({point for point, _ in self.tokens} | {CIRCLE - 1})

    def pieces(self):
        return joined(self.ends(), lambda point: self.owners(point, 1)[0])

    def ranges(self):
        return wrapped(self.pieces())

    def replica_ranges(self, name, n, zones):
        pieces = joined(self.ends(), lambda point: name in self.placed(point, n, zones))
        return [(first, last) for first, last, holds in wrapped(pieces) if holds]

    def share(self, name):
        total = sum(last - first + 1 for first, last, owner in self.pieces() if owner == name)
        return min(total, CIRCLE - 1)


def joined(ends, label):
    """(first, last, label) from 0 to the circle's end, neighbours with one label being one
    piece."""
    pieces, first = [], 0
    for last in ends:
        what = label(last)
        if pieces and pieces[-1][2] == what:
            pieces[-1] = (pieces[-1][0], last, what)
        else:
            pieces.append((first, last, what))
        first = last + 1
    return pieces


def wrapped(pieces):
    """The last piece and the first are one where their labels agree."""
    if len(pieces) > 1 and pieces[0][2] == pieces[-1][2]:
        return [(pieces[-1][0], pieces[0][1], pieces[0][2])] + pieces[1:-1]
    return pieces


def diff(before, after, n=1, zones=False):
    """(first, last, old owners, new owners) of each piece that changes hands."""
    ends = sorted(set(before.ends()) | set(after.ends()))
    pieces = joined(ends,
                    lambda point: (before.placed(point, n, zones), after.placed(point, n, zones)))
    return [(first, last, *owners) for first, last, owners in wrapped(pieces)
            if owners[0] != owners[1]]


def moved(before, after):
    total = sum((last - first) % CIRCLE + 1 for first, last, _, _ in diff(before, after))
    return min(total, CIRCLE - 1)


# ---- against the library
# --------------------------------------------------------------------------


def random_ring(rng):
    names = {f"{rng.choice('aAzZ_.')}{'x' * rng.choice((0, 1, 9, 100))}{i}"
             for i in range(rng.randint(1, 9))}
    weights = rng.choice(((1,), (1, 2, 4), (3, 40), tuple(range(1, 24)), (1, 1, 1, 1, 90)))
    members = {name: rng.choice(weights) for name in names}
    zones = {name: f"z{rng.randrange(rng.randint(1, 5))}" for name in names if rng.random() < 0.8}
    return Ring(members, zones if rng.random() < 0.7 else {})


def next_ring(rng, ring):
    """Some go, some come, some stay with another weight or in another zone."""
    members = {name: tokens for name, tokens in ring.members.items() if rng.random() < 0.8}
    zones = {name: zone for name, zone in ring.zones.items() if name in members}
    if rng.random() < 0.5:
        members[f"n{rng.randrange(9)}"] = rng.randint(1, 12)
    if members and rng.random() < 0.3:
        zones[rng.choice(sorted(members))] = "moved"
    return Ring(members, zones)


def hexes(*numbers):
    return " ".join(f"{number:016x}" for number in numbers)


def listing(names):
    return ",".join(names) or "-"


def question(rng, ring, after):
    """What is asked of one ring and the one that follows it: lines for the program."""
    points = [rng.randrange(CIRCLE) for _ in range(POINTS)]
    for point, _ in rng.sample(ring.tokens, min(2, len(ring.tokens))):
        points += [point, (point + 1) % CIRCLE]
    total, percent = rng.choice((0, 7, 1000, 1 << 63)), rng.choice((50, 100, 125, 1000, 4294967295))
    loads = [rng.randrange(2 * total // len(ring.names) + 2) % CIRCLE for _ in ring.names]
    lines = [f"member {side} {name} {tokens} {which.zones.get(name, '-')}"
             for side, which in (("before", ring), ("after", after))
             for name, tokens in which.members.items()]
    n, zones = rng.randint(1, 5), rng.randrange(2)
    lines += [f"ask {n} {zones} {total} {percent} {','.join(map(str, loads))} "
              f"{','.join(f'{p:x}' for p in points)}"]
    return lines, (n, bool(zones), total, percent, dict(zip(ring.names, loads)), points)


def answer(ring, after, asked):
    """The lines that the program must print."""
    n, zones, total, percent, loads, points = asked
    yield f"checksum {hexes(ring.checksum(), after.checksum())}"
    yield f"zones {hexes(ring.zones_checksum(), after.zones_checksum())}"
    for name in ring.names:
        yield f"member {name} {hexes(ring.share(name), ring.bound(name, total, percent))}"
        for first, last in ring.replica_ranges(name, n, zones):
            yield f"holds {hexes(first, last)}"
    for first, last, owner in ring.ranges():
        yield f"range {hexes(first, last)} {owner}"
    for point in points:
        yield (f"point {listing(ring.owners(point, n))} {listing(ring.replicas(point, n))} "
               f"{ring.bounded(point, loads, total, percent) or '-'}")
    yield f"moved {hexes(moved(ring, after))}"
    for first, last, old, new in diff(ring, after, n, zones):
        yield f"move {hexes(first, last)} {listing(old)} {listing(new)}"
    yield "end"


def main():
    program, rings = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 1200
    rng, lines, expected = random.Random(20), [], []
    for _ in range(rings):
        ring = random_ring(rng)
        after = next_ring(rng, ring)
        asks, asked = question(rng, ring, after)
        lines += asks
        expected.append(list(answer(ring, after, asked)))
    run = subprocess.run([program], input="\n".join(lines) + "\n", text=True, capture_output=True,
                         check=False)
    said = [block.splitlines() + ["end"] for block in run.stdout.split("end\n")[:-1]]
    faults = [i for i in range(rings) if i >= len(said) or said[i] != expected[i]]
    for i in faults[:3]:
        for mine, theirs in zip(expected[i], said[i] if i < len(said) else []):
            if mine != theirs:
                print(f"# ring {i}: reference {mine}\n# ring {i}: library   {theirs}")
                break
    agreed = run.returncode == 0 and not faults and len(said) == rings
    print(f"{'ok' if agreed else 'not ok'} 1 - the library answers as the reference on {rings} "
          "random rings\n1..1")
    print(f"# {sum(map(len, expected))} answers; {len(faults)} rings differ; the program returned "
          f"{run.returncode}")
    return 0 if agreed else 1


if __name__ == "__main__":
    sys.exit(main())
