#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Sums up meson's logs: `N passed, N failed`, on one line, which is the last.

A test that speaks TAP counts with each of its points; one that does not counts once. A test that
ended badly without a failed point (it crashed, ran out of time or kept quiet) counts as one
failure. Skipped points are neither.

usage: count_tests.py [--broken N] TESTLOG.json...
"""

import argparse
import json
import pathlib
import re
import sys

POINT = re.compile(r"^(not )?ok +\d+\b(.*)$", re.M)
SKIPPED = re.compile(r"#\s*skip", re.I)
GOOD = {"OK", "EXPECTEDFAIL"}
COMMENT_LINES = 40  # shown below a failed point
LAST_WORDS = 30     # lines shown of a test that failed otherwise


def count(test):
    """(passed, failed) of one test in the log."""
    if test["result"] == "SKIP":
        return 0, 0
    points = POINT.findall(test.get("stdout", ""))
    passed = sum(1 for bad, rest in points if not bad and not SKIPPED.search(rest))
    failed = sum(1 for bad, rest in points if bad)
    if test["result"] in GOOD:
        return (passed, 0) if points else (1, 0)
    return passed, max(failed, 1)


def told(test):
    """What a failed test says: its failed points and their comments, else its last words."""
    lines = test.get("stdout", "").splitlines()
    words, showing = [], 0
    for line in lines:
        if line.startswith("not ok"):
            showing = COMMENT_LINES + 1
        elif not line.startswith("#"):
            showing = 0
        if showing > 0:
            words.append(line)
            showing -= 1
    return words or (lines + test.get("stderr", "").splitlines())[-LAST_WORDS:]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--broken", type=int, default=0, help="failures that no log tells of")
    parser.add_argument("logs", nargs="*")
    arguments = parser.parse_args()
    passed, failed = 0, arguments.broken
    for log in map(pathlib.Path, arguments.logs):
        if not log.exists():  # a shell's pattern that matched nothing
            continue
        for line in log.read_text(encoding="utf-8").splitlines():
            test = json.loads(line)
            good, bad = count(test)
            passed += good
            failed += bad
            if bad:
                print(f"failed: {test['name']} ({log.stem}: {test['result']})")
                print("\n".join(f"    {line}" for line in told(test)))
    print(f"{passed} passed, {failed} failed")
    sys.exit(0 if failed == 0 and passed > 0 else 1)


if __name__ == "__main__":
    main()
