# SPDX-License-Identifier: Apache-2.0
"""The control protocol of docs/control.md, over raw sockets: every command, every field, and
clients that misbehave."""
import grp
import json
import os
import re
import resource
import select
import signal
import socket
import stat
import subprocess
import time

import log_schema
from agents import Cluster, Skip, free_port, run_tests, wait_until

FAST = ["--profile", "local"]
REQUEST_MAX = 64 * 1024
BACKLOG_MAX = 256 * 1024
ID = re.compile(r"[0-9a-f]{16}")
WORTH = {"ready", "isolated", "settling"}  # of every answer that depends on the view
MEMBER = {"name", "addr", "status", "cause", "id", "instance", "timestamp", "start", "tokens",
          "tags", "self", "in_state_us", "rtt_us", "version_min", "version_max", "in_ring",
          "ring_hold_us", "ring_settle_us"}
STATUS = {"name", "addr", "cluster", "version", "wire", "pid", "uptime_us", "longest_turn_us",
          *WORTH, "leaving", "drained", "members", "digest", "ring", "rumors", "loss", "received",
          "sent", "bytes_received", "bytes_sent", "drops", "counters", "log", "seeds", "seal",
          "keys", "state", "members_max", "transitions", "ring_changes", "away_us", "round_trips",
          "process", "clients", "ring_timing", "last_words"}
STEP = {"time", "step", "result", "actor", "tries", "rtt_us", "timestamp"}


class Client:
    """A connection to an agent's control socket."""

    def __init__(self, agent, patience=5.0, receive_buffer=None):
        self.sock = socket.socket(socket.AF_UNIX)
        if receive_buffer:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.sock.connect(agent.control)  # blocking: waits in a queue of connections that is full
        self.sock.settimeout(patience)
        self.data = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    def send(self, data):
        self.sock.sendall(data if isinstance(data, bytes) else json.dumps(data).encode() + b"\n")
        return self

    def line(self):
        """The next line as an object; None when the agent has closed."""
        while b"\n" not in self.data:
            try:
                chunk = self.sock.recv(65536)
            except ConnectionResetError:
                chunk = b""
            if not chunk:
                assert not self.data, f"half a line: {self.data!r}"
                return None
            self.data += chunk
        line, self.data = self.data.split(b"\n", 1)
        return json.loads(line)

    def ask(self, data):
        return self.send(data).line()

    def silent(self):
        return not self.data and not select.select([self.sock], [], [], 0)[0]


def ready(agent):
    wait_until(lambda: agent.events("ready"), 5,
               lambda: f"{agent.name} is not ready: {agent.lines}")
    return agent


def pair(cluster):
    cluster.start(2)
    cluster.wait_agreed()
    return cluster["n1"], cluster["n2"]


def failed(answer, error, *words):
    assert (set(answer) == {"ok", "error", "message"} and answer["ok"] is False and
            answer["error"] == error), answer
    for word in words:
        assert word in answer["message"], answer


def gossip_goes_on(agent):
    before = agent.ask("status")["sent"]["gossip"]
    wait_until(lambda: agent.ask("status")["sent"]["gossip"] > before + 3, 10)


# ---- every command -------------------------------------------------------------------------------


def members():
    with Cluster(FAST) as cluster:
        one, two = pair(cluster)
        with Client(one) as client:
            answer = client.ask({"cmd": "members"})
            assert set(answer) == {"ok", *WORTH, "members"} and answer["ok"] is True
            assert [m["name"] for m in answer["members"]] == ["n1", "n2"], "by name"
            for member in answer["members"]:
                assert set(member) == MEMBER, set(member) ^ MEMBER
                assert ID.fullmatch(member["id"]) and ID.fullmatch(member["instance"])
                assert (member["status"] == "alive" and member["tokens"] == 128 and
                        member["tags"] == {})
                assert member["self"] is (member["name"] == "n1")
                assert (member["timestamp"] > 0 and member["in_state_us"] >= 0 and
                        member["rtt_us"] >= 0)
                assert member["addr"] == cluster[member["name"]].addr
            two.ask("tags-set", tags={"role": "web"})
            wait_until(lambda: one.ask("members", tag="role")["members"], 5)

            def names(**fields):
                return [m["name"] for m in client.ask({"cmd": "members", **fields})["members"]]
            assert (names(tag="role=web") == ["n2"] and names(tag="role=db") == [] and
                    names(name="*1") == ["n1"])
            assert names(status="alive", name="n?") == ["n1", "n2"] and names(status="dead") == []
            two.signal(signal.SIGTERM)
            cluster.wait_status("n2", "dead", [one])
            assert names(status="dead") == ["n2"] and names(all=True) == ["n1", "n2"]
            failed(client.ask({"cmd": "members", "status": "odd"}), "usage", "status", "alive")
            failed(client.ask({"cmd": "members", "name": 1}), "usage", "name")
            failed(client.ask({"cmd": "members", "nmae": "x"}), "usage", "nmae")


