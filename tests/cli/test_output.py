#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the tool prints: JSON as it came, tables that fit, colour only where it is seen."""

import json
import unicodedata

from fake import Agent, contains, equal, lacks, main


def member(name, addr="127.0.0.1:7847", status="alive", cause="none", **more):
    return {"name": name, "addr": addr, "status": status, "cause": cause, "id": "0" * 16,
            "instance": "f" * 16, "timestamp": 1, "start": 1, "tokens": 128, "tags": {},
            "self": False, "in_state_us": 192000000, "rtt_us": 0, "version_min": 1,
            "version_max": 1, **more}


MEMBERS = {"ok": True, "members": [
    member("n1", self=True, tags={"dc": "eu", "role": "db"}),
    member("n2", "127.0.0.1:7848", "suspect", in_state_us=2340000, rtt_us=340),
    member("n3", "127.0.0.1:7849", "dead", "failed", in_state_us=7500000000, rtt_us=45000),
    member("n4", "[2001:db8::1]:7847", "dead", "left", in_state_us=200000000000, rtt_us=1234)]}

LONG = {"ok": True, "members": [
    member("begin-" + "x" * 116 + "-end01", "[2001:db8:1111:2222:3333:4444:5555:6666]:65535",
           "suspect", tags={"k" * 60: "v" * 440})]}

RING = {"ok": True, "version": 1234, "checksum": "00c0ffee00c0ffee", "tokens": 1280, "members": [
    {"name": "n1", "tokens": 1024, "share": 0.75}, {"name": "n2", "tokens": 128, "share": 0.25},
    {"name": "n3", "tokens": 128, "share": 0}]}



def changed(name, before, after, gained=0.0, lost=0.0):
    """A member's row of a difference; a side is (tokens, share) or (tokens, share, zone)."""
    sides = {side: dict(zip(("tokens", "share", "zone"), values))
             for side, values in (("before", before), ("after", after)) if values}
    return {"name": name, **sides, "gained": gained, "gained_hashes": "0" * 16, "lost": lost,
            "lost_hashes": "0" * 16}


DIFF = {"ok": True,
        "before": {"version": 3, "time": "2026-03-01T03:00:00.123456Z", "checksum": "a" * 16,
                   "tokens": 384, "members": 3},
        "after": {"version": 4, "time": "2026-03-01T03:00:05.5Z", "checksum": "b" * 16,
                  "tokens": 384, "members": 3},
        "n": 1, "zones": False, "moved": 0.358397, "moved_hashes": "5" * 16, "reordered": 0,
        "reordered_hashes": "0" * 16, "pieces": 2, "members": [
            changed("n1", (128, 0.25), (128, 0.25)),
            changed("n2", (128, 0.5), (128, 0.75), gained=0.25),
            changed("n3", (128, 0.25), None, lost=0.25), changed("n4", None, (1280, 0))]}
PIECES = [{"first": "f" * 16, "last": "0" * 16, "before": ["n3"], "after": ["n2"]},
          {"first": "0" * 15 + "1", "last": "3fffffffffffffff", "before": ["n3", "n2"],
           "after": []}]

STATUS = {"ok": True, "name": "n1", "addr": "127.0.0.1:7847", "cluster": "hearsay",
          "version": "0.1.0", "pid": 42, "uptime_us": 192000000, "ready": True, "leaving": False,
          "members": {"alive": 4, "suspect": 0, "dead": 1}, "digest": "0123456789abcdef",
          "ring": {"version": 12, "checksum": "00c0ffee00c0ffee", "tokens": 640}, "rumors": 0,
          "loss": 0.0125, "received": {"gossip": 1234567, "ack": 9, "nack": 0},
          "sent": {k: 10 ** 9 for k in ("gossip", "ack", "probe-request", "nack", "challenge",
                                        "join", "sync", "refusal")},
          "bytes_received": 57446, "bytes_sent": 100, "drops": {"malformed": 0},
          "counters": {"probes": 3}, "log": {"written": 1200, "dropped": 0}}


def step(name, clock="03:00:00.123456", **more):
    return {"time": f"2026-03-01T{clock}Z", "step": name, **more}


