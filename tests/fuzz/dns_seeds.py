#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the seeds of the corpus of fuzz_dns: a question of each kind, and what is odd about
messages. Same output each time.

usage: dns_seeds.py DIRECTORY
"""
import pathlib
import struct
import sys

TYPES = {"a": 1, "ns": 2, "soa": 6, "ptr": 12, "mx": 15, "txt": 16, "aaaa": 28, "srv": 33,
         "axfr": 252, "any": 255}
QUESTIONS = ["a.node.h.i a", "B.c.node.h.i aaaa", "c.node.h.i a", "x:1.node.h.i any",
             "long.node.h.i txt", "d.node.h.i a", "p.tag.h.i a", "db.r.tag.h.i srv",
             "x.r.s.tag.h.i a", "db.x.r.s.tag.h.i any", "all.h.i a", "all.h.i srv",
             "_p._tcp.h.i srv", "_P._udp.db.r.tag.h.i any", "_p._tcp.6b.key.h.i srv",
             "_tcp.p.tag.h.i a", "6b.key.h.i a", "6b.key.h.i srv", "2.6b.key.h.i any",
             "some.text.key.h.i a", "0a000001.addr.h.i a",
             "20010db8000000000000000000000001.addr.h.i aaaa", "1.0.0.10.in-addr.arpa ptr",
             ".".join("1" + "0" * 23 + "8bd01002") + ".ip6.arpa ptr", "h.i soa", "h.i ns",
             "h.i any", "ns.h.i a", "node.h.i mx", "h.i axfr", "other.example a"]
OPT = struct.pack(">BHHIH", 0, 41, 1232, 0x8000, 0)


def name(text):
    labels = [label.encode() for label in text.split(".")]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def head(flags=0x100, counts=(1, 0, 0, 0)):
    return struct.pack(">HH4H", 0xBEEF, flags, *counts)


def question(text):
    asked, kind = text.split()
    return name(asked) + struct.pack(">HH", TYPES[kind], 1)


def seeds():
    for number, text in enumerate(QUESTIONS):
        how = bytes([number % 2 * 8])
        yield text.split(".")[0].strip("_") + f"-{number}", how + head() + question(text)
        yield (text.split(".")[0].strip("_") + f"-{number}-edns",
               bytes([1 if number % 3 == 0 else 0]) + head(counts=(1, 0, 0, 1)) + question(text)
               + OPT)
    one = question("a.node.h.i a")
    yield "unknown", b"\2" + head() + one
    yield "sparing", b"\x10" + head(counts=(1, 0, 0, 1)) + one + OPT
    yield "isolated", b"\4" + head(counts=(1, 0, 0, 1)) + one + OPT
    yield "response", b"\0" + head(0x8180) + one
    yield "update", b"\0" + head(0x2800) + one
    yield "chaos", b"\0" + head() + one[:-1] + b"\3"
    yield "two-questions", b"\0" + head(counts=(2, 0, 0, 0)) + one + one
    yield "two-opt", b"\0" + head(counts=(1, 0, 0, 2)) + one + OPT + OPT
    yield "later-edns", b"\0" + head(counts=(1, 0, 0, 1)) + one + OPT[:6] + b"\1" + OPT[7:]
    yield "options", (b"\0" + head(counts=(1, 0, 0, 1)) + one + OPT[:-2]
                      + b"\0\x0c\0\x0a\0\x08cookies!")
    yield "loop", b"\0" + head() + b"\xc0\x0c\0\1\0\1"
    yield "loop-behind", b"\0" + head() + b"\1a\xc0\x0c\0\1\0\1"
    yield "record-before", (b"\0" + head(counts=(1, 1, 0, 1)) + one
                            + b"\xc0\x0c\0\1\0\1\0\0\0\0\0\4\1\2\3\4" + OPT)
    yield "left-over", b"\0" + head() + one + b"\0"
    yield "short", b"\0" + head()[:11]
    yield "head", b"\0" + head(counts=(0, 0, 0, 0))
    yield "longest", b"\0" + head() + name(".".join(["f" * 62] * 3 + ["a" * 56, "key", "h", "i"])) \
        + b"\0\1\0\1"


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(exist_ok=True)
    for title, content in seeds():
        (folder / title.replace(":", "-")).write_bytes(content)


main()