def keys_of_members_without_any():
    with Cluster(FAST) as cluster:
        one, two = pair(cluster)
        with Client(one) as client:
            answer = client.ask({"cmd": "keys"})
            assert set(answer) == {"ok", *WORTH, "seal", "present", "failed", "more_keys", "keys",
                                   "plain", "plain_present", "plain_failed", "apart",
                                   "apart_present", "apart_failed"}
            assert answer["seal"] == "off" and answer["keys"] == [] and answer["present"] == 2
            assert answer["plain"] == [{"name": n, "status": "alive", "cause": "none"}
                                       for n in ("n1", "n2")]
            two.kill()
            cluster.wait_status("n2", "dead", [one])
            answer = client.ask({"cmd": "keys"})
            assert (answer["present"], answer["failed"]) == (1, 1)
            assert answer["plain"][1] == {"name": "n2", "status": "dead", "cause": "failed"}
            assert (answer["plain_present"], answer["plain_failed"]) == (1, 1)
            failed(client.ask({"cmd": "keys", "first": "a1b2c3d4"}), "usage", "first")


def ring_and_lookup():
    with Cluster(FAST) as cluster:
        one, two = pair(cluster)
        with Client(one) as client:
            ring = client.ask({"cmd": "ring"})
            assert set(ring) == {"ok", *WORTH, "version", "checksum", "zones_checksum", "tokens",
                                 "members"} and ring["tokens"] == 256
            assert (ID.fullmatch(ring["checksum"]) and
                    ring["checksum"] == two.ask("ring")["checksum"])
            assert all(set(m) == {"name", "tokens", "share", "hashes"} for m in ring["members"])
            assert sum(int(m["hashes"], 16) for m in ring["members"]) == 2 ** 64, "exactly"
            assert abs(sum(m["share"] for m in ring["members"]) - 1) < 1e-6
            pieces = client.ask({"cmd": "ring", "ranges": True})["ranges"]
            assert all(set(p) == {"first", "last", "owner"} and ID.fullmatch(p["first"])
                       for p in pieces)
            ends = sorted((int(p["first"], 16), int(p["last"], 16)) for p in pieces)
            wrapped = [p for p in ends if p[0] > p[1]]
            assert len(wrapped) <= 1 and 2 < len(ends) <= 257
            assert all(b[0] == a[1] + 1 for a, b in zip(ends, ends[1:])), "the pieces leave no gap"
            assert ends[0][0] == (wrapped[0][1] + 1 if wrapped else 0)
            key = "k\u00fc \U0001f600"
            found = client.ask({"cmd": "lookup", "key": key, "n": 2})
            assert (set(found) == {"ok", *WORTH, "key", "key_hex", "hash", "owners"} and
                    found["key"] == key and bytes.fromhex(found["key_hex"]) == key.encode())
            assert {o["name"] for o in found["owners"]} == {"n1", "n2"}
            assert all(set(o) == {"name", "addr", "status"} for o in found["owners"])
            at = int(found["hash"], 16)
            owner = ([p["owner"] for p in pieces
                      if int(p["first"], 16) <= at <= int(p["last"], 16)] or
                     [p["owner"] for p in pieces if int(p["first"], 16) > int(p["last"], 16)])
            assert owner == [found["owners"][0]["name"]], "ranges and lookup say the same"
            assert len(client.ask({"cmd": "lookup", "key": ""})["owners"]) == 1
            assert len(client.ask({"cmd": "lookup", "key": "k", "n": 99})["owners"]) == 2
            for wrong in ({}, {"key": 1}, {"key": "k", "n": 0}, {"key": "k", "n": -1},
                          {"key": "k", "n": "2"}):
                failed(client.ask({"cmd": "lookup", **wrong}), "usage")
            both = client.ask({"cmd": "ring", "n": 2, "zones": True})
            assert (both["n"], both["zones"]) == (2, True)
            assert all(m["replicas"] == 1 for m in both["members"])
            apart = client.ask({"cmd": "lookup", "key": "k", "n": 2, "zones": True})
            near = client.ask({"cmd": "lookup", "key": "k", "n": 2})
            assert apart["owners"] == near["owners"], "no zones, one zone"
            failed(client.ask({"cmd": "ring", "ranges": "yes"}), "usage", "ranges")
            for n in (0, 17, -1, "2"):
                failed(client.ask({"cmd": "ring", "n": n}), "usage", "n must be")


