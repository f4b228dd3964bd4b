#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""hearsay-sim as its users meet it: output, exit codes, files, and that a run repeats.

usage: test_tool.py HEARSAY_SIM SCENARIOS
"""

import json
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

SIM, SCENARIOS = sys.argv[1], pathlib.Path(sys.argv[2])
SMALL = ["--members", "20", "--run", "10s", "--at", "1s crash random"]


def sim(*words):
    return subprocess.run([SIM, *words], capture_output=True, text=True, check=False, timeout=60)


def results(*words):
    run = sim("--json", "-", *words)
    return json.loads(run.stdout)


def without_speed(text):
    return re.sub(r"^speed.*\n", "", text, flags=re.M)


def check_repeats():
    first = sim(*SMALL, "--runs", "3", "--jobs", "1")
    second = sim(*SMALL, "--runs", "3", "--jobs", "3")
    other = sim(*SMALL, "--runs", "3", "--jobs", "1", "--seed", "2")
    assert first.returncode == 0, first.stderr
    strip = [re.sub(r"--jobs \d", "", without_speed(run.stdout)) for run in (first, second, other)]
    assert len(re.findall(r"^digest(?: of events)? +[0-9a-f]{16}$", strip[0], re.M)) == 2, strip[0]
    assert strip[0] == strip[1]
    assert strip[0] != strip[2]


def check_only():
    """One run of many, by itself, is the same run."""
    many, one = results(*SMALL, "--runs", "3"), results(*SMALL, "--runs", "3", "--only", "2")
    assert [run["run"] for run in many["runs"]] == [1, 2, 3]
    assert one["runs"] == [many["runs"][1]]
    for digest in ("digest", "events_digest"):
        assert len({run[digest] for run in many["runs"]} | {many[digest]}) == 4


def check_files_and_flags():
    """A file is the same as its statements as flags, and a flag has the last word."""
    with tempfile.NamedTemporaryFile("w", suffix=".sim") as file:
        file.write("members 20 # twenty\nrun 10s\nat 1s crash random\nruns 5\n")
        file.flush()
        assert results(file.name, "--runs", "1")["digest"] == results(*SMALL)["digest"]
        assert len(results(file.name)["runs"]) == 5


def check_failure():
    """Exit 1, seed, time, step, and a command that repeats it."""
    run = sim(*SMALL, "--runs", "3", "--expect", "dead within 100ms")
    assert run.returncode == 1
    assert re.search(r"FAILED  expect dead within 100.0ms: 3 times", run.stdout), run.stdout
    assert re.search(r"seed 1, run 1, 1\.1\d* s, step \d+:", run.stdout), run.stdout
    words = shlex.split(re.search(r"repeat it: (.*)", run.stdout).group(1))
    assert words[-2:] == ["--only", "1"]
    again = sim(*words[1:])
    place = re.compile(r"seed 1, run 1, .*\n.*\n")
    assert again.returncode == 1
    assert place.search(again.stdout).group() == place.search(run.stdout).group()


def check_mistakes():
    with tempfile.NamedTemporaryFile("w", suffix=".sim") as file:
        file.write("members 10\nloss much\n")
        file.flush()
        run = sim(file.name)
        assert run.returncode == 2
        assert f"{file.name}:2: write it like this: loss SHARE" in run.stderr, run.stderr
    for words in (["--at", "5s explode"], ["--loss"], ["--json", "--quiet"], ["--jobs", "0"],
                  ["--only", "2"], ["-x"], ["no-such-file"],
                  ["--set", "interval=never"], ["--colour", "red"]):
        run = sim(*words)
        assert run.returncode == 2, words
        assert run.stderr.startswith("hearsay-sim: ") and run.stderr.count("\n") == 1, run.stderr
        assert run.stdout == ""


def check_table():
    run = sim(*SMALL, "--runs", "2", "--expect", "no false dead")
    assert max(map(len, run.stdout.splitlines())) <= 80, run.stdout
    assert "ok      expect no false dead" in run.stdout
    assert "\r" not in run.stderr, "progress is for terminals"


def check_plots():
    with tempfile.TemporaryDirectory() as folder:
        place = pathlib.Path(folder) / "plots"
        assert sim(*SMALL, "--svg", str(place)).returncode == 0
        found = sorted(path.name for path in place.iterdir())
        assert found == ["bytes.svg", "false.svg", "times.svg", "verdicts.svg"], found
        for path in place.iterdir():
            root = xml.etree.ElementTree.parse(path).getroot()
            assert root.tag.endswith("svg") and len(root) > 8
        lines = (place / "verdicts.svg").read_text(encoding="utf-8").count("<polyline")
        assert lines == 3, lines
        assert sim(*SMALL, "--svg", "/proc/none/plots").returncode == 1


def check_help():
    text = sim("--help").stdout
    manual = (SCENARIOS.parents[2] / "docs/simulator.md").read_text(encoding="utf-8")
    for usage in re.findall(r"^  ([a-z-]+) ?", text.split("Statements")[1], re.M):
        assert f"`{usage}" in manual, f"{usage} is not in docs/simulator.md"
    assert sim("--version").stdout.startswith("hearsay-sim ")
    assert sim("--check", str(SCENARIOS / "crash.sim")).stdout == "ok\n"


def main():
    checks = [(name[6:].replace("_", " "), check) for name,
              check in globals().items() if name.startswith("check_")]
    print(f"1..{len(checks)}")
    failed = 0
    for number, (name, check) in enumerate(checks, 1):
        try:
            check()
            print(f"ok {number} - {name}")
        except Exception as fault:  # whatever it was, the other checks are of interest
            failed += 1
            text = f"not ok {number} - {name}\n# {type(fault).__name__}: {str(fault)[:2000]}"
            print(text.replace("\n", "\n# ", 1))
    sys.exit(1 if failed else 0)


main()
