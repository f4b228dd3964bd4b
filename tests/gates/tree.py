#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the tree's files must not hold: paths of somebody's machine, marks of unfinished work; and
what sources must: a licence in their first lines. Text is UTF-8, without blanks at the ends of
lines. No folder holds a meson.build and nothing else: a target is declared beside its sources.

usage: tree.py SOURCE_ROOT
"""

import pathlib
import re
import sys
import tempfile

import gate

# Put together from halves, so that this file passes its own test.
MACHINE = re.compile(r"(?<![\w.])/(?:wo" r"rk|ho" r"me|ro" r"ot|Us" r"ers|build-\w+)/\w|"
                     r"/tmp/(?:build|bash)" r"[-_]")
UNFINISHED = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|X" r"XX|HA" r"CK|WI" r"P)\b|^(?:<{7}|>{7}) ",
                        re.M)
LICENCE = "SPDX-License-Identifier: Apache-2.0"
LICENSED = {".c", ".h", ".py", ".sh", ".map", ".build", ".js", ".css", ".html"}


def line_faults(name, text):
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        if MACHINE.search(line):
            found.append(f"{name}:{number}: a path of one machine: {line.strip()}")
        if UNFINISHED.search(line):
            found.append(f"{name}:{number}: a mark of unfinished work: {line.strip()}")
        if line != line.rstrip():
            found.append(f"{name}:{number}: blanks at the end of the line")
    return found


def file_faults(name, path):
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return [f"{name}: not UTF-8"]
    found = line_faults(name, text)
    if text and not text.endswith("\n"):
        found.append(f"{name}: no newline at its end")
    if "\r" in text:
        found.append(f"{name}: carriage returns")
    script = text.startswith("#!")
    if (path.suffix in LICENSED or script) and LICENCE not in "\n".join(text.splitlines()[:2]):
        found.append(f"{name}: its first lines do not name the licence")
    if script and not path.stat().st_mode & 0o100:
        found.append(f"{name}: a script that cannot be run")
    return found


def bare_folders(root):
    """Folders whose only content is a meson.build."""
    return [f"{path.parent.relative_to(root)}: a folder with a meson.build and nothing else"
            for path in gate.files(root, ".build")
            if path.name == "meson.build"
            and not any(other.name not in ("meson.build", *gate.SKIPPED)
                        for other in path.parent.iterdir())]


def faults(root):
    found = bare_folders(root)
    for path in gate.text_files(root):
        name = path.relative_to(root)
        if str(name) != "LICENSE":
            found += file_faults(name, path)
    return found


def planted(name, content, *beside):
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_bytes(content)
        for other in beside:
            (root / other).write_bytes(content)
        return faults(root)


def main():
    tap = gate.Tap()
    tap.check("the tree holds nothing that it must not", faults(pathlib.Path(sys.argv[1])))
    licence = b"/* SPDX-License-Identifier: Apache-2.0 */\n"
    tap.caught("a path of one machine", planted("a.c", licence + b"/* see /ho" b"me/me/x */\n"))
    tap.caught("a mark of unfinished work", planted("a.md", b"TO" b"DO: more\n"))
    tap.caught("a source without licence", planted("a.c", b"int x;\n"))
    tap.caught("a script without licence", planted("a", b"#!/bin/sh\ntrue\n"))
    tap.caught("blanks at the end of a line", planted("a.md", b"word \n"))
    tap.caught("a file without newline at its end", planted("a.md", b"word"))
    tap.caught("text that is not UTF-8", planted("a.md", b"caf\xe9\n"))
    tap.check("lets a good file through", planted("a.c", licence + b"int x;\n"))
    build = b"# SPDX-License-Identifier: Apache-2.0\n"
    tap.caught("a folder with a meson.build alone", planted("room/meson.build", build))
    tap.check("lets a meson.build beside its sources through",
              planted("room/meson.build", build, "room/a.py"))
    tap.end()


main()
