# SPDX-License-Identifier: Apache-2.0
"""The log: every event occurs with its fields, times are exact and in order, one whole object a
line, at once.

That no line is outside docs/log-schema.json is checked by every test of this directory
(Cluster.check_logs); here the checker itself is held against lines that are wrong.
"""
import copy
import json
import os
import re
import select
import signal
import socket
import subprocess
import time

import log_schema
from agents import Cluster, free_port, log_time, run_tests, wait_until

FAST = ["--profile", "local"]
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
MEMBER = {"time": "2026-11-23T18:00:00.000001Z", "level": "info", "node": "n1", "event": "member",
          "name": "n2", "addr": "127.0.0.1:7847", "id": "0123456789abcdef", "from": "none",
          "to": "alive", "reason": "joined", "timestamp": 1}


def refused(value):
    line = value if isinstance(value, bytes) else json.dumps(value).encode()
    try:
        log_schema.schema().check(line)
    except log_schema.Wrong:
        return True
    return False


def checker_refuses_wrong_lines():
    assert not refused(MEMBER)
    assert not refused({**MEMBER, "accuser": "n3"})
    wrong = [{"extra": 1}, {"accuser": ""}, {"to": "gone"}, {"timestamp": -1}, {"timestamp": 1.5},
             {"timestamp": True}, {"timestamp": "1"}, {"id": "123"}, {"addr": "localhost"},
             {"addr": "127.0.0.1:7847\n"}, {"name": "a b"}, {"time": "2026-11-23T18:00:00Z"},
             {"level": "error"}, {"event": "party"}, {"name": "n" * 129}]
    for change in wrong:
        assert refused({**MEMBER, **change}), change
    for key in MEMBER:
        less = copy.deepcopy(MEMBER)
        del less[key]
        assert refused(less), key
    text = json.dumps(MEMBER).encode()
    for line in (b"", b"[]", b"1", text[:-1], text + b"{}", b'{"name":"n2",' + text[1:],
                 text.replace(b"n2", b"\xff")):
        assert refused(line), line


def start_ready_join_ring_member_stop():
    with Cluster(FAST) as cluster:
        first, second = cluster.start(2)
        cluster.wait_agreed()
        second.signal(signal.SIGTERM)
        assert second.wait_exit() == 0
        cluster.wait_status("n2", "dead")
        start, = second.events("start")
        assert second.lines[0] == start, "the first line says who"
        assert (start["name"], start["node"], start["addr"],
                start["bind"]) == ("n2", "n2", second.addr, second.addr)
        assert start["pid"] == second.proc.pid and start["addr_source"] == "bound"
        assert (start["control"] == second.control and start["cluster"] == "hearsay" and
                start["tokens"] == 128)
        join = [e for e in second.events("join") if "seed" in e]
        assert len(join) == 1 and join[0]["seed"] == join[0]["addr"] == first.addr, join
        assert join[0]["result"] == "ok" and join[0]["name"] == "n1" and "retry_us" not in join[0]
        ready, = second.events("ready")
        assert (ready["reason"] == "joined" and ready["alive"] >= 1 and
                0 < ready["after_us"] < 5_000_000)
        assert first.events("ready")[0]["reason"] == "alone"
        seen, = first.events("member", name="n2", to="alive")
        assert (seen["from"], seen["reason"], seen["addr"]) == ("none", "joined", second.addr)
        gone, = first.events("member", name="n2", to="dead")
        assert (gone["from"], gone["reason"], gone["level"]) == ("alive", "left", "info")
        assert gone["id"] == seen["id"] and gone["timestamp"] > seen["timestamp"]
        assert first.events("member", name="n1", to="alive"), "the agent's own entry is told too"
        rings = first.events("ring")
        assert [r["tokens"] for r in rings] == [128, 256, 128], rings
        assert [r["version"] for r in rings] == sorted({r["version"] for r in rings})
        assert rings[0]["checksum"] == rings[2]["checksum"] != rings[1]["checksum"]
        assert (all(0.3 < r["moved"] < 0.7 for r in rings[1:]) and
                rings[1]["moved"] == rings[2]["moved"])
        stop = second.events("stop")[-1]
        assert second.lines[-1] == stop, "the last line says why"
        assert ((stop["reason"], stop["exit"], stop["level"]) == ("left", 0, "info") and
                stop["uptime_us"] > 0)


def suspicion_is_told_with_its_accuser():
    with Cluster(FAST) as cluster:
        cluster.start(3)
        cluster.wait_agreed()
        victim, others = cluster["n3"], [cluster["n1"], cluster["n2"]]
        victim.signal(signal.SIGSTOP)
        cluster.wait_status("n3", "dead", others)
        victim.signal(signal.SIGCONT)
        cluster.wait_agreed()
        for agent in others:
            doubt = agent.events("member", name="n3", to="suspect")[0]
            assert ((doubt["reason"], doubt["level"]) == ("silent", "warn") and
                    doubt["accuser"] in ("n1", "n2")), doubt
            verdict = agent.events("member", name="n3", to="dead")[0]
            assert ((verdict["from"], verdict["reason"], verdict["level"]) ==
                    ("suspect", "failed", "warn"))
            back = agent.events("member", name="n3", to="alive")[-1]
            assert (back["from"], back["reason"], back["level"]) == ("dead", "refuted", "info")
            assert verdict["timestamp"] == doubt["timestamp"] < back["timestamp"]
        refute = victim.events("refute")[0]
        assert refute["level"] == "warn" and refute.get("accuser") in (None, "n1", "n2"), refute