WHY = {"ok": True, "member": member("n3", "127.0.0.1:7849", "dead", "failed"), "history": [
    step("joined", "02:59:00.000001", actor="n2"),
    step("probe-failed", actor="n1", tries=7, result="silent"),
    step("asked", "03:00:00.200000", actor="n2"),
    step("nacked", "03:00:00.400000", actor="n2", result="refused", tries=1),
    step("accused", "03:00:00.500000", actor="n2", result="refused"),
    step("declared", "03:00:05.500000", actor="n1", result="failed", timestamp=8)]}


def columns(text):
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 0 if unicodedata.combining(c)
               else 1
               for c in text)


def ask(tool, command, answer, *args, **how):
    with Agent({command: answer}) as agent:
        return tool.run(command, *args, agent=agent, **how)


def show(tool, command, answer, *args, **how):
    with Agent({command: answer}) as agent:
        return tool.on_terminal(command, *args, agent=agent, **how)


# ---- JSON ----------------------------------------------------------------------------------------

def test_json_is_the_answer_without_ok_on_one_line(tool, _):
    for command, answer in (("members", MEMBERS), ("ring", RING), ("status", STATUS)):
        code, out, err = ask(tool, command, answer, "--json")
        equal((code, err, out.count("\n")), (0, "", 1))
        equal(json.loads(out), {k: v for k, v in answer.items() if k != "ok"})
    contains(ask(tool, "members", MEMBERS, "--json")[1], '{"members":[{"name":"n1","addr":')


def test_json_keeps_great_numbers_and_every_character(tool, _):
    odd = "\x00\x1b\x7f\x9b\u202e\ufeff \u00e9\U0001f600\\\""
    answer = {"ok": True, "members": [member("n1", tags={"t": odd}, timestamp=2 ** 63 - 1)]}
    out = ask(tool, "members", answer, "--json")[1]
    equal(json.loads(out)["members"], answer["members"])
    lacks(out, "\x00", "\x1b", "\x7f", "\x9b", "\u202e", "\ufeff")


def test_json_shows_reals_as_the_agent_wrote_them(tool, _):
    answer = {"ok": True,
              "members": [{"share": x} for x in (0.54, 0.1, 0.238135, 0.333333333, 1.0)]}
    equal(ask(tool, "ring", answer, "--json")[1],
          '{"members":[{"share":0.54},{"share":0.1},{"share":0.238135},{"share":0.333333333},'
          '{"share":1.0}]}\n')


def test_json_has_no_colour_on_a_terminal(tool, _):
    lacks(show(tool, "members", MEMBERS, "--json")[1], "\x1b")


# ---- members -------------------------------------------------------------------------------------

def test_members_are_one_line_each(tool, _):
    code, out, err = ask(tool, "members", MEMBERS)
    equal((code, err), (0, ""))
    equal(out.splitlines(), [
        "NAME  ADDRESS             STATUS   CAUSE     FOR    RTT  TAGS",
        "n1    127.0.0.1:7847      alive    -       3m12s   self  dc=eu,role=db",
        "n2    127.0.0.1:7848      suspect  -        2.3s  340us  -",
        "n3    127.0.0.1:7849      dead     failed  2h05m      -  -",
        "n4    [2001:db8::1]:7847  dead     left    2d07h      -  -"])


def test_no_members_is_a_header(tool, _):
    code, out, _ = ask(tool, "members", {"ok": True, "members": []}, "--status", "dead")
    equal((code, out.splitlines()), (0, ["NAME  ADDRESS  STATUS  CAUSE  FOR  RTT  TAGS"]))


def test_long_texts_lose_their_middle_on_a_terminal_and_nothing_in_a_pipe(tool, _):
    for width in (80, 100, 200):
        code, out = show(tool, "members", LONG, "--no-color", columns=width)
        equal(code, 0)
        for line in out.splitlines():
            equal((width, columns(line) <= width), (width, True))
        contains(out, "begin-", "\u2026", ":65535", "suspect")
    name = LONG["members"][0]["name"]
    lacks(out, name)
    contains(ask(tool, "members", LONG)[1], name, "k" * 60 + "=" + "v" * 440)


def test_a_narrow_terminal_gets_tables_of_60_columns(tool, _):
    _, out = show(tool, "members", LONG, "--no-color", columns=20)
    equal(max(columns(line) for line in out.splitlines()), 60)


