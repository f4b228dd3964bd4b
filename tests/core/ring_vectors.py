#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes data/ring-vectors.txt: what the ring must be, computed by ring_reference.py from
docs/ring.md, so that the C code is held to the definition and not to
itself. Needs python3-xxhash.

    tests/core/ring_vectors.py > tests/core/data/ring-vectors.txt
"""
import sys

from ring_reference import CIRCLE, Ring, diff, hash64, moved

COLLIDING = 0x6FE22F7B461A3F3F  # token 1873 of ".Cf." and token 1655 of "J.d"


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
    for name, zone in ring.zones.items():
        print(f"zone {name} {zone}")
    print(f"built {len(ring.tokens)} {ring.checksum():016x}")
    print(f"zones {ring.zones_checksum():016x}")
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


def write_placement(ring):
    """Replicas by zones, a full member passed over, and what each member holds of three
    replicas."""
    points = [0, CIRCLE - 1] + [hash64(key) for key in list(keys())[:8]]
    for point in points:
        print(f"replicas {point:016x} {','.join(ring.replicas(point, len(ring.names)))}")
    total, percent = 1000, 125
    loads = {name: ring.bound(name, total, percent) - (i % 2) for i, name in enumerate(ring.names)}
    for name in ring.names:
        print(f"bound {name} {total} {percent} {ring.bound(name, total, percent)}")
    for point in points:
        given = ",".join(str(loads[name]) for name in ring.names)
        print(f"bounded {point:016x} {total} {percent} {given} "
              f"{ring.bounded(point, loads, total, percent)}")
    for name in ring.names:
        for first, last in ring.replica_ranges(name, 3, True):
            print(f"held {name} 3 zones {first:016x} {last:016x}")


def write_moves(rings, before, after, n, zones):
    for first, last, old, new in diff(rings[before], rings[after], n, zones):
        print(f"move {before} {after} {n} {'zones' if zones else 'plain'} {first:016x} {last:016x} "
              f"{','.join(old)} {','.join(new)}")


def main():
    print("# SPDX-License-Identifier: Apache-2.0\n"
          "# Made by tests/core/ring_vectors.py; docs/ring.md says what the lines mean.")
    three = {"n1": 8, "n2": 8, "n3": 8}
    five = {f"cache-{i}.example.org": 128 for i in range(1, 6)}
    rings = {
        "sole": {"n1": 1},
        "three": three,
        "two": {"n1": 8, "n3": 8},
        "weights": {"small": 1, "middle": 16, "big": 64, "Big": 2},
        "names": {"x": 3, "A.b-C_d:9": 3, "thirteen-byte": 3, "y" * 124: 3, "z" * 125: 3,
                  "w" * 128: 3},
        "equal-tokens": {"J.d": 1656, ".Cf.": 1874},
        "equal-tokens-greater-only": {"J.d": 1656},
        "five": five,
        "six": {**five, "cache-6.example.org": 128},
    }
    rings = {title: Ring(members) for title, members in rings.items()}
    racks = {"n1": "a", "n2": "a", "n3": "a", "n4": "b", "n5": "b", "n6": "c"}
    rings["zoned"] = Ring({name: 4 for name in (*racks, "n7")}, racks)
    rings["zoned-without-n4"] = Ring({"n1": 4, "n2": 4, "n3": 4, "n5": 4, "n6": 4, "n7": 4},
                                     {name: zone for name, zone in racks.items() if name != "n4"})
    for title, ring in rings.items():
        write(title, ring, list(keys()) if len(ring.tokens) < 1000 else list(keys())[:6],
              len(ring.tokens) < 100)
        if ring.zones or title == "weights":
            write_placement(ring)
    print()
    for before, after in (("three", "two"), ("two", "three"), ("five", "six"), ("six", "five"),
                          ("equal-tokens", "equal-tokens-greater-only"), ("sole", "three"),
                          ("three", "five"), ("five", "five")):
        print(f"moved {before} {after} {moved(rings[before], rings[after]):016x}")
    for before, after in (("three", "two"), ("zoned", "zoned-without-n4"),
                          ("zoned-without-n4", "zoned")):
        write_moves(rings, before, after, 1, False)
        write_moves(rings, before, after, 2, False)
        write_moves(rings, before, after, 3, True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