def status_and_version():
    with Cluster(FAST) as cluster:
        one, two = pair(cluster)
        gossip_goes_on(one)
        with Client(one) as client:
            status = client.ask({"cmd": "status"})
            assert set(status) == STATUS | {"ok"}, set(status) ^ STATUS
            assert (status["name"], status["addr"], status["pid"]) == ("n1", one.addr, one.proc.pid)
            assert (status["ready"] is True and status["leaving"] is False and
                    status["cluster"] == "hearsay")
            assert status["members"] == {"alive": 2, "suspect": 0, "dead": 0}
            assert (ID.fullmatch(status["digest"]) and
                    set(status["ring"]) == {"version", "checksum", "zones_checksum", "tokens",
                                            "held"})
            assert (0 <= status["loss"] <= 1 and
                    status["log"]["dropped"] == 0 < status["log"]["written"])
            kinds = {"gossip", "ack", "probe-request", "nack", "challenge", "join", "sync",
                     "refusal"}
            assert set(status["sent"]) == set(status["received"]) == kinds
            assert status["sent"]["gossip"] > 0 < status["bytes_sent"] and status["uptime_us"] > 0
            known = set(log_schema.schema().events["drop"]["properties"]["reason"]["enum"])
            assert set(status["drops"]) == known - {"log"}, "the log's schema has the same reasons"
            version = client.ask({"cmd": "version"})
            assert version["version"] == status["version"]
            assert set(version["wire"]) == {"min", "max"} and version["wire"] == status["wire"]


def status_says_what_is_counted_over_time():
    with Cluster(FAST + ["--max-members", "77"]) as cluster:
        one, two = pair(cluster)
        status = one.ask("status")
        assert status["members_max"] == 77
        assert status["transitions"] == {
            "alive": {"none": 2}, "suspect": {"none": 0},
            "dead": {"failed": 0, "left": 0, "forced": 0}}, status["transitions"]
        assert status["ring_changes"]["count"] == status["ring"]["version"], status
        assert 0 < status["ring_changes"]["moved"] < 1, "the first ring takes nothing from anybody"
        assert status["away_us"] == 0
        wait_until(lambda: one.ask("status")["round_trips"]["count"] > 0, 10)
        trips = one.ask("status")["round_trips"]
        counts = [c["count"] for c in trips["within"]]
        assert [c["us"] for c in trips["within"]][::13] == [100, 2500000] and len(counts) == 14
        assert counts == sorted(counts) and counts[-1] <= trips["count"] and trips["sum_us"] > 0
        two.kill_both()
        cluster.wait_status("n2", "dead", [one])
        status = one.ask("status")
        assert status["transitions"]["dead"] == {"failed": 1, "left": 0, "forced": 0}
        assert status["transitions"]["suspect"] == {"none": 1}


