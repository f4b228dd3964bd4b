#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tells every story twice, with the programs of an older build and with those of this tree, and
prints for each whether it failed before. A story that passes in both proves nothing new, unless it
is marked @known: then it has to.

usage: tests/field/before.py [--all] [--only-before] OLDER-BUILD [KIND]...

  --all           also those marked slow
  --only-before   do not tell them with this tree's programs again

OLDER-BUILD is a build folder of another commit:

    git worktree add ../older COMMIT
    meson setup ../older/build ../older && ninja -C ../older/build

The exit code is 1 if something fails now, if a story that is not known passed before, or if a
known one failed.
"""
import os
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
POINT = re.compile(r"^(not ok|ok) \d+ - (\w+)(?: # (SKIP.*)?)?")
WIDTH = 60  # columns of a reason


def listed(file):
    """{case: its marks}"""
    done = subprocess.run([sys.executable, file], capture_output=True, text=True, check=True,
                          env={**os.environ, "HEARSAY_FIELD": "list"})
    return {words[0]: set(words[1:]) for words in map(str.split, done.stdout.splitlines())}


def outcomes(file, which, build=None):
    """{case: ("ok" or "fails" or "skipped", why)}"""
    env = {**os.environ, "HEARSAY_FIELD": which}
    env.pop("HEARSAY_BIN_DIR", None)
    if build:
        env["HEARSAY_BIN_DIR"] = build
    done = subprocess.run([sys.executable, file], capture_output=True, text=True, check=False,
                          env=env)
    found, last = {}, None
    for line in done.stdout.splitlines():
        point = POINT.match(line)
        if point:
            last = point[2]
            state = "skipped" if point[3] else "ok" if point[1] == "ok" else "fails"
            found[last] = (state, point[3] or "")
        elif last and found[last] == ("fails", "") and not line.startswith("# after "):
            found[last] = ("fails", line.removeprefix("# "))
    return found


def verdict(marks, before, now):
    """What is wrong with a case, if anything."""
    if now == "fails" and "todo" not in marks:
        return "FAILS NOW"
    if "skipped" in (before, now) or "todo" in marks:
        return ""
    if "known" in marks:
        return "FAILED BEFORE THOUGH KNOWN" if before == "fails" else ""
    return "PASSED BEFORE" if before == "ok" else ""


def main():
    words = sys.argv[1:]
    every, only = "--all" in words, "--only-before" in words
    words = [word for word in words if word not in ("--all", "--only-before")]
    if not words or words[0].startswith("-"):
        sys.exit(__doc__)
    build, which, count, bad = os.path.abspath(words[0]), "all" if every else "quick", {}, 0
    kinds = words[1:] or sorted(p.stem.removeprefix("test_") for p in HERE.glob("test_*.py"))
    for kind in kinds:
        file = HERE / f"test_{kind}.py"
        marks, before = listed(file), outcomes(file, which, build)
        now = {} if only else outcomes(file, which)
        for case, (then, why) in before.items():
            today = now.get(case, ("", ""))[0]
            wrong = verdict(marks[case], then, today)
            state = "known" if "known" in marks[case] and then == "ok" else then
            count[state], bad = count.get(state, 0) + 1, bad + bool(wrong)
            print(f"{kind:<10} {case:<64} before: {state:<7} now: {today:<7} {wrong}"
                  f"{' | ' + why[:WIDTH] if why else ''}".rstrip(), flush=True)
    print(", ".join(f"{number} {state}" for state, number in sorted(count.items())),
          "before;", f"{bad} wrong")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
