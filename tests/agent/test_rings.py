# SPDX-License-Identifier: Apache-2.0
"""The rings that an agent remembers, what moved between two of them, and plans, over raw sockets.
Sums are added up again from the ranges that they stand for, and a plan is compared with what then
happens."""
import json
import re
import resource
import socket
import time

from agents import Cluster, run_tests, wait_until

FAST = ["--profile", "local"]
ID = re.compile(r"[0-9a-f]{16}")
VERSION = {"version", "time", "checksum", "zones_checksum", "tokens", "members"}
DIFF = {"ok", "ready", "isolated", "settling", "before", "after", "n", "zones", "moved",
        "moved_hashes", "reordered", "reordered_hashes", "pieces", "members"}
RINGS_MAX = 8
CIRCLE = 2 ** 64
PLAN_MAX = 1024


def lines(agent, command, patience=30.0, **fields):
    """All lines of an answer of several lines: the first says how many follow."""
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(patience)
        sock.connect(agent.control)
        sock.sendall(json.dumps({"cmd": command, **fields}).encode() + b"\n")
        with sock.makefile("rb") as stream:
            head = json.loads(stream.readline())
            count = head["pieces"] if head["ok"] and fields.get("ranges") else 0
            return [head] + [json.loads(stream.readline()) for _ in range(count)]


def failed(answer, error, *words):
    assert answer["ok"] is False and answer["error"] == error, answer
    for word in words:
        assert word in answer["message"], answer


def length(piece):
    return (int(piece["last"], 16) - int(piece["first"], 16)) % CIRCLE + 1


def exact(text):
    """Hashes as the agent writes them: all of the circle does not fit."""
    return CIRCLE if text == "f" * 16 else int(text, 16)


def check_sums(head, pieces):
    """The sums of the first line are those of the ranges that follow it."""
    moved = reordered = 0
    gained, lost = {}, {}
    for piece in pieces:
        before, after = piece["before"], piece["after"]
        if set(before) == set(after):
            reordered += length(piece)
        else:
            moved += length(piece)
        for name in set(after) - set(before):
            gained[name] = gained.get(name, 0) + length(piece)
        for name in set(before) - set(after):
            lost[name] = lost.get(name, 0) + length(piece)
    assert ((exact(head["moved_hashes"]), exact(head["reordered_hashes"])) ==
            (moved, reordered)), head
    assert abs(head["moved"] - moved / CIRCLE) < 1e-8 and head["pieces"] == len(pieces)
    for member in head["members"]:
        name = member["name"]
        assert exact(member["gained_hashes"]) == gained.get(name, 0), member
        assert exact(member["lost_hashes"]) == lost.get(name, 0), member
        share = {side: member.get(side, {"share": 0})["share"] for side in ("before", "after")}
        assert (abs(share["before"] + member["gained"] - member["lost"] - share["after"]) <
                1e-7), member


def versions(agent):
    return agent.ask("ring-history")["versions"]


def two(cluster):
    cluster.start(2)
    cluster.wait_agreed()
    return cluster["n1"], cluster["n2"]


# ---- history and difference ----------------------------------------------------------------------


def the_last_rings_are_remembered():
    with Cluster([*FAST, "--ring-hold", "0s"]) as cluster:  # each death and each return makes one
        one, other = two(cluster)
        history = versions(one)
        assert all(set(v) == VERSION | {"moved"} and ID.fullmatch(v["checksum"])
                   for v in history), history
        assert [v["version"] for v in history] == list(range(1, len(history) + 1))
        logged = {e["version"]: e for e in one.events("ring")}
        for version in history:
            line = logged[version["version"]]
            assert (line["time"], line["checksum"], line["zones_checksum"], line["tokens"]) == \
                (version["time"], version["checksum"], version["zones_checksum"],
                 version["tokens"]), "as the log"
        for _ in range(RINGS_MAX):
            other.kill()
            cluster.wait_status("n2", "dead", [one])
            other.start(join=[one.addr])
            cluster.wait_agreed()
        history = versions(one)
        newest = one.ask("ring")
        assert len(history) == RINGS_MAX and history[-1]["version"] == newest["version"]
        assert history[-1]["checksum"] == newest["checksum"]
        gone = history[0]["version"] - 1
        failed(one.ask("ring-diff", **{"from": gone}), "not-found", f"version {gone} ",
               str(history[0]["version"]), str(history[-1]["version"]))


