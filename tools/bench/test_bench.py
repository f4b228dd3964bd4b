#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests the bench with a cluster of puppets whose verdicts are known."""
import math
import os
import signal
import sys
import tempfile
import time
import xml.dom.minidom
from types import SimpleNamespace

import plot
import report
import results
import scenarios
import serf
from system import System, Words, cpu_seconds, wait

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tests",
                                "agent"))
from agents import run_tests  # noqa: E402


class Puppet:
    """Stands for a process."""

    def __init__(self, system, number):
        self.system, self.name, self.port, self.addr = (system, f"n{number}", number,
                                                        f"host:{number}")
        self.words, self.on, self.started, self.signals = Words(), False, 0.0, []
        self.proc = SimpleNamespace(pid=os.getpid())

    def start(self, join=()):
        self.on, self.started, self.words.born = True, time.time(), len(self.words.changes)
        for other in self.system.running():
            if other is not self:
                other.words.say(self.started + 0.25, self.name, "alive")
                self.words.say(self.started + 0.25, other.name, "alive")

    def up(self):
        return self.on

    def running(self):
        return self.on

    def signal(self, number):
        self.signals.append(number)

    def kill(self):
        self.on = False
        moment = time.time()
        for rank, other in enumerate(self.system.running()):
            if other.name not in self.system.deaf:
                other.words.say(moment + 1 + rank / 10, self.name, "dead")
        self.system.on_kill()
        return moment


class Puppets(System):
    title = "hearsay"

    def __init__(self, deaf=(), on_kill=lambda system: None):
        super().__init__()
        self.deaf, self.closed, self.on_kill = deaf, False, lambda: on_kill(self)

    def make(self, number):
        return Puppet(self, number)

    def close(self):
        self.closed = True


def near(value, wanted):
    assert abs(value - wanted) < 0.05, (value, wanted)


def times_are_those_of_the_last_to_say_so():
    options = SimpleNamespace(victims=3)
    kill, back = scenarios.run_victims(Puppets, 6, options, None, False)
    for seconds in kill.times:
        near(seconds, 1.4)  # five survivors: 1.0, 1.1 … 1.4
    for seconds in back.times:
        near(seconds, 0.25)
    assert kill.values["others called dead"] == (0, "")


def silence_of_one_is_not_left_out():
    limit, scenarios.VERDICT_LIMIT = scenarios.VERDICT_LIMIT, 0.3
    try:
        with Puppets(deaf=["n3"]) as system:
            scenarios.formed(system, 5)
            seconds, _ = scenarios.bury(system, system.members[1], None, False)
    finally:
        scenarios.VERDICT_LIMIT = limit
    assert seconds is None and system.closed
    assert scenarios.of_times([1.0, None, 2.0]) == {"median": (2.0, "s"), "max": (math.inf, "s")}
    assert results.number((math.inf, "s")) == "never"


def condemn(system):
    """In the bad time: n1 calls healthy n4 dead, and n5, who doubts n4, calls n2 so, which is
    stopped."""
    words = {m.name: m.words for m in system.members}
    for who, name, status in (("n1", "n4", "dead"), ("n5", "n2", "dead"), ("n5", "n4", "suspect")):
        words[who].say(time.time(), name, status)
        words[who].say(time.time(), name, "alive")


def wrong_verdicts_are_counted_and_right_ones_not():
    with Puppets(on_kill=condemn) as system:
        scenarios.formed(system, 6)
        stopped = scenarios.choose(system, 1)
        acted = []
        values, notes = scenarios.endure(system, [(0.1, lambda: acted.append(1))], 0.3, stopped)
    assert (acted and values["healthy members called dead"] == (1, "") and
            values["words of that"] == (1, ""))
    assert ("n1 called n4 dead" in notes[0] and
            notes[1].startswith("1 healthy members suspected, in 1 words")), notes
    near(values["the same, at the stopped ones too"][0], 1.4)


def processors_are_kept_awake_by_what_gives_way_to_all_and_ends():
    with scenarios.awake() as loops:
        assert len(loops) == len(os.sched_getaffinity(0))
        assert wait(lambda: all(os.sched_getscheduler(loop.pid) == os.SCHED_IDLE for loop in loops),
                    10)
        assert wait(lambda: all(cpu_seconds(loop.pid) > 0 for loop in loops), 10)
        cpus = [{cpu} for cpu in sorted(os.sched_getaffinity(0))]
        assert wait(lambda: [os.sched_getaffinity(loop.pid) for loop in loops] == cpus, 30)
    assert all(loop.returncode == -signal.SIGKILL for loop in loops)


