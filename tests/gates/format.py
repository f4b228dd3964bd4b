#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""C files look as .clang-format says.

usage: format.py SOURCE_ROOT
"""

import pathlib
import re
import shutil
import sys

import gate


def faults(root, sources):
    if not sources:
        return []
    code, out = gate.run("clang-format", "--dry-run", "-Werror", "-ferror-limit=0",
                         f"--style=file:{root / '.clang-format'}", *sources)
    lines = [line.replace(f"{root}/", "") for line in out.splitlines()
             if re.search(r": error:", line)]
    return lines if code == 0 or lines else out.splitlines() or ["clang-format failed"]


def main():
    root = pathlib.Path(sys.argv[1])
    tap = gate.Tap()
    if shutil.which("clang-format") is None:
        tap.skip("C files are formatted", "clang-format is not here")
        tap.end()
    tap.check("C files are formatted", faults(root, gate.files(root, ".c", ".h")))
    code, out = gate.run("clang-format", f"--style=file:{root / '.clang-format'}", "--dry-run",
                         "-Werror",
                         "--assume-filename=planted.c", stdin="int main( void ){return 0;}\n")
    tap.caught("a file formatted otherwise", out if code != 0 else "")
    tap.end()


main()