def a_death_moves_its_keys_and_no_others():
    with Cluster(FAST) as cluster:
        cluster.start(3)
        cluster.wait_agreed()
        one = cluster["n1"]
        old = one.ask("ring")
        share = {m["name"]: m for m in old["members"]}
        cluster["n3"].kill()
        cluster.wait_status("n3", "dead", [one])
        wait_until(lambda: one.ask("ring")["tokens"] == 256, 5)
        head, *pieces = lines(one, "ring-diff", ranges=True)
        assert set(head) == DIFF and set(head["before"]) == set(head["after"]) == VERSION, head
        assert (head["before"]["checksum"], head["n"], head["zones"]) == (old["checksum"], 1, False)
        assert head["after"]["version"] == head["before"]["version"] + 1
        assert head["moved_hashes"] == share["n3"]["hashes"], "exactly what it owned"
        assert all(p["before"] == ["n3"] and p["after"] in (["n1"], ["n2"]) for p in pieces)
        starts = [int(p["first"], 16) for p in pieces[1:]]
        assert starts == sorted(starts), "in order"
        check_sums(head, pieces)
        assert [m["name"] for m in head["members"]] == ["n1", "n2", "n3"]
        assert (head["members"][2].get("after") is None and
                head["members"][0]["before"]["tokens"] == 128)
        assert lines(one, "ring-diff") == [{**head}], "without ranges it is one line"
        back, *_ = lines(one, "ring-diff",
                         **{"from": head["after"]["version"], "to": head["before"]["version"]})
        assert back["moved_hashes"] == head["moved_hashes"], "the way back is as long"
        for n in (2, 3, 16):
            head, *pieces = lines(one, "ring-diff", ranges=True, n=n, zones=True)
            check_sums(head, pieces)


def equal_rings_and_wrong_questions():
    with Cluster(FAST) as cluster:
        one = cluster.agent("n1").start()
        wait_until(lambda: one.try_ask("ring") is not None, 5)
        failed(one.ask("ring-diff"), "not-found", "one ring")
        head, *pieces = lines(one, "ring-diff", ranges=True, **{"from": 1, "to": 1})
        assert head["moved"] == 0 and head["pieces"] == 0 and not pieces
        assert head["members"] == [{"name": "n1", "before": {"tokens": 128, "share": 1.0},
                                    "after": {"tokens": 128, "share": 1.0}, "gained": 0.0,
                                    "gained_hashes": "0" * 16, "lost": 0.0,
                                    "lost_hashes": "0" * 16}]
        for wrong in ({"from": "1"}, {"to": True}, {"from": 1, "n": 17}, {"from": 1, "ranges": 1},
                      {"form": 1}):
            failed(one.ask("ring-diff", **wrong), "usage")
        for version in (0, -1, 2, 2 ** 62):
            failed(one.ask("ring-diff", **{"from": version}), "not-found", "only 1")


# ---- plans ---------------------------------------------------------------------------------------


def a_plan_comes_true():
    with Cluster(FAST) as cluster:
        cluster.start(2)
        cluster.wait_agreed()
        one = cluster["n1"]
        present = one.ask("ring")
        head, *pieces = lines(one, "ring-plan", ranges=True,
                              add=[{"name": "n9", "tokens": 256, "zone": "z1"}], remove=["n2"])
        check_sums(head, pieces)
        assert (set(head["after"]) == {"checksum", "zones_checksum", "tokens", "members"} and
                head["after"]["tokens"] == 384)
        assert (head["before"]["version"] == present["version"] and
                head["before"]["checksum"] == present["checksum"])
        assert one.ask("ring") == present, "planning changes nothing"
        cluster.agent("n9", options=["--weight", "2", "--tag", "zone=z1"]).start(join=[one.addr])
        cluster["n2"].kill()
        cluster.wait_status("n2", "dead", [one])
        wait_until(lambda: one.ask("ring")["checksum"] == head["after"]["checksum"], 10)
        came = {m["name"]: (m["share"], m.get("zone")) for m in one.ask("ring")["members"]}
        assert came == {m["name"]: (m["after"]["share"], m["after"].get("zone"))
                        for m in head["members"]
                        if "after" in m}


def a_weight_can_be_planned():
    with Cluster(FAST) as cluster:
        one, _ = two(cluster)
        by_set, *pieces = lines(one, "ring-plan", ranges=True, set=[{"name": "n2", "tokens": 512}])
        check_sums(by_set, pieces)
        assert all(p["after"] == ["n2"] for p in pieces), "who grows only gains"
        replaced = one.ask("ring-plan", remove=["n2"], add=[{"name": "n2", "tokens": 512}])
        assert replaced == by_set
        zoned = one.ask("ring-plan", set=[{"name": "n2", "zone": "west"}], n=1)
        assert (zoned["moved"] == 0 and
                zoned["members"][1]["after"]["zone"] == "west"), "a zone moves no owner"
        drained = one.ask("ring-plan", set=[{"name": "n2", "tokens": 0}])
        assert drained["after"] == one.ask("ring-plan", remove=["n2"])["after"], drained
        empty = one.ask("ring-plan", remove=["n1", "n2"])
        assert empty["moved"] == 1 and empty["after"] == {"checksum": "0" * 16,
                                                          "zones_checksum": "0" * 16, "tokens": 0,
                                                          "members": 0}


