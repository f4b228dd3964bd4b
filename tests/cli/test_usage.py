#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Help, mistakes on the command line, what each command asks; the man page agrees."""

import re

from fake import Agent, contains, equal, lacks, main

COMMANDS = ["members", "ring", "lookup", "status", "top", "monitor", "wait", "handle", "join",
            "leave", "force-leave", "tags", "weight", "reload", "forget", "why", "keys", "keygen",
            "version", "complete", "help"]


def commands_of_help(tool):
    _, out, _ = tool.run("--help")
    return re.findall(r"^  ([a-z-]+) ", out.split("commands:")[1].split("options")[0], re.M)


def test_help_goes_to_stdout_and_is_no_error(tool, _):
    for args in (["--help"], ["-h"], ["help"]):
        code, out, err = tool.run(*args)
        equal((code, err), (0, ""))
        contains(out, "usage: hearsay", "Exit codes", "--json")


def test_no_command_prints_the_help_to_stderr_and_exit_2(tool, _):
    code, out, err = tool.run()
    equal((code, out), (2, ""))
    equal(err, tool.run("--help")[1])


def test_every_command_is_in_the_help(tool, _):
    equal(commands_of_help(tool), COMMANDS)


def test_all_help_fits_80_columns(tool, _):
    for args in [["--help"]] + [["help", c] for c in COMMANDS]:
        for line in tool.run(*args)[1].splitlines():
            if len(line) > 80:
                raise AssertionError(f"{args}: {len(line)} columns: {line}")


def test_every_command_has_its_own_help(tool, _):
    for command in COMMANDS:
        code, out, err = tool.run(command, "--help")
        equal((code, err), (0, ""))
        equal(out, tool.run("help", command)[1])
        contains(out, f"usage: hearsay {command}")


def test_help_needs_no_arguments_and_no_agent(tool, _):
    equal(tool.run("lookup", "--help", agent="/nonexistent")[0], 0)


def test_a_key_in_a_wrong_place_is_not_repeated(tool, _):
    key = "Vn+DvgMuVJZ3r5iwqQ2QLhAnw24PNxZ7itWCW7Vpkg8="
    for args in ([key], ["-" + key], ["keygen", "-" + key], ["keys", "--" + key],
                 ["keygen", "--fingerprint", key], ["handle", "--config", key],
                 ["lookup", "-n", key, "k"], ["--control", key, "status"]):
        code, out, err = tool.run(*args)
        equal((code != 0, out), (True, ""))
        lacks(err, "QLhAnw24P")


def test_version_of_the_tool_needs_no_agent(tool, _):
    code, out, _ = tool.run("--version", agent="/nonexistent")
    equal(code, 0)
    equal(bool(re.fullmatch(r"hearsay \d+\.\d+\.\d+\n", out)), True)


def test_a_mistyped_command_suggests_the_nearest(tool, _):
    for typed, meant in (("membrs", "members"), ("mem", "members"), ("stauts", "status"),
                         ("force", "force-leave"), ("versoin", "version"), ("wyh", "why")):
        code, _, err = tool.run(typed)
        equal((code, err), (2, f"hearsay: no command named {typed} (did you mean {meant}?)\n"))
    for typed in ("xyzzy", "", "a" * 1000):
        code, _, err = tool.run(typed)
        equal((code, err), (2, f"hearsay: no command named {typed} (hearsay help lists them)\n"))
    equal(tool.run("help", "rnig")[2], "hearsay: no command named rnig (did you mean ring?)\n")


