# SPDX-License-Identifier: Apache-2.0
"""Addresses of real agents on machines of their own (R38, R39): derived, wrong, late, changed, and
those from which answers leave; agents that are cut off say so."""
import subprocess

from agents import Cluster, log_time, run_tests, wait_until
from netns import PORT, Net, run

ANY = {4: f"0.0.0.0:{PORT}", 6: f"[::]:{PORT}"}
DEAD_AT_MOST = 10.0  # seconds


def ip(net, number, *words):
    run("ip", "-n", f"{net.prefix}{number}", *words)


def address(net, number, family):
    return net.v4(number) if family == 4 else net.v6(number)


def endpoint(host, port=PORT):
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def add(net, number, host, dev="eth0"):
    if ":" in host:
        ip(net, number, "-6", "addr", "add", f"{host}/64", "dev", dev, "nodad")
    else:
        ip(net, number, "addr", "add", f"{host}/24", "dev", dev)


def drop(net, number, host, dev="eth0"):
    ip(net, number, "addr", "del", f"{host}/{64 if ':' in host else 24}", "dev", dev)


def agent(net, cluster, number, family=4, options=(), join=()):
    made = net.agent(cluster, number, bind=ANY[family], options=options)
    return made.start(join=join)


def form(net, cluster, count, family, options=()):
    """Agents on wildcard sockets. A machine has addresses of one family, so that this is the one
    that is advertised."""
    for number in range(1, count + 1):
        other = 10 - family
        drop(net, number, address(net, number, other))
        agent(net, cluster, number, family, options,
              [endpoint(address(net, 1, family))] if number > 1 else [])
    cluster.wait_agreed(60)


def addr_of(viewer, name):
    answer = viewer.try_ask("members", name=name)
    return answer["members"][0]["addr"] if answer and answer["members"] else None


def sees(viewer, name, addr):
    answer = viewer.try_ask("members", name=name)
    found = answer["members"] if answer else []
    return bool(found) and (found[0]["status"], found[0]["addr"]) == ("alive", addr)


def dead_for(viewer, mark, name):
    """How long the member was dead to it, in seconds, by its own log."""
    longest, since = 0.0, None
    for event in viewer.events_since(mark, "member", name=name):
        if event["to"] == "dead":
            since = log_time(event["time"])
        elif since is not None:
            longest, since = max(longest, log_time(event["time"]) - since), None
    assert since is None, f"{name} is still dead to {viewer.name}"
    return longest


def lines(one, reason):
    return one.events("address", reason=reason)


def health(one, reason):
    return one.events("health", reason=reason)


# ---- an address that changes -------------------------------------------------------------------

def change(net, cluster, family, moves):
    """The last member's address changes, in so many moves. Returns how long it was dead to any."""
    count = len(cluster.agents)
    moved, others = cluster.agents[-1], cluster.agents[:-1]
    marks = {a: a.mark() for a in cluster.agents}
    old = address(net, count, family)
    for step in range(1, moves + 1):
        new = net.v4(100 + step) if family == 4 else net.v6(100 + step)
        drop(net, count, old)
        add(net, count, new)
        old = new
    wait_until(lambda: all(sees(a, moved.name, endpoint(old)) for a in cluster.agents), 60,
               cluster.describe)
    cluster.wait_agreed(30)
    changed = [e for e in moved.events_since(marks[moved], "address", reason="changed")]
    assert changed and changed[-1]["addr"] == endpoint(old), changed
    assert changed[0]["was"] == endpoint(address(net, count, family)), changed
    for one in others:
        assert not one.events("address"), "who has its address announces nothing"
        for event in one.events_since(marks[one], "member"):
            assert event["name"] == moved.name, (one.name, event)
    return max(dead_for(a, marks[a], moved.name) for a in others)


def address_changes(count, family):
    with Net(count) as net, Cluster() as cluster:
        form(net, cluster, count, family)
        longest = change(net, cluster, family, 1)
        assert longest <= DEAD_AT_MOST, longest
        print(f"# {count} agents, IPv{family}: dead for {longest:.2f} s at most", flush=True)


def address_of_one_of_two_changes():
    address_changes(2, 4)
    address_changes(2, 6)


def address_of_one_of_three_changes():
    address_changes(3, 4)
    address_changes(3, 6)


def address_of_one_of_thirty_changes():
    address_changes(30, 4)
    address_changes(30, 6)


