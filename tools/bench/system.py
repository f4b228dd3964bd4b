# SPDX-License-Identifier: Apache-2.0
"""What the scenarios need from any membership system.

A system has members. A member is a process that can be started, stopped and killed, and a list of
its verdicts about others: (time, name, status). The time is that of the verdict, not of our
reading. The list is used in the same way for hearsay and for Serf. hearsay.py and serf.py fill it.
"""
import os
import time

PAUSE = 0.2  # seconds between two reads, rare enough not to disturb the agents
SEED_PATIENCE = 10.0


class Missing(Exception):
    """The program is not there; says where it was looked for."""


def wait(condition, limit, pause=PAUSE):
    """True once the condition holds, False when it does not within the limit."""
    deadline = time.monotonic() + limit
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(pause)
    return True


class Words:
    """The verdicts of one member about others."""

    def __init__(self):
        self.changes = []  # (time, name, status)
        self.born = 0      # index of the first change since its last start
        self.touched = 0.0  # time of its last change of any kind: of a ring, too

    def say(self, moment, name, status):
        self.changes.append((moment, name, status))
        self.touched = moment

    def alive(self):
        """Names that it holds alive, without its own."""
        view = {name: status for _, name, status in self.changes[self.born:]}
        return {name for name, status in view.items() if status == "alive"}

    def verdict(self, name, status, mark=0):
        """When it said so last, after the mark; None: not yet, or it has changed its mind."""
        for moment, subject, word in reversed(self.changes[mark:]):
            if subject == name:
                return moment if word == status else None
        return None


class System:
    """Members of one kind. Subclasses make them and say how words are read."""

    title = ""

    def __init__(self):
        self.members = []

    def make(self, number):
        raise NotImplementedError

    def poll(self):
        """Reads what was said since."""

    def settled(self):
        """True if also what the system itself has as proof says that the views agree."""
        return True

    def explain(self, name):
        """Leaves what is known of a verdict beside the logs, where those are kept."""

    def close(self):
        raise NotImplementedError

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def running(self):
        return [m for m in self.members if m.running()]

    def start(self, count):
        """The seed, and once it is up all others at once. False when the seed does not come up."""
        self.members = [self.make(number) for number in range(1, count + 1)]
        self.members[0].start()
        if not wait(self.members[0].up, SEED_PATIENCE, 0.01):
            return False
        for member in self.members[1:]:
            member.start(join=[self.members[0].addr])
        return True

    def agreed(self):
        """Every running member holds all others that run alive, and nobody else."""
        self.poll()
        names = {m.name for m in self.running()}
        return all(m.words.alive() | {m.name} == names for m in self.running())

    def wait_agreed(self, limit):
        return wait(self.agreed, limit) and wait(self.settled, limit)

    def marks(self):
        self.poll()
        return {m: len(m.words.changes) for m in self.members}

    def wait_all(self, observers, marks, name, status, limit):
        """Waits until all observers say so; returns when the last of them did, or None."""
        def said():
            self.poll()
            return all(o.words.verdict(name, status, marks[o]) for o in observers)
        if not wait(said, limit):
            return None
        return self.last(observers, marks, name, status)

    @staticmethod
    def last(observers, marks, name, status):
        moments = [o.words.verdict(name, status, marks[o]) for o in observers]
        return None if None in moments else max(moments)

    def said(self, marks, word, except_for):
        """[(time, observer, subject)]: who was called so after the marks, other than those."""
        self.poll()
        return sorted((moment, m.name, subject) for m in self.members
                      for moment, subject, status in m.words.changes[marks[m]:]
                      if status == word and subject not in except_for)


def cpu_seconds(pid):
    """Of all live threads. Ended threads are not counted, but neither system ends threads."""
    total = 0
    for thread in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{thread}/schedstat", encoding="ascii") as stat:
            total += int(stat.read().split()[0])
    return total / 1e9


def family(pid):
    """The process and those that it has started."""
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as children:
        return [pid, *map(int, children.read().split())]


def pss_mib(pid):
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as smaps:
        return next(int(line.split()[1]) for line in smaps if line.startswith("Pss:")) / 1024
