#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Programs of an older and of a newer release run with this shared library (docs/abi.md). Their
headers are made from ours: each struct that may grow loses its last field, or gets one more. Where
a struct ends with a field of the first release, the older program of that struct is one that cannot
exist yet; for the config, whose least size the library checks, it keeps all.

usage: test_abi.py SOURCE_ROOT SHARED_LIBRARY COMPILER...
"""

import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

GROWABLE = [("config.h", "hearsay_config"), ("event.h", "hearsay_event"),
            ("member.h", "hearsay_member"), ("node.h", "hearsay_history_step"),
            ("node.h", "hearsay_contact"), ("stats.h", "hearsay_stats")]
FIRST_CONFIG_END = "seal_context"
DROPPED = {"hearsay_event": 2}  # its last two fields share eight bytes


class Tap:
    def __init__(self):
        self.points = self.failed = 0

    def check(self, name, ok, detail=""):
        self.points += 1
        self.failed += not ok
        print(f"{'ok' if ok else 'not ok'} {self.points} - {name}")
        for line in "" if ok else detail.splitlines():
            print(f"# {line}")

    def end(self):
        print(f"1..{self.points}")
        sys.exit(1 if self.failed else 0)


def body_of(text, struct):
    """Where the fields of a struct begin and end."""
    found = re.search(rf"^struct {struct} \{{\n(.*?)^\}};", text, re.M | re.S)
    if not found:
        sys.exit(f"struct {struct} was not found")
    return found.span(1)


def shorter(fields, struct):
    """Without the last declaration, or the last few."""
    code = re.sub(r"/\*.*?\*/", lambda c: re.sub(r"[^\n]", " ", c.group(0)), fields, flags=re.S)
    ends = [m.end() for m in re.finditer(";", code)]
    dropped = DROPPED.get(struct, 1)
    last = code[ends[-2]:ends[-1]]
    if struct == "hearsay_config" and FIRST_CONFIG_END in last:
        return fields
    return fields[:ends[-1 - dropped]] + "\n"


def longer(fields, _struct):
    return fields + "    uint64_t added;\n"


def make_headers(root, folder, change):
    shutil.copytree(root / "include/hearsay", folder / "hearsay")
    for header, struct in GROWABLE:
        path = folder / "hearsay" / header
        text = path.read_text(encoding="utf-8")
        start, end = body_of(text, struct)
        path.write_text(text[:start] + change(text[start:end], struct) + text[end:],
                        encoding="utf-8")


def run(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False, timeout=60)
    return done.returncode, done.stdout


def run_program(root, library, compiler, headers, *defines):
    """(Whether it ran, its output)."""
    with tempfile.TemporaryDirectory() as folder:
        program = pathlib.Path(folder, "program")
        code, out = run(*compiler, "-std=c17", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror",
                        *defines, "-I", headers, root / "tests/abi/program.c", "-o", program,
                        library, f"-Wl,-rpath,{library.parent}")
        if code:
            return False, out
        code, out = run(program)
        return code == 0, out


def main():
    root, library, compiler = (pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]).resolve(),
                               sys.argv[3:])
    tap = Tap()
    ok, same = run_program(root, library, compiler, root / "include")
    tap.check("a program of this release", ok, same)
    sizes = {}
    for name, change, defines in (("an older release", shorter, []),
                                  ("a newer release", longer, ["-DNEWER"])):
        with tempfile.TemporaryDirectory() as folder:
            make_headers(root, pathlib.Path(folder), change)
            ok, sizes[name] = run_program(root, library, compiler, folder, *defines)
            tap.check(f"a program of {name}", ok, sizes[name])
    if not tap.failed:
        ours, old, new = ([int(n) for n in text.split()] for text in (same, *sizes.values()))
        tap.check("the older program's structs were smaller",
                  all(a < b for a, b in zip(old[1:], ours[1:])), f"{old} {ours}")
        tap.check("the newer program's structs were larger", all(a > b for a, b in zip(new, ours)),
                  f"{new} {ours}")
    tap.end()


main()
