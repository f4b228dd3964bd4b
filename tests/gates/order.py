#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The files of a room stand in one order, which docs/architecture.md lists, lowest first.

X.c and X.h are one entry of the list. An include and a call may only point to an entry before their
own, and a function that other files may call is declared in the header of its own file and nowhere
else. So who reads a room in the listed order never meets something that comes later.

usage: order.py SOURCE_ROOT BUILD_ROOT LTO COMPILER...
"""

import pathlib
import re
import sys
import tempfile

import gate
import objects
import rules

PAGE = "docs/architecture.md"
HEADING = "## The files of a room, lowest first"
INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.M)
COMMENT = re.compile(r"/\*.*?\*/", re.S)


def read_orders(text):
    """{room: [entries, lowest first]}: a line begins with its room, and goes on in indented
    lines."""
    orders, room = {}, None
    if HEADING not in text:
        return orders
    block = text.split(HEADING, 1)[1].split("```")[1]
    for line in block.strip("\n").splitlines():
        words = line.split()
        if words and not line[0].isspace():
            room = pathlib.PurePath(words.pop(0))
            orders[room] = []
        if room is not None:
            orders[room] += words
    return orders


def of_room(files, room):
    return [path for path in files if path.parent == room]


def list_faults(room, order, files):
    """Every file is listed, once; nothing else is."""
    stems = {path.stem for path in of_room(files, room)}
    found = [f"{room}: {name} is listed twice" for name in sorted(set(order))
             if order.count(name) > 1]
    found += [f"{room}: {name} is not listed in {PAGE}" for name in sorted(stems - set(order))]
    return found + [f"{room}: {name} is listed in {PAGE} and is no file"
                    for name in sorted(set(order) - stems)]


def include_faults(root, room, order, files):
    found = []
    for path in of_room(files, room):
        for target in INCLUDE.findall((root / path).read_text(encoding="utf-8")):
            inner = room / pathlib.PurePath(target).name
            ours = inner in files and (("/" not in target) or str(inner).endswith("/" + target))
            if ours and order.index(inner.stem) > order.index(path.stem):
                found.append(f"{path}: {target} comes later in the list")
    return found


def call_faults(sources, room, order, tables):
    edges = objects.graph({path: made for path, made in sources.items() if path.parent == room},
                          tables)
    return [f"{source} needs {other}, which comes later in the list"
            for source, others in sorted(edges.items())
            for other in sorted(others) if order.index(other.stem) > order.index(source.stem)]


def declared(text, function):
    return re.search(rf"^[^\s#{{}}][^;{{}}]*\b{re.escape(function)}\(", text, re.M)


def declaration_faults(root, sources, room, files, one_header):
    """A function is declared in its file's header; the library's public functions have theirs in
    include/hearsay."""
    headers = {path: COMMENT.sub("", (root / path).read_text(encoding="utf-8")) for path in files
               if path.suffix == ".h" and (path.parent == room or path.is_relative_to("include"))}
    found = []
    for source, made in sorted(sources.items()):
        if source.parent != room:
            continue
        own = source.with_suffix(".h")
        if one_header and own not in files:
            own = room / one_header
        for function, kind in sorted(objects.defined(made).items()):
            if kind != "T" or function == "main":
                continue
            places = [path for path, text in headers.items() if declared(text, function)]
            right = places == [own] or (len(places) == 1 and places[0].is_relative_to("include"))
            if not right:
                where = " and ".join(str(path) for path in places) or "no header"
                found.append(f"{source}: {function} is declared in {where}, "
                             f"not in {own.name} alone")
    return found


def faults(root, sources, orders, tables=(), one_header=None):
    """What is wrong in the rooms that are listed."""
    files = {file.relative_to(root) for file in gate.files(root, ".c", ".h")}
    found = []
    for room, order in orders.items():
        wrong = list_faults(room, order, files)
        if not wrong:
            wrong = include_faults(root, room, order, files)
            wrong += call_faults(sources, room, order, tables)
            wrong += declaration_faults(root, sources, room, files,
                                        (one_header or {}).get(str(room)))
        found += wrong
    return found


def unlisted_faults(orders, rooms):
    return [f"{room} is not listed in {PAGE}" for room in rooms
            if not any(listed.is_relative_to(room) for listed in orders)]


# ---- planted -------------------------------------------------------------------------------------

LOW_H = "void low(void);\n"
LOW_C = '#include "low.h"\nvoid low(void) {}\n'
HIGH_H = "void high(void);\n"
HIGH_C = '#include "high.h"\n#include "low.h"\nvoid high(void) { low(); }\n'
FINE = {"low.h": LOW_H, "low.c": LOW_C, "high.h": HIGH_H, "high.c": HIGH_C}
PLANTED = [
    ("an include that points up", {"low.h": '#include "high.h"\n' + LOW_H}),
    ("a call up", {"low.c": '#include "low.h"\nvoid high(void);\nvoid low(void) { high(); }\n'}),
    ("a function that no header declares",
     {"low.h": "\n", "low.c": "void low(void);\nvoid low(void) {}\n"}),
    ("a function that another header declares", {"low.h": "\n", "high.h": HIGH_H + LOW_H}),
    ("a function that two headers declare", {"high.h": HIGH_H + LOW_H}),
    ("a file that is not listed", {"other.c": "\n"}),
]


def planted(compiler, changes, order=("low", "high")):
    texts = {**FINE, **changes}
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        (root / "room").mkdir()
        for name, text in texts.items():
            (root / "room" / name).write_text(text, encoding="utf-8")
        options = [*compiler, f"-I{root}/room", "-Wno-implicit-function-declaration"]
        sources = objects.compile_planted(options, root,
                                          {f"room/{n}": t for n, t in texts.items()
                                           if n.endswith(".c")})
        return faults(root, sources, {pathlib.PurePath("room"): list(order)})


def check_planted(tap, compiler):
    tap.check("lets a room in order through", planted(compiler, {}))
    for name, changes in PLANTED:
        tap.caught(name, planted(compiler, changes))
    tap.caught("a list in another order", planted(compiler, {}, ("high", "low")))
    tap.caught("a name in the list that is no file", planted(compiler, {}, ("low", "high", "gone")))
    tap.caught("a room without a list", unlisted_faults({}, ["room"]))


def main():
    root, build = pathlib.Path(sys.argv[1]), sys.argv[2]
    lto, compiler = sys.argv[3] == "true", sys.argv[4:]
    tap = gate.Tap()
    orders = read_orders((root / PAGE).read_text(encoding="utf-8"))
    tap.check("every room is listed", unlisted_faults(orders, rules.ROOMS))
    if lto:
        tap.skip("rooms are in order", "objects for link-time optimization hold no code")
    else:
        tap.check("rooms are in order",
                  faults(root, objects.of_build(root, build), orders, rules.TABLES,
                         rules.ONE_HEADER))
    check_planted(tap, compiler)
    tap.end()


main()
