# SPDX-License-Identifier: Apache-2.0
"""What happens to members of a real cluster: stopped, killed, gone and come back, moved, doubled,
forced out."""
import signal

from agents import Cluster, free_port, run_tests, wait_until

FAST = ["--profile", "local"]


def member_events(agent, mark, name):
    return [(e["to"], e["reason"]) for e in agent.events_since(mark, "member", name=name)]


def hung_process_is_suspected_and_refutes():
    """Silence alone makes a member suspect (fault 3); thawed, it says itself that it lives."""
    with Cluster(FAST) as cluster:
        cluster.start(5)
        cluster.wait_agreed()
        others = [a for a in cluster.agents if a.name != "n3"]
        marks = {a: a.mark() for a in others}
        cluster["n3"].signal(signal.SIGSTOP)
        cluster.wait_status("n3", "dead", others)
        for agent in others:
            assert member_events(agent, marks[agent], "n3")[0] == ("suspect", "silent"), agent.name
        cluster["n3"].signal(signal.SIGCONT)
        cluster.wait_agreed()
        for agent in others:
            assert member_events(agent, marks[agent], "n3")[-1] == ("alive", "refuted"), agent.name
        assert cluster["n3"].events("refute")


def killed_process_is_refused_not_silent():
    with Cluster() as cluster:
        cluster.start(5)
        cluster.wait_agreed()
        others = [a for a in cluster.agents if a.name != "n2"]
        marks = {a: a.mark() for a in others}
        cluster["n2"].kill_both()
        cluster.wait_status("n2", "dead", others)
        for agent in others:
            assert (member_events(agent, marks[agent], "n2") ==
                    [("suspect", "refused"), ("dead", "failed")])
        why = cluster["n1"].ask("why", name="n2")
        assert why["member"]["status"] == "dead"
        steps = [step["step"] for step in why["history"]]
        assert "accused" in steps and "declared" in steps, steps


def leaving_is_no_crash():
    """SIGTERM says goodbye: peers drop it without suspecting it (fault 14)."""
    with Cluster(FAST) as cluster:
        cluster.start(5)
        cluster.wait_agreed()
        others = [a for a in cluster.agents if a.name != "n4"]
        marks = {a: a.mark() for a in others}
        cluster["n4"].signal(signal.SIGTERM)
        assert cluster["n4"].wait_exit() == 0
        cluster.wait_status("n4", "dead", others)
        for agent in others:
            assert member_events(agent, marks[agent], "n4") == [("dead", "left")]
        assert cluster["n4"].events("stop")[-1]["reason"] == "left"
        cluster["n4"].start(join=[cluster["n1"].addr])
        cluster.wait_agreed()


def quick_restart_is_followed():
    """Back at the same address before anybody noticed: one event, reason restarted."""
    with Cluster() as cluster:
        cluster.start(4)
        cluster.wait_agreed()
        others = [a for a in cluster.agents if a.name != "n3"]
        instance = cluster["n1"].ask("members", name="n3")["members"][0]["instance"]
        marks = {a: a.mark() for a in others}
        cluster["n3"].kill_both()
        cluster["n3"].start(join=[cluster["n1"].addr])
        wait_until(lambda: all(("alive", "restarted") in member_events(a, marks[a], "n3")
                               for a in others), 10)
        cluster.wait_agreed()
        assert cluster["n1"].ask("members", name="n3")["members"][0]["instance"] != instance


def restart_elsewhere_is_followed():
    """A dead machine's name comes back at another address (fault 7)."""
    with Cluster(FAST) as cluster:
        cluster.start(4)
        cluster.wait_agreed()
        cluster["n3"].kill_both()
        moved = cluster["n3"]
        moved.port = free_port()
        moved.addr = f"127.0.0.1:{moved.port}"
        moved.start(join=[cluster["n1"].addr])
        cluster.wait_agreed()
        for agent in cluster.agents:
            assert agent.ask("members", name="n3")["members"][0]["addr"] == moved.addr


