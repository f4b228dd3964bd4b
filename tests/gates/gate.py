# SPDX-License-Identifier: Apache-2.0
"""What all gates share: TAP output and the list of the tree's files.

A gate is a rule about the tree that no reviewer should have to remember. Each one also plants a
violation in a temporary place and demands that it is caught: a gate that cannot close is a wall
painting.
"""

import os
import pathlib
import subprocess
import sys

# Not ours, or made by a build.
# ".git" is a file where the tree is one of several of a repository.
SKIPPED = {".git", "subprojects", "__pycache__"}
TEXT_SUFFIXES = {".c", ".h", ".py", ".sh", ".md", ".map", ".json", ".build", ".txt", ".conf",
                 ".yml", ".sim", ".js", ".css", ".html", ".in", ".example",
                 ".bash", ".fish", ".zsh", ".1", ".3", ".5", ".8", ""}


class Tap:
    """Prints TAP version 12 and remembers whether anything failed."""

    def __init__(self):
        self.count = 0
        self.failed = 0

    def check(self, name, faults):
        """One test point: good when there are no faults, which are shown as comments."""
        self.count += 1
        if faults:
            self.failed += 1
        print(f"{'not ok' if faults else 'ok'} {self.count} - {name}")
        for fault in faults:
            print(f"# {fault}")

    def caught(self, name, faults):
        """One test point: good when the planted violation was seen."""
        self.check(f"catches {name}", [] if faults else ["the planted violation went through"])

    def skip(self, name, why):
        self.count += 1
        print(f"ok {self.count} - {name} # SKIP {why}")

    def end(self):
        print(f"1..{self.count}")
        sys.exit(1 if self.failed else 0)


def files(root, *suffixes):
    """The tree's files below root with one of these suffixes, in a stable order."""
    found = []
    for folder, dirs, names in os.walk(root):
        dirs[:] = sorted(d for d in dirs if d not in SKIPPED and not d.startswith("build"))
        found += [pathlib.Path(folder, n) for n in sorted(names)
                  if pathlib.Path(n).suffix in suffixes and n not in SKIPPED]
    return found


def text_files(root):
    return [f for f in files(root, *TEXT_SUFFIXES) if f.is_file() and not f.is_symlink()
            and "corpus" not in f.relative_to(root).parts]


def run(*command, stdin=None):
    """Runs a command; returns (exit code, stdout and stderr together)."""
    done = subprocess.run([str(c) for c in command], input=stdin, text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.returncode, done.stdout
