#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""clang-tidy has nothing to say about src and tools; .clang-tidy explains what it is not asked.

usage: clang_tidy.py SOURCE_ROOT BUILD_ROOT shallow|deep

The analyser's usual, deep way takes nine tenths of the time: it follows calls into other functions.
"""

import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import sys

import gate

# The build may be gcc's, whose warnings clang does not all know.
COMMAND = ["clang-tidy", "--quiet", "--extra-arg=-Wno-unknown-warning-option"]
SHALLOW = [f"--extra-arg={word}" for word in ("-Xclang", "-analyzer-config", "-Xclang",
                                              "mode=shallow")]
PLANTED = "int hs_x(const int *p);\nint hs_x(const int *p)\n{\n    return p == 0 ? *p : 0;\n}\n"


def sources(root, build):
    units = json.loads((build / "compile_commands.json").read_text(encoding="utf-8"))
    found = {(build / unit["directory"] / unit["file"]).resolve() for unit in units}
    return sorted(f for f in found
                  if f.is_relative_to(root / "src") or f.is_relative_to(root / "tools"))


def complaints(mode, arguments):
    code, out = gate.run(*COMMAND, *(SHALLOW if mode == "shallow" else []), *arguments)
    lines = [line for line in out.splitlines() if re.search(r": (warning|error): ", line)]
    return lines if code == 0 or lines else out.splitlines() or ["clang-tidy failed"]


def main():
    root, build = (pathlib.Path(p).resolve() for p in sys.argv[1:3])
    mode = sys.argv[3]
    tap = gate.Tap()
    if shutil.which("clang-tidy") is None:
        tap.skip("clang-tidy has no complaint", "clang-tidy is not here")
        tap.end()
    units = sources(root, build)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = pool.map(lambda unit: complaints(mode, ["-p", build, unit]), units)
    # A header's complaint comes with each file that includes it.
    found = sorted({re.sub(r"^\S*?/(?=(?:include|src|tools)/)", "", line)
                    for lines in results for line in lines})
    tap.check(f"clang-tidy has no complaint about {len(units)} files", found)

    planted = build / "planted_for_clang_tidy.c"
    planted.write_text(PLANTED, encoding="utf-8")
    tap.caught("a null pointer that is followed",
               complaints(mode, [f"--config-file={root / '.clang-tidy'}", planted, "--",
                                 "-std=c17"]))
    planted.unlink()
    tap.end()


main()
