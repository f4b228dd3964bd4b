#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Asking an agent: before it knows, with keys of any bytes, waiting for it, and when others have
taken its places."""

import json
import os
import signal
import subprocess
import time

from agents import Cluster, free_port, run_tests, wait_until

FAST = ["--profile", "local"]
VIEWS = [("members", {}), ("status", {}), ("ring", {}), ("ring-history", {}),
         ("ring-plan", {"add": [{"name": "x"}]}), ("lookup", {"key": "k"}), ("why", {"name": "a"})]


def tool(agent, *args, limit=30, **popen):
    """(exit code, stdout, stderr) of the tool."""
    env = {**os.environ, "HEARSAY_CONTROL": agent.control, "LC_ALL": "C.UTF-8"}
    done = subprocess.run([os.environ["HEARSAY"], *args], env=env, capture_output=True,
                          timeout=limit, check=False, **popen)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def start_tool(agent, *args):
    env = {**os.environ, "HEARSAY_CONTROL": agent.control, "LC_ALL": "C.UTF-8"}
    return subprocess.Popen([os.environ["HEARSAY"], *args], env=env, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE)


def ended(process, limit=10):
    out, err = process.communicate(timeout=limit)
    return process.returncode, out.decode(), err.decode()


# ---- before it knows -----------------------------------------------------------------------------


def worth(agent):
    said = {(answer["ready"], answer["isolated"]) for answer in
            (agent.ask(command, **fields) for command, fields in VIEWS)}
    assert len(said) == 1, said
    return said.pop()


def asked_before_it_has_joined():
    with Cluster(FAST) as cluster:
        seed = cluster.agent("seed")
        one = cluster.agent("a").start(join=[seed.addr])
        wait_until(lambda: one.try_ask("status"), 5)
        assert worth(one) == (False, False)
        code, out, err = tool(one, "lookup", "k")
        assert code == 4 and "a" in out and "has not joined yet" in err, (code, out, err)
        code, out, err = tool(one, "members")
        assert code == 0 and "has not joined yet" in err, (code, out, err)
        seed.start()
        wait_until(lambda: one.ask("status")["ready"], 15, lambda: f"{one.lines}")
        assert worth(one) == worth(seed) == (True, False)
        assert tool(one, "lookup", "k")[::2] == (0, "")
        ready, = one.events("ready")
        assert ready["reason"] == "joined"
        assert seed.events("ready")[0]["reason"] == "alone", "it has no seed"


def others_join_an_agent_whose_seeds_are_down():
    """It has joined, too: its view is theirs."""
    with Cluster(FAST) as cluster:
        one = cluster.agent("a").start(join=[f"127.0.0.1:{free_port()}"])
        wait_until(lambda: one.try_ask("status"), 5)
        other = cluster.agent("b").start(join=[one.addr])
        wait_until(lambda: one.ask("status")["ready"], 10, cluster.describe)
        wait_until(lambda: other.ask("status")["ready"], 10, cluster.describe)
        assert one.events("ready")[0]["reason"] == "joined"


def its_own_address_is_no_seed_to_wait_for():
    with Cluster(FAST) as cluster:
        alone = cluster.agent("a")
        alone.start(join=[alone.addr])
        wait_until(lambda: alone.events("ready", reason="alone"), 5)
        both = cluster.agent("b")
        both.start(join=[both.addr, f"127.0.0.1:{free_port()}"])
        wait_until(lambda: len(both.events("join", result="closed")) > 1, 10)
        assert not both.ask("status")["ready"], "the other seed may still answer"


# ---- keys ----------------------------------------------------------------------------------------


def keys_are_bytes():
    with Cluster(FAST) as cluster:
        one = cluster.agent("a").start()
        wait_until(lambda: one.events("ready"), 5)

        def found(*args, **popen):
            code, out, err = tool(one, "lookup", "--json", *args, **popen)
            assert code == 0, (args, out, err)
            answer = json.loads(out)
            return answer.get("key"), answer["key_hex"], answer["hash"]
        raw = found(b"\xff\xfe")
        assert raw[:2] == (None, "fffe"), raw
        assert raw == found("--hex", "FFFE") == found("-", input=b"\xff\xfe")
        assert raw == found("--hex", "-", input=b"fffe\n")
        latin = found("\xff\xfe")
        assert latin[:2] == ("\xff\xfe", "c3bfc3be") and latin[2] != raw[2], latin
        assert found("k") == found("--hex", "6b")
        assert found("-", input=b"a\0b")[:2] == (None, "610062")
        assert found("")[:2] == ("", "") and found("") == found("--hex", "")
        assert one.ask("lookup", key="\u00e9")["hash"] == one.ask("lookup", key_hex="c3a9")["hash"]
        for wrong in ({}, {"key": "k", "key_hex": "6b"}, {"key_hex": "6"}, {"key_hex": "6g"},
                      {"key_hex": 1}, {"key_hex": "0x6b"}, {"key": None}):
            answer = one.ask("lookup", **wrong)
            assert answer["error"] == "usage" and "key" in answer["message"], answer


# ---- waiting -------------------------------------------------------------------------------------


def waits_for_an_agent_that_is_started_later():
    with Cluster(FAST) as cluster:
        one = cluster.agent("a")
        waiting = start_tool(one, "wait", "--ready", "--timeout", "20")
        time.sleep(0.3)
        assert waiting.poll() is None
        one.start()
        assert ended(waiting) == (0, "", "")


def waits_for_members_and_names():
    with Cluster(FAST) as cluster:
        one = cluster.agent("a").start()
        wait_until(lambda: one.events("ready"), 5)
        members = start_tool(one, "wait", "--members", "2", "--timeout", "20", "--json")
        name = start_tool(one, "wait", "--alive", "b", "--ready", "--timeout", "20s")
        assert tool(one, "wait", "--members", "2", "--timeout", "1") == (
            1, "", "hearsay: wait: not so after 1 s: 1 of 2 members are alive\n")
        assert tool(one, "wait", "--alive", "b", "--timeout", "1") == (
            1, "", "hearsay: wait: not so after 1 s: no member named b\n")
        assert members.poll() is None and name.poll() is None
        other = cluster.agent("b").start(join=[one.addr])
        assert ended(name) == (0, "", "")
        code, out, err = ended(members)
        assert (code, err) == (0, "") and json.loads(out)["members"]["alive"] == 2, out
        other.kill()
        cluster.wait_status("b", "dead")
        assert tool(one, "wait", "--alive", "b", "--timeout", "1") == (
            1, "", "hearsay: wait: not so after 1 s: b is dead\n")


def waits_through_a_restart_and_gives_up_in_time():
    with Cluster(FAST) as cluster:
        one = cluster.agent("a").start()
        wait_until(lambda: one.events("ready"), 5)
        waiting = start_tool(one, "wait", "--members", "2", "--timeout", "30")
        one.signal(signal.SIGTERM)
        one.wait_exit()
        one.start()
        cluster.agent("b").start(join=[one.addr])
        assert ended(waiting, 30) == (0, "", "")
        one.signal(signal.SIGSTOP)
        began = time.monotonic()
        code, _, err = tool(one, "wait", "--alive", "b", "--timeout", "2")
        assert code == 1 and "wait: not so after 2 s: the agent at" in err, err
        assert time.monotonic() - began < 6
        one.signal(signal.SIGCONT)
        one.kill()
        code, _, err = tool(one, "wait", "--ready", "--timeout", "1")
        assert code == 1 and "not so after 1 s: no agent at " + one.control in err, err


if __name__ == "__main__":
    run_tests([asked_before_it_has_joined, others_join_an_agent_whose_seeds_are_down,
               its_own_address_is_no_seed_to_wait_for, keys_are_bytes,
               waits_for_an_agent_that_is_started_later, waits_for_members_and_names,
               waits_through_a_restart_and_gives_up_in_time])
