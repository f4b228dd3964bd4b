# SPDX-License-Identifier: Apache-2.0
"""Agents on machines of their own (network namespaces): both families, silence, partitions, links
that are one-way, lossy, down, or carry little."""
from agents import Cluster, run_tests, wait_until
from netns import PORT, Net

FAST = ["--profile", "local"]


def told(agent, mark, name):
    return [(e["to"], e["reason"]) for e in agent.events_since(mark, "member", name=name)]


def nobody_suspected(cluster, but=()):
    for agent in cluster.agents:
        for event in agent.events("member"):
            assert event["to"] != "suspect" or event["name"] in but, (agent.name, event)


def count(agent, counter):
    return agent.ask("status")["counters"][counter]


def periods(agent, number):
    """Waits until it has begun so many more rounds; each sends to two."""
    before = agent.ask("status")["sent"]["gossip"]
    wait_until(lambda: agent.ask("status")["sent"]["gossip"] >= before + 2 * number, 60)


def both_families():
    """v4 alone and v6 alone are two clusters; agents on [::] are in one with either, and derive
    their address."""
    with Net(3) as net, Cluster(FAST) as cluster:
        net.start(cluster, 3)
        nobody_suspected(cluster)
    with Net(3) as net, Cluster(FAST) as cluster:
        seed = f"[{net.v6(1)}]:{PORT}"
        for number in (1, 2, 3):
            agent = net.agent(cluster, number, bind=f"[{net.v6(number)}]:{PORT}")
            agent.start(join=[seed] if number > 1 else [])
        cluster.wait_agreed()
        for member in cluster["n3"].ask("members")["members"]:
            assert member["addr"] == cluster[member["name"]].addr, member
        mark = cluster["n1"].mark()
        cluster["n3"].kill_both()
        cluster.wait_status("n3", "dead")
        assert told(cluster["n1"], mark, "n3") == [("suspect", "refused"),
                                                   ("dead", "failed")], "ICMPv6 is understood"


def wildcards_derive_their_address():
    with Net(3) as net, Cluster(FAST) as cluster:
        one = net.agent(cluster, 1, bind=f"0.0.0.0:{PORT}").start()
        net.agent(cluster, 2, bind=f"[::]:{PORT}").start(join=[f"[{net.v6(1)}]:{PORT}",
                                                               f"{net.v4(1)}:{PORT}"])
        net.agent(cluster, 3, bind=f"0.0.0.0:{PORT}").start(join=[f"{net.v4(1)}:{PORT}"])
        wait_until(lambda: one.events("start"), 5)
        start = one.events("start")[0]
        assert (start["addr"], start["addr_source"]) == (f"{net.v4(1)}:{PORT}", "interface"), start
        third = cluster["n3"]
        wait_until(lambda: third.events("start"), 5)
        start = third.events("start")[0]
        assert (start["addr"], start["addr_source"]) == (f"{net.v4(3)}:{PORT}", "route"), start
        assert start["bind"] == f"0.0.0.0:{PORT}"
        wait_until(lambda: set(one.view()) >= {"n1", "n3"}, 10, cluster.describe)
        assert one.ask("members", name="n3")["members"][0]["addr"] == f"{net.v4(3)}:{PORT}"
    with Net(3) as net, Cluster(FAST) as cluster:  # one socket for both families
        net.agent(cluster, 1, bind=f"[::]:{PORT}").start()
        net.agent(cluster, 2, bind=f"[::]:{PORT}").start(join=[f"[{net.v6(1)}]:{PORT}"])
        net.agent(cluster, 3).start(join=[f"{net.v4(1)}:{PORT}"])
        wait_until(lambda: set(cluster["n2"].view()) == {"n1", "n2", "n3"}, 10, cluster.describe)
        addresses = {m["name"]: m["addr"] for m in cluster["n2"].ask("members")["members"]}
        assert addresses == {"n1": f"{net.v4(1)}:{PORT}", "n2": f"[{net.v6(2)}]:{PORT}",
                             "n3": f"{net.v4(3)}:{PORT}"}


def silent_machine_dies_and_comes_back():
    with Net(5) as net, Cluster(FAST) as cluster:
        net.start(cluster, 5)
        others = [a for a in cluster.agents if a.name != "n3"]
        marks = {a: a.mark() for a in others}
        net.cut_groups([3], [1, 2, 4, 5])
        cluster.wait_status("n3", "dead", others)
        for agent in others:
            assert told(agent, marks[agent], "n3") == [("suspect", "silent"),
                                                       ("dead", "failed")], agent.name
        net.cut_groups([3], [1, 2, 4, 5], "delete")
        cluster.wait_agreed(30)
        for agent in others:
            assert told(agent, marks[agent],
                        "n3")[-1] == ("alive", "refuted"), told(agent, marks[agent], "n3")
        assert cluster["n3"].events("refute")
        # what it thought of the others while it was alone may be heard, but it buries nobody
        for agent in others:
            assert {e["name"] for e in agent.events("member", to="dead")} == {"n3"}


