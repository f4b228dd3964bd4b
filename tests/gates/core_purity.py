#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The core does no I/O, asks no clock, allocates nothing itself and has no mutable globals.

Looks at what the compiler made, not at the source: undefined symbols of the static library, and the
sizes of its writable sections. .data.rel.ro holds constants with pointers in them; it is read-only
once the program runs.

usage: core_purity.py ARCHIVE SANITIZED COMPILER...
"""

import os
import re
import sys
import tempfile

import gate

# bcmp is what clang makes of `memcmp(…) == 0`. The table of global offsets is the linker's.
ALLOWED = re.compile(r"^(mem\w+|str\w+|__(mem|str)\w+_chk|bcmp|__stack_chk_fail|"
                     r"_GLOBAL_OFFSET_TABLE_)$")
SANITIZER = re.compile(r"^__(asan|ubsan|sanitizer|sancov|start___sancov|stop___sancov)_\w+$")
WRITABLE = re.compile(r"^\.(t?data|t?bss)(\.(?!rel\.ro)|$)")


def symbols(archive, *options):
    code, out = gate.run("nm", "-P", *options, archive)
    if code != 0:
        sys.exit(out)
    return {line.split()[0] for line in out.splitlines() if len(line.split()) >= 2}


def undefined_faults(archive, sanitized):
    wanted = symbols(archive, "-u") - symbols(archive, "--defined-only", "-g")
    bad = [s for s in sorted(wanted)
           if not ALLOWED.match(s) and not (sanitized and SANITIZER.match(s))]
    return [f"the core needs {symbol}" for symbol in bad]


def global_faults(archive):
    code, out = gate.run("size", "-A", archive)
    if code != 0:
        sys.exit(out)
    faults, member = [], "?"
    for line in out.splitlines():
        fields = line.split()
        if len(fields) >= 2 and fields[1] == ":" or "(ex " in line:
            member = fields[0]
        elif len(fields) == 3 and WRITABLE.match(fields[0]) and fields[1] != "0":
            faults.append(f"{member}: {fields[1]} bytes in {fields[0]}")
    common = [s for s in re.findall(r"^(\w+) C ", gate.run("nm", "-P", archive)[1], re.M)]
    return faults + [f"{symbol} is common" for symbol in common]


def planted(compiler, source):
    """An archive of one object made of this source."""
    folder = tempfile.TemporaryDirectory()
    unit = os.path.join(folder.name, "planted")
    for command in ([*compiler, "-x", "c", "-fPIC", "-O1", "-c", "-", "-o", unit + ".o"],
                    ["ar", "rcs", unit + ".a", unit + ".o"]):
        code, out = gate.run(*command, stdin=source)
        if code != 0:
            sys.exit(out)
    return folder, unit + ".a"


def main():
    archive, sanitized, compiler = sys.argv[1], sys.argv[2] == "true", sys.argv[3:]
    tap = gate.Tap()
    tap.check("core needs nothing but mem* and str*", undefined_faults(archive, sanitized))
    if sanitized:
        tap.skip("core has no mutable globals", "a sanitizer adds its own")
    else:
        tap.check("core has no mutable globals", global_faults(archive))

    sources = {
        "malloc": "void *malloc(unsigned long);\nvoid *hs_x(void);\n"
                  "void *hs_x(void) { return malloc(9); }",
        "a clock": "long time(long *);\nlong hs_x(void);\nlong hs_x(void) { return time(0); }",
    }
    for name, source in sources.items():
        folder, path = planted(compiler, source)
        with folder:
            tap.caught(name, undefined_faults(path, True))
    sources = {
        "a counter that begins at zero": "int hs_x(void);\nstatic int n;\n"
                                         "int hs_x(void) { return n++; }",
        "a counter that begins at one": "int hs_x(void);\nstatic int n = 1;\n"
                                        "int hs_x(void) { return n++; }",
        "a pointer that moves": "extern char hs_y[];\nchar *hs_z = hs_y;",
        "a thread's own variable": "_Thread_local int hs_x = 3;",
    }
    for name, source in sources.items():
        folder, path = planted(compiler, source)
        with folder:
            tap.caught(name, global_faults(path))
    folder, path = planted(compiler,
                           "extern const char hs_y[];\nconst char *const hs_x[] = {hs_y, 0};")
    with folder:
        tap.check("lets constants with pointers through", global_faults(path))
    tap.end()


main()
