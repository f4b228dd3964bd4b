# SPDX-License-Identifier: Apache-2.0
"""A control group with a bound on memory, of either version of cgroups, and a process that fills
it."""
import os
import subprocess
import sys
import tempfile

from agents import Skip, wait_until

# Shared memory that is written and not mapped is no process's, so that none is the largest for it.
EATER = """
import os, sys
tally = sys.argv[1]
def kills():
    with open(tally, encoding="ascii") as file:
        return [line for line in file if line.startswith("oom_kill ")]
before, memory = kills(), os.memfd_create("eaten")
print("ready", flush=True)
sys.stdin.readline()
while kills() == before:
    os.write(memory, bytes(65536))
sys.stdin.readline()
"""


def own_group(controller):
    """The path of our group in the hierarchy of this controller ("": version 2), or None."""
    with open("/proc/self/cgroup", encoding="utf-8") as file:
        for line in file:
            _, controllers, path = line.rstrip("\n").split(":", 2)
            if controller in controllers.split(","):
                return path
    return None


def mounted(kind, option=""):
    """Where a hierarchy is mounted, or None."""
    with open("/proc/self/mounts", encoding="utf-8") as file:
        for line in file:
            _, place, found, options = line.split()[:4]
            if found == kind and (not option or option in options.split(",")):
                return place
    return None


def parents():
    """Groups below which one with a bound on memory may perhaps be made, the nearest first, and the
    names of what is in it: bound, use, and tally of kills."""
    if own_group("memory") is not None:
        root, path = mounted("cgroup", "memory"), own_group("memory")
        names = ("memory.limit_in_bytes", "memory.usage_in_bytes", "memory.oom_control")
    else:
        root, path = mounted("cgroup2"), own_group("") or "/"
        names = ("memory.max", "memory.current", "memory.events")
    if root is None:
        raise Skip("no hierarchy of control groups with memory is mounted")
    found = []
    while path != "/" and ".." not in path:
        found.append(root + path)
        path = os.path.dirname(path)
    return [*found, root], names


class MemoryGroup:
    """A control group of memory. It is removed at the end of the `with`, when it has to be empty.
    Skip says why none can be made here."""

    def __init__(self):
        places, self.names = parents()
        said = "nobody says why"
        for place in places:
            try:
                self.path = tempfile.mkdtemp(prefix="hearsay-test-", dir=place)
            except OSError as error:
                said = error
                continue
            if os.path.exists(self.file(self.names[0])):
                return
            os.rmdir(self.path)
            said = f"groups below {place} have no bound on memory"
        raise Skip(f"no control group for memory can be made: {said}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        def removed():
            try:
                os.rmdir(self.path)
            except OSError:
                return False
            return True
        wait_until(removed, 10, lambda: f"{self.path} stays: {self.pids()}")

    def file(self, name):
        return os.path.join(self.path, name)

    def read(self, name):
        with open(self.file(name), encoding="ascii") as file:
            return file.read()

    def inside(self, worth=0):
        """The words before a command that is to run in the group. worth=1000: it, and what it
        starts, is killed before all others."""
        return ["sh", "-c", 'echo $$ >"$0" && echo "$1" >/proc/self/oom_score_adj && shift && '
                'exec "$@"', self.file("cgroup.procs"), str(worth)]

    def pids(self):
        return [int(line) for line in self.read("cgroup.procs").split()]

    def kills(self):
        """How many processes the kernel has killed because the group was full."""
        return next(int(line.split()[1]) for line in self.read(self.names[2]).splitlines()
                    if line.startswith("oom_kill "))

    def bound(self, more):
        """From now on so many bytes more than now, and no swap."""
        limit = int(self.read(self.names[1])) + more
        for name in (self.names[0], "memory.swap.max"):
            if os.path.exists(self.file(name)):
                with open(self.file(name), "w", encoding="ascii") as file:
                    file.write(str(limit if name == self.names[0] else 0))


class Eater:
    """A process in the group that fills it until the kernel kills another one for that."""

    def __init__(self, group):
        self.proc = subprocess.Popen(
            [*group.inside(), sys.executable, "-c", EATER, group.file(group.names[2])],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.proc.stdout.readline() == "ready\n"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.proc.kill()
        self.proc.communicate()

    def eat(self):
        self.proc.stdin.write("\n")
        self.proc.stdin.flush()