def test_wide_characters_are_measured(tool, _):
    answer = {"ok": True, "members": [member("n1", tags={"t": "\u6f22" * 100}),
                                      member("n2", tags={"t": "e\u0301" * 100})]}
    _, out = show(tool, "members", answer, "--no-color")
    for line in out.splitlines():
        equal(columns(line) <= 80, True)
    contains(out, "\u6f22", "\u2026")


def test_without_utf8_all_is_ascii(tool, _):
    answer = {"ok": True, "members": LONG["members"] + [member("n2", tags={"t": "\u00e9\u6f22"})]}
    _, out = show(tool, "members", answer, "--no-color", env={"LC_ALL": "C"})
    equal(out.isascii(), True)
    contains(out, "..", "\\xe9\\u6f22")
    _, out = show(tool, "ring", RING, env={"LC_ALL": "C"})
    contains(out, "75.00%  ####################")


def test_control_characters_are_shown_and_not_obeyed(tool, _):
    evil = "\x1b[2J\r\nforged  line\x07\x7f\x9b1m\u202e\u200b"
    answer = {"ok": True, "members": [member(evil, evil, evil, evil, tags={evil: evil})]}
    for out in (ask(tool, "members", answer)[1], show(tool, "members", answer, "--no-color")[1]):
        lacks(out, "\x1b", "\r", "\x07", "\x7f", "\x9b", "\u202e", "\u200b")
        equal(out.count("\n"), 2)
    contains(ask(tool, "members", answer)[1],
             "\\x1b[2J\\x0d\\x0aforged  line\\x07\\x7f\\x9b1m\\u202e\\u200b")


# ---- colour --------------------------------------------------------------------------------------

def test_colour_is_for_terminals_alone(tool, _):
    _, out = show(tool, "members", MEMBERS)
    contains(out, "\x1b[32malive\x1b[0m", "\x1b[33msuspect\x1b[0m", "\x1b[31mdead\x1b[0m")
    lacks(ask(tool, "members", MEMBERS)[1], "\x1b")


def test_colour_can_be_switched_off(tool, _):
    lacks(show(tool, "members", MEMBERS, env={"NO_COLOR": "1"})[1], "\x1b")
    lacks(show(tool, "members", MEMBERS, env={"TERM": "dumb"})[1], "\x1b")
    lacks(show(tool, "members", MEMBERS, "--no-color")[1], "\x1b")
    contains(show(tool, "members", MEMBERS, env={"NO_COLOR": ""})[1], "\x1b")


# ---- the other commands --------------------------------------------------------------------------

def test_ring_shows_its_checksum_and_each_share(tool, _):
    code, out, _ = ask(tool, "ring", RING)
    equal(code, 0)
    equal(out.splitlines(), [
        "version    1,234", "checksum   00c0ffee00c0ffee", "tokens     1,280", "",
        "MEMBER  TOKENS   SHARE",
        "n1       1,024  75.00%  " + "\u2588" * 20,
        "n2         128  25.00%  " + "\u2588" * 7,
        "n3         128   0.00%"])


def test_members_has_a_star_for_people_where_a_dead_one_keeps_its_keys(tool, _):
    held = {"ok": True, "members": [{**m, "in_ring": m["name"] != "n4"}
                                    for m in MEMBERS["members"]]}
    out = show(tool, "members", held, "--no-color")[1]
    rows = [line.split() for line in out.splitlines()]
    equal([row[2] for row in rows[1:5]], ["alive", "suspect", "dead*", "dead"])
    equal(out.splitlines()[5:], ["* keeps its keys until its death is ring-hold old"])
    lacks(show(tool, "members", MEMBERS)[1], "*")
    equal(ask(tool, "members", held)[1], ask(tool, "members", MEMBERS)[1])  # columns for awk


def test_ring_names_who_is_held_and_says_that_it_settles(tool, _):
    members = [RING["members"][0], *({**m, "held": True} for m in RING["members"][1:])]
    out = ask(tool, "ring", {**RING, "members": members, "settling": True})[1]
    equal(out.splitlines()[2:6], [
        "tokens     1,280", "held       n2, n3: dead, but not yet for ring-hold",
        "settling   agents that see the same may have another ring now", ""])
    many = [{**RING["members"][0], "name": f"m{i}", "held": True} for i in range(9)]
    contains(ask(tool, "ring", {**RING, "members": many})[1], "m7 and more: dead")
    diff = {**DIFF, "members": [{**DIFF["members"][0], "held": True}]}
    with Agent({"ring-diff": diff}) as agent:
        contains(tool.run("ring", "diff", agent=agent)[1], "held       n1: dead")


