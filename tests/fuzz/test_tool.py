#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""tools/fuzz: its words, and how it sums up what fuzzers do, with small programs in their place."""
import contextlib
import importlib.machinery
import importlib.util
import io
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
TOOL = ROOT / "tools" / "fuzz"

FUZZER = """#!/bin/sh
# A fuzzer that has done 100 runs; the second time it has, or has not, found something.
for word in "$@"; do
    case $word in -artifact_prefix=*) found=${word#*=} ;; esac
done
echo 'INFO: Loaded 1 modules   (50 inline 8-bit counters): 50 [0x1, 0x2),'
echo '#100 DONE cov: 40 ft: 99'
echo 'stat::number_of_executed_units: 100'
echo 'stat::new_units_added:          3'
%s
sleep 1
"""


def load():
    loader = importlib.machinery.SourceFileLoader("fuzz_tool", str(TOOL))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("fuzz_tool", loader))
    loader.exec_module(module)
    return module


def run(*words):
    return subprocess.run([sys.executable, str(TOOL), *words], check=False, capture_output=True,
                          text=True)


def fuzz(how, targets, seconds):
    """The table of a run with this fuzzer, and whether all was well."""
    tool = load()
    with tempfile.TemporaryDirectory() as folder:
        place = pathlib.Path(folder)
        (place / "tests" / "fuzz").mkdir(parents=True)
        for name in targets:
            program = place / "tests" / "fuzz" / f"fuzz_{name}"
            program.write_text(FUZZER % how, encoding="utf-8")
            program.chmod(0o755)
        chosen = {"time": seconds, "jobs": 2, "build": place, "work": place / "work",
                  "targets": targets}
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            good = tool.report(tool.fuzz_all(chosen))
        return out.getvalue(), good


def test_help_names_the_options():
    done = run("--help")
    assert done.returncode == 0
    for word in ("--time", "--jobs", "--build", "--work", "--list"):
        assert word in done.stdout, word


def test_every_target_has_a_corpus():
    named = run("--list").stdout.split()
    assert named and set(named) == {path.name for path in (ROOT / "tests/fuzz/corpus").iterdir()}


def test_wrong_words_are_refused_in_a_sentence():
    for words, part in ((["--time", "soon"], "--time soon"), (["--jobs", "0"], "--jobs 0"),
                        (["--time"], "needs a value"), (["--quick"], "unknown option --quick"),
                        (["datagram"], "no target datagram")):
        done = run(*words)
        assert done.returncode == 2 and part in done.stderr, (words, done.stderr)
        assert not done.stdout


def test_targets_share_the_time_and_are_summed_up():
    table, good = fuzz("", ["key", "conf"], 1)
    assert good, table
    rows = {line.split()[0]: line.split() for line in table.splitlines() if line}
    assert rows["key"][1] == "100" and rows["key"][3:] == ["40", "50", "80.0", "3", "0"], table
    assert rows["all"][1] == "200", table


def test_a_finding_is_named_and_fails_the_run():
    table, good = fuzz('touch "${found}crash-$$"; exit 77', ["key"], 1)
    assert not good and "found: " in table and "crash-" in table, table


def test_the_time_goes_on_after_a_finding_but_not_for_ever():
    table, good = fuzz('touch "${found}crash-$$"; exit 77', ["key"], 60)
    row = next(line.split() for line in table.splitlines() if line.startswith("key"))
    assert not good and int(row[-1]) >= load().FINDINGS_MAX, table


def test_a_fuzzer_that_breaks_is_said():
    table, good = fuzz("exit 3", ["key"], 1)
    assert not good and "ended by itself" in table, table


def main():
    tests = [(name, test) for name, test in sorted(globals().items()) if name.startswith("test_")]
    print(f"1..{len(tests)}")
    failed = 0
    for number, (name, test) in enumerate(tests, 1):
        try:
            test()
            word = "ok"
        except AssertionError as error:
            failed += 1
            word = "not ok"
            print(f"# {error}")
        print(f"{word} {number} - {name}")
    return 1 if failed else 0


if __name__ == "__main__":
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    sys.dont_write_bytecode = True
    sys.exit(main())
