#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""tools/count_tests.py counts what meson's logs say: a sum that hides a failure is worse than none.

usage: count.py SOURCE_ROOT
"""

import json
import pathlib
import subprocess
import sys
import tempfile

import gate

ROOT = pathlib.Path(sys.argv[1])
TAP = "ok 1 - a\nok 2 - b # SKIP no\nnot ok 3 - c\n# ok is said here\nok 4 - d\n1..4\n"

# What is asked, the log's tests, failures told by the caller, and the answer.
CASES = [
    ("TAP points that pass", [("OK", "ok 1 - a\nok 2 - b\n1..2\n")], 0, (2, 0)),
    ("failed points", [("ERROR", TAP)], 0, (2, 1)),
    ("skipped points as neither", [("OK", "ok 1 - a # SKIP x\nok 2 - b\n")], 0, (1, 0)),
    ("a test that is not TAP once", [("OK", "ok then\n"), ("FAIL", "oh\n")], 0, (1, 1)),
    ("a crash after good points", [("ERROR", "ok 1 - a\n")], 0, (1, 1)),
    ("a timeout without a word", [("TIMEOUT", "")], 0, (0, 1)),
    ("a skipped test as nothing", [("SKIP", ""), ("OK", "")], 0, (1, 0)),
    ("a build that failed", [], 1, (0, 1)),
    ("a broken step beside good tests", [("OK", "")], 2, (1, 2)),
    ("nothing at all, as failure", [], 0, (0, 0)),
]


def answer(tests, broken):
    with tempfile.NamedTemporaryFile("w", suffix=".json") as log:
        for number, (result, stdout) in enumerate(tests):
            log.write(json.dumps({"name": f"t{number}", "result": result, "stdout": stdout}) + "\n")
        log.flush()
        done = subprocess.run([sys.executable, ROOT / "tools/count_tests.py", "--broken",
                               str(broken),
                               log.name], check=False, text=True, stdout=subprocess.PIPE)
    return done.returncode, done.stdout.splitlines()[-1]


def main():
    tap = gate.Tap()
    for name, tests, broken, (passed, failed) in CASES:
        code, line = answer(tests, broken)
        expected = f"{passed} passed, {failed} failed"
        faults = [] if line == expected else [f"said '{line}', should say '{expected}'"]
        if (code == 0) != (failed == 0 and passed > 0):
            faults.append(f"ended with {code}")
        tap.check(f"counts {name}", faults)
    tap.end()


main()