def test_status_names_who_has_other_ring_settings(tool, _):
    timing = {"hold_us": 1000000, "settle_us": 0, "others": 3, "names": ["n2", "n7"]}
    ring = {**STATUS["ring"], "held": 2}
    out = ask(tool, "status", {**STATUS, "ring": ring, "ring_timing": timing,
                               "settling": True})[1]
    contains(out, "held       2 dead own keys", "settling   agents that see the same",
             "n2, n7 and more; their rings differ")
    out = ask(tool, "status", {**STATUS, "ring_timing": {**timing, "others": 0, "names": []}})[1]
    equal(("timing" in out, "settling" in out), (False, False))


FULL = {**STATUS, "ring": {**STATUS["ring"], "held": 2}, "settling": True, "drained": 1,
        "ring_timing": {"hold_us": 0, "settle_us": 0, "others": 1, "names": ["n2"]},
        "away_us": 5, "last_words": "on",
        "state": {"dir": "/var/lib/hearsay", "contacts": 2, "tags": 1},
        "seeds": [{"seed": "n2:7847", "joined": True}], "drops": {"malformed": 2},
        "process": {"cpu_us": 1, "resident_bytes": 1, "open_fds": 1, "max_fds": 2}}
def test_status_says_whether_there_is_a_witness(tool, _):
    for state, words in (("on", "there: "), ("off", "off (last-words = no)"), ("lost", "none: ")):
        contains(ask(tool, "status", {**STATUS, "last_words": state})[1], "\nwitness    " + words)
    lacks(ask(tool, "status", STATUS)[1], "witness")  # an agent of a release before it


FIELDS = {  # outputs with every field that they can have, and how many
    ("status",): ("status", FULL, 23),
    ("ring", "-n", "2", "--zones"): ("ring", {**RING, "n": 2, "zones": True, "settling": True,
                                              "members": [{**m, "zone": "a", "held": True}
                                                          for m in RING["members"]]}, 7),
    ("ring", "diff"): ("ring-diff", {**DIFF, "n": 2, "reordered": 0.5, "settling": True}, 6),
    ("lookup", "k"): ("lookup", {"ok": True, "key": "k", "hash": "0" * 16, "version": 1,
                                 "owners": []}, 2),
    ("keys",): ("keys", {"ok": True, "seal": "on", "keys": [], "members": 1, "known": 1,
                         "groups": []}, 2)}


def test_fields_begin_in_one_column_with_blanks_before_it(tool, _):
    for args, (command, answer, count) in FIELDS.items():
        with Agent({command: answer, "version": {"ok": True}}) as agent:
            out = tool.run(*args, agent=agent)[1]
        lines = out.split("\n\n")[0].splitlines()
        equal((args, [line for line in lines if line[9:11] != "  " or line[11:12] in ("", " ")]),
              (args, []))
        equal((args, len([line for line in lines if line[0] != " "])), (args, count))


def test_ring_shows_zones_and_ranges_where_there_are(tool, _):
    answer = {**RING, "members": [{**RING["members"][0], "zone": "eu-1"}], "ranges": [
        {"first": "0" * 16, "last": "7" + "f" * 15, "owner": "n1"}]}
    out = ask(tool, "ring", answer, "--ranges")[1]
    contains(out, "MEMBER  ZONE  TOKENS", "eu-1", "FIRST ",
             "0000000000000000  7fffffffffffffff  n1")


def test_ring_shows_shares_of_replicas_where_asked(tool, _):
    members = [{**m, "replicas": 0.875, "zone": z}
               for m, z in zip(RING["members"], ("a", "b", "b"))]
    code, out, _ = ask(tool, "ring", {**RING, "n": 2, "zones": True, "members": members}, "-n", "2",
                       "--zones")
    equal(code, 0)
    equal(out.splitlines()[2:8], [
        "tokens     1,280", "zones      2", "replicas   2 of a key, in distinct zones", "",
        "MEMBER  ZONE  TOKENS   SHARE  REPLICAS",
        "n1      a      1,024  75.00%    87.50%  " + "\u2588" * 20])


