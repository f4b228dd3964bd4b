#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes data/ring-vectors.txt: what the ring must be, computed from docs/ring.md by the plainest
means (sort everything, walk everything), so that the C code is held to the definition and not to
itself. Needs python3-xxhash.

    tests/ring_vectors.py > tests/data/ring-vectors.txt
"""
import struct
import sys

import xxhash

CIRCLE = 1 << 64
COLLIDING = 0x6FE22F7B461A3F3F  # token 1873 of ".Cf." and token 1655 of "J.d"


def hash64(data):
    return xxhash.xxh3_64_intdigest(data)


class Ring:
    def __init__(self, members):
        self.members = dict(members)
        self.names = sorted(self.members, key=lambda name: name.encode())
        self.tokens = sorted(
            (hash64(name.encode() + struct.pack("<I", i)), owner)
            for owner, name in enumerate(self.names)
            for i in range(self.members[name]))

    def checksum(self):
        return hash64(b"".join(struct.pack("<Q", point) for point, _ in self.tokens)
                      + b"".join(struct.pack("<I", owner) for _, owner in self.tokens)
                      + b"".join(name.encode() + b"\0" for name in self.names))

    def owners(self, point, n):
        clockwise = sorted(range(len(self.tokens)), key=lambda at: (self.tokens[at][0] < point, at))
        found = []
        for at in clockwise:
            name = self.names[self.tokens[at][1]]
            if name not in found:
                found.append(name)
        return found[:n]

    def pieces(self):
        """(first, last, owner) without wrap-around, and joined where neighbours agree."""
        points = sorted({point for point, _ in self.tokens})
        ends = points if points[-1] == CIRCLE - 1 else points + [CIRCLE - 1]
        pieces, first = [], 0
        for last in ends:
            owner = self.owners(last, 1)[0]
            if pieces and pieces[-1][2] == owner:
                pieces[-1] = (pieces[-1][0], last, owner)
            else:
                pieces.append((first, last, owner))
            first = last + 1
        return pieces

    def ranges(self):
        pieces = self.pieces()
        if len(pieces) > 1 and pieces[0][2] == pieces[-1][2]:
            pieces[0] = (pieces.pop()[0], pieces[0][1], pieces[0][2])
        return pieces

    def share(self, name):
        total = sum(last - first + 1 for first, last, owner in self.pieces() if owner == name)
        return min(total, CIRCLE - 1)


def moved(before, after):
    ends = sorted({last for ring in (before, after) for _, last, _ in ring.pieces()})
    total, first = 0, 0
    for last in ends:
        if before.owners(last, 1) != after.owners(last, 1):
            total += last - first + 1
        first = last + 1
    return min(total, CIRCLE - 1)


def keys():
    yield b""
    for text in ("a", "hearsay", "user:1", "user:2", "user:3", "a key of two dozen bytes"):
        yield text.encode()
    for size in (3, 4, 8, 9, 16, 17, 128, 129, 240, 241, 500):
        yield bytes((7 * i + size) % 256 for i in range(size))


def write(title, ring, lookups, ranges):
    print(f"\nring {title}")
    for name, tokens in ring.members.items():
        print(f"member {name} {tokens}")
    print(f"built {len(ring.tokens)} {ring.checksum():016x}")
    for name in ring.names:
        print(f"share {name} {ring.share(name):016x}")
    for key in lookups:
        point = hash64(key)
        print(f"lookup {key.hex() or '-'} {point:016x} {','.join(ring.owners(point, 3))}")
    for point in (0, CIRCLE - 1, ring.tokens[0][0], ring.tokens[0][0] + 1, ring.tokens[-1][0],
                  ring.tokens[-1][0] + 1, COLLIDING, COLLIDING + 1):
        print(f"point {point:016x} {','.join(ring.owners(point, 3))}")
    for first, last, owner in ring.ranges() if ranges else ():
        print(f"range {first:016x} {last:016x} {owner}")


def main():
    print("# SPDX-License-Identifier: Apache-2.0\n# Made by tests/ring_vectors.py; docs/ring.md says "
          "what the lines mean.")
    three = {"n1": 8, "n2": 8, "n3": 8}
    five = {f"cache-{i}.example.org": 128 for i in range(1, 6)}
    rings = {
        "sole": {"n1": 1},
        "three": three,
        "two": {"n1": 8, "n3": 8},
        "weights": {"small": 1, "middle": 16, "big": 64, "Big": 2},
        "names": {"x": 3, "A.b-C_d:9": 3, "thirteen-byte": 3, "y" * 124: 3, "z" * 125: 3, "w" * 128: 3},
        "equal-tokens": {"J.d": 1656, ".Cf.": 1874},
        "equal-tokens-greater-only": {"J.d": 1656},
        "five": five,
        "six": {**five, "cache-6.example.org": 128},
    }
    rings = {title: Ring(members) for title, members in rings.items()}
    for title, ring in rings.items():
        write(title, ring, list(keys()) if len(ring.tokens) < 1000 else list(keys())[:6],
              len(ring.tokens) < 100)
    print()
    for before, after in (("three", "two"), ("two", "three"), ("five", "six"), ("six", "five"),
                          ("equal-tokens", "equal-tokens-greater-only"), ("sole", "three"),
                          ("three", "five"), ("five", "five")):
        print(f"moved {before} {after} {moved(rings[before], rings[after]):016x}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
