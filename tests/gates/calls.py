#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Calls go down: no circle of calls among the files of a room, nor among the rooms of a larger one.

File A needs file B when A's object uses what B's object defines. A circle of such needs means that
no file of it can be understood, tested or replaced without the others.

usage: calls.py SOURCE_ROOT BUILD_ROOT LTO COMPILER...
"""

import pathlib
import sys
import tempfile

import gate
import objects
import rules

ROOT = pathlib.PurePath(".")


def within(path, room):
    return path.is_relative_to(room)


def among_rooms(edges, room):
    """The same needs between the folders directly in this room; files of the room itself are a
    folder of their own."""
    def folder(path):
        inner = path.relative_to(room).parts
        return room / inner[0] if len(inner) > 1 else room
    found = {}
    for source, others in edges.items():
        mine = found.setdefault(folder(source), set())
        mine.update({folder(o) for o in others} - {folder(source)})
    return found


def words(circle):
    return f"{len(circle)} need each other: {' '.join(str(path) for path in circle)}"


def faults(sources, room, tables):
    """Circles in this room, of files and of folders."""
    edges = objects.graph({s: o for s, o in sources.items() if within(s, room)}, tables)
    circles = objects.circles(edges) + objects.circles(among_rooms(edges, room))
    return [words(circle) for circle in circles]


def check_tree(tap, root, build):
    sources = objects.of_build(root, build)
    for name in rules.ROOMS:
        room = pathlib.PurePath(name)
        missing = [f"{path} has no object: build first" for path in
                   (file.relative_to(root) for file in gate.files(root / room, ".c"))
                   if path not in sources]
        tap.check(f"no circle of calls in {name}",
                  missing or faults(sources, room, rules.TABLES))


# ---- planted -------------------------------------------------------------------------------------

DOWN = {"room/a.c": "void b(void);\nvoid a(void);\nvoid a(void) { b(); }\n",
        "room/b.c": "void b(void);\nvoid b(void) {}\n"}
BACK = "void a(void);\nvoid b(void);\nvoid b(void) { a(); }\n"
TABLE = "void a(void);\nvoid b(void);\nvoid (*const table[])(void) = {a};\nvoid b(void) {}\n"
LOOP = {"room/a.c": "void b(void);\nvoid a(void);\nvoid a(void) { b(); }\n",
        "room/b.c": "void c(void);\nvoid b(void);\nvoid b(void) { c(); }\n",
        "room/c.c": "void a(void);\nvoid c(void);\nvoid c(void) { a(); }\n"}
# No file of it calls back, but the folders do.
ROOMS = {"room/x/a.c": "void b(void);\nvoid a(void);\nvoid a(void) { b(); }\n",
         "room/y/b.c": "void b(void);\nvoid b(void) {}\n",
         "room/y/c.c": "void d(void);\nvoid c(void);\nvoid c(void) { d(); }\n",
         "room/x/d.c": "void d(void);\nvoid d(void) {}\n"}


def planted(compiler, texts, tables=()):
    with tempfile.TemporaryDirectory() as folder:
        sources = objects.compile_planted(compiler, folder, texts)
        return faults(sources, pathlib.PurePath("room"), tables)


def check_planted(tap, compiler):
    file = pathlib.PurePath("room/b.c")
    tap.check("lets calls down through", planted(compiler, DOWN))
    tap.caught("two files that call each other", planted(compiler, {**DOWN, "room/b.c": BACK}))
    tap.caught("a circle of three", planted(compiler, LOOP))
    tap.caught("two folders that call each other", planted(compiler, ROOMS))
    tap.caught("a table that points up, in a file without leave",
               planted(compiler, {**DOWN, "room/b.c": TABLE}))
    tap.check("lets a named table point up",
              planted(compiler, {**DOWN, "room/b.c": TABLE}, tables=[file]))
    tap.caught("a call up from a file with a table",
               planted(compiler, {**DOWN, "room/b.c": BACK}, tables=[file]))


def main():
    root, build = pathlib.Path(sys.argv[1]), sys.argv[2]
    lto, compiler = sys.argv[3] == "true", sys.argv[4:]
    tap = gate.Tap()
    if lto:
        tap.skip("no circles of calls", "objects for link-time optimization hold no code")
    else:
        check_tree(tap, root, build)
    check_planted(tap, compiler)
    tap.end()


main()