def partition_heals_by_itself():
    with Net(5) as net, Cluster() as cluster:
        net.start(cluster, 5)
        few, many = (1, 2), (3, 4, 5)
        net.cut_groups(few, many)

        def sees(number, group):
            view = cluster[f"n{number}"].view()
            return all(view.get(f"n{i}") == ("alive" if i in group else "dead") for i in few + many)
        wait_until(lambda: all(sees(i, few) for i in few) and all(sees(i, many) for i in many), 60,
                   cluster.describe)
        few_ring, many_ring = (cluster[f"n{g[0]}"].ask("ring")["checksum"] for g in (few, many))
        assert few_ring != many_ring and cluster["n2"].ask("ring")["checksum"] == few_ring
        cluster["n1"].ask("tags-set", tags={"side": "few"})
        net.cut_groups(few, many, "delete")
        cluster.wait_agreed(30)
        assert cluster["n5"].ask("members", name="n1")["members"][0]["tags"] == {"side": "few"}


def one_way_cut_condemns_nobody():
    """n2 does not hear n1. Each fails to probe the other; the helpers reach both."""
    with Net(5) as net, Cluster(FAST) as cluster:
        net.start(cluster, 5)
        net.cut(2, 1)
        one, two = cluster["n1"], cluster["n2"]
        asked = [a.ask("status")["sent"]["probe-request"] for a in (one, two)]
        periods(one, 40)
        for agent, before in zip((one, two), asked):
            assert (agent.ask("status")["sent"]["probe-request"] >
                    before), f"{agent.name} never asked for help"
        nobody_suspected(cluster)
        net.cut(2, 1, "delete")
        cluster.wait_agreed()


def links_of_1280_bytes():
    """The least that IPv6 allows: greater datagrams are cut by the kernel and arrive."""
    tags = [word for i in range(4) for word in ("--tag", f"t{i}=" + chr(97 + i) * 120)]
    with Net(4, mtu=1280) as net, Cluster(FAST) as cluster:
        for number in (1, 2, 3, 4):
            bind = f"[{net.v6(number)}]:{PORT}"
            agent = net.agent(cluster, number, bind=bind, options=tags)
            agent.start(join=[f"[{net.v6(1)}]:{PORT}"] if number > 1 else [])
        cluster.wait_agreed()
        assert len(cluster["n4"].ask("members", name="n2")["members"][0]["tags"]) == 4
    with Net(4, mtu=1280) as net, Cluster(FAST) as cluster:
        net.start(cluster, 4, options=tags)
        cluster["n4"].kill_both()
        cluster.wait_status("n4", "dead")
        nobody_suspected(cluster, {"n4"})


def link_that_is_down_is_survived():
    """ENETUNREACH for whatever one agent sends: it stays up, believes nothing from it, and is back
    with the link."""
    with Net(4) as net, Cluster(FAST) as cluster:
        net.start(cluster, 4)
        lonely = cluster["n4"]
        others = [cluster[f"n{i}"] for i in (1, 2, 3)]
        unsent = count(lonely, "unsent")
        net.link(4, "down")
        cluster.wait_status("n4", "dead", others)
        wait_until(lambda: count(lonely, "unsent") > unsent, 10, lambda: f"{lonely.ask('status')}")
        assert lonely.running() and not lonely.events(
            "member", to="dead"), "its own link is no evidence against others"
        net.link(4, "up")
        cluster.wait_agreed(30)
        assert lonely.events("refute")


def lossy_link_is_told_and_condemns_nobody():
    with Net(5) as net, Cluster() as cluster:
        net.start(cluster, 5, options=["--interval", "100ms", "--gossip-interval", "50ms"])
        agent = cluster["n2"]
        net.lossy(2, 45)
        wait_until(lambda: agent.events("health", reason="loss"), 60,
                   lambda: f"loss {agent.ask('status')['loss']}")
        health = agent.events("health", reason="loss")[0]
        assert health["level"] == "warn" and health["loss"] > 0.25, health
        net.lossy(2, 0)
        wait_until(lambda: agent.events("health", reason="loss-over"), 90,
                   lambda: f"loss {agent.ask('status')['loss']}")
        over = agent.events("health", reason="loss-over")[0]
        assert over["level"] == "info" and over["loss"] < 0.16, over
        for one in cluster.agents:
            assert not one.events("member", to="dead"), one.events("member", to="dead")


if __name__ == "__main__":
    run_tests([both_families, wildcards_derive_their_address, silent_machine_dies_and_comes_back,
               partition_heals_by_itself, one_way_cut_condemns_nobody, links_of_1280_bytes,
               link_that_is_down_is_survived, lossy_link_is_told_and_condemns_nobody])
