# SPDX-License-Identifier: Apache-2.0
"""The plan of a soak: what happens to which member, and when. It is made from a seed before
anything runs, so that the plan of a failed run can be repeated. The run itself is not repeated
exactly, because processes and clocks are real.

A disturbance affects some members for a while. A member has at most one disturbance at a time,
except that cuts of the network may affect any member. A quarter of the members are veterans. They
are stopped and cut off like the others, but never ended, because their memory is checked for
growth.
"""
import dataclasses
import random

VETERANS = 4          # one in so many
MOST_TAKEN = 3        # so that at least two in three are well: one in so many is taken at most
SEEDS = 3             # that who comes back is given
INSTANT, SHORT, LONG = (0.1, 0.5), (1.0, 8.0), (8.0, 40.0)
WEIGHTS = {"kill": 4, "leave": 2, "pause": 4, "pair": 2, "split": 1, "mute": 1}
LENGTHS = {
    "kill": (INSTANT, SHORT, LONG),
    "leave": (SHORT, LONG),  # a goodbye takes a moment itself
    "pause": (INSTANT, SHORT, SHORT, LONG),
    "pair": (SHORT, LONG),
    "split": (INSTANT, SHORT, LONG),
    "mute": (INSTANT, SHORT),
}
GOODBYE = 4.0  # seconds that a leaving process may take, and is not started again


@dataclasses.dataclass(frozen=True)
class Step:
    second: float
    verb: str           # kill, leave, pause, cut; what ends them: start, resume, heal
    who: tuple          # numbers of members
    other: tuple = ()   # cut: the other side; start: its seeds
    one_way: bool = False  # cut: nothing of `who` reaches `other`, all else passes


class Planner:
    def __init__(self, seed, count, seconds, every, kinds):
        self.random = random.Random(seed)
        self.count, self.seconds, self.every, self.kinds = count, seconds, every, kinds
        self.veterans = veterans(count)
        self.taken = {}   # number → second at which it is free again
        self.cut_until = 0.0
        self.steps = []

    def free(self, second):
        return [n for n in range(1, self.count + 1) if self.taken.get(n, 0.0) <= second]

    def length(self, kind):
        return self.random.uniform(*self.random.choice(LENGTHS[kind]))

    def take(self, number, until):
        self.taken[number] = until

    def seeds(self, number):
        others = [n for n in range(1, self.count + 1) if n != number]
        return tuple(self.random.sample(others, min(SEEDS, len(others))))

    def end_one(self, kind, second, until):
        """Kill or leave, and start again."""
        mortal = [n for n in self.free(second) if n not in self.veterans]
        if not mortal:
            return
        number = self.random.choice(mortal)
        until = max(until, second + GOODBYE) if kind == "leave" else until
        self.take(number, until)
        self.steps += [Step(second, kind, (number,)),
                       Step(until, "start", (number,), self.seeds(number))]

    def pause(self, second, until):
        """One member, or sometimes several together."""
        free = self.free(second)
        room = self.count // MOST_TAKEN - (self.count - len(free))
        some = self.random.choice((1, 1, 1, max(1, room)))
        group = tuple(self.random.sample(free, some))
        for number in group:
            self.take(number, until)
        self.steps += [Step(second, "pause", group), Step(until, "resume", group)]

    def pair(self, second, until):
        """Two members do not reach each other. All others are a way round, so nobody may be
        called dead."""
        one, other = self.random.sample(range(1, self.count + 1), 2)
        self.steps += [Step(second, "cut", (one,), (other,)), Step(until, "heal", (one,), (other,))]

    def part(self, kind, second, until):
        """A group and the rest, both ways (split) or so that the group is not heard (mute): one
        such cut at a time."""
        if second < self.cut_until:
            return
        self.cut_until = until
        numbers = list(range(1, self.count + 1))
        self.random.shuffle(numbers)
        size = self.random.randint(1,
                                   max(1, self.count // 2 if kind == "split" else self.count // 8))
        group, rest, one_way = tuple(numbers[:size]), tuple(numbers[size:]), kind == "mute"
        self.steps += [Step(second, "cut", group, rest, one_way),
                       Step(until, "heal", group, rest, one_way)]

    def disturb(self, kind, second):
        until = second + self.length(kind)
        crowded = self.count - len(self.free(second)) >= self.count // MOST_TAKEN
        if kind in ("kill", "leave") and not crowded:
            self.end_one(kind, second, until)
        elif kind == "pause" and not crowded:
            self.pause(second, until)
        elif kind == "pair":
            self.pair(second, until)
        elif kind in ("split", "mute"):
            self.part(kind, second, until)

    def plan(self):
        second = self.random.expovariate(1 / self.every)
        while second < self.seconds:
            self.disturb(self.random.choices(self.kinds, [WEIGHTS[k] for k in self.kinds])[0],
                         second)
            second += self.random.expovariate(1 / self.every)
        # Who is down at the end stays down; pauses and cuts end with the run, whatever their
        # length.
        whole = [s if s.verb not in ("resume", "heal")
                 else dataclasses.replace(s, second=min(s.second, self.seconds))
                 for s in self.steps]
        return sorted((s for s in whole if s.second <= self.seconds), key=lambda s: s.second)


def veterans(count):
    return set(range(1, 1 + max(1, count // VETERANS)))


def make(seed, count, seconds, every, kinds=tuple(WEIGHTS)):
    """Steps in the order of their time, within [0, seconds]; nobody is paused or cut off after the
    last one."""
    return Planner(seed, count, seconds, every, list(kinds)).plan()
