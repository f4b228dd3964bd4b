#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The public headers: each compiles alone, as C17 and as C++17, and what they declare is what the
export map lists is what the shared library exports.

usage: headers.py SOURCE_ROOT SHARED_LIBRARY COMPILER...
"""

import pathlib
import re
import shutil
import sys

import gate

CPLUSPLUS = re.compile(r"^#ifdef __cplusplus$.*?^#endif$", re.M | re.S)
COMMENT = re.compile(r"/\*.*?\*/", re.S)
DIRECTIVE = re.compile(r"^\s*#(?:.*\\\n)*.*$", re.M)
BRACES = re.compile(r"\{[^{}]*\}")
DECLARED = re.compile(r"\b(hearsay_\w+)\s*(?:\(|;\s*$)")
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"]


def declared(text):
    """Functions and objects that a header declares. What is inline is in the program and not in the
    library."""
    for pattern in (COMMENT, CPLUSPLUS, DIRECTIVE):
        text = pattern.sub("", text)
    while BRACES.search(text):
        text = BRACES.sub(";", text)
    names = set()
    for statement in text.split(";"):
        statement = " ".join(statement.split())
        function = re.match(r"^[\w *]*?\b(hearsay_\w+)\s*\(", statement)
        thing = re.match(r"^extern [\w *]*?\b(hearsay_\w+)(\[.*\])?$", statement)
        if (function or thing) and not statement.startswith("static inline"):
            names.add((function or thing).group(1))
    return names


def mapped(text):
    body = COMMENT.sub("", text)
    listed = re.search(r"global:(.*?)local:", body, re.S)
    return {name.strip() for name in listed.group(1).split(";") if name.strip()}


def exported(library):
    code, out = gate.run("nm", "-D", "-P", "--defined-only", library)
    if code != 0:
        sys.exit(out)
    fields = [line.split() for line in out.splitlines()]
    return {f[0].split("@")[0] for f in fields if f[1] != "A"}


def difference(left, left_name, right, right_name):
    return ([f"{n} is in {left_name}, not in {right_name}" for n in sorted(left - right)] +
            [f"{n} is in {right_name}, not in {left_name}" for n in sorted(right - left)])


def compile_faults(compiler, language, include, source):
    code, out = gate.run(*compiler, *language, *WARNINGS, "-fsyntax-only", "-I", include, "-",
                         stdin=source)
    return [] if code == 0 else out.splitlines() or ["did not compile"]


def main():
    root, library, compiler = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3:]
    include = root / "include"  # include/hearsay-tree is for this tree alone, and not installed
    cxx = next((c for c in ("clang++", "g++") if shutil.which(c)), None)
    tap = gate.Tap()
    names = set()
    for header in gate.files(include / "hearsay", ".h"):
        name = header.relative_to(include)
        source = f"#include <{name}>\nint hs_alone;\n"
        tap.check(f"{name} alone is C17",
                  compile_faults(compiler, ["-x", "c", "-std=c17"], include, source))
        if cxx is None:
            tap.skip(f"{name} alone is C++17", "neither clang++ nor g++ is here")
        else:
            tap.check(f"{name} alone is C++17",
                      compile_faults([cxx], ["-x", "c++", "-std=c++17"], include, source))
        names |= declared(header.read_text(encoding="utf-8"))

    listed = mapped((root / "src/hearsay.map").read_text(encoding="utf-8"))
    tap.check("the map lists what the headers declare",
              difference(names, "the headers", listed, "the map"))
    tap.check("the library exports what the map lists",
              difference(listed, "the map", exported(library), "the library"))

    tap.caught("a header that needs another one first",
               compile_faults(compiler, ["-x", "c", "-std=c17"], include, "uint64_t hs_x(void);\n"))
    sample = ("struct hearsay_a {\n    void (*hearsay_not)(int x);\n};\n#define HEARSAY_X(y) \\\n"
              "    hearsay_not2(y)\n/* hearsay_not3(x); */\nint hearsay_one(void);\n"
              "struct hearsay_a *\n"
              "hearsay_two(int (*hearsay_f)(int));\nstatic inline int hearsay_not4(void)\n{\n"
              "    return hearsay_not5();\n}\nextern const struct hearsay_a hearsay_three;\n")
    tap.check("finds functions and objects, and nothing else",
              difference(declared(sample), "what was found",
                         {"hearsay_one", "hearsay_two", "hearsay_three"}, "the sample"))
    tap.caught("a function that the map lacks",
               difference(names | {"hearsay_new"}, "the headers", names, "the map"))
    tap.end()


main()
