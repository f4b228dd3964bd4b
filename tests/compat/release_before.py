# SPDX-License-Identifier: Apache-2.0
"""The release before, built from the repository's own history."""
import os
import subprocess

from agents import Skip

COMMIT = "034be7d"
ROOT = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
PROGRAMS = ["src/agent/hearsayd", "tools/cli/hearsay"]


def run(*words, **how):
    done = subprocess.run(words, capture_output=True, check=False, **how)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(words)}: {done.stdout.decode()[-2000:]}"
                             f"{done.stderr.decode()[-2000:]}")
    return done.stdout


def in_history():
    try:
        done = subprocess.run(["git", "-C", ROOT, "cat-file", "-e", COMMIT + "^{commit}"],
                              capture_output=True, check=False)
    except OSError:
        return False
    return done.returncode == 0


def unpack(source):
    os.makedirs(source)
    tree = subprocess.run(["git", "-C", ROOT, "archive", COMMIT], capture_output=True, check=True)
    run("tar", "-x", "-C", source, input=tree.stdout)


def build(folder):
    """Makes its programs in this folder, unless they are there, and returns their place. A skip
    says why not: a tree that was unpacked from an archive has no history."""
    source, made = os.path.join(folder, "source"), os.path.join(folder, "build")
    if all(os.path.exists(os.path.join(made, program)) for program in PROGRAMS):
        return made
    if not in_history():
        raise Skip(f"this tree's history lacks {COMMIT}, so the release before cannot be built")
    if not os.path.exists(source):
        unpack(source)
    if not os.path.exists(os.path.join(made, "build.ninja")):
        run("meson", "setup", made, source, "-Doptimization=0", "-Ddebug=false")
    run("ninja", "-C", made, *PROGRAMS)
    return made