def status_says_what_the_process_takes():
    with Cluster(FAST) as cluster:
        one = ready(cluster.start(1)[0])
        alone = one.ask("status")
        process, pid = alone["process"], one.proc.pid
        with open(f"/proc/{pid}/statm", encoding="ascii") as file:
            pages = int(file.read().split()[1])
        resident = pages * os.sysconf("SC_PAGESIZE")
        assert resident / 2 < process["resident_bytes"] < 2 * resident, (resident, process)
        assert process["virtual_bytes"] > process["resident_bytes"]
        assert 0 < process["cpu_us"] and abs(process["start"] / 1e6 - time.time()) < 60
        now = alone["clients"]["now"]
        with Client(one) as asking, Client(one) as monitor:
            monitor.ask({"cmd": "monitor"})
            status = asking.ask({"cmd": "status"})
            assert status["clients"] == {"now": now + 1, "monitors": 1}, status["clients"]
            assert status["process"]["open_fds"] == len(os.listdir(f"/proc/{pid}/fd"))
            assert status["process"]["start"] == process["start"]
            soft, _ = resource.prlimit(pid, resource.RLIMIT_NOFILE)
            assert status["process"]["max_fds"] == soft


def status_says_how_long_the_agent_was_away():
    with Cluster(FAST) as cluster:
        one, _ = pair(cluster)
        one.proc.send_signal(signal.SIGSTOP)
        try:
            time.sleep(1.2)  # the test itself is what happens meanwhile
        finally:
            one.proc.send_signal(signal.SIGCONT)
        wait_until(lambda: one.ask("status")["away_us"] > 800000, 10,
                   lambda: one.ask("status")["away_us"])


def why_force_leave_and_leave():
    with Cluster(FAST) as cluster:
        one, two = pair(cluster)
        with Client(one) as client:
            failed(client.ask({"cmd": "force-leave", "name": "n2"}), "refused", "n2", "alive")
            failed(client.ask({"cmd": "force-leave", "name": "n9"}), "not-found", "n9")
            failed(client.ask({"cmd": "force-leave"}), "usage", "name")
            failed(client.ask({"cmd": "force-leave", "name": "n2", "prune": "yes"}), "usage",
                   "prune")
            failed(client.ask({"cmd": "why", "name": "n9"}), "not-found", "n9")
            failed(client.ask({"cmd": "why"}), "usage", "name")
            two.kill_both()
            cluster.wait_status("n2", "dead", [one])
            why = client.ask({"cmd": "why", "name": "n2"})
            assert set(why) == {"ok", *WORTH, "member", "history"} and set(why["member"]) == MEMBER
            assert why["history"] and all({"time", "step"} <= set(s) <= STEP
                                        for s in why["history"]), why["history"]
            assert ([s["time"] for s in why["history"]] ==
                    sorted(s["time"] for s in why["history"])), "oldest first"
            assert {"accused", "declared"} <= {s["step"] for s in why["history"]}
            assert client.ask({"cmd": "force-leave", "name": "n2", "prune": True}) == {"ok": True}
            assert [m["name"] for m in client.ask({"cmd": "members"})["members"]] == ["n1"]
            assert (client.ask({"cmd": "leave"}) ==
                    {"ok": True}), "answered when the goodbye is known"
            assert client.line() is None
        assert one.wait_exit() == 0 and not os.path.exists(one.control)


def join_answers_when_all_have_ended():
    with Cluster(FAST) as cluster:
        one = ready(cluster.agent("n1").start())
        two = ready(cluster.agent("n2").start())
        closed = f"127.0.0.1:{free_port()}"
        with Client(one, 15) as client:
            answer = client.ask({"cmd": "join",
                                 "addrs": [two.addr, one.addr, closed, "no.such.host.invalid"]})
            results = {r["seed"]: r for r in answer["results"]}
            assert results[two.addr]["result"] == "ok" and results[two.addr]["name"] == "n2"
            assert results[one.addr]["result"] == "self" and results[closed]["result"] == "closed"
            assert results["no.such.host.invalid"]["result"] == "unresolved"
            assert all(set(r) <= {"seed", "addr", "result", "name", "message"}
                       for r in answer["results"])
            cluster.wait_agreed()
            for wrong in ({}, {"addrs": []}, {"addrs": "x"}, {"addrs": [1]}, {"addrs": ["x:y"]},
                          {"addrs": ["127.0.0.1"] * 65}):
                failed(client.ask({"cmd": "join", **wrong}), "usage")


