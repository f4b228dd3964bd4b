# SPDX-License-Identifier: Apache-2.0
"""What was true, and which verdicts were false. The rules are those of docs/simulator.md, "What is
counted", for real processes.

During a run only changes are noted: members that start, end or are stopped, and paths that close.
Between two changes is an epoch. Each epoch has its *parts*: which members were up and could reach
each other, also by way of others. Logs are judged afterwards against the epochs, so that watching
costs the agents nothing.

A verdict of one member about another is false if the other was up at that moment and for GRACE
before it, unless

 - they were parted, with no way round, when it was passed;
 - the subject was parted within GRACE from a member that can now be heard, because that member may
   still pass on its verdict of that time;
 - the observer has just come back from a pause, and repeats what was true when it left.

The verdicts of a member that is itself stopped, cut off or just back are judged like all others,
because a false verdict does harm whoever passes it.
"""
import bisect
import dataclasses

GRACE = 15.0  # seconds, as in the simulator


@dataclasses.dataclass
class Epoch:
    start: float
    up: frozenset    # who runs and is not stopped
    parts: dict      # member → its part; no two members have the same one while a cut is one-way


class Truth:
    def __init__(self, members, moment):
        self.members = list(members)
        self.up, self.cuts = set(), {}
        self.epochs = [Epoch(moment, frozenset(), {})]
        self.pauses = {m: [] for m in self.members}  # member → [[from, until or None]]

    # ---- noting ------------------------------------------------------------------------------

    def note(self, moment):
        self.epochs.append(Epoch(moment, frozenset(self.up), self.parts()))

    def came(self, moment, *members):
        """These run and can answer."""
        for member in members:
            if self.pauses[member] and self.pauses[member][-1][1] is None:
                self.pauses[member][-1][1] = moment
        self.up |= set(members)
        self.note(moment)

    def went(self, moment, *members):
        self.up -= set(members)
        self.note(moment)

    def paused(self, moment, *members):
        for member in members:
            self.pauses[member].append([moment, None])
        self.went(moment, *members)

    def cut(self, moment, key, one, other, one_way=False):
        self.cuts[key] = (set(one), set(other), one_way)
        self.note(moment)

    def healed(self, moment, key):
        del self.cuts[key]
        self.note(moment)

    def parts(self):
        """Who is up and reaches each other, by way of others too, is one part."""
        if any(one_way for _, _, one_way in self.cuts.values()):
            return {m: m for m in self.up}
        parts = {}
        for member in self.members:
            if member in self.up and member not in parts:
                self.flood(member, parts)
        return parts

    def flood(self, first, parts):
        waiting = [first]
        parts[first] = first
        while waiting:
            member = waiting.pop()
            for other in self.up - parts.keys():
                if not self.blocked(member, other):
                    parts[other] = first
                    waiting.append(other)

    def blocked(self, a, b):
        return any((a in one and b in other) or (b in one and a in other)
                   for one, other, _ in self.cuts.values())

    # ---- judging -----------------------------------------------------------------------------

    def within(self, since, until):
        """Epochs that have a moment in common with this time; the last one is that at `until`."""
        first = bisect.bisect_right(self.epochs, since, key=lambda e: e.start) - 1
        last = bisect.bisect_right(self.epochs, until, key=lambda e: e.start)
        return self.epochs[max(0, first):last]

    def was_well(self, subject, since, until):
        """It was up all the time, and parted from nobody."""
        return all(subject in e.up and len(set(e.parts.values())) == 1
                   for e in self.within(since, until))

    def is_old_news(self, moment, observer, subject):
        return any(until is not None and until <= moment < until + GRACE
                   and not self.was_well(subject, since - GRACE, moment)
                   for since, until in self.pauses[observer])

    @staticmethod
    def may_have_heard(then, now, observer, subject):
        """Somebody who was parted from the subject then can be heard by the observer now."""
        return any(then.parts[m] != then.parts[subject] and now.parts.get(m) == now.parts[observer]
                   for m in then.up)

    def is_false(self, moment, observer, subject):
        """Is `observer` wrong to call `subject` dead at this moment?"""
        epochs = self.within(moment - GRACE, moment)
        now = epochs[-1]
        if any(subject not in e.up for e in epochs):
            return False
        if observer not in now.up:  # its last words before it was stopped or killed
            earlier = [e for e in epochs if observer in e.up]
            if not earlier:
                return False
            now = earlier[-1]
        if now.parts[observer] != now.parts[subject]:
            return False
        if any(self.may_have_heard(e, now, observer, subject) for e in epochs):
            return False
        return not self.is_old_news(moment, observer, subject)