def a_mind_that_changed_is_no_verdict():
    words = Words()
    words.say(1.0, "x", "dead")
    words.say(2.0, "x", "alive")
    assert words.verdict("x", "dead") is None and words.verdict("x", "alive") == 2.0
    assert words.verdict("x", "alive", mark=2) is None and words.alive() == {"x"}


def serf_lines_come_in_pieces():
    member = serf.Member(SimpleNamespace(dir=None), 1)
    member.take(1.0, b"  [INFO] serf: EventMemberJoin: n1 127.0.0.1\n  [INFO] serf: EventMem")
    member.take(2.0, b"berFailed: n2 127.0.0.1\n  [INFO] memberlist: Suspect n3 has failed\n")
    assert member.words.changes == [(2.0, "n2", "dead")] and member.words.touched == 2.0


def figure(system, agents, median):
    return scenarios.Figure("kill", "7 victims", system, agents, scenarios.of_times([median]),
                            [None if median == math.inf else median], [], "bench kill")


def files_give_back_what_was_measured():
    figures = [figure("hearsay", 10, 1.5), figure("Serf", 10, math.inf)]
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "f.json")
        results.save(path, {"cpu": "x"}, figures)
        assert results.load(path) == ({"cpu": "x"}, figures) and os.listdir(folder) == ["f.json"]
    later = figure("hearsay", 10, 1.25)
    assert results.merge([*figures, later]) == [later, figures[1]]


def ratios_need_two_numbers():
    assert results.ratio((2.0, "s"), (5.0, "s")) == "2.5"
    for ours, theirs in (((0, ""), (3, "")), (None, (3, "s")), ((1, "s"), (math.inf, "s"))):
        assert results.ratio(ours, theirs) == "-"


def report_is_whole_with_one_system_and_with_none_at_all():
    where = {"cpu": "x", "cores": 2, "kernel": "k", "load at the start": 0.1, "date": "d",
             "versions": {"hearsay": "1"}}
    alone = [figure("hearsay", n, 0.0) for n in (10, 30)] + [figure("hearsay", 60, math.inf)]
    with tempfile.TemporaryDirectory() as folder:
        paths = report.write(folder, where, alone)
        for path in paths[:-1]:
            xml.dom.minidom.parse(path)
        with open(paths[-1], encoding="utf-8") as file:
            page = " ".join(file.read().split())
    assert "Serf was not installed" in page and "Put together" not in page
    assert "from 3 runs" in " ".join(report.page({**where, "runs": 3}, alone, {}).split())
    assert "| 60 | 7 victims | median | never | - | - |" in page
    assert "img/bench-kill.svg" in page and len(paths) == 2
    xml.dom.minidom.parseString(plot.picture([plot.Panel("<none>", "", [])], "a & b"))


def ten_times_as_many_are_as_far_to_the_right():
    points = [(100, 1.0), (1000, 2.0), (10000, math.inf)]
    panel = plot.Panel("t", "s", [("hearsay", "l", "none", points)], tenfold=True)
    assert panel.xs == [100, 1000], "what never came has no place"
    panel = plot.Panel("t", "s", [("hearsay", "l", "none", [(x, 1.0) for x, _ in points])],
                       tenfold=True)
    places = [panel.at(x, 1.0)[0] for x, _ in points]
    assert (abs((places[1] - places[0]) - (places[2] - places[1])) < 1e-6 and
            plot.LEFT < places[0]), places
    assert places[2] < plot.WIDTH - plot.RIGHT
    assert all(math.isclose(0, panel.at(x, 0)[1] - (plot.HEIGHT - plot.BOTTOM)) for x, _ in points)


if __name__ == "__main__":
    run_tests([times_are_those_of_the_last_to_say_so, silence_of_one_is_not_left_out,
               wrong_verdicts_are_counted_and_right_ones_not,
               processors_are_kept_awake_by_what_gives_way_to_all_and_ends,
               a_mind_that_changed_is_no_verdict, serf_lines_come_in_pieces,
               files_give_back_what_was_measured, ratios_need_two_numbers,
               report_is_whole_with_one_system_and_with_none_at_all,
               ten_times_as_many_are_as_far_to_the_right])
