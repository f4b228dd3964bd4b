#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests the judgement of the soak on known histories."""
import os
import sys
from types import SimpleNamespace

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tests",
                                "agent"))
from agents import run_tests  # noqa: E402

import judge  # noqa: E402
import plan  # noqa: E402
import rotation  # noqa: E402
from field import RUNNING, Field  # noqa: E402
from truth import GRACE, Truth  # noqa: E402

NAMES = ["a", "b", "c", "d"]


def everybody_up():
    truth = Truth(NAMES, 0.0)
    truth.came(1.0, *NAMES)
    return truth


def the_well_are_not_dead():
    truth = everybody_up()
    assert not truth.is_false(10.0, "a", "b"), "b has only just come"
    assert truth.is_false(1.1 + GRACE, "a", "b")


def the_killed_and_the_stopped_are():
    truth = everybody_up()
    truth.went(100.0, "b")
    truth.paused(100.0, "c")
    truth.came(110.0, "b", "c")
    for subject in "bc":
        assert not truth.is_false(105.0, "a", subject)
        assert not truth.is_false(110.0 + GRACE - 0.1, "a", subject), "it has only just come back"
        assert truth.is_false(110.1 + GRACE, "a", subject)
    assert truth.is_false(105.0, "a", "d"), "others have nothing to do with it"


def ends_are_noted_before_they_are_ended():
    """Else what is said meanwhile is held against a truth that is past: 2,060 words of an hour once
    were."""
    field, seen = Field.__new__(Field), []
    agent = SimpleNamespace(
        running=lambda: True, signal=lambda _: seen.append("a" in field.truth.up))
    field.truth, field.agents, field.state = everybody_up(), {0: agent}, {0: RUNNING}
    field.names = lambda numbers: [NAMES[n] for n in numbers]
    field.block = lambda step, change: seen.append(bool(field.truth.cuts))
    step = SimpleNamespace(who=(0, 1), other=(2, 3), one_way=False)
    field.cut(step)
    field.heal(step)
    field.truth.paused(100.0, "a")
    field.resume([0])
    assert seen == [True, False, True], seen


def sides_of_a_cut_may_condemn_each_other_and_no_side_itself():
    truth = everybody_up()
    truth.cut(100.0, "k", "ab", "cd")
    assert not truth.is_false(105.0, "a", "c") and not truth.is_false(105.0, "d", "b")
    assert truth.is_false(105.0, "a", "b") and truth.is_false(150.0, "d", "c")
    truth.healed(200.0, "k")
    assert not truth.is_false(205.0, "a", "b"), "c's word of b comes through now"
    assert truth.is_false(200.1 + GRACE, "a", "b") and truth.is_false(200.1 + GRACE, "a", "c")


def a_cut_with_a_way_round_excuses_nobody():
    truth = everybody_up()
    truth.cut(100.0, "k", "a", "b")
    assert truth.is_false(101.0, "a", "b") and truth.is_false(150.0, "c", "a")
    truth.went(160.0, "c", "d")
    assert not truth.is_false(161.0, "a", "b"), "whoever was the way round is gone"


def what_goes_one_way_excuses_all_for_a_while():
    truth = everybody_up()
    truth.cut(100.0, "k", "a", "bcd", one_way=True)
    assert not truth.is_false(101.0, "b", "a") and not truth.is_false(101.0, "a", "b")
    truth.healed(110.0, "k")
    assert not truth.is_false(112.0, "b", "c") and truth.is_false(110.1 + GRACE, "b", "c")


def cuts_lie_over_each_other():
    truth = everybody_up()
    truth.cut(100.0, "k", "a", "bcd")
    truth.cut(101.0, "l", "a", "b")
    truth.healed(102.0, "k")
    assert truth.is_false(102.1 + GRACE, "a", "b"), "c and d are a way round"


def who_was_away_repeats_what_was_true_then():
    truth = everybody_up()
    truth.paused(100.0, "a")
    truth.went(110.0, "b")
    truth.came(120.0, "b")
    truth.came(150.0, "a")
    assert not truth.is_false(151.0, "a", "b"), "it reads in its socket that b has gone"
    assert truth.is_false(151.0, "c", "b"), "c was there when b came back"
    assert truth.is_false(151.0, "a", "c"), "nothing ever happened to c"
    assert truth.is_false(150.1 + GRACE, "a", "b")


def last_words_count_as_those_of_who_was_up():
    truth = everybody_up()
    truth.went(100.0, "a")
    assert truth.is_false(100.1, "a", "b") and not truth.is_false(101.0 + GRACE, "a", "b")