def test_mistakes_are_exit_2_and_name_what_is_wrong(tool, _):
    for args, message in (
            (["members", "--satus", "alive"],
             "members: no option --satus (did you mean --status?)"),
            (["members", "-x"], "members: no option -x (see hearsay help members)"),
            (["ring", "--status", "alive"], "ring: no option --status (see hearsay help ring)"),
            (["--ranges", "ring"], "no option --ranges before the command (see hearsay help)"),
            (["members", "--status", "up"],
             "members: --status must be alive, suspect or dead, not up"),
            (["members", "--status"], "--status needs a value: --status STATUS"),
            (["members", "--tag", "=db"], "members: --tag =db has no key: --tag KEY[=VALUE]"),
            (["members", "--all=yes"], "--all takes no value"),
            (["members", "--tag", "a", "--tag", "b"], "--tag is given twice"),
            (["members", "n1"],
             "usage: hearsay members [--status S] [--tag k=v|k] [--name PATTERN] "
                                "[--all]"),
            (["lookup"], "usage: hearsay lookup KEY|- [--hex] [-n N] [--zones]"),
            (["ring", "dif"],
             "usage: hearsay ring [history | diff [OLD [NEW]] | plan --add|--remove|--set ...]"),
            (["ring", "history", "1"],
             "usage: hearsay ring [history | diff [OLD [NEW]] | plan --add|--remove|--set ...]"),
            (["ring", "--add", "n9"], "ring: no option --add (see hearsay help ring)"),
            (["ring", "history", "-n", "2"],
             "ring history: no option --replicas (see hearsay help ring)"),
            (["ring", "diff", "--set", "n9:weight=1"],
             "ring diff: no option --set (see hearsay help ring)"),
            (["ring", "-n", "17"], "ring: -n must be 1 to 16, not 17"),
            (["ring", "diff", "-n", "0"], "ring: -n must be 1 to 16, not 0"),
            (["ring", "plan", "--zones", "--remove", "n1"],
             "ring: --zones is about replicas: say how many with -n"),
            (["ring", "diff", "last"],
             "ring diff: last is not the version of a ring (hearsay ring history lists them)"),
            (["ring", "diff", "1", "-2"], "ring: no option -2 (see hearsay help ring)"),
            (["ring", "plan"], "ring plan: say what is to change: --add, --remove or --set"),
            (["ring", "plan", "--add", "n9:weight=0.003"],
             "ring plan: n9:weight=0.003: weight must be 0 or a number from 0.01 to 32"),
            (["ring", "plan", "--add", "n9:weight=33"],
             "ring plan: n9:weight=33: weight must be 0 or a number from 0.01 to 32"),
            (["ring", "plan", "--add", "n9:weight=12345"],
             "ring plan: n9:weight=12345: weight must be 0 or a number from 0.01 to 32"),
            (["ring", "plan", "--add", "n9:weight=heavy"],
             "ring plan: n9:weight=heavy: weight must be 0 or a number from 0.01 to 32"),
            (["ring", "plan", "--add", "n9:weight=1."],
             "ring plan: n9:weight=1.: weight must be 0 or a number from 0.01 to 32"),
            (["ring", "plan", "--add", "n9:weight=0.1234"],
             "ring plan: n9:weight=0.1234: weight must be 0 or a number from 0.01 to 32"),
            (["members", "--name", b"\xff"],
             "name is not UTF-8 text, and only such can be asked for"),
            (["force-leave", b"\xff"], "name is not UTF-8 text, and only such can be asked for"),
            (["why", b"\xff"], "name is not UTF-8 text, and only such can be asked for"),
            (["weight", "heavy"], "weight: heavy is not a number like 0, 0.5 or 2"),
            (["weight", "1.5x"], "weight: 1.5x is not a number like 0, 0.5 or 2"),
            (["weight", ""],
             "weight: an argument is empty (is a variable empty?): hearsay weight [N]"),
            (["tags", "set", b"a=\xff"], "tags set: a or its value is not UTF-8 text"),
            (["ring", "plan", "--add", "n9:weight=2x"],
             "ring plan: n9:weight=2x: weight must be 0 or a number from 0.01 to 32"),
            (["ring", "plan", "--set", "n9:tokens=4097"],
             "ring plan: n9:tokens=4097: tokens must be 0 to 4096"),
            (["ring", "plan", "--add", "n9:weight=2,tokens=2"],
             "ring plan: n9:weight=2,tokens=2: weight and tokens set the same thing: give one of "
             "them, once"),
            (["ring", "plan", "--add", "n9:zone=a,zone=b"],
             "ring plan: n9:zone=a,zone=b: zone is given twice"),
            (["ring", "plan", "--add", "n9:wieght=2"],
             "ring plan: n9:wieght=2: no wieght (did you mean weight?)"),
            (["ring", "plan", "--add", "n9:weight=2,b"],
             "ring plan: n9:weight=2,b: b is not KEY=VALUE"),
            (["ring", "plan", "--set", "n9"],
             "ring plan: --set n9 does not say what changes: n9:weight=2"),
            (["ring", "plan", "--remove", b"\xff"], "ring plan: \\xff is not UTF-8 text"),
            (["ring", "plan", "--add", b"\xff"], "ring plan: \\xff is not UTF-8 text"),
            (["ring", "plan", "--add", b"n:zone=\xff"],
             "ring plan: n:zone=\\xff is not UTF-8 text"),
            (["ring", "plan"] + ["--add", "n"] * 1025, "--add: a plan names at most 1024 members"),
            (["lookup", "k", "-n", "0"], "lookup: -n must be 1 to 1000000, not 0"),
            (["lookup", "k", "-n", "3x"], "lookup: -n must be 1 to 1000000, not 3x"),
            (["lookup", "k", "-n-3"], "lookup: -n must be 1 to 1000000, not -3"),
            (["why"], "usage: hearsay why NAME"),
            (["join"], "usage: hearsay join ADDR..."),
            (["tags", "sett", "a=b"], "usage: hearsay tags [set k=v... | delete k...]"),
            (["tags", "set"], "usage: hearsay tags [set k=v... | delete k...]"),
            (["tags", "set", "a"], "tags set: a is not KEY=VALUE"),
            (["tags", "set", "=b"], "tags set: =b is not KEY=VALUE"),
            (["tags", "set", "a=1", "a=2"], "tags set: a is given twice"),
            (["--timeout", "0", "status"], "--timeout must be 1 to 3600 seconds, not 0"),
            (["--timeout", "soon", "status"], "--timeout must be 1 to 3600 seconds, not soon"),
            (["--control", "", "status"], "the control socket's path is empty: --control PATH"),
            (["--control", "/" + "x" * 107, "status"],
             "the control socket's path is too long: at most 107 bytes"),
            (["--timeout", "2d", "status"], "--timeout must be 1 to 3600 seconds, not 2d"),
            (["--timeout", "61m", "status"], "--timeout must be 1 to 3600 seconds, not 61m"),
            (["--timeout", "h", "status"], "--timeout must be 1 to 3600 seconds, not h"),
            (["lookup", "--hex", "fff"],
             "lookup: --hex: the key must be pairs of hex digits, as in fffe"),
            (["lookup", "--hex", "zz"],
             "lookup: --hex: the key must be pairs of hex digits, as in fffe"),
            (["wait"], "wait: say what for: --ready, --members N, --alive NAME or --keys FP"),
            (["wait", "n1"],
             "usage: hearsay wait [--ready] [--members N] [--alive NAME] [--keys FP] [-v]"),
            (["wait", "--members", "0"], "wait: --members must be 1 to 1000000, not 0"),
            (["wait", "--members", "3x"], "wait: --members must be 1 to 1000000, not 3x"),
            (["wait", "--keys", "b2c4"],
             "wait: --keys: b2c4 is not a fingerprint, of which the first 8 hex digits are enough "
             "(hearsay keys lists them)"),
            (["wait", "--alive", "n 1"], "wait: --alive n 1: no member can have this name"),
            (["tags", "set", "note=a\nrole=db"], "tags set: note: a value must not hold a newline"),
            (["tags", "set", "note=\x1b[2J"],
             "tags set: note: a value must not hold control characters"),
            (["keygen", "key"],
             "usage: hearsay keygen [-o FILE | --fingerprint FILE] [--cluster NAME]"),
            (["keygen", "-o", "a", "--fingerprint", "b"],
             "keygen: --output makes a key, --fingerprint shows those that there are: give one of "
             "them"),
            (["keygen", "--cluster", "c"],
             "keygen: --cluster is about the fingerprint, which is shown with --output or "
             "--fingerprint; the key is the same for every cluster"),
            (["keygen", "-o", "a", "--cluster", "b c"],
             "keygen: --cluster must be 1 to 64 of A-Z a-z 0-9 . _ : -, not b c"),
            (["monitor", b"\xff"], "monitor: the name of an event is not UTF-8 text"),
            (["join", b"\xff"], "\\xff is not UTF-8 text")):
        code, out, err = tool.run(*args, agent="/nonexistent")
        equal((args, code, out, err), (args, 2, "", f"hearsay: {message}\n"))