def address_changes_after_a_gap():
    """The old address goes, the new one comes only when all others hold the member dead."""
    with Net(3) as net, Cluster() as cluster:
        form(net, cluster, 3, 4)
        one, three = cluster["n1"], cluster["n3"]
        marks = {a: a.mark() for a in cluster.agents}
        drop(net, 3, net.v4(3))
        wait_until(lambda: lines(three, "gone"), 10)
        cluster.wait_status("n3", "dead", [one, cluster["n2"]])
        add(net, 3, net.v4(33))
        mark = log_time(three.events()[-1]["time"])
        wait_until(lambda: sees(one, "n3", endpoint(net.v4(33))), 20, cluster.describe)
        back = [e for e in one.events_since(marks[one], "member", name="n3", to="alive")][-1]
        assert log_time(back["time"]) - mark < 5, (mark, back)
        cluster.wait_agreed(30)


def restless_address_is_announced_seldom():
    """Many changes in a row make one announcement."""
    with Net(2) as net, Cluster() as cluster:
        form(net, cluster, 2, 4)
        longest = change(net, cluster, 4, 8)
        assert longest <= DEAD_AT_MOST, longest
        assert len(lines(cluster["n2"], "changed")) == 1, lines(cluster["n2"], "changed")


def other_changes_announce_nothing():
    """Addresses and links that come and go beside the advertised address are no news."""
    with Net(2) as net, Cluster() as cluster:
        form(net, cluster, 2, 4)
        two = cluster["n2"]
        before = two.ask("members", name="n2")["members"][0]["timestamp"]
        marks = {a: a.mark() for a in cluster.agents}
        add(net, 2, net.v4(55))
        ip(net, 2, "link", "add", "docker0", "type", "bridge")
        add(net, 2, "172.17.0.1", "docker0")
        ip(net, 2, "link", "set", "docker0", "up")
        drop(net, 2, net.v4(55))
        ip(net, 2, "link", "set", "eth0", "mtu", "1400")
        # its turn comes after a second of quiet: wait for ten rounds
        rounds = two.ask("status")["sent"]["gossip"]
        wait_until(lambda: two.ask("status")["sent"]["gossip"] >= rounds + 10, 60)
        assert two.ask("members", name="n2")["members"][0]["timestamp"] == before
        for one in cluster.agents:
            assert not one.events_since(marks[one], "address")
            assert not one.events_since(marks[one], "member")


def network_comes_after_the_agent():
    """Started with the loopback alone; the interface gets its address later."""
    for family in (4, 6):
        with Net(2) as net, Cluster() as cluster:
            host = address(net, 2, family)
            drop(net, 1, address(net, 1, 10 - family))
            drop(net, 2, net.v4(2))
            drop(net, 2, net.v6(2))
            agent(net, cluster, 1, family)
            two = agent(net, cluster, 2, family, join=[endpoint(address(net, 1, family))])
            wait_until(lambda: lines(two, "loopback"), 10)  # pylint: disable=cell-var-from-loop
            start, = two.events("start")
            assert (start["addr"], start["addr_source"]) == (f"127.0.0.1:{PORT}", "loopback")
            add(net, 2, host)
            cluster.wait_agreed(60)
            assert addr_of(cluster["n1"], "n2") == endpoint(host)
            line, = lines(two, "changed")
            assert (line["was"], line["addr"]) == (start["addr"], endpoint(host)), line


# ---- an address that is guessed or given -------------------------------------------------------

def bridge(net, number, name, host):
    ip(net, number, "link", "add", name, "type", "bridge")
    add(net, number, host, name)
    ip(net, number, "link", "set", name, "up")


def container_bridges_are_passed_over():
    for name in ("docker0", "br-0242ac", "veth12", "virbr0", "cni0", "podman0", "lxcbr0"):
        with Net(1) as net, Cluster() as cluster:
            ip(net, 1, "link", "set", "eth0", "name", "old0", "down")
            bridge(net, 1, name, "172.17.0.1")
            one = agent(net, cluster, 1)  # nothing else is there: better than the loopback
            wait_until(lambda: one.events("start"), 10)  # pylint: disable=cell-var-from-loop
            assert one.events("start")[0]["addr"] == f"172.17.0.1:{PORT}", one.events("start")
            ip(net, 1, "link", "set", "old0", "name", "eth0", "up")
            wait_until(lambda: lines(one, "changed"), 20)  # pylint: disable=cell-var-from-loop
            assert lines(one, "changed")[0]["addr"] == endpoint(net.v4(1))