def plans_are_what_their_seed_says():
    some = plan.make(5, 30, 600, 3.0)
    assert some == plan.make(5, 30, 600, 3.0) and some != plan.make(6, 30, 600, 3.0)
    assert {s.verb for s in some} == {"kill", "leave", "start", "pause", "resume", "cut", "heal"}
    assert {s.verb for s in plan.make(5, 30, 600, 3.0, ("pause",))} == {"pause", "resume"}


def plans_give_back_what_they_take():
    for seed in range(20):
        down, paused, cuts, last = set(), set(), set(), 0.0
        for step in plan.make(seed, 12, 300, 1.0):
            assert last <= step.second <= 300
            last = step.second
            if step.verb in ("kill", "leave"):
                assert not set(step.who) & (down | paused) and not set(step.who) & plan.veterans(12)
                down |= set(step.who)
            elif step.verb == "start":
                down -= set(step.who)
            elif step.verb == "pause":
                assert not set(step.who) & (down | paused)
                paused |= set(step.who)
            elif step.verb == "resume":
                paused -= set(step.who)
            elif step.verb == "cut":
                cuts.add((step.second, step.who, step.other))
            else:
                cuts = {c for c in cuts if c[1:] != (step.who, step.other)}
            assert len(down | paused) <= 12 // plan.MOST_TAKEN + 1
        assert not paused and not cuts


def views_that_differ_are_told():
    one = {"a": ("alive", "x", "1"), "b": ("alive", "y", "2"), "c": ("dead", "z", "3")}
    same = {"a": (one, "d", "r"), "b": (dict(one), "d", "r")}
    assert not judge.differences(same, {"a", "b"})
    assert judge.differences({**same, "b": (dict(one), "d", "other")}, {"a", "b"}), "rings"
    assert judge.differences({**same, "b": ({**one, "c": ("dead", "z", "4")}, "d", "r")},
                             {"a", "b"}), "who died"
    assert judge.differences({**same, "b": None}, {"a", "b"}), "no answer"
    assert judge.differences(same, {"a", "b", "c"}), "one that runs is called dead"
    assert judge.differences(same, {"a"}), "one that is gone is called alive"


def memory_may_fill_tables_and_no_more():
    before = {"a": 1.0, "b": 10.0}
    assert (not judge.grown(before, {"a": 1.4, "b": 12.0}) and
            len(judge.grown(before, {"a": 1.6, "b": 15.1})) == 2)
    assert not judge.grown({"a": 0.5}, {"a": 0.9}), "small ones may double"


def rotations_never_part_two_neighbours():
    """Whoever is one stage behind has a key in common, and each stage's first key is known to all
    before it seals."""
    keys = rotation.Keys("/nowhere")
    for stage in range(9):
        now, then = keys.lines(stage), keys.lines(stage + 1)
        assert set(now) & set(then) and now != then, stage
        assert then[0] in now and now[0] in then, stage
    assert keys.lines(9) == [keys.secret(3)] and len(set(keys.secrets)) == 4


def rotations_give_all_their_files_and_end_in_time():
    steps = rotation.steps(5, 10, 900, 300)
    stages = sorted({step.other[0] for step in steps})
    assert stages == list(range(1, 9)) and len(steps) == 10 * len(stages)
    assert all(step.second <= 900 for step in steps)
    assert steps == rotation.steps(5, 10, 900, 300) and not rotation.steps(5, 10, 900, None)


def keys_that_differ_are_told():
    def agent(name, marks, seals=2, apart=0):
        keys = [{"key": mark, "ours": True, "seals": seals} for mark in marks]
        answer = {"keys": keys, "present": 2, "plain_present": 0, "apart_present": apart}
        return SimpleNamespace(name=name, try_ask=lambda _: answer)
    keys = rotation.Keys("/nowhere")
    same = [agent("a", ["one"]), agent("b", ["one"])]
    assert not rotation.differences(same, keys)
    for other in (agent("b", ["two"]), agent("b", ["one", "two"]), agent("b", ["one"], seals=1),
                  agent("b", ["one"], apart=1)):
        assert rotation.differences([same[0], other], keys), other.try_ask("keys")


if __name__ == "__main__":
    run_tests([the_well_are_not_dead, the_killed_and_the_stopped_are,
               ends_are_noted_before_they_are_ended,
               sides_of_a_cut_may_condemn_each_other_and_no_side_itself,
               a_cut_with_a_way_round_excuses_nobody, what_goes_one_way_excuses_all_for_a_while,
               cuts_lie_over_each_other, who_was_away_repeats_what_was_true_then,
               last_words_count_as_those_of_who_was_up, plans_are_what_their_seed_says,
               plans_give_back_what_they_take, views_that_differ_are_told,
               memory_may_fill_tables_and_no_more, rotations_never_part_two_neighbours,
               rotations_give_all_their_files_and_end_in_time, keys_that_differ_are_told])