def test_an_option_does_not_swallow_the_next_one(tool, _):
    """Of every command, every option that takes a value, as if a variable had been empty."""
    for command in COMMANDS:
        for line in tool.run("help", command)[1].splitlines():
            found = re.match(r"  (?:(-[a-z]), |    )--([a-z]+) [A-Z]", line)
            if not found:
                continue
            letter, name = found[1], found[2]
            for option in filter(None, (f"--{name}", letter)):
                for rest in (["--json"], ["--no-color", "x"], ["-h"], ["--"]):
                    code, out, err = tool.run(command, option, *rest, agent="/nonexistent")
                    equal((command, option, code, out), (command, option, 2, ""))
                    equal(err, f"hearsay: --{name} needs a value, and {rest[0]} follows it: is a "
                               "variable empty? A value that begins with a dash is written "
                               f"--{name}={rest[0]}\n")
            for words in (["--" + name, ""], [f"--{name}="]):
                code, out, err = tool.run(command, *words, agent="/nonexistent")
                equal((command, name, code, out, err.count("\n")), (command, name, 2, "", 1))
                contains(err, "--" + name, "empty")
    equal(tool.run("members", "--name=-x", agent="/nonexistent")[0], 3)


def test_an_option_that_has_taken_the_command(tool, _):
    for option in ("--control", "--timeout"):
        equal(tool.run(option, "members", "--json", agent="/nonexistent"),
              (2, "", f"hearsay: no command: {option} has members for its value, is a variable "
                      "empty?\n"))


