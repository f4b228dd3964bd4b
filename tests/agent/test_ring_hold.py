#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""R62 with real agents: who is killed and back in time moves no key, answers say who is held and
when a ring settles, and both settings change with a reload."""
import os

from agents import Cluster, run_tests, wait_until

FAST = ["--profile", "local"]
HOLD = [*FAST, "--ring-hold", "20s"]


def three(cluster):
    agents = cluster.start(3)
    cluster.wait_agreed()
    settled(agents)
    return agents


def settled(agents):
    wait_until(lambda: not any(a.ask("status")["settling"] for a in agents), 15,
               lambda: f"{[a.ask('status')['ring'] for a in agents]}")


def ring_of(agent):
    return {m["name"]: m.get("held", False) for m in agent.ask("ring")["members"]}


def who_is_killed_and_back_moves_no_key():
    with Cluster(HOLD) as cluster:
        one, two, gone = three(cluster)
        versions = [a.ask("status")["ring"]["version"] for a in (one, two)]
        gone.kill()
        cluster.wait_status(gone.name, "dead", observers=[one, two])
        assert ring_of(one) == {one.name: False, two.name: False, gone.name: True}
        member, = one.ask("members", name=gone.name)["members"]
        assert member["in_ring"] and member["ring_hold_us"] == 20_000_000, member
        assert one.ask("status")["ring"]["held"] == 1
        key = next(f"key-{i}" for i in range(1000)
                   if one.ask("lookup", key=f"key-{i}")["owners"][0]["name"] == gone.name)
        owners = one.ask("lookup", key=key, n=2)["owners"]
        assert [o["status"] for o in owners] == ["dead", "alive"], owners
        plan = one.ask("ring-plan", remove=[gone.name])
        held = [m["name"] for m in plan["members"] if m.get("held")]
        assert held == [gone.name] and plan["before"]["members"] == 3, plan
        gone.start(join=[one.addr])
        cluster.wait_agreed()
        settled([one, two])
        assert versions == [a.ask("status")["ring"]["version"] for a in (one, two)]
        assert ring_of(two) == {one.name: False, two.name: False, gone.name: False}


def who_stays_away_loses_its_keys_once():
    with Cluster([*FAST, "--ring-hold", "3s"]) as cluster:
        one, two, gone = three(cluster)
        mark = one.mark()
        gone.kill()
        cluster.wait_status(gone.name, "dead", observers=[one, two])
        wait_until(lambda: gone.name not in ring_of(one) and gone.name not in ring_of(two), 15)
        lines = one.events_since(mark, "ring")
        assert len(lines) == 1 and lines[0]["held"] == 0 and lines[0]["settling"], lines
        settled([one, two])
        assert one.ask("ring")["checksum"] == two.ask("ring")["checksum"]
        assert not one.ask("members", name=gone.name)["members"][0]["in_ring"]


def changes_wait_for_others():
    with Cluster([*FAST, "--ring-settle", "4s", "--ring-hold", "0s"]) as cluster:
        one, _two, *others = cluster.start(5)
        cluster.wait_agreed()
        settled([one])
        version = one.ask("status")["ring"]["version"]
        mark = one.mark()
        for agent in others:
            agent.kill()
        wait_until(lambda: one.ask("status")["ring"]["version"] > version, 20)
        wait_until(lambda: len(ring_of(one)) == 2, 10)
        assert len(one.events_since(mark, "ring")) <= 2, one.events_since(mark, "ring")


def settings_change_with_a_reload():
    with Cluster(FAST) as cluster:
        conf = os.path.join(cluster.dir, "ring.conf")

        def write(text):
            with open(conf, "w", encoding="utf-8") as file:
                file.write(text)

        write("")
        one = cluster.agent("one", options=["--config", conf]).start()
        two = cluster.agent("two").start(join=[one.addr])
        cluster.wait_agreed()
        timing = one.ask("status")["ring_timing"]
        assert timing == {"hold_us": 600_000, "settle_us": 0, "others": 0, "names": []}, timing
        write("ring-hold = 7s\nring-settle = 1500ms\n")
        assert sorted(one.ask("reload")["changed"]) == ["ring-hold", "ring-settle"]
        wait_until(lambda: two.ask("status")["ring_timing"]["names"] == ["one"], 15,
                   lambda: two.ask("status")["ring_timing"])
        timing = one.ask("status")["ring_timing"]
        assert timing == {"hold_us": 7_000_000, "settle_us": 1_500_000, "others": 1,
                          "names": ["two"]}, timing
        assert two.events("member", name="one")[-1]["reason"] != "updated", "no news for most"
        for text, words in (("ring-hold = 13h", "half of tombstone-ttl"),
                            ("ring-hold = 2d", "0s to 1d"),
                            ("ring-settle = 1h", "0s to 10m"),
                            ("tombstone-ttl = 3d\nring-hold = 20h", "was started with")):
            write(text)
            answer = one.ask("reload")
            assert not answer["ok"] and words in answer["message"], answer
        assert one.ask("status")["ring_timing"] == timing
        write("")
        assert sorted(one.ask("reload")["changed"]) == ["ring-hold", "ring-settle"]
        wait_until(lambda: two.ask("status")["ring_timing"]["others"] == 0, 15)


if __name__ == "__main__":
    run_tests([who_is_killed_and_back_moves_no_key, who_stays_away_loses_its_keys_once,
               changes_wait_for_others, settings_change_with_a_reload])
