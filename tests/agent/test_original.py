# SPDX-License-Identifier: Apache-2.0
"""The original system's four tests, by their names, with separate agents and what the original left
out."""
import os
import time

from agents import Cluster, log_time, run_tests, wait_until

FAST = ["--profile", "local"]


def rings(cluster):
    return {a.ask("ring")["checksum"] for a in cluster.alive()}


def owners(agent, keys):
    return {key: agent.ask("lookup", key=key)["owners"][0]["name"] for key in keys}


def statuses(agent, mark, name):
    """The statuses that its log gave a member since the mark, in order."""
    return [e["to"] for e in agent.events_since(mark, "member", name=name)]


def nobody_suspected(cluster, names=None):
    for agent in cluster.agents:
        for event in agent.events("member"):
            assert event["to"] != "suspect" or (names and event["name"] in names), event


def integration(count):
    with Cluster(FAST) as cluster:
        cluster.start(count)
        cluster.wait_agreed()
        assert len(rings(cluster)) == 1
        before = {a: a.ask("status")["received"].get("gossip", 0) for a in cluster.agents}
        # Gossip, not shared memory, made the views equal: every agent goes on hearing it.
        wait_until(lambda: all(a.ask("status")["received"].get("gossip", 0) > before[a] + 3
                               for a in cluster.agents), 10)
        nobody_suspected(cluster)


def TestGossipProtocolIntegration_3():
    integration(3)


def TestGossipProtocolIntegration_5():
    integration(5)


def TestGossipProtocolIntegration_30():
    integration(30)


def TestAddNodesToStableSystem():
    with Cluster(FAST) as cluster:
        cluster.start(3)
        cluster.wait_agreed()
        keys = [f"key-{i}" for i in range(200)]
        before = owners(cluster["n1"], keys)
        joiner = cluster.agent("n4").start(join=[cluster["n2"].addr])
        cluster.wait_agreed()
        assert len(rings(cluster)) == 1
        assert set(joiner.view()) == {"n1", "n2", "n3", "n4"}
        after = owners(cluster["n1"], keys)
        moved = [key for key in keys if before[key] != after[key]]
        assert moved and all(after[key] == "n4" for key in moved), "only the joiner's share moves"
        assert len(moved) < len(keys) / 2
        nobody_suspected(cluster)


def TestRemoveUnresponsiveNode():
    with Cluster(FAST) as cluster:
        cluster.start(3)
        cluster.wait_agreed()
        survivors = [cluster["n1"], cluster["n2"]]
        marks = {a: a.mark() for a in survivors}
        cluster["n3"].kill_both()
        cluster.wait_status("n3", "dead", survivors)
        for agent in survivors:
            assert statuses(agent, marks[agent], "n3") == ["suspect", "dead"]
            assert all(m["name"] != "n3" for m in agent.ask("ring")["members"])
        assert len(rings(cluster)) == 1
        nobody_suspected(cluster, {"n3"})


def recovery(offset):
    with Cluster(FAST) as cluster:
        cluster.start(4)
        cluster.wait_agreed()
        survivors = [a for a in cluster.agents if a.name != "n4"]
        victim = cluster["n4"]
        for _ in range(2):
            marks = {a: a.mark() for a in survivors}
            victim.kill_both()
            cluster.wait_status("n4", "dead", survivors)
            victim.env = faked(FAKETIME=offset) if offset else None
            victim.start(join=[cluster["n1"].addr])  # a new process: fresh memory
            cluster.wait_agreed()
            for agent in survivors:
                assert statuses(agent, marks[agent], "n4") == ["suspect", "dead", "alive"]
                assert any(m["name"] == "n4" for m in agent.ask("ring")["members"])
            assert len(rings(cluster)) == 1
        nobody_suspected(cluster, {"n4"})


def TestDeadNodeRecovery():
    recovery(None)


def TestDeadNodeRecovery_clock_60s_behind():
    recovery("-60s")


def TestDeadNodeRecovery_clock_60s_ahead():
    recovery("+60s")


def faked(**more):
    """Environment of an agent whose wall clock is not the machine's; its boot clock is.

    libfaketime allocates before it is ready, and AddressSanitizer's allocator reads the clock when
    it first needs memory of a size: a deadlock, if no string of that size has been allocated
    before, which depends on the length of the daemon's path. Told to give no memory back, the
    allocator does not look at the clock."""
    asan = ":".join(filter(None, [os.environ.get("ASAN_OPTIONS"),
                                  "allocator_release_to_os_interval_ms=-1"]))
    return {"LD_PRELOAD": FAKETIME, "FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1",
            "ASAN_OPTIONS": asan, **more}


def clocks_that_are_wrong():
    """One box boots in 1970, one is two days ahead, one steps back an hour while it runs: they
    join, die and return like any other."""
    with Cluster(FAST) as cluster:
        cluster.start(3)
        clock = cluster.dir + "/clock"
        with open(clock, "w", encoding="ascii") as file:
            file.write("+0s")
        stepping = cluster.agent("steps",
                                 env=faked(FAKETIME_TIMESTAMP_FILE=clock, FAKETIME_NO_CACHE="1"))
        odd = [cluster.agent("early", env=faked(FAKETIME="@1970-01-01 00:01:00")),
               cluster.agent("late", env=faked(FAKETIME="+2d")), stepping]
        for agent in odd:
            agent.start(join=[cluster["n1"].addr])
        # a faked clock makes each look at it slow, the more under a sanitizer
        cluster.wait_agreed(30)
        with open(clock, "w", encoding="ascii") as file:
            file.write("-3600s")
        before = stepping.ask("status")["sent"]["gossip"]
        wait_until(lambda: stepping.ask("status")["sent"]["gossip"] > before + 6, 10)
        stepping.ask("tags-set", tags={"after": "step"})
        wait_until(lambda: log_time(stepping.events("member")[-1]["time"]) < time.time() - 3000, 5)
        cluster.wait_agreed()
        nobody_suspected(cluster)
        for agent in odd:
            agent.kill_both()
            cluster.wait_status(agent.name, "dead")
            agent.start(join=[cluster["n1"].addr])
            cluster.wait_agreed()
        assert log_time(odd[0].events("start")[0]["time"]) < 3600 < time.time()
        nobody_suspected(cluster, {agent.name for agent in odd})


def find_faketime():
    import glob
    found = (glob.glob("/usr/lib/*/faketime/libfaketime.so.1") +
             glob.glob("/usr/lib*/faketime/libfaketime.so.1"))
    assert found, "libfaketime is missing (package faketime)"
    return found[0]


FAKETIME = find_faketime()

if __name__ == "__main__":
    run_tests([TestGossipProtocolIntegration_3, TestGossipProtocolIntegration_5,
               TestGossipProtocolIntegration_30, TestAddNodesToStableSystem,
               TestRemoveUnresponsiveNode, TestDeadNodeRecovery,
               TestDeadNodeRecovery_clock_60s_behind, TestDeadNodeRecovery_clock_60s_ahead,
               clocks_that_are_wrong])
