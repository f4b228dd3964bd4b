#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An agent that is missing, forbidden, silent, foreign or gone; a reader or disk that is."""

import json
import os
import signal
import socket
import subprocess
import tempfile

from fake import HANG, Agent, contains, equal, lacks, main, read_line, stop

OK = {"ok": True}
MEMBER = {"event": "member", "time": "2026-03-01T03:00:00.123456Z", "level": "info", "node": "n1",
          "name": "n2", "addr": "127.0.0.1:2", "from": "alive", "to": "suspect",
          "reason": "silent", "accuser": "n3", "timestamp": 7}


def test_no_agent_is_exit_3_and_says_where_it_looked(tool, _):
    code, out, err = tool.run("members", agent="/nonexistent/x.sock")
    equal((code, out), (3, ""))
    equal(err, "hearsay: no agent at /nonexistent/x.sock: No such file or directory (is hearsayd "
               "running? --control or HEARSAY_CONTROL names another socket)\n")


def test_a_socket_that_nobody_listens_on_is_exit_3(tool, _):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "dead.sock")
        with socket.socket(socket.AF_UNIX) as dead:
            dead.bind(path)
        code, _, err = tool.run("status", "--control", path)
    equal(code, 3)
    contains(err, f"no agent at {path}: Connection refused")


def test_a_forbidden_socket_is_said_as_such(tool, _):
    if os.geteuid() != 0:
        return  # only root can become somebody else; root's own access is never denied
    with Agent({}) as agent:
        os.chmod(agent.path, 0o600)
        os.chmod(agent.folder, 0o755)
        program = os.path.join(agent.folder, "hearsay")
        with open(tool.program, "rb") as source, open(program, "wb") as copy:
            copy.write(source.read())
        os.chmod(program, 0o755)
        done = subprocess.run([program, "--control", agent.path, "status"], user=65534, check=False,
                              capture_output=True, text=True, timeout=30)
    equal(done.returncode, 3)
    contains(done.stderr, f"not allowed to use {agent.path}: Permission denied", "control-group")


def test_a_silent_agent_is_given_up(tool, _):
    with Agent({"members": HANG}) as agent:
        code, _, err = tool.run("--timeout", "1", "members", agent=agent)
    equal(code, 3)
    contains(err, f"the agent at {agent.path} does not answer: silent for 1 s")


def test_an_agent_that_accepts_nobody_is_given_up(tool, _):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "full.sock")
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(path)
            listener.listen(0)
            waiting = []
            while True:
                client = socket.socket(socket.AF_UNIX)
                client.setblocking(False)
                waiting.append(client)
                try:
                    client.connect(path)
                except BlockingIOError:
                    break
            code, _, err = tool.run("--timeout", "1", "members", agent=path)
            for client in waiting:
                client.close()
    equal(code, 3)
    contains(err, "does not answer: silent for 1 s")


def test_the_timeout_is_on_silence_and_not_on_the_whole(tool, _):
    answer = [b'{"ok":true,', 0.6, b'"members"', 0.6, b":[]", 0.6, b"}\n"]
    with Agent({"members": answer}) as agent:
        code, out, _ = tool.run("--timeout", "1", "members", "--json", agent=agent)
    equal((code, out), (0, '{"members":[]}\n'))


def test_who_says_something_for_ever_does_not_hold_those_that_must_go_on(tool, _):
    endless = [b"x", 0.2] * 200
    with Agent({"version": endless, "status": endless}) as agent:
        code, out, err = tool.run("--timeout", "1", "top", "-b", agent=agent)
        equal((code, out), (3, ""))
        contains(err, f"what answers at {agent.path} is not hearsayd: its answer has no end")
        code, _, err = tool.run("--timeout", "2", "wait", "--ready", agent=agent)
        equal(code, 1)
        contains(err, "has no end")


def test_an_agent_that_goes_away_unanswered_is_exit_3(tool, _):
    for answer in (None, [b'{"ok":tr', None]):
        with Agent({"leave": answer}) as agent:
            code, out, err = tool.run("leave", agent=agent)
        equal((code, out), (3, ""))
        contains(err, "went away before it answered")


def test_what_is_no_hearsayd_is_exit_3(tool, _):
    for answer in (b"220 mail.example.org ESMTP\n", b"[1]\n", b"{}\n", b'{"ok":1}\n', b"\xff\n"):
        with Agent({"status": answer}) as agent:
            code, out, err = tool.run("status", agent=agent)
        equal((code, out), (3, ""))
        contains(err, "not hearsayd")


def test_a_full_agent_says_so_before_it_has_read(tool, _):
    full = {"ok": False, "error": "refused", "message": "64 clients are served already"}
    with Agent(greeting=full) as agent:
        code, _, err = tool.run("members", agent=agent)
    equal((code, err), (1, "hearsay: 64 clients are served already\n"))