def tags_reach_others_and_the_ring():
    with Cluster(FAST) as cluster:
        one, two = pair(cluster)
        with Client(one) as client:
            answer = client.ask({"cmd": "tags-set", "tags": {"zone": "west", "role": "web"}})
            assert answer == {"ok": True, "tags": {"zone": "west", "role": "web"}}
            assert (client.ask({"cmd": "tags-set", "tags": {"role": "db"}})["tags"] ==
                    {"zone": "west", "role": "db"})

            def theirs():
                return two.ask("members", name="n1")["members"][0]["tags"]
            wait_until(lambda: theirs() == {"zone": "west", "role": "db"}, 5, lambda: f"{theirs()}")
            zones = {m["name"]: m.get("zone") for m in two.ask("ring")["members"]}
            assert zones == {"n1": "west", "n2": None}, zones
            assert two.events("member", name="n1", reason="updated")
            assert client.ask({"cmd": "tags-delete", "keys": ["zone"]})["tags"] == {"role": "db"}
            wait_until(lambda: theirs() == {"role": "db"}, 5)
            wait_until(lambda: all("zone" not in m for m in two.ask("ring")["members"]), 2)
            cluster.wait_agreed()
            rings = two.events("ring")[-3:]
            assert (len({r["checksum"] for r in rings}) == 1 and
                    [r["moved"] for r in rings[1:]] == [0, 0]), rings
            assert (rings[0]["zones_checksum"] == rings[2]["zones_checksum"] == "0" * 16 !=
                    rings[1]["zones_checksum"])
            versions = [r["version"] - rings[0]["version"] for r in rings]
            assert versions == [0, 1, 2], "role made no ring"
            failed(client.ask({"cmd": "tags-delete", "keys": ["none"]}), "not-found", "none")
            for wrong in ({}, ["a"], {"a": 1}, {"a b": "c"}, {"": "c"}, {"a": "x" * 600},
                          {"a": "\1"}, {f"k{i}": "v" for i in range(600)}):
                failed(client.ask({"cmd": "tags-set", "tags": wrong}), "usage")
            for wrong in ({}, {"keys": []}, {"keys": "a"}, {"keys": [1]}):
                failed(client.ask({"cmd": "tags-delete", **wrong}), "usage")
            assert theirs() == {"role": "db"}, "a refused change changes nothing"


def reload_tells_what_changed():
    with Cluster(FAST) as cluster:
        conf = os.path.join(cluster.dir, "conf")

        def configure(text):
            with open(conf, "w", encoding="utf-8") as file:
                file.write(text)
        configure("tag = a=1\n")
        agent = ready(cluster.agent("n1", options=["--config", conf]).start())
        with Client(agent) as client:
            assert client.ask({"cmd": "reload"}) == {"ok": True, "changed": [], "ignored": []}
            configure("tag = a=2\nweight = 2\nmtu = 1300\n")
            assert client.ask({"cmd": "reload"}) == {"ok": True, "changed": ["tag", "weight"],
                                                     "ignored": ["mtu"]}
            assert client.ask({"cmd": "weight"}) == {"ok": True, "weight": 2.0, "tokens": 256}
            assert client.ask({"cmd": "weight", "weight": 0}) == {"ok": True, "weight": 0.0,
                                                                  "tokens": 0}
            for wrong in (-1, 33, 0.001, "1", None, [1]):
                failed(client.ask({"cmd": "weight", "weight": wrong}), "usage", "0.01 to 32")
            configure("tag = a=3\ncolour = blue\n")
            failed(client.ask({"cmd": "reload"}), "refused", f"{conf}:2", "colour")
            assert agent.ask("members")["members"][0]["tags"] == {"a": "2"}