def mistaken_plans_are_refused():
    with Cluster(FAST) as cluster:
        one, _ = two(cluster)
        for error, word, plan in (
                ("usage", "needs", {}),
                ("usage", "needs", {"add": [], "remove": []}),
                ("not-found", "n7 is not in the ring", {"remove": ["n7"]}),
                ("not-found", "n7 is not in the ring", {"set": [{"name": "n7", "tokens": 1}]}),
                ("refused", "n1 is in the ring already", {"add": [{"name": "n1"}]}),
                ("usage", "twice", {"remove": ["n1", "n1"]}),
                ("usage", "twice", {"add": [{"name": "n8"}, {"name": "n8"}]}),
                ("usage", "twice", {"remove": ["n1"], "set": [{"name": "n1", "tokens": 2}]}),
                ("usage", "twice",
                 {"remove": ["n1"], "add": [{"name": "n1"}], "set": [{"name": "n1", "tokens": 2}]}),
                ("usage", "tokens", {"add": [{"name": "n8", "tokens": -1}]}),
                ("usage", "tokens", {"add": [{"name": "n8", "tokens": 4097}]}),
                ("usage", "tokens", {"add": [{"name": "n8", "tokens": "2"}]}),
                ("usage", "not a valid name", {"add": [{"name": "n 8"}]}),
                ("usage", "not a valid name", {"add": [{"name": ""}]}),
                ("usage", "not a valid name", {"add": [{"name": "x" * 129}]}),
                ("usage", "zone", {"add": [{"name": "n8", "zone": "z" * 65}]}),
                ("usage", "zone", {"add": [{"name": "n8", "zone": "\n"}]}),
                ("usage", "name", {"add": [{"tokens": 2}]}),
                ("usage", "name", {"add": [{"name": "n8", "weight": 2}]}),
                ("usage", "array", {"add": ["n8"]}),
                ("usage", "array", {"add": {"name": "n8"}}),
                ("usage", "array", {"remove": "n1"}),
                ("usage", "names", {"remove": [1]}),
                ("usage", "nothing", {"set": [{"name": "n1"}]}),
                ("usage", "name", {"set": [{}]}),
                ("usage", "name", {"set": [7]}),
                ("usage", str(PLAN_MAX), {"add": [{"name": f"m{i}"} for i in range(PLAN_MAX + 1)]}),
                ("usage", "n must", {"remove": ["n1"], "n": 0}),
                ("usage", "addd", {"addd": []})):
            failed(one.ask("ring-plan", **plan), error, word)
        most = one.ask("ring-plan", add=[{"name": f"m{i}"} for i in range(PLAN_MAX)])
        assert most["after"]["members"] == PLAN_MAX + 2


# ---- answers longer than any buffer --------------------------------------------------------------


def gossip_goes_on(agent):
    before = agent.ask("status")["sent"]["gossip"]
    wait_until(lambda: agent.ask("status")["sent"]["gossip"] > before + 3, 10)


def memory(agent):
    """Resident bytes; 0 of a sanitized agent, which keeps what it has freed and has terabytes of
    shadow."""
    with open(f"/proc/{agent.proc.pid}/statm", encoding="ascii") as file:
        size, resident = (int(n) * resource.getpagesize() for n in file.read().split()[:2])
    return resident if size < 2 ** 40 else 0


def a_long_answer_is_streamed():
    """Some 130,000 ranges of 16 owners: tens of megabytes, of which the agent never holds one."""
    big = [{"name": f"member-{i:04}", "tokens": 128} for i in range(PLAN_MAX)]
    with Cluster(FAST) as cluster:
        one, other = two(cluster)
        with socket.socket(socket.AF_UNIX) as sleeper:
            sleeper.settimeout(60)
            sleeper.connect(one.control)
            before = memory(one)
            request = {"cmd": "ring-plan", "add": big, "n": 16, "ranges": True}
            sleeper.sendall(json.dumps(request).encode() + b'\n{"cmd":"version"}\n')
            gossip_goes_on(one)
            assert memory(one) - before < 32e6, "two rings of 131,072 tokens and a bounded buffer"
            first = time.monotonic()
            with sleeper.makefile("rb") as stream:
                head = json.loads(stream.readline())
                assert head["pieces"] > 100000, head["pieces"]
                size = 0
                for number in range(head["pieces"]):
                    line = stream.readline()
                    size += len(line)
                    if number % 997 == 0:
                        assert len(json.loads(line)["after"]) == 16
                assert json.loads(stream.readline())["ok"], "the next answer follows"
            assert size > 30e6, size
            print(f"# {size / 1e6:.0f} MB in {time.monotonic() - first:.1f} s")
        assert not other.events("member", to="suspect") and not one.events("health", reason="away")
        with socket.socket(socket.AF_UNIX) as gone:
            gone.connect(one.control)
            gone.sendall(json.dumps(request).encode() + b"\n")
            gone.recv(100)
        gossip_goes_on(one)
        assert memory(one) - before < 16e6, "who goes away in the middle leaves nothing behind"


if __name__ == "__main__":
    run_tests([the_last_rings_are_remembered, a_death_moves_its_keys_and_no_others,
               equal_rings_and_wrong_questions, a_plan_comes_true, a_weight_can_be_planned,
               mistaken_plans_are_refused, a_long_answer_is_streamed])