def test_history_is_one_line_a_ring(tool, _):
    versions = [{"version": 3, "time": "2026-03-01T03:00:00.123456Z", "checksum": "a" * 16,
                 "members": 12, "tokens": 1536, "moved": 0.0833}]
    with Agent({"ring-history": {"ok": True, "versions": versions}}) as agent:
        equal(tool.run("ring", "history", agent=agent)[1].splitlines(), [
            "VERSION  MADE (UTC)               CHECKSUM          MEMBERS  TOKENS  MOVED",
            "      3  2026-03-01 03:00:00.123  aaaaaaaaaaaaaaaa       12   1,536  8.33%"])
        equal(json.loads(tool.run("ring", "history", "--json", agent=agent)[1]),
              {"versions": versions})


def test_diff_shows_whom_it_concerns(tool, _):
    with Agent({"ring-diff": DIFF}) as agent:
        code, out, err = tool.run("ring", "diff", agent=agent)
    equal((code, err), (0, ""))
    equal(out.splitlines(), [
        "before     version 3 (aaaaaaaaaaaaaaaa), made 2026-03-01 03:00:00.123",
        "after      version 4 (bbbbbbbbbbbbbbbb), made 2026-03-01T03:00:05.5Z",
        "moved      35.839700% of all keys change their owner; 2 ranges", "",
        "MEMBER      TOKENS  BEFORE   AFTER   GAINED     LOST",
        "n2             128  50.00%  75.00%  +25.00%        -",
        "n3        128 -> 0  25.00%       -        -  -25.00%",
        "n4      0 -> 1,280       -   0.00%        -        -",
        "1 other keeps what it has."])


def test_diff_shows_ranges_as_they_come(tool, _):
    with Agent({"ring-diff": [DIFF, 0.2, *PIECES]}) as agent:
        out = tool.run("ring", "diff", "--ranges", agent=agent)[1]
        equal(out.splitlines()[-4:], [
            "", "FIRST             LAST                  SHARE  FROM -> TO",
            "ffffffffffffffff  0000000000000000   0.00000%  n3 -> n2",
            "0000000000000001  3fffffffffffffff  25.00000%  n3, n2 -> nobody"])
        lines = tool.run("ring", "diff", "--ranges", "--json", agent=agent)[1].splitlines()
        equal([json.loads(line) for line in lines],
              [{k: v for k, v in DIFF.items() if k != "ok"}, *PIECES])
        out = tool.run("ring", "diff", "--json", agent=agent)[1]
        equal(out.count("\n"), 1)


def test_plan_says_that_it_is_one(tool, _):
    plan = {**DIFF, "after": {"checksum": "c" * 16, "tokens": 512, "members": 4}, "n": 2,
            "zones": True,
            "reordered": 0.125, "members": [changed("n1", (128, 0.5, "eu"), (256, 0.5, "us"))]}
    with Agent({"ring-plan": plan}) as agent:
        out = tool.run("ring", "plan", "--set", "n1:weight=2", agent=agent)[1]
    equal(out.splitlines()[1:], [
        "after      as planned (cccccccccccccccc)", "replicas   2 of a key, in distinct zones",
        "moved      35.839700% of all keys get other owners; 2 ranges",
        "reordered  12.500000% have the same owners in another order", "",
        "MEMBER  ZONE          TOKENS  BEFORE   AFTER  GAINED  LOST",
        "n1      eu -> us  128 -> 256  50.00%  50.00%       -     -"])


def test_a_difference_of_nothing_is_said(tool, _):
    same = {**DIFF, "moved": 0.0, "pieces": 0, "members": DIFF["members"][:1]}
    with Agent({"ring-diff": [same]}) as agent:
        out = tool.run("ring", "diff", "--ranges", agent=agent)[1]
    equal(out.splitlines()[2:], ["moved      nothing: every key keeps its owner"])


def test_a_difference_fits_80_columns(tool, _):
    long = "x" * 60
    wide = {**DIFF, "members": [changed(long, (4096, 0.5, "zone-" + "y" * 50), (128, 1.0, "z" * 60),
                                        0.5, 0.25)]}
    pieces = [{**PIECES[0], "before": [long] * 16, "after": [long[:50] + "\u001b"]}, PIECES[1]]
    with Agent({"ring-diff": [wide, *pieces]}) as agent:
        out = tool.on_terminal("ring", "diff", "--ranges", "--no-color", agent=agent)[1]
        equal([line for line in out.splitlines() if columns(line) > 80], [])
        lacks(out, "\x1b")
        contains(tool.on_terminal("ring", "diff", agent=agent)[1], "\x1b[32m+50.00%\x1b[0m",
                 "\x1b[31m-25.00%")