def refused_name_is_told():
    with Cluster(FAST) as cluster:
        cluster.start(2)
        cluster.wait_agreed()
        double = cluster.agent("double")
        double.start(join=[cluster["n1"].addr], options=["--name", "n2"])
        assert double.wait_exit(10) == 4
        refuse, = double.events("refuse")
        assert (refuse["reason"], refuse["level"]) == ("name-taken", "error")
        assert (refuse["name"], refuse["addr"]) == ("n2", cluster["n2"].addr)
        stop = double.events("stop")[-1]
        assert (stop["reason"], stop["exit"], stop["level"]) == ("refused", 4, "error")
        assert cluster["n2"].addr in stop["message"] and double.addr in stop["message"]


def full_table_is_told():
    with Cluster(FAST) as cluster:
        small = cluster.agent("n1", options=["--max-members", "2"]).start()
        cluster.agent("n2").start(join=[small.addr])
        wait_until(lambda: len(small.view()) == 2, 10, cluster.describe)
        third = cluster.agent("n3", options=["--rejoin-interval", "200ms"]).start(join=[small.addr])
        wait_until(lambda: small.events("refuse"), 10, lambda: f"{small.lines}")
        refuse = small.events("refuse")[0]
        assert (refuse["reason"], refuse["level"]) == ("table-full", "warn"), refuse
        assert set(small.view()) == {"n1", "n2"}
        wait_until(lambda: third.events("join"), 10)
        assert third.running(), "an agent that was turned away goes on trying"


def drop_is_told_by_reason_and_rarely():
    with Cluster(FAST) as cluster:
        agent = cluster.agent("n1").start()
        wait_until(lambda: agent.events("ready"), 5)
        began = time.monotonic()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            for _ in range(100):
                sock.sendto(b"junk", ("127.0.0.1", agent.port))
        wait_until(lambda: sum(e["count"] for e in agent.events("drop", reason="truncated")) == 100,
                   5)
        drops = agent.events("drop")
        assert all(e["level"] == "warn" for e in drops)
        assert len(drops) <= 2 + (time.monotonic() - began), drops


def times_are_utc_microseconds_and_in_order():
    with Cluster(FAST) as cluster:
        began = time.time()
        for zone, name in (("UTC", "n1"), ("Asia/Kathmandu", "n2"), ("America/St_Johns", "n3")):
            cluster.agent(name, env={"TZ": zone, "LC_ALL": "tr_TR.UTF-8"})
            cluster[name].start(join=[cluster["n1"].addr] if name != "n1" else [])
        cluster.wait_agreed()
        for agent in cluster.agents:
            texts = [e["time"] for e in agent.events()]
            assert all(TIME.fullmatch(t) for t in texts)
            assert texts == sorted(texts), "in order, so text order is time order"
            assert began - 0.001 <= log_time(texts[0]) and log_time(texts[-1]) <= time.time()
            assert any(not t.endswith("000Z") for t in texts), "more than milliseconds"


def one_object_a_line_and_at_once():
    """Through a pipe: a line is there as soon as the event is, whole, with its newline."""
    with Cluster(FAST) as cluster:
        command = [cluster.daemon, *FAST, "--name", "p", "--bind", f"127.0.0.1:{free_port()}",
                   "--control", os.path.join(cluster.dir, "s")]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL) as proc:
            try:
                data, events = b"", []
                deadline = time.monotonic() + 5
                while "ready" not in events and time.monotonic() < deadline:
                    if select.select([proc.stdout], [], [], 0.1)[0]:
                        data += os.read(proc.stdout.fileno(), 65536)
                        assert data.endswith(b"\n"), data
                        events = [log_schema.schema().check(line)["event"]
                                  for line in data.splitlines()]
                assert "start" in events and "ready" in events and proc.poll() is None
                proc.send_signal(signal.SIGTERM)
                data, _ = proc.communicate(timeout=5)
                assert log_schema.schema().check(data.splitlines()[-1])["event"] == "stop"
            finally:
                proc.kill()


def odd_paths_and_tags_stay_json():
    """Text that a user gives is quoted as JSON wants it, whatever it holds."""
    with Cluster(FAST) as cluster:
        odd = os.path.join(cluster.dir, 'a"b\\c\té')
        agent = cluster.agent("n1")
        agent.control = odd
        agent.start(options=["--tag", 'k="quoted"\\ ü'])
        wait_until(lambda: agent.events("ready"), 5)
        assert agent.events("start")[0]["control"] == odd
        assert agent.ask("members")["members"][0]["tags"] == {"k": '"quoted"\\ ü'}
        latin = cluster.agent("n2")
        latin.control = cluster.dir + "/caf\udce9"  # a byte that is no UTF-8
        latin.start(join=[agent.addr])
        wait_until(lambda: latin.events("ready"), 5)
        assert latin.events("start")[0]["control"] == cluster.dir + "/caf?"


def level_decides_what_is_written():
    with Cluster(FAST) as cluster:
        quiet = cluster.agent("n1", options=["--log-level", "error"]).start()
        loud = cluster.agent("n2", options=["--log-level", "debug"]).start(join=[quiet.addr])
        wait_until(lambda: set(quiet.view()) == {"n1", "n2"}, 10)
        quiet.signal(signal.SIGTERM)
        assert quiet.wait_exit() == 0
        assert quiet.events() == [], quiet.lines
        assert loud.events("ready")


if __name__ == "__main__":
    run_tests([checker_refuses_wrong_lines, start_ready_join_ring_member_stop,
               suspicion_is_told_with_its_accuser, refused_name_is_told, full_table_is_told,
               drop_is_told_by_reason_and_rarely, times_are_utc_microseconds_and_in_order,
               one_object_a_line_and_at_once, odd_paths_and_tags_stay_json,
               level_decides_what_is_written])