def loopback_of_a_seed_is_passed_over():
    """The seed is this machine by its loopback address; the others need another one."""
    with Net(2) as net, Cluster() as cluster:
        one = agent(net, cluster, 1, join=[f"127.0.1.1:{PORT}"])
        wait_until(lambda: one.events("start"), 10)
        assert one.events("start")[0]["addr"] == endpoint(net.v4(1)), one.events("start")
        agent(net, cluster, 2, join=[endpoint(net.v4(1))])
        cluster.wait_agreed(30)


def given_address_is_questioned():
    for given, reason, word in (("127.0.1.1", "loopback", "--advertise 127.0.1.1"),
                                ("192.0.2.9", "elsewhere", "--advertise 192.0.2.9")):
        with Net(1) as net, Cluster() as cluster:
            one = agent(net, cluster, 1, options=["--advertise", given], join=[endpoint(net.v4(9))])
            wait_until(lambda: lines(one, reason), 10)  # pylint: disable=cell-var-from-loop
            line, = lines(one, reason)
            assert line["level"] == "warn" and word in line["message"], line
            assert line["addr"] == endpoint(given), line


def impossible_addresses_are_refused():
    with Net(1) as net, Cluster() as cluster:
        base = [*net.words(1), cluster.daemon, "--name", "a", "--control", f"{cluster.dir}/a.sock",
                "--log", f"{cluster.dir}/a.log"]
        for options, code, words in [
                (["--advertise", "224.0.0.1"], 2, ["--advertise 224.0.0.1", "multicast"]),
                (["--advertise", "255.255.255.255:7"], 2, ["broadcast"]),
                (["--advertise", "240.1.2.3"], 2, ["class E"]),
                (["--advertise", "0.0.30.167"], 2, ["0.0.0.0/8"]),
                (["--advertise", "[ff02::1]:7"], 2, ["[ff02::1]:7", "multicast"]),
                (["--advertise", "fe80::1"], 2, ["fe80::1", "link-local", "zone"]),
                (["--advertise", "[fe80::1%eth0]:7"], 2, ["%eth0", "zone"]),
                (["--bind", "239.1.1.1:7847"], 2, ["--bind 239.1.1.1:7847", "multicast"]),
                (["--bind", "[fe80::1%eth0]:7847"], 2, ["%eth0", "zone"]),
                (["--join", "224.0.0.1"], 2, ["224.0.0.1", "multicast"]),
                (["--join", "10.0.0.1,[fe80::2%eth0]:7847"], 2, ["[fe80::2%eth0]:7847", "zone"]),
                (["--join", "fe80::2%eth0"], 2, ["fe80::2%eth0", "zone"]),
                (["--join", "fe80::2"], 2, ["fe80::2", "link-local"]),
                (["--advertise", "10.77.0.255"], 1, ["--advertise 10.77.0.255", "broadcast"])]:
            done = subprocess.run([*base, *options], capture_output=True, text=True, timeout=20,
                                  check=False)
            assert done.returncode == code, (options, done)
            assert done.stderr.startswith("hearsayd: ") and done.stderr.count("\n") == 1, done
            for word in words:
                assert word in done.stderr, (options, word, done.stderr)


# ---- from where answers leave ------------------------------------------------------------------

def answers_leave_from_the_advertised_address():
    """Two addresses on one interface, and the second one is advertised: what needs a proven
    address arrives."""
    for family in (4, 6):
        with Net(3) as net, Cluster(["--profile", "local"]) as cluster:
            second = net.v4(50) if family == 4 else net.v6(50)
            add(net, 3, second)
            seed = endpoint(address(net, 1, family))
            agent(net, cluster, 1, family,
                  options=["--advertise", endpoint(address(net, 1, family))])
            agent(net, cluster, 2, family, join=[seed],
                  options=["--advertise", endpoint(address(net, 2, family))])
            three = agent(net, cluster, 3, family, join=[seed],
                          options=["--advertise", endpoint(second)])
            cluster.wait_agreed(30)
            cluster["n1"].kill()
            two = cluster["n2"]
            cluster.wait_status("n1", "dead", [two, three])
            two.ask("tags-set", tags={"long": "y" * 300})

            def tags(viewer, name):
                return viewer.ask("members", name=name)["members"][0]["tags"].get("long", "")
            wait_until(lambda: tags(three, "n2") == "y" * 300, 20)  # pylint: disable=cell-var-from-loop
            three.ask("tags-set", tags={"long": "x" * 300})
            wait_until(lambda: tags(two, "n3") == "x" * 300, 20)  # pylint: disable=cell-var-from-loop
            wait_until(  # pylint: disable=cell-var-from-loop
                lambda: two.ask("status")["digest"] == three.ask("status")["digest"], 20)
            assert two.ask("status")["counters"]["answers_elsewhere"] == 0
            assert not health(two, "unproven")