def test_an_empty_ring_is_said(tool, _):
    answer = {"ok": True, "version": 0, "checksum": "0" * 16, "tokens": 0, "members": []}
    contains(ask(tool, "ring", answer)[1], "The ring is empty: no member owns keys")


def test_lookup_shows_the_owners_in_order(tool, _):
    owners = [{"name": "n2", "addr": "127.0.0.1:2", "status": "alive"},
              {"name": "n1", "addr": "127.0.0.1:1", "status": "suspect"}]
    answer = {"ok": True, "key": "user:42", "hash": "9" * 16, "owners": owners}
    code, out, _ = ask(tool, "lookup", answer, "user:42", "-n", "2")
    equal(code, 0)
    equal(out.splitlines(), ["key        user:42", "hash       9999999999999999", "",
                             "OWNER  ADDRESS      STATUS", "n2     127.0.0.1:2  alive",
                             "n1     127.0.0.1:1  suspect"])


def test_lookup_that_finds_nobody_is_exit_1(tool, _):
    answer = {"ok": True, "key": "k", "hash": "9" * 16, "owners": []}
    equal(ask(tool, "lookup", answer, "k")[0], 1)
    equal(ask(tool, "lookup", answer, "k", "--json")[0], 1)


def test_status_is_readable_and_fits(tool, _):
    code, out, _ = ask(tool, "status", STATUS)
    equal(code, 0)
    contains(out, "name       n1 at 127.0.0.1:7847\n",
             "agent      hearsayd 0.1.0, pid 42, up 3m12s\n", "state      ready\n",
             "members    4 alive, 0 suspect, 1 dead\n", "loss       1.25% of round trips",
             "received   1,234,576 datagrams, 56.1 KiB\n", "           gossip 1,234,567, ack 9\n",
             "drops      none\n", "log        1,200 lines written, 0 dropped\n")
    equal([line for line in out.splitlines() if len(line) > 80], [])
    contains(ask(tool, "status", {**STATUS, "ready": False})[1], "state      joining")
    contains(ask(tool, "status", {**STATUS, "leaving": True})[1], "state      leaving")
    seeds = [{"seed": "a.test", "joined": True, "result": "timeout", "addrs": 2},
             {"seed": "b.test", "joined": False, "addrs": 0},
             {"seed": "10.0.0.1:1", "joined": False, "result": "closed", "addrs": 1},
             {"seed": "c.test", "joined": True, "result": "unresolved", "message": "no\x1b name"},
             *[{"seed": f"s{i}", "joined": True, "addrs": 1} for i in range(9)]]
    contains(ask(tool, "status", {**STATUS, "seeds": seeds})[1],
             "seeds      a.test: joined\n           b.test: being looked up or called\n"
             "           10.0.0.1:1: closed\n           c.test: unresolved: no\\x1b name\n"
             "           s0: joined\n", "           and 5 more (--json has all)\n")


def test_status_shows_what_the_process_takes_and_how_long_it_was_away(tool, _):
    process = {"start": 1, "cpu_us": 75300000, "resident_bytes": 6291456, "virtual_bytes": 9,
               "open_fds": 14, "max_fds": 1024}
    out = ask(tool, "status", {**STATUS, "process": process, "away_us": 2300000})[1]
    contains(out, "process    1m15s of CPU time, 6.0 MiB of memory, 14 of 1024 descriptors",
             "away       2.3s in all (stopped, suspended or late)")
    lacks(ask(tool, "status", {**STATUS, "away_us": 0})[1], "away", "process")