def test_error_classes_have_their_exit_codes(tool, _):
    for error, wanted in (("usage", 2), ("not-found", 1), ("refused", 1), ("internal", 1),
                          ("x", 1)):
        answer = {"ok": False, "error": error, "message": "no member named n9"}
        for option in ([], ["--json"]):
            with Agent({"why": answer}) as agent:
                code, out, err = tool.run("why", "n9", *option, agent=agent)
            equal((code, out, err), (wanted, "", "hearsay: no member named n9\n"))


def test_messages_cannot_move_the_cursor(tool, _):
    answer = {"ok": False, "error": "refused",
              "message": "\x1b[2J\u009b\u202e\nhearsay: all is well"}
    with Agent({"leave": answer}) as agent:
        _, _, err = tool.run("leave", agent=agent)
    equal(err, "hearsay: \\x1b[2J\\x9b\\u202e\\x0ahearsay: all is well\n")


def test_answers_of_the_wrong_shape_do_not_crash(tool, _):
    shapes = [{"ok": True}, {"ok": True, "members": 7, "owners": "x", "ring": [], "history": {}},
              {"ok": True, "pieces": -1, "n": "x", "before": 1, "after": [], "moved": "x",
               "versions": [3, {}], "members": [{"name": 1, "before": 2, "after": {"zone": 3}},
                           {"after": 1, "gained": 2}]},
              {"ok": True, "members": [None, 1, "x", []], "owners": [0], "history": [[]],
               "results": [1], "member": 3, "tags": [1], "changed": [1], "ignored": [{}]}]
    commands = [["members"], ["ring", "--ranges"], ["ring", "-n", "2", "--zones"],
                ["ring", "history"], ["ring", "diff"], ["ring", "plan", "--add", "a"],
                ["lookup", "k"], ["status"], ["version"], ["join", "a"], ["leave"],
                ["force-leave", "a"], ["tags"], ["tags", "set", "a=b"],
                ["tags", "delete", "a"], ["reload"], ["why", "a"]]
    names = ["members", "ring", "ring-history", "ring-diff", "ring-plan", "lookup", "status",
             "version", "join", "leave", "force-leave", "tags-set", "tags-delete", "reload", "why"]
    for shape in shapes:
        with Agent({name: shape for name in names}) as agent:
            for command in commands:
                for option in ([], ["--json"]):
                    code, _, err = tool.run(*command, *option, agent=agent)
                    if code not in (0, 1):
                        raise AssertionError(f"{command} {shape}: {code} {err}")


def test_ranges_that_break_off_are_exit_3(tool, _):
    head = {"ok": True, "pieces": 3, "members": []}
    piece = {"first": "0" * 16, "last": "\x1b[2J", "before": ["\x1b"], "after": [1]}
    for tail in ([piece, None], [piece, b"half", None], [b"x\n"], [b"[]\n"]):
        for option in ([], ["--json"]):
            with Agent({"ring-diff": [head, *tail]}) as agent:
                code, out, err = tool.run("ring", "diff", "--ranges", *option, agent=agent)
            equal(code, 3)
            contains(err, "agent" if tail[-1] is None else "not hearsayd")
            lacks(out, "\x1b")


def test_a_reader_of_ranges_that_has_seen_enough_is_no_error(tool, _):
    piece = {"first": "0" * 16, "last": "1" * 16, "before": ["a"], "after": ["b"]}
    with Agent({"ring-diff": [{"ok": True, "pieces": 100000, "members": []}] + [piece] * 5000 +
                [HANG]}) as agent:
        process = tool.start("ring", "diff", "--ranges", agent=agent)
        contains(read_line(process), "before")
        process.stdout.close()
        equal((process.wait(timeout=30), process.stderr.read()), (0, b""))


def test_a_reader_that_has_seen_enough_is_no_error(tool, _):
    members = [{"name": f"n{i}", "tags": {}} for i in range(20000)]
    with Agent({"members": {"ok": True, "members": members}}) as agent:
        process = tool.start("members", agent=agent)
        contains(read_line(process), "NAME")
        process.stdout.close()
        err = process.stderr.read()
        equal((process.wait(timeout=30), err), (0, b""))


def test_a_full_disk_is_exit_1(tool, _):
    with Agent({"members": {"ok": True, "members": []}}) as agent:
        for command in (["members"], ["members", "--json"], ["--help"], ["--version"]):
            with open("/dev/full", "wb") as full:
                code, _, err = tool.run(*command, agent=agent, stdout=full)
            equal((code, err), (1, "hearsay: cannot write the output: No space left on device\n"))


def test_a_full_disk_ends_monitor(tool, _):
    with Agent({"monitor": [OK, MEMBER, HANG]}) as agent, open("/dev/full", "wb") as full:
        code, _, err = tool.run("monitor", agent=agent, stdout=full)
    equal((code, err), (1, "hearsay: cannot write the output: No space left on device\n"))