def who_answers_from_elsewhere_is_named():
    """Its answers leave from another address because a rule of its machine rewrites them. The seed
    has proven its address when it joined; the third one cannot."""
    with Net(3) as net, Cluster(["--profile", "local"]) as cluster:
        add(net, 2, net.v4(50))
        net.nft(2, "table ip wrong {\nchain out {\ntype route hook output priority 0\n"
                   f"ip saddr {net.v4(2)} udp sport {PORT} ip saddr set {net.v4(50)}\n}}\n}}\n")
        net.start(cluster, 3)
        three = cluster["n3"]
        wait_until(lambda: health(three, "unproven"), 60, cluster.describe)
        line = health(three, "unproven")[0]
        assert (line["name"], line["addr"], line["answers_from"], line["level"]) == (
            "n2", endpoint(net.v4(2)), endpoint(net.v4(50)), "warn"), line
        assert three.ask("status")["counters"]["answers_elsewhere"] >= 2
        assert not health(cluster["n1"], "unproven")


# ---- being cut off -----------------------------------------------------------------------------

def cut_off_is_said():
    """The link of one of three goes down, its datagrams are refused, or silently dropped."""
    def down(net):
        net.link(3, "down")

    def up(net):
        net.link(3, "up")

    def refuse(net):
        net.nft(3, "table inet deny {\nchain out {\ntype filter hook output priority 0\n"
                   "meta l4proto udp drop\n}\n}\n")

    def allow(net):
        net.nft(3, "delete table inet deny\n")

    def silence(net):
        net.cut_groups([3], [1, 2])

    def heal(net):
        net.cut_groups([3], [1, 2], "delete")
    for cut, mend, finding, patience in ((down, up, "unsent", 15), (refuse, allow, "unsent", 15),
                                         (silence, heal, "silent", 60)):
        with Net(3) as net, Cluster() as cluster:
            net.start(cluster, 3)
            three, others = cluster["n3"], [cluster["n1"], cluster["n2"]]
            assert three.ask("status")["isolated"] is False
            cut(net)
            wait_until(lambda: health(three, "isolated"), patience)  # pylint: disable=cell-var-from-loop
            line = health(three, "isolated")[0]
            assert (line["finding"], line["level"]) == (finding, "warn"), line
            assert three.ask("status")["isolated"] is True
            cluster.wait_status("n3", "dead", others)
            mend(net)
            wait_until(lambda: health(three, "isolated-over"), 30)  # pylint: disable=cell-var-from-loop
            cluster.wait_agreed(30)
            assert three.ask("status")["isolated"] is False
            for one in others:
                assert not health(one, "isolated"), one.name
            if finding == "unsent":  # it held the others alive, so it must have been told
                assert three.events("refute"), "it found out that it was dead to the others"


def who_has_nobody_is_not_cut_off():
    with Cluster(["--profile", "local"]) as cluster:
        one = cluster.agent("n1").start()
        wait_until(lambda: one.try_ask("status"), 10)
        one.ask("join", addrs=[one.addr])  # itself
        assert one.ask("status")["isolated"] is False


if __name__ == "__main__":
    run_tests([address_of_one_of_two_changes, address_of_one_of_three_changes,
               address_of_one_of_thirty_changes, address_changes_after_a_gap,
               restless_address_is_announced_seldom, other_changes_announce_nothing,
               network_comes_after_the_agent, container_bridges_are_passed_over,
               loopback_of_a_seed_is_passed_over, given_address_is_questioned,
               impossible_addresses_are_refused, answers_leave_from_the_advertised_address,
               who_answers_from_elsewhere_is_named, cut_off_is_said,
               who_has_nobody_is_not_cut_off])
