#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""No file has more than 600 lines and no function more than 70: what is longer has more than one
subject. No line has more than 100 columns, comments included.

The gate counts in clang-formatted code, where a function's braces stand alone in column 0 and
nothing else's do. A function's first line is that of its signature. Columns are characters, not
bytes.

usage: size.py SOURCE_ROOT
"""

import pathlib
import sys

import gate

FILE_LINES = 600
FUNCTION_LINES = 70
COLUMNS = 100
# Pages wrap where their reader wants them to, and data does not.
PAGES = {".md", ".json"}
# mdoc has a function's parameters in one line.
PROTOTYPE = ".Fn "


def signature_start(lines, brace):
    """The line where the declaration that ends at this brace begins."""
    start = brace
    while start > 0 and lines[start - 1].strip() and lines[start - 1][0] not in "}#/ *" or (
            start > 0 and lines[start - 1].startswith(" ")
            and not lines[start - 1].startswith(" *")):
        start -= 1
    return start


def functions(lines):
    """(first line, number of lines) of every function, counting from 0."""
    found, begun = [], None
    for number, line in enumerate(lines):
        if line.rstrip() == "{":
            begun = signature_start(lines, number)
        elif line.startswith("}") and begun is not None:
            found.append((begun, number - begun + 1))
            begun = None
    return found


def long_file(name, lines):
    return [f"{name}: {len(lines)} lines"] if len(lines) > FILE_LINES else []


def faults(name, text):
    lines = text.splitlines()
    found = long_file(name, lines)
    for first, count in functions(lines):
        if count > FUNCTION_LINES:
            found.append(f"{name}:{first + 1}: a function of {count} lines: {lines[first].strip()}")
    return found


def is_narrow(name):
    return name.suffix not in PAGES and "data" not in name.parts


def wide_lines(name, text):
    return [f"{name}:{number}: {len(line)} columns"
            for number, line in enumerate(text.splitlines(), 1)
            if len(line) > COLUMNS and not line.startswith(PROTOTYPE)]


def function_of(lines):
    """A function that takes this many lines in all."""
    return "static int f(int a,\n             int b)\n{\n" + "    a++;\n" * (lines - 4) + "}\n"


def main():
    root = pathlib.Path(sys.argv[1])
    tap = gate.Tap()
    found, counts = [], []
    for file in gate.files(root, ".js", ".css", ".html"):
        found += long_file(file.relative_to(root), file.read_text(encoding="utf-8").splitlines())
    for file in gate.files(root, ".c", ".h"):
        text = file.read_text(encoding="utf-8")
        found += faults(file.relative_to(root), text)
        counts += [count for _, count in functions(text.splitlines())]
    tap.check("files and functions are short", found)
    wide = []
    for file in gate.text_files(root):
        name = file.relative_to(root)
        if is_narrow(name):
            wide += wide_lines(name, file.read_text(encoding="utf-8", errors="replace"))
    tap.check("lines are short", wide)
    counts.sort()
    if counts:
        print(f"# {len(counts)} functions, median {counts[len(counts) // 2]} lines, "
              f"nine in ten up to {counts[len(counts) * 9 // 10]}, longest {counts[-1]}")
    tap.caught("a long function", faults("planted", "int x;\n\n" + function_of(FUNCTION_LINES + 1)))
    tap.check("lets the longest function through",
              faults("planted", "}\n" + function_of(FUNCTION_LINES)))
    tap.caught("a long file", faults("planted", "int x;\n" * (FILE_LINES + 1)))
    tap.check("lets the longest file through", faults("planted", "int x;\n" * FILE_LINES))
    tap.caught("a long comment", wide_lines("planted", "/* " + "a" * COLUMNS + " */\n"))
    tap.check("lets a prototype of a manual through",
              wide_lines("planted", ".Fn f " + "a" * COLUMNS))
    tap.check("counts characters, not bytes", wide_lines("planted", "ä" * COLUMNS))
    tap.end()


main()
