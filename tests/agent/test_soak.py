# SPDX-License-Identifier: Apache-2.0
"""A short soak passes, and one with something wrong in it does not: tools/soak/soak on a few
agents."""
import json
import os
import stat
import subprocess
import sys
import tempfile

from agents import Skip, run_tests

SOAK = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tools", "soak", "soak")
LIMIT = 150
# A daemon that does what it should, for everybody but n3.
ODD = """#!/bin/sh
case "$*" in *"--name n3 "*) {} ;; esac
exec "{}" "$@"
"""


def soak(*words, daemon=os.environ["HEARSAYD"]):
    done = subprocess.run([sys.executable, SOAK, "--daemon", daemon, "--json", "-", *words],
                          capture_output=True, text=True, check=False, timeout=LIMIT)
    if ("no namespaces here" in done.stderr or "is not installed" in done.stderr or
        "nft refused" in done.stderr):
        raise Skip(done.stderr.strip().splitlines()[-1])
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def with_n3(deed, *words):
    with tempfile.NamedTemporaryFile("w", suffix=".sh", delete=False) as file:
        file.write(ODD.format(deed, os.environ["HEARSAYD"]))
    os.chmod(file.name, stat.S_IRWXU)
    try:
        return soak(*words, daemon=file.name)
    finally:
        os.unlink(file.name)


def eight_live_through_a_bad_time():
    code, result = soak("--agents", "8", "--seconds", "25", "--seed", "3", "--every", "0.8",
                        "--profile", "local")
    assert code == 0 and not any(result["faults"].values()), result["faults"]
    assert {"kill", "start", "pause", "resume", "cut",
            "heal"} <= set(result["done"]), result["done"]
    assert result["verdicts"] > 0 and result["running"] > 4 and result["memory"]


def what_ends_by_itself_is_told():
    code, result = with_n3("exec sh -c 'sleep 2; echo oh >&2; exit 3'", "--agents", "4",
                           "--seconds", "5",
                           "--kinds", "pause", "--every", "60", "--profile", "local")
    faults = result["faults"]
    assert code == 1 and any("n3 ended by itself, with 3" in fault
                             for fault in faults["processes"]), faults
    assert "--seed" in result["repeat"]


def who_does_not_agree_is_told():
    code, result = with_n3('set -- "$@" --cluster other', "--agents", "4", "--seconds", "5",
                           "--form", "5")
    assert code == 1 and any("n3" in fault
                             for fault in result["faults"]["agreement"]), result["faults"]


if __name__ == "__main__":
    run_tests([eight_live_through_a_bad_time, what_ends_by_itself_is_told,
               who_does_not_agree_is_told])