def test_a_closed_stdout_is_exit_1_and_the_agent_gets_only_the_request(tool, _):
    with Agent({"members": {"ok": True, "members": []}}) as agent:
        done = subprocess.run(["/bin/sh", "-c", 'exec "$0" --control "$1" members >&-',
                               tool.program,
                               agent.path], check=False, capture_output=True, text=True, timeout=30)
        equal(agent.requests, [{"cmd": "members"}])
    equal(done.returncode, 1)
    contains(done.stderr, "cannot write the output")


# ---- monitor -----------------------------------------------------------------------------------

def test_monitor_shows_each_event_at_once_and_ends_well_on_ctrl_c(tool, _):
    with Agent({"monitor": [OK, MEMBER, HANG]}) as agent:
        process = tool.start("monitor", "member", "ring", agent=agent)
        equal(read_line(process), "2026-03-01 03:00:00.123 member n2 127.0.0.1:2 alive -> suspect "
                                  "(silent, says n3)\n")
        equal(stop(process), (0, ""))
        equal(agent.requests, [{"cmd": "monitor", "events": ["member", "ring"]}])


def test_monitor_passes_events_on_as_json(tool, _):
    with Agent({"monitor": [OK, MEMBER, {"event": "lost", "count": 3}, HANG]}) as agent:
        process = tool.start("monitor", "--json", agent=agent)
        contains(read_line(process), '{"event":"member","time":"2026-03-01T03:00:00.123456Z"')
        equal(read_line(process), '{"event":"lost","count":3}\n')
        equal(stop(process), (0, ""))
        equal(agent.requests, [{"cmd": "monitor"}])


def test_monitor_outlives_the_timeout_and_says_when_the_agent_is_gone(tool, _):
    with Agent({"monitor": [OK, 1.3, MEMBER, None]}) as agent:
        code, out, err = tool.run("--timeout", "1", "monitor", agent=agent)
    equal(code, 3)
    contains(out, "alive -> suspect")
    contains(err, f"the agent at {agent.path} went away\n")


def test_monitor_shows_all_that_came_before_the_agent_went_away(tool, _):
    """Whatever its fields are, and in either form; the last words of an agent are not lost."""
    event = {"event": "ring", "time": "2026-03-01T03:00:00.123456Z", "level": "info", "node": "n1",
             "cause": "joined", "moved": 0.25, "list": [1, "a"], "none": None}
    forced = {**MEMBER, "to": "dead", "reason": "forced", "accuser": "", "extra": 7}
    for args, wanted in (([], "2026-03-01 03:00:00.123 ring cause=joined moved=0.25 list=[1,\"a\"] "
                          "none=null\n"),
                         (["--json"], json.dumps(event, separators=(",", ":")) + "\n")):
        with Agent({"monitor": [OK, event, forced, None]}) as agent:
            code, out, err = tool.run("monitor", "member", "ring", *args, agent=agent)
            equal(agent.requests, [{"cmd": "monitor", "events": ["member", "ring"]}])
        equal(code, 3)
        equal(out.splitlines(True)[0], wanted)
        contains(out, *(["-> dead (forced) extra=7"] if not args else ['"extra":7}']))
        contains(err, "went away")


def test_monitor_does_not_wait_for_a_silent_agent(tool, _):
    with Agent({"monitor": HANG}) as agent:
        code, _, err = tool.run("--timeout", "1", "monitor", agent=agent)
    equal(code, 3)
    contains(err, "does not answer")


def test_monitor_ends_when_its_reader_ends(tool, _):
    with Agent({"monitor": [OK, MEMBER, HANG]}) as agent:
        process = tool.start("monitor", agent=agent)
        read_line(process)
        process.stdout.close()
        equal((process.wait(timeout=30), process.stderr.read()), (0, b""))


def test_monitor_shows_events_it_does_not_know_and_no_control_characters(tool, _):
    event = {"event": "new\x1b", "time": "\x1b]0;", "level": "info", "node": "n1",
             "what\x9b": "a\nb", "real": 0.1, "list": [1, {"a": "\x1b"}], "none": None}
    with Agent({"monitor": [OK, event, HANG]}) as agent:
        process = tool.start("monitor", agent=agent)
        line = read_line(process)
        stop(process)
    lacks(line, "\x1b", "\x9b")
    contains(line, "new\\x1b what\\x9b=a\\x0ab real=0.1 list=[1,{", "none=null\n")


def test_monitor_dies_of_other_signals_as_usual(tool, _):
    with Agent({"monitor": [OK, MEMBER, HANG]}) as agent:
        process = tool.start("monitor", agent=agent)
        read_line(process)
        equal(stop(process, signal.SIGTERM)[0], -signal.SIGTERM)


if __name__ == "__main__":
    main([test for name, test in list(globals().items()) if name.startswith("test_")])
