#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`keys` and `keys check`: what an operator in the middle of a rotation is told, and when a script
may go on."""

import json

from fake import Agent, contains, equal, lacks, main

OLD, NEW, OTHER = "a1b2c3d4", "b2c4d5e6", "deadbeef"
NAMED = 32  # members that a list of the agent names


def member(name, status="alive", cause="none"):
    return {"name": name, "status": status, "cause": cause}


def counted(members, present, failed, names):
    """Fields of a list: how many are present, how many have failed, and who."""
    dead = [m for m in members if m["status"] == "dead"]
    return {present: len(members) - len(dead), failed: len(dead), names: members[:NAMED]}


def answer(ours, members, seal="require", ready=True, isolated=False, **more):
    """What an agent with these keys says of members {name: [keys]}. A name that ends in ! has
    failed, one that ends in ? is suspect. The agent itself is n1 and has `ours`."""
    everybody = {"n1": ours, **members}

    def of(name):
        return (member(name[:-1], "dead", "failed") if name.endswith("!") else
                member(name[:-1], "suspect") if name.endswith("?") else member(name))

    def those(test):
        return [of(name) for name, keys in everybody.items() if test(keys)]

    others = [k for keys in members.values() for k in keys if k not in ours]
    rows = [{"key": key, "ours": key in ours,
             **counted(those(lambda k, key=key: key in k), "has", "has_failed", "holders"),
             **counted(those(lambda k, key=key: k[:1] == [key]), "seals", "seals_failed",
                       "sealers"),
             **counted(those(lambda k, key=key: key not in k), "lacking", "lacking_failed",
                       "lacks")} for key in [*ours, *dict.fromkeys(others)]]
    everyone = counted(those(lambda _: True), "present", "failed", "unused")
    everyone.pop("unused")
    return {"ok": True, "ready": ready, "isolated": isolated, "seal": seal, **everyone,
            "more_keys": False,
            **counted(those(lambda k: not k), "plain_present", "plain_failed", "plain"),
            **counted(those(lambda k: k and not set(k) & set(ours)), "apart_present",
                      "apart_failed", "apart"), "keys": rows, **more}


def some(count, keys, first=2):
    return {f"n{i}": keys for i in range(first, first + count)}


def keys(tool, agent_answer, *args, **how):
    with Agent({"keys": agent_answer}) as agent:
        return tool.run("keys", *args, agent=agent, **how)


def check(tool, agent_answer, *args):
    """(exit code, the lines, the last line), of a check that says nothing on stderr."""
    code, out, err = keys(tool, agent_answer, "check", *args)
    equal(err, "")
    return code, out.splitlines(), out.splitlines()[-1]


# ---- keys ----------------------------------------------------------------------------------------

def test_the_table_counts_and_names_those_that_lack_a_key(tool, _):
    half = answer([NEW, OLD], {**some(18, [OLD, NEW]), **some(9, [NEW, OLD], 20), "n30": [OLD],
                               "n31!": [OLD], "n32?": [OLD]})
    code, out, err = keys(tool, half)
    equal((code, err), (0, ""))
    equal(out.splitlines()[:7], [
        "seal       require", "members    30 (+1 failed)", "",
        "KEY       OURS  HAVE IT         SEAL WITH IT    LACK IT",
        f"{NEW}  1     28              10              2 (+1 failed)",
        f"{OLD}  2     30 (+1 failed)  20 (+1 failed)  0",
        ""])
    contains(out, f"Lack {NEW}:\n           n30, n31 (failed), n32 (suspect)\n",
             f"Seal with {NEW}:\n           n1, n20, n21, ")
    lacks(out, f"Lack {OLD}", f"Seal with {OLD}")
    equal(out.splitlines()[-1], f"Next: add the line of {NEW} to the key file of n30, "
                                "n31 (failed), n32 (suspect), then reload there.")


def test_json_is_the_answer(tool, _):
    wanted = answer([NEW], some(2, []))
    for args in ([], ["check", "--first", NEW]):
        code, out, err = keys(tool, wanted, *args, "--json")
        equal((code, err), (1 if args else 0, ""))
        equal(json.loads(out), {k: v for k, v in wanted.items() if k != "ok"})


def test_a_list_says_how_many_more_there_are(tool, _):
    _, out, _ = keys(tool, answer([OLD, NEW], some(40, [OLD])))
    contains(out, " n33, and 8 more\n")
    equal(all(len(line) <= 80 for line in out.splitlines()[:-1]), True)


def test_members_without_a_key_or_without_ours_are_said_on_stderr(tool, _):
    code, _, err = keys(tool, answer([OLD], {"n2": [], "n3!": [], "n4": [OTHER], "n5": [OLD]}))
    equal((code, err), (0, "hearsay: 1 member and 1 that failed have no key: n2, n3 (failed)\n"
                           "hearsay: 1 member has no key in common with this agent: n4\n"))


def test_the_last_line_of_keys_is_the_next_step(tool, _):
    """In the order of a cluster that is switched on and rotates."""
    for ours, members, mode, wanted in (
            ([], some(2, []), "off",
             "No member has a key, so nothing is sealed. Next: hearsay keygen, and in the "
             "operations page \"Switching on\"."),
            ([], some(2, [OLD]), "off",
             "Next: this agent uses no key (seal = off), and others do: give it their key file and "
             "their mode (key, seal), then reload."),
            ([OLD], {"n2": [OLD], "n3": []}, "accept",
             "Next: give the key file, with seal = accept or on, to n3, then reload there."),
            ([OLD], some(2, [OLD]), "accept",
             f"All (3 members) have {OLD}. Next: seal = on everywhere, then reload."),
            ([OLD], some(2, [OLD]), "on",
             f"All (3 members) have {OLD}. Next, once seal is on everywhere: seal = require, then "
             "reload."),
            ([OLD], some(2, [OLD]), "require",
             f"All (3 members) have {OLD} and seal with it. Nothing is left to do."),
            ([OLD], {"n2": [OLD, NEW], "n3": [OLD]}, "require",
             f"Next: {NEW} is not in the key file here. If it is new, add its line; if it is old, "
             "take it away on n2. Then reload."),
            ([OLD, NEW], {"n2": [OLD, NEW], "n3": [OLD]}, "require",
             f"Next: add the line of {NEW} to the key file of n3, then reload there."),
            ([OLD, NEW], {"n2": [OLD, NEW], "n3!": [OLD]}, "require",
             f"Next: give {NEW} to n3 (failed) before they start again; hearsay force-leave those "
             "that will not."),
            ([OLD, NEW], some(2, [OLD, NEW]), "require",
             f"All agree. Next: hearsay keys check --first {NEW}, if that is the new key; or "
             f"--remove {NEW}, if it is the old one."),
            ([NEW, OLD], {"n2": [OLD, NEW], "n3": [OLD, NEW]}, "require",
             f"Next: members seal with different keys (1 with {NEW}, 2 with {OLD}): make the new "
             "one the first line everywhere, then reload."),
            ([NEW], {"n2": [OTHER], "n3": [NEW]}, "require",
             "Next: give one of the keys of this agent to n2, then reload there.")):
        code, out, _ = keys(tool, answer(ours, members, mode))
        equal((code, out.splitlines()[-1]), (0, wanted))


def test_a_view_of_little_worth_is_no_ground_for_a_step(tool, _):
    for state in ({"ready": False}, {"isolated": True}):
        code, out, err = keys(tool, answer([OLD], some(2, [OLD]), **state))
        equal((code, out.splitlines()[-1]),
              (0, "No step is safe by this view: see hearsay status, and ask again."))
        contains(err, "this agent ")


def test_names_cannot_play_with_the_terminal(tool, _):
    bad = "n2\x1b[2J\u202e"
    for args in ([], ["check", "--first", NEW]):
        _, out, err = keys(tool, answer([OLD, NEW], {bad: [OLD], bad + "x": []}), *args)
        lacks(out + err, "\x1b", "\u202e")
        contains(out, "n2\\x1b")


def test_more_keys_than_are_shown_is_said(tool, _):
    contains(keys(tool, answer([OLD], some(1, [OLD]), more_keys=True))[1],
             "Other members have more keys than are shown.\n")


# ---- keys check --first --------------------------------------------------------------------------

def test_first_is_safe_when_all_have_the_key(tool, _):
    code, _, last = check(tool, answer([OLD, NEW], some(29, [OLD, NEW])), "--first", NEW)
    equal((code, last), (0, f"All (30 members) have {NEW}: make it the first line everywhere, then "
                            "reload."))


def test_first_names_those_that_lack_it(tool, _):
    lacking = answer([OLD, NEW], {**some(28, [OLD, NEW]), "n30?": [OLD], "n31!": [OLD]})
    code, lines, _ = check(tool, lacking, "--first", NEW)
    equal((code, lines), (1, [
        f"Not safe: 2 of 31 members lack {NEW}:", "           n30 (suspect), n31 (failed)",
        "Those that failed may come back as they were: hearsay force-leave those that will not, or "
        "pass over them with --ignore-failed.",
        f"Next: add the line of {NEW} to their key files, as the second, reload, and check "
        "again."]))
    code, lines, _ = check(tool, lacking, "--first", NEW, "--ignore-failed")
    equal((code, lines[:2]), (1, [f"Not safe: 1 of 30 members lacks {NEW}:",
                                  "           n30 (suspect)"]))


def test_those_that_failed_count_unless_they_are_passed_over(tool, _):
    dead = answer([OLD, NEW], {**some(29, [OLD, NEW]), "n31!": [OLD]})
    code, lines, last = check(tool, dead, "--first", NEW)
    equal((code, lines[0]), (1, f"Not safe: 1 of 31 members lacks {NEW}:"))
    code, lines, last = check(tool, dead, "--first", NEW, "--ignore-failed")
    equal((code, lines[0], last), (
        0, "Passed over: 1 that failed. Give them the same key file before they start again.",
        f"All (30 members) have {NEW}: make it the first line everywhere, then reload."))


def test_first_needs_the_key_here(tool, _):
    code, lines, last = check(tool, answer([OLD], some(1, [OLD, NEW])), "--first", NEW)
    equal((code, lines[0]), (1, f"Not safe: {NEW} is no key of this agent."))
    contains(last, f"Next: add the line of {NEW} to ")


def test_first_after_the_step_leads_to_the_next_one(tool, _):
    code, _, last = check(tool, answer([NEW, OLD], some(2, [NEW, OLD])), "--first", NEW)
    equal((code, last), (0, f"All (3 members) have {NEW} as first line already. Next: hearsay keys "
                            f"check --remove {OLD}"))
    code, _, last = check(tool, answer([NEW], some(2, [NEW])), "--first", NEW)
    equal((code, last), (0, f"All (3 members) have {NEW} as first line already. Nothing is left to "
                            "do."))


def test_first_is_not_safe_while_a_member_has_no_key(tool, _):
    code, out, err = keys(tool, answer([OLD, NEW], {"n2": [OLD, NEW], "n3": []}), "check",
                          "--first", NEW)
    equal((code, err), (1, "hearsay: 1 member has no key: n3\n"))
    contains(out, f"Not safe: 1 of 3 members lacks {NEW}:\n           n3\n")


# ---- keys check --remove -------------------------------------------------------------------------

def test_remove_is_safe_when_nobody_seals_with_it_and_all_have_another(tool, _):
    code, _, last = check(tool, answer([NEW, OLD], some(29, [NEW, OLD])), "--remove", OLD)
    equal((code, last), (0, f"Nobody seals with {OLD}, and all (30 members) have {NEW}: take the "
                            f"line of {OLD} away everywhere, then reload."))


def test_remove_goes_on_to_those_that_have_it_still(tool, _):
    for ours in ([NEW, OLD], [NEW]):
        left = answer(ours, {"n2": [NEW], "n3": [NEW, OLD], "n4!": [NEW, OLD]})
        code, _, last = check(tool, left, "--remove", OLD)
        equal(code, 0)
        contains(last, f" away on {'n1, ' if OLD in ours else ''}n3, n4 (failed), then reload.")


def test_remove_names_those_that_seal_with_it(tool, _):
    code, lines, _ = check(tool, answer([NEW, OLD], {"n2": [OLD, NEW], "n3": [NEW, OLD],
                                                     "n4!": [OLD, NEW]}), "--remove", OLD)
    equal((code, lines), (1, [
        f"Not safe: 2 of 4 members seal with {OLD}:", "           n2, n4 (failed)",
        "Those that failed may come back as they were: hearsay force-leave those that will not, or "
        "pass over them with --ignore-failed.",
        f"Next: make {NEW} the first line there, reload, and check again."]))


def test_remove_names_those_that_would_have_no_key_left(tool, _):
    lacking = answer([NEW, OLD], {"n2": [OTHER, OLD], "n3": [NEW, OLD], "n4!": [OTHER, OLD]})
    code, lines, last = check(tool, lacking, "--remove", OLD)
    equal((code, lines[:2], last), (
        1, [f"Not safe: 2 of 4 members lack the other key, {NEW}:", "           n2, n4 (failed)"],
        f"Next: add the line of {NEW} where it is missing, reload, and check with --first {NEW}."))
    equal(check(tool, lacking, "--remove", OLD, "--ignore-failed")[0], 1)


def test_remove_wants_one_key_that_all_have(tool, _):
    """Each has another key of ours, but n2 and n3 have none in common."""
    code, lines, _ = check(tool, answer([NEW, OTHER, OLD], {"n2": [NEW, OLD], "n3": [OTHER, OLD]}),
                           "--remove", OLD)
    equal((code, lines[:2]), (1, [f"Not safe: 1 of 3 members lacks the other key, {NEW}:",
                                  "           n3"]))


def test_the_only_key_is_not_removed(tool, _):
    code, lines, last = check(tool, answer([OLD], some(2, [OLD])), "--remove", OLD)
    equal((code, lines[0]), (1, f"Not safe: this agent has no other key than {OLD}."))
    equal(last, "Next: add the line of a new key everywhere, reload, and see hearsay keys.")


def test_remove_passes_over_those_that_failed_if_it_is_told_to(tool, _):
    dead = answer([NEW, OLD], {"n2": [NEW, OLD], "n3!": [OLD]})
    equal(check(tool, dead, "--remove", OLD)[0], 1)
    code, lines, _ = check(tool, dead, "--remove", OLD, "--ignore-failed")
    equal((code, lines[0]), (0, "Passed over: 1 that failed. Give them the same key file before "
                                "they start again."))


# ---- keys check: arguments and the view ----------------------------------------------------------

def test_no_step_is_safe_by_a_view_of_little_worth(tool, _):
    good = [NEW, OLD]
    for state, reason in (({"ready": False}, "has not joined yet and knows no more than itself"),
                          ({"isolated": True}, "is isolated and shows what was before")):
        for args in (["--first", NEW], ["--remove", OLD], ["--first", "00000000"]):
            code, lines, last = check(tool, answer(good, some(2, good), **state), *args)
            equal((code, lines[0]), (1, f"Not safe: this agent {reason}."))
            equal(last, "Next: see hearsay status, and check again when that is over.")
            equal(keys(tool, answer(good, some(2, good), **state), "check", *args, "--json")[0], 1)
    # An answer without `ready` is no ground either.
    bare = {k: v for k, v in answer(good, some(2, good)).items() if k != "ready"}
    equal(keys(tool, bare, "check", "--first", NEW)[0], 1)


def test_longer_fingerprints_and_capitals_are_understood(tool, _):
    good = answer([OLD, NEW], some(2, [OLD, NEW]))
    for text in (NEW, NEW.upper(), NEW + "0", NEW + "0123456789abcdef01234567"):
        equal(check(tool, good, "--first", text)[0], 0)


def test_a_key_that_nobody_has_is_a_usage_error_that_lists_the_known_ones(tool, _):
    for args in (["--first", OTHER], ["--remove", OTHER], ["--first", OTHER, "--json"]):
        code, out, err = keys(tool, answer([OLD], some(2, [OLD, NEW])), "check", *args)
        equal((code, out, err), (
            2, "", f"hearsay: keys check: no member has a key {OTHER} (a reload shows after 10 s "
            f"at most); known: {OLD}, {NEW}\n"))
    contains(keys(tool, answer([], some(2, [])), "check", "--first", OLD)[2], "no key is known")


def test_arguments_are_judged_without_an_agent(tool, _):
    for args, message in (
            (["check"], "keys check: give one of --first FP and --remove FP"),
            (["check", "--first", OLD, "--remove", NEW],
             "keys check: give one of --first FP and --remove FP"),
            (["check", "--first", "b2c4d5e"],
             "keys check: --first: b2c4d5e is not a fingerprint, of which the first 8 hex digits "
             "are enough (hearsay keys lists them)"),
            (["check", "--remove", "n2:b2c4d5e"],
             "keys check: --remove: n2:b2c4d5e is not a fingerprint, of which the first 8 hex "
             "digits are enough (hearsay keys lists them)"),
            (["check", "--first", "0" * 33],
             f"keys check: --first: {'0' * 33} is not a fingerprint, of which the first 8 hex "
             "digits are enough (hearsay keys lists them)"),
            (["check", "--first"], "--first needs a value: --first FP"),
            (["--first", OLD], "keys: --first belongs to hearsay keys check"),
            (["--ignore-failed"], "keys: --ignore-failed belongs to hearsay keys check"),
            (["chekc"], "usage: hearsay keys [check --first FP | --remove FP [--ignore-failed]]")):
        code, out, err = tool.run("keys", *args, agent="/nonexistent")
        equal((args, code, out, err), (args, 2, "", f"hearsay: {message}\n"))


def test_an_agent_that_does_not_know_the_command_is_no_agent_that_says_yes(tool, _):
    old = {"ok": False, "error": "usage", "message": "no command named keys"}
    code, out, err = keys(tool, old, "check", "--first", NEW)
    equal((code, out, err), (2, "", "hearsay: no command named keys\n"))


if __name__ == "__main__":
    main([test for name, test in list(globals().items()) if name.startswith("test_")])