def name_of_a_live_member_is_refused():
    with Cluster(FAST) as cluster:
        cluster.start(3)
        cluster.wait_agreed()
        double = cluster.agent("double")
        double.start(join=[cluster["n1"].addr], options=["--name", "n3"])
        assert double.wait_exit(10) == 4
        with open(double.err, encoding="utf-8") as err:
            said = err.read()
        assert cluster["n3"].addr in said and double.addr in said, said
        cluster.wait_agreed()
        assert cluster["n1"].ask("members", name="n3")["members"][0]["addr"] == cluster["n3"].addr


def seed_restarts_without_seeds():
    """The first member has nobody to ask when it returns; the others find it."""
    with Cluster(FAST) as cluster:
        cluster.start(4)
        cluster.wait_agreed()
        cluster["n1"].kill_both()
        cluster.wait_status("n1", "dead")
        cluster["n1"].start()
        cluster.wait_agreed(30)


def force_leave_and_prune():
    with Cluster(FAST) as cluster:
        cluster.start(4)
        cluster.wait_agreed()
        refused = cluster["n1"].ask("force-leave", name="n4")
        assert not refused["ok"] and refused["error"] == "refused", refused
        assert cluster["n1"].ask("force-leave", name="nobody")["error"] == "not-found"
        cluster["n4"].kill_both()
        cluster.wait_status("n4", "dead")
        assert cluster["n2"].ask("force-leave", name="n4")["ok"]
        wait_until(lambda: all(a.ask("members", name="n4")["members"][0]["cause"] == "forced"
                               for a in cluster.alive()), 5)
        assert cluster["n3"].ask("force-leave", name="n4", prune=True)["ok"]
        wait_until(lambda: all("n4" not in a.view() for a in cluster.alive()), 5)
        cluster["n4"].start(join=[cluster["n1"].addr])
        cluster.wait_agreed()


def thirty_with_three_victims():
    with Cluster() as cluster:
        cluster.start(30)
        cluster.wait_agreed()
        for name in ("n7", "n15", "n29"):
            cluster[name].kill_both()
        for name in ("n7", "n15", "n29"):
            cluster.wait_status(name, "dead")
        cluster["n15"].start(join=[cluster["n2"].addr])
        cluster.wait_agreed()
        dead = {e["name"] for a in cluster.alive() for e in a.events("member") if e["to"] == "dead"}
        assert dead == {"n7", "n15", "n29"}, dead


def two_clusters_become_one_by_one_join():
    """R25 merges them, R8 decides between two of one name: the later one stays, the earlier ends
    and says why."""
    with Cluster() as first, Cluster() as second:  # their twins have logs and sockets of their own
        for half, names in ((first, ["a1", "a2", "a3"]), (second, ["b1", "b2", "b3"])):
            for agent in [half.agent(name) for name in [*names, "twin1", "twin2"]]:
                agent.start(join=[half.agents[0].addr] if agent is not half.agents[0] else [])
            half.wait_agreed()
        losers, winners = first.agents[3:], second.agents[3:]  # the second half was started later
        assert first["a2"].ask("join", addrs=[second["b3"].addr])["ok"]
        wait_until(lambda: not any(a.running() for a in losers), 20.0, first.describe)
        first.agents, lost = [*first.agents[:3], *second.agents], losers
        first.wait_agreed()
        for agent in first.agents:
            held = {m["name"]: m["addr"] for m in agent.ask("members")["members"]
                    if m["status"] == "alive"}
            assert all(held[w.name] == w.addr for w in winners), (agent.name, held)
        for loser, winner in zip(lost, winners, strict=True):
            assert loser.wait_exit() == 4
            with open(loser.err, encoding="utf-8") as err:
                said = err.read()
            assert all(word in said for word in (loser.name, loser.addr, winner.addr)), said
            assert loser.events("stop"), "its last line says that it stops"


if __name__ == "__main__":
    run_tests([hung_process_is_suspected_and_refutes, killed_process_is_refused_not_silent,
               leaving_is_no_crash, quick_restart_is_followed, restart_elsewhere_is_followed,
               name_of_a_live_member_is_refused, seed_restarts_without_seeds, force_leave_and_prune,
               two_clusters_become_one_by_one_join, thirty_with_three_victims])
