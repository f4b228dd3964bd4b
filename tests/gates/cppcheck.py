#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""cppcheck has nothing to say about include, src and tools.

usage: cppcheck.py SOURCE_ROOT
"""

import pathlib
import shutil
import sys
import tempfile

import gate

COMMAND = ["cppcheck", "--quiet", "--std=c17", "--enable=warning,style,performance,portability",
           "--inline-suppr", "--template={file}:{line}: {id}: {message}", "--template-location=",
           "-D_GNU_SOURCE", "-DHS_PROJECT_VERSION=0,1,0"]

# What it is not asked, and why.
SUPPRESSED = {
    # Declarations stand together at the head of a block where they belong together.
    "variableScope",
    # Wire and storage layouts have members that only their size needs.
    "unusedStructMember",
    # Follows one assumed value of a variable and then calls the condition always false.
    "knownConditionTrueFalse",
    # `while (step()) continue;` shows that nothing else is done.
    "redundantContinue",
    # The functions of a seal have the types of hearsay/seal.h; other seals write the body.
    "constParameter:*/src/core/codec/seal.c",
}


def complaints(root, *paths):
    includes = [f"-I{root / folder}" for folder in ("include", "src", "src/core", "tools")]
    code, out = gate.run(*COMMAND, *includes,
                         *[f"--suppress={name}" for name in sorted(SUPPRESSED)],
                         "--error-exitcode=9", *paths)
    lines = [line.replace(f"{root}/", "") for line in out.splitlines() if line.strip()]
    return [] if code == 0 else lines or ["cppcheck failed"]


def main():
    root = pathlib.Path(sys.argv[1])
    tap = gate.Tap()
    if shutil.which("cppcheck") is None:
        tap.skip("cppcheck has no complaint", "cppcheck is not here")
        tap.end()
    tap.check("cppcheck has no complaint", complaints(root, root / "src", root / "tools"))
    with tempfile.NamedTemporaryFile("w", suffix=".c") as planted:
        planted.write("int hs_x(void)\n{\n    int a[2] = {0, 0};\n    return a[2];\n}\n")
        planted.flush()
        tap.caught("a read past an array's end", complaints(root, planted.name))
    tap.end()


main()