def test_an_argument_that_is_empty(tool, _):
    for args in (["why", ""], ["force-leave", ""], ["join", "a:1", ""], ["monitor", ""],
                 ["tags", "set", ""], ["tags", "delete", ""], ["ring", ""], ["help", ""]):
        code, out, err = tool.run(*args, agent="/nonexistent")
        equal((args, code, out, err.count("\n")), (args, 2, "", 1))
        contains(err, f"{args[0]}: an argument is empty", f"hearsay {args[0]} ")


def test_each_command_asks_what_was_meant(tool, _):
    for args, request in (
            (["members"], {"cmd": "members"}),
            (["members", "--status", "dead", "--tag=a=b", "--name", "web-*", "--all"],
             {"cmd": "members", "status": "dead", "tag": "a=b", "name": "web-*", "all": True}),
            (["ring"], {"cmd": "ring"}),
            (["ring", "--ranges"], {"cmd": "ring", "ranges": True}),
            (["ring", "-n", "3", "--zones"], {"cmd": "ring", "n": 3, "zones": True}),
            (["ring", "history"], {"cmd": "ring-history"}),
            (["ring", "diff"], {"cmd": "ring-diff"}),
            (["ring", "diff", "3"], {"cmd": "ring-diff", "from": 3}),
            (["ring", "diff", "3", "7", "--replicas=2", "--ranges"],
             {"cmd": "ring-diff", "n": 2, "ranges": True, "from": 3, "to": 7}),
            (["ring", "plan", "--remove", "n3", "--add", "n9:weight=2,zone=z1", "--remove=n4"],
             {"cmd": "ring-plan", "remove": ["n3", "n4"],
              "add": [{"name": "n9", "tokens": 256, "zone": "z1"}]}),
            (["ring", "plan", "--add", "a:b:1", "--add", "c:d:weight=0.5", "--add=e:tokens=7"],
             {"cmd": "ring-plan", "add": [{"name": "a:b:1"}, {"name": "c:d", "tokens": 64},
                                          {"name": "e", "tokens": 7}]}),
            (["ring", "plan", "--set", "a:zone=", "--set", "b:weight=0.01,zone=x=y:z", "-n", "2"],
             {"cmd": "ring-plan", "n": 2, "set": [{"name": "a", "zone": ""},
                                                  {"name": "b", "tokens": 1, "zone": "x=y:z"}]}),
            (["lookup", "user:42"], {"cmd": "lookup", "key": "user:42", "n": 1}),
            (["lookup", "-n3", "k"], {"cmd": "lookup", "key": "k", "n": 3}),
            (["lookup", "k", "--count=1000000"], {"cmd": "lookup", "key": "k", "n": 1000000}),
            (["lookup", "k", "-n2", "--zones"],
             {"cmd": "lookup", "key": "k", "n": 2, "zones": True}),
            (["lookup", "--", "-n"], {"cmd": "lookup", "key": "-n", "n": 1}),
            (["lookup", "--hex", "2d"], {"cmd": "lookup", "key_hex": "2d", "n": 1}),
            (["lookup", "--hex", "FFfe"], {"cmd": "lookup", "key_hex": "FFfe", "n": 1}),
            (["lookup", b"\xff\xfe"], {"cmd": "lookup", "key_hex": "fffe", "n": 1}),
            (["lookup", b"\xe9"], {"cmd": "lookup", "key_hex": "e9", "n": 1}),
            (["lookup", "\u00e9"], {"cmd": "lookup", "key": "\u00e9", "n": 1}),
            (["lookup", ""], {"cmd": "lookup", "key": "", "n": 1}),
            (["status"], {"cmd": "status"}),
            (["join", "a:1", "[::1]:2"], {"cmd": "join", "addrs": ["a:1", "[::1]:2"]}),
            (["leave"], {"cmd": "leave"}),
            (["force-leave", "n3"], {"cmd": "force-leave", "name": "n3"}),
            (["force-leave", "n3", "--prune"], {"cmd": "force-leave", "name": "n3", "prune": True}),
            (["force-leave", "--prune", "n3"], {"cmd": "force-leave", "name": "n3", "prune": True}),
            (["tags", "set", "a=b", "c=d=e", "f="],
             {"cmd": "tags-set", "tags": {"a": "b", "c": "d=e", "f": ""}}),
            (["tags", "delete", "a", "c"], {"cmd": "tags-delete", "keys": ["a", "c"]}),
            (["reload"], {"cmd": "reload"}),
            (["forget"], {"cmd": "forget"}),
            (["why", "n3"], {"cmd": "why", "name": "n3"}),
            (["version"], {"cmd": "version"})):
        with Agent() as agent:
            tool.run(*args, agent=agent)
            equal(agent.requests, [request])


def test_json_and_control_stand_before_or_after_the_command(tool, _):
    with Agent({"reload": {"ok": True, "changed": [], "ignored": ["bind"]}}) as agent:
        for args in (["--json", "--control", agent.path, "reload"],
                     ["reload", "--json", f"--control={agent.path}"]):
            equal(tool.run(*args), (1, '{"changed":[],"ignored":["bind"]}\n', ""))


def test_the_flag_wins_over_the_environment(tool, _):
    with Agent() as agent:
        equal(tool.run("leave", "--control", agent.path, agent="/nonexistent")[0], 0)


def test_the_man_page_knows_every_command_and_option(tool, root):
    man = (root / "docs/man/hearsay.1").read_text()
    named = re.findall(r"^\.It (?:Xo )?Ic ([a-z-]+)", man, re.M)
    equal([c for c in commands_of_help(tool) if c not in named], [])
    options = {o for c in COMMANDS for o in re.findall(r"--([a-z-]+)", tool.run("help", c)[1])}
    known = set(re.findall(r"Fl -([a-z-]+)", man))
    equal(options - known, set())


if __name__ == "__main__":
    main([test for name, test in list(globals().items()) if name.startswith("test_")])