def monitor_shows_a_death():
    with Cluster(FAST) as cluster:
        one, two = pair(cluster)
        with Client(one, 10) as all_events, Client(one, 10) as rings, Client(one) as wrong:
            failed(wrong.ask({"cmd": "monitor", "events": ["party"]}), "usage",
                   'no event is called "party"; there are start, ready, member, ')
            failed(wrong.ask({"cmd": "monitor", "events": ["memebr"]}), "usage",
                   'no event is called "memebr" (did you mean member?)')
            failed(wrong.ask({"cmd": "monitor", "events": "ring"}), "usage", "events")
            assert all_events.ask({"cmd": "monitor"}) == {"ok": True}
            assert rings.ask({"cmd": "monitor", "events": ["ring"]}) == {"ok": True}
            mark = one.mark()
            two.kill_both()
            seen = []
            while not any(e["event"] == "member" and e["to"] == "dead" for e in seen):
                seen.append(all_events.line())
            assert [e["to"] for e in seen if e["event"] == "member"][0] == "suspect"
            for event in seen:
                log_schema.schema().check(json.dumps(event).encode())
            logged = one.events_since(mark)
            assert ([e for e in seen if e["level"] != "debug"][:len(logged)] ==
                    logged[:len(seen)]), "as in the log"
            ring = rings.line()
            assert ring["event"] == "ring" and ring["tokens"] == 128


# ---- clients that misbehave ----------------------------------------------------------------------


def requests_that_are_wrong():
    with Cluster(FAST) as cluster:
        agent = ready(cluster.agent("n1").start())
        for wrong in (b"what\n", b"{\n", b"{}}\n", b"\xff\xfe\n",
                      b'{"cmd":"status","cmd":"status"}\n',
                      b'{"cmd":"lookup","key":"a"} {"cmd":"status"}\n', b"\n", b'"status"\n',
                      b"[]\n", b"\0\n", b'{"cmd":"lookup","key":"a\\u0000b"}\n'):
            with Client(agent) as client:
                failed(client.ask(wrong), "usage")
                assert client.line() is None, wrong
        with Client(agent) as client:
            failed(client.ask({"cmd": "party"}), "usage", "party")
            failed(client.ask({"command": "status"}), "usage", "cmd")
            failed(client.ask({"cmd": 7}), "usage", "cmd")
            failed(client.ask({"cmd": "status", "colour": "blue"}), "usage", "colour")
            assert client.ask({"cmd": "status"})["ok"], "the connection goes on"


def line_over_64_kib():
    with Cluster(FAST) as cluster:
        agent = ready(cluster.agent("n1").start())
        longest = b'{"cmd":"lookup","key":"' + b"k" * (REQUEST_MAX - 25) + b'"}\n'
        assert len(longest) == REQUEST_MAX + 1
        with Client(agent) as client:
            assert client.ask(longest)["ok"], "64 KiB are not too much"
        with Client(agent) as client:
            failed(client.ask(longest[:-3] + b'k"}\n'), "usage", str(REQUEST_MAX))
            assert client.line() is None
        with Client(agent) as client:  # no newline at all
            try:
                client.send(b"x" * (10 * REQUEST_MAX))
            except (BrokenPipeError, ConnectionResetError):
                pass
            failed(client.line(), "usage", str(REQUEST_MAX))
            assert client.line() is None
        assert agent.ask("status")["ok"]


def pieces_and_bundles():
    with Cluster(FAST) as cluster:
        agent = ready(cluster.agent("n1").start())
        with Client(agent) as client:
            client.send(b'{"cmd":"version"}\n{"cmd":"lookup","key":"a"}\n{"cmd":"sta')
            assert ("wire" in client.line() and
                    client.line()["key"] == "a"), "two requests in one write, in order"
            assert agent.ask("status")["ok"] and client.silent(), "half a request is no request"
            client.send(b'tus"}\n')
            assert client.line()["name"] == "n1"
            for byte in b'{"cmd":"version"}\r\n':
                client.send(bytes([byte]))
            assert client.line()["ok"]
            client.send(b'{"cmd":"version"}\n' * 2000)
            client.sock.shutdown(socket.SHUT_WR)
            assert (sum(1 for _ in iter(client.line, None)) ==
                    2000), "all are answered, also after the last word"
        with Client(agent) as client:
            client.send(b'{"cmd":"version"}')
            client.sock.shutdown(socket.SHUT_WR)
            assert client.line() is None, "a request without its newline is half a request"