def test_status_shows_the_state_directory(tool, _):
    state = {"dir": "/var/lib/hearsay", "contacts": 9, "tags": 1, "saved_us": 3000000,
             "waiting": False, "forgotten": False, "error": None}

    def shown(**fields):
        return ask(tool, "status", {**STATUS, "state": {**state, **fields}})[1]
    contains(shown(), "state-dir  /var/lib/hearsay: 9 contacts, 1 tags, saved 3.0s ago\n")
    contains(shown(saved_us=None), "9 contacts, 1 tags, saved before this start\n")
    contains(shown(forgotten=True), "state-dir  /var/lib/hearsay: forgotten until the next start\n")
    contains(shown(error="state directory /x: No\x1b space"), "/x: No\\x1b space\n")
    lacks(ask(tool, "status", {**STATUS, "state": None})[1], "state-dir")
    equal(ask(tool, "forget", {"ok": True}),
          (0, "forgotten; this agent keeps nothing more until it is restarted\n", ""))


def test_why_says_first_what_is_and_then_how_it_came(tool, _):
    code, out, _ = ask(tool, "why", WHY, "n3")
    equal(code, 0)
    equal(out.splitlines()[:3], ["n3 (127.0.0.1:7849) has been dead for 3m12s.",
                                 "It was suspected and did not answer in time.", ""])
    contains(out, "2026-03-01 02:59:00.000  n2   brought its record",
             "2026-03-01 03:00:00.123  n1   could not reach it (7 tries)",
             "could not reach it either (1 try)  port closed", "no answer", "declared it dead")
    for line in show(tool, "why", WHY, "n3", "--no-color")[1].splitlines():
        equal(columns(line) <= 80, True)


def test_why_tells_the_words_of_the_dead_as_theirs(tool, _):
    for result, row in (("ended", "its witness  declared it dead  by its last words"),
                        ("left", "n2   brought its goodbye  said goodbye")):
        told = {**WHY, "history": [step("declared", actor="n2", result=result)]}
        contains(ask(tool, "why", told, "n3")[1], row)


def test_why_has_a_sentence_for_every_state(tool, _):
    for more, sentence in (
            ({"status": "alive", "rtt_us": 340}, "It answers within about 340us."),
            ({"status": "alive"}, "Its round trip is not known yet."),
            ({"status": "alive", "self": True}, "It is this agent itself."),
            ({"status": "suspect"}, "It will be declared dead soon unless it answers."),
            ({"status": "dead", "cause": "left"}, "It said goodbye and is not waited for."),
            ({"status": "dead", "cause": "forced"}, "An operator removed it."),
            ({"status": "dead", "cause": "of\x1btomorrow"}, "Cause: of\\x1btomorrow.")):
        answer = {"ok": True, "member": {**member("n3", "a:1"), **more}, "history": []}
        out = ask(tool, "why", answer, "n3")[1]
        equal(out.splitlines()[:2], [f"n3 (a:1) has been {more['status']} for 3m12s.", sentence])
        contains(out, "is not remembered")


def test_join_is_good_when_one_door_opened(tool, _):
    results = [{"seed": "a:1", "addr": "10.0.0.1:1", "result": "timeout"},
               {"seed": "nowhere", "result": "failed", "message": "no such host"},
               {"seed": "b:1", "addr": "10.0.0.2:1", "result": "ok", "name": "n2"}]
    with Agent({"join": {"ok": True, "results": results}}) as agent:
        code, out, _ = tool.run("join", "a:1", "b:1", agent=agent)
    equal(code, 0)
    equal(out.splitlines(), ["SEED     ADDRESS     RESULT                NAME",
                             "a:1      10.0.0.1:1  no answer             -",
                             "nowhere  -           failed: no such host  -",
                             "b:1      10.0.0.2:1  joined                n2"])
    for option in ([], ["--json"]):
        with Agent({"join": {"ok": True, "results": results[:2]}}) as agent:
            equal(tool.run("join", "a:1", *option, agent=agent)[0], 1)