def monitor_that_never_reads():
    """The agent is not delayed, its memory is bounded, and the client learns how much it missed."""
    with Cluster(FAST) as cluster:
        one, two = pair(cluster)
        with Client(one, 10, receive_buffer=4096) as sleeper, Client(one) as busy:
            sleeper.send({"cmd": "monitor"})
            assert sleeper.line() == {"ok": True}
            lines = 0
            while lines * 200 < 3 * BACKLOG_MAX:
                assert busy.ask({"cmd": "tags-set", "tags": {"n": str(lines)}})["ok"]
                lines += 1
            gossip_goes_on(one)
            assert not two.events("member", to="suspect")
            seen, lost = 0, None
            while lost is None:
                busy.ask({"cmd": "tags-set", "tags": {"n": f"after-{seen}"}})
                event = sleeper.line()
                if event["event"] == "lost":
                    lost = event
                seen += 1
            assert set(lost) == {"event", "count"} and lost["count"] > 0, lost
            assert lost["count"] + seen >= lines


def clients_that_vanish():
    with Cluster(FAST) as cluster:
        one, two = pair(cluster)
        for number in range(100):
            with Client(one) as client:
                request = ({"cmd": "ring", "ranges": True} if number % 3
                           else {"cmd": "join", "addrs": ["192.0.2.1:9"]})
                client.send(request if number % 2 else json.dumps(request).encode()[:20])
                if number % 5 == 0:
                    select.select([client.sock], [], [], 0.01)  # gone in the middle of the answer
        with Client(one) as client:
            client.send({"cmd": "monitor"})
        one.ask("tags-set", tags={"a": "b"})
        gossip_goes_on(one)
        wait_until(lambda: len(os.listdir(f"/proc/{one.proc.pid}/fd")) < 32, 5)
        assert not two.events("member", to="suspect")


def mode_is_0600():
    with Cluster(FAST) as cluster:
        old = os.umask(0)
        try:
            agent = ready(cluster.agent("n1").start())
        finally:
            os.umask(old)
        assert stat.S_IMODE(os.stat(agent.control).st_mode) == 0o600
        if os.getuid() != 0:
            raise Skip("only root may give a socket to a group")
        shared = ready(cluster.agent("n2", options=["--control-group", "daemon"]).start())
        assert stat.S_IMODE(os.stat(shared.control).st_mode) == 0o660
        assert os.stat(shared.control).st_gid == grp.getgrnam("daemon").gr_gid


def environment_names_the_socket():
    """HEARSAY_CONTROL is one default for agent and tool."""
    with Cluster(FAST) as cluster:
        path = os.path.join(cluster.dir, "env.sock")
        env = {**os.environ, "HEARSAY_CONTROL": path}
        bind = f"127.0.0.1:{free_port()}"
        with subprocess.Popen([cluster.daemon, "--name", "e", "--bind", bind, "--log",
                               "/dev/null"], env=env) as proc:
            try:
                wait_until(lambda: os.path.exists(path), 5)
                out = subprocess.run([os.environ["HEARSAY"], "status", "--json"], env=env,
                                     capture_output=True, timeout=10, check=True).stdout
                assert json.loads(out)["pid"] == proc.pid
            finally:
                proc.kill()


if __name__ == "__main__":
    run_tests([members, keys_of_members_without_any, ring_and_lookup, status_and_version,
               status_says_what_is_counted_over_time, status_says_what_the_process_takes,
               status_says_how_long_the_agent_was_away,
               why_force_leave_and_leave,
               join_answers_when_all_have_ended, tags_reach_others_and_the_ring,
               reload_tells_what_changed, monitor_shows_a_death, requests_that_are_wrong,
               line_over_64_kib, pieces_and_bundles, monitor_that_never_reads, clients_that_vanish,
               mode_is_0600, environment_names_the_socket])