def test_changes_say_what_they_did(tool, _):
    with Agent({"tags-set": {"ok": True, "tags": {"a": "b", "c": "\x1b"}},
                "tags-delete": {"ok": True, "tags": {}}, "status": {"ok": True, "name": "n1"},
                "members": {"ok": True, "members": [member("n1", tags={"dc": "eu"})]},
                "weight": {"ok": True, "weight": 0.5, "tokens": 64},
                "reload": {"ok": True, "changed": ["log-level"], "ignored": []}}) as agent:
        for args, wanted in ((["leave"], "left the cluster; the agent stops\n"),
                             (["force-leave", "n3"], "n3 is declared dead\n"),
                             (["force-leave", "n3", "--prune"],
                              "n3 is declared dead and taken off the member list\n"),
                             (["tags", "set", "a=b"], "a=b\nc=\\x1b\n"),
                             (["tags", "delete", "a"], ""),
                             (["tags", "delete", "a", "--json"], '{"tags":{}}\n'),
                             (["tags"], "dc=eu\n"), (["tags", "--json"], '{"tags":{"dc":"eu"}}\n'),
                             (["weight"], "weight 0.5: 64 tokens\n"),
                             (["weight", "0.5"], "weight 0.5: 64 tokens\n"),
                             (["reload"], "log-level is changed\n")):
            equal((args, *tool.run(*args, agent=agent)), (args, 0, wanted, ""))
    with Agent({"weight": {"ok": True, "weight": 0, "tokens": 0},
                "reload": {"ok": True, "changed": ["tag"], "ignored": ["bind"]}}) as agent:
        equal(tool.run("weight", "0", agent=agent)[1],
              "weight 0: drained, owns no keys (members of the first release give it one token)\n")
        equal(agent.requests[0], {"cmd": "weight", "weight": 0.0})
        equal(tool.run("reload", agent=agent),
              (1, "tag is changed\nbind was not applied: it needs a restart\n", ""))


def test_version_shows_tool_and_agent(tool, _):
    answer = {"ok": True, "version": "9.8.7", "wire": {"min": 1, "max": 2}}
    code, out, _ = ask(tool, "version", answer)
    equal(code, 0)
    contains(out, "hearsay    0.", "hearsayd   9.8.7 (wire versions 1 to 2)\n")
    equal(ask(tool, "version", answer, "--json")[1],
          '{"version":"9.8.7","wire":{"min":1,"max":2}}\n')
    code, out, err = tool.run("version", agent="/nonexistent")
    equal(code, 3)
    contains(out, "hearsay    0.")
    contains(err, "no agent at /nonexistent")


def test_spans_and_round_trips_have_three_digits_and_a_unit(tool, _):
    spans = {0: "0.0s", 400_000: "0.4s", 9_999_999: "9.9s", 59_000_000: "59s", 192_000_000: "3m12s",
             3_600_000_000: "1h00m", 187_200_000_000: "2d04h"}
    trips = {340: "340us", 1234: "1.2ms", 45_678: "45ms", 2_500_000: "2.5s"}
    members = ([member(f"n{us}", in_state_us=us) for us in spans] +
               [member(f"t{us}", rtt_us=us) for us in trips])
    code, out, _ = ask(tool, "members", {"ok": True, "members": members})
    equal(code, 0)
    rows = {line.split()[0]: line.split() for line in out.splitlines()}
    for us, word in spans.items():
        equal((us, word in rows[f"n{us}"]), (us, True))
    for us, word in trips.items():
        equal((us, word in rows[f"t{us}"]), (us, True))


def test_status_counts_bytes_in_units_and_breaks_long_lists(tool, _):
    status = {**STATUS, "bytes_received": 5 * 1024 ** 3, "bytes_sent": 3 * 1024 ** 2,
              "counters": {"x" * 90: 1, "probes": 2}}
    code, out, _ = ask(tool, "status", status)
    equal(code, 0)
    contains(out, "datagrams, 5.0 GiB\n", "datagrams, 3.0 MiB\n",
             f"counters   {'x' * 90} 1, probes 2\n")


def test_a_terminal_without_a_size_has_80_columns(tool, _):
    members = [member("n" * 90)]
    with Agent({"members": {"ok": True, "members": members}}) as agent:
        code, out = tool.on_terminal("members", agent=agent, env={"NO_COLOR": "1"}, columns=0)
    equal(code, 0)
    equal([columns(line) > 80 for line in out.splitlines()], [False, False])


def test_history_is_refused_like_any_answer(tool, _):
    with Agent({"ring-history": {"ok": False, "error": "refused", "message": "not now"}}) as agent:
        equal(tool.run("ring", "history", agent=agent), (1, "", "hearsay: not now\n"))


def test_a_cluster_of_20000_is_shown(tool, _):
    members = [member(f"node-{i:05}") for i in range(20000)]
    code, out, _ = ask(tool, "members", {"ok": True, "members": members})
    equal((code, out.count("\n")), (0, 20001))


if __name__ == "__main__":
    main([test for name, test in list(globals().items()) if name.startswith("test_")])
