# SPDX-License-Identifier: Apache-2.0
"""Addresses (R38): derived, wrong, late, changed, and those from which answers leave."""
from field import PORT, Field, known, slow, stories
# field.py says where the next one is
from agents import log_time

ANY = {4: f"0.0.0.0:{PORT}", 6: f"[::]:{PORT}"}
DEAD_AT_MOST = 10.0  # seconds, with the timings of a LAN
BRIDGES = ("docker0", "br-0242ac", "veth12", "virbr0", "cni0", "podman0", "lxcbr0")
LAN = ("--profile", "lan")


def endpoint(address):
    return f"[{address}]:{PORT}" if ":" in address else f"{address}:{PORT}"


def lines(host, reason):
    return host.events("address", reason=reason)


def form(field, count, family, *options):
    """Hosts whose sockets are bound to all addresses. They have addresses of one family, so that
    this is the one that is advertised."""
    made = [field.host(f"n{i}", v4=family == 4 or None, v6=family == 6 or None)
            for i in range(1, count + 1)]
    for one in made:
        first = [] if one is made[0] else endpoint(made[0].v4 or made[0].v6)
        one.start(*options, bind=ANY[family], join=first)
    field.agree(*made, limit=30 + count)
    return made


def seen_at(viewer, host, address):
    return viewer.sees(host) and viewer.where(host) == endpoint(address)


# ---- an address that changes -------------------------------------------------------------------

def moves(count, family, times=1):
    with Field(options=LAN) as f:
        hosts = form(f, count, family)
        moved, others = hosts[-1], hosts[:-1]
        before = moved.v4 or moved.v6
        moved.move(*(f.spare(family) for _ in range(times)))
        after = moved.v4 or moved.v6
        f.wait(lambda: all(seen_at(h, moved, after) for h in hosts), 60)
        f.agree(*hosts, limit=30)
        changed, = lines(moved, "changed")
        assert (changed["was"], changed["addr"]) == (endpoint(before), endpoint(after)), changed
        for one in others:
            longest = max(one.held_dead(moved), default=0)
            assert longest <= DEAD_AT_MOST, (one.name, longest)
            assert not one.events("address"), "who keeps its address announces nothing"
        longest = max(max(h.held_dead(moved), default=0) for h in others)
        print(f"{count} agents, IPv{family}: dead for {longest:.2f} s at most")


def one_of_two_moves():
    moves(2, 4)


def one_of_two_moves_within_ipv6():
    moves(2, 6)


def one_of_three_moves():
    moves(3, 4)


def one_of_three_moves_within_ipv6():
    moves(3, 6)


@slow
def one_of_thirty_moves():
    moves(30, 4)


@slow
def one_of_thirty_moves_within_ipv6():
    moves(30, 6)


def restless_address_is_announced_once():
    """Eight changes in a row are one announcement."""
    moves(2, 4, times=8)


@slow
def second_move_waits_for_ten_seconds():
    """A second replacement comes no sooner than ten seconds after the first, and it comes by
    itself; the member is dead to the others for no longer than that."""
    with Field(options=LAN) as f:
        a, b, c = form(f, 3, 4)
        c.move(f.spare())
        f.wait(lambda: lines(c, "changed"), 20)
        c.move(f.spare())
        f.wait(lambda: len(lines(c, "changed")) == 2, 20)
        first, second = (log_time(e["time"]) for e in lines(c, "changed"))
        assert 10 <= second - first <= 12, second - first
        f.agree(a, b, c, limit=30)
        assert a.where(c) == endpoint(c.v4)
        longest = max(max(h.held_dead(c), default=0) for h in (a, b))
        assert longest <= DEAD_AT_MOST, longest
        print(f"dead for {longest:.2f} s at most")


def address_comes_back_as_another_one():
    """The old address goes, and the new one comes when all others hold the member dead. It knows
    nothing of that, and it is dead for no more than some seconds after the address came."""
    with Field(options=LAN) as f:
        a, b, c = form(f, 3, 4)
        c.remove(c.v4)
        f.wait(lambda: lines(c, "gone"), 10)
        f.wait(lambda: a.sees(c, "dead") and b.sees(c, "dead"), 30)
        c.v4 = f.spare()
        c.add(c.v4)
        f.wait(lambda: seen_at(a, c, c.v4) and seen_at(b, c, c.v4), DEAD_AT_MOST)
        f.agree(a, b, c, limit=30)


@known
@slow
def what_comes_and_goes_beside_it_is_no_news():
    """Containers, links and other addresses change; the advertised address does not."""
    with Field() as f:
        a, b = form(f, 2, 4)
        before = b.ask("members", name="b")
        other = f.spare()
        b.add(other)
        b.interface("docker0", "172.17.0.1/16")
        b.remove(other)
        b.ip("link set eth0 mtu 1400")
        f.rounds(b, 10)  # more than the second of quiet
        assert b.ask("members", name="b")["members"] == before["members"]
        for one in (a, b):
            assert not one.events("address") and not one.events("member", reason="updated")


def given_address_stays_though_the_machine_loses_it():
    """What was given by hand is never replaced: it is said, and so is its return."""
    with Field() as f:
        a = f.host("a").start(bind=ANY[4])
        b = f.host("b")
        b.start("--advertise", b.v4, bind=ANY[4], join=a.v4)
        f.agree()
        old = b.v4
        b.remove(old)
        f.wait(lambda: lines(b, "gone"), 10)
        f.wait(lambda: a.sees(b, "dead"), 30)
        b.add(old)
        f.wait(lambda: lines(b, "back"), 10)
        f.agree(limit=30)
        assert not lines(b, "changed") and a.where(b) == endpoint(old)


# ---- an address that comes late, or is guessed -------------------------------------------------

def late(family):
    with Field(options=LAN) as f:
        a = f.host("a", v4=family == 4 or None, v6=family == 6 or None).start(bind=ANY[family])
        b = f.host("b", v4=None, v6=None)
        b.start(bind=ANY[family], join=endpoint(a.v4 or a.v6))
        f.wait(lambda: lines(b, "loopback"), 10)
        start, = b.events("start")
        assert (start["addr"], start["addr_source"]) == (f"127.0.0.1:{PORT}", "loopback")
        f.wait(lambda: b.events("join"), 20, "its first attempt has not failed yet")
        address = f.spare(family)
        b.add(address)
        f.agree(limit=60)
        assert a.where(b) == endpoint(address)
        changed, = lines(b, "changed")
        assert (changed["was"], changed["addr"]) == (start["addr"], endpoint(address)), changed


def network_comes_after_the_agent():
    late(4)


def network_of_ipv6_comes_after_the_agent():
    late(6)


def container_bridge_is_passed_over(name):
    with Field() as f:
        a = f.host("a")
        a.link("down")
        a.interface(name, "172.17.0.1/16")
        a.start(bind=ANY[4])
        f.wait(lambda: a.events("start"), 10)
        assert a.events("start")[0]["addr"] == f"172.17.0.1:{PORT}", "nothing else was there"
        a.link("up")
        f.wait(lambda: lines(a, "changed"), 20)
        assert lines(a, "changed")[0]["addr"] == endpoint(a.v4)
        a.stop()
        a.start(bind=ANY[4])
        f.wait(lambda: len(a.events("start")) == 2, 10)
        assert a.events("start")[1]["addr"] == endpoint(a.v4)


@slow
def container_bridges_are_passed_over():
    for name in BRIDGES[1:]:
        container_bridge_is_passed_over(name)


def docker0_is_passed_over():
    container_bridge_is_passed_over(BRIDGES[0])


def named_seed_decides_by_its_route():
    """The first address of the machine leads nowhere; the route to the seed says which one does,
    as soon as the seed's name is known. Before that the guess was advertised for ever."""
    with Field() as f:
        a = f.host("a").start(bind=ANY[4])
        f.names.set("seeds.test", a.v4)
        b = f.host("b", v4=None)
        b.add("198.51.100.2")
        b.v4 = f.spare()
        b.add(b.v4)
        b.start(bind=ANY[4], join="seeds.test")
        f.agree()
        assert a.where(b) == endpoint(b.v4), a.where(b)
        assert b.events("start")[0]["addr"] == endpoint("198.51.100.2")


def own_name_at_the_loopback_is_passed_over():
    """/etc/hosts has the machine's own name at 127.0.1.1, and the name is among the seeds."""
    with Field() as f:
        a = f.host("a")
        a.start(bind=ANY[4], join=["127.0.1.1", "a"])
        b = f.host("b").start(bind=ANY[4], join=a.v4)
        f.agree()
        assert b.where(a) == endpoint(a.v4)
        f.rounds(a, 5)
        assert not a.events("address"), a.events("address")


# ---- an address that is given, and wrong -------------------------------------------------------

def questioned(*options, reason, words, join="10.77.0.77"):
    with Field() as f:
        a = f.host("a")
        a.start(*options, bind=ANY[4], join=join)
        f.wait(lambda: lines(a, reason), 10)
        line, = lines(a, reason)
        assert line["level"] == "warn", line
        for word in words:
            assert word in line["message"], line


def loopback_given_by_hand_is_questioned():
    questioned("--advertise", "127.0.0.1", reason="loopback",
               words=["--advertise 127.0.0.1", "10.77.0.77"])
    questioned("--advertise", "a", reason="loopback", join=(),
               words=["--advertise a", "loopback", "other machines reach themselves"])


def address_of_another_machine_is_questioned():
    questioned("--advertise", "203.0.113.5", reason="elsewhere",
               words=["--advertise 203.0.113.5", "no address of this machine"])


@known
def loopback_for_others_on_it_is_right():
    """A cluster within one machine is as good as any."""
    with Field() as f:
        a = f.host("a")
        a.start("--advertise", "127.0.0.1", bind=ANY[4])
        b = a.agent("b", port=PORT + 1)
        b.start("--advertise", f"127.0.0.1:{PORT + 1}", bind=f"0.0.0.0:{PORT + 1}",
                join=f"127.0.0.1:{PORT}")
        f.agree(a, b)
        assert not a.events("address") and not b.events("address")


REFUSED = [  # options, exit code, words
    (["--advertise", "224.0.0.1"], 2, ["--advertise 224.0.0.1", "multicast"]),
    (["--advertise", "255.255.255.255:7"], 2, ["255.255.255.255:7", "broadcast"]),
    (["--advertise", "240.1.2.3"], 2, ["240.1.2.3", "class E"]),
    (["--advertise", "0.0.30.167"], 2, ["0.0.30.167", "0.0.0.0/8"]),
    (["--advertise", "[ff02::1]:7"], 2, ["[ff02::1]:7", "multicast"]),
    (["--advertise", "fe80::1"], 2, ["fe80::1", "link-local", "zone"]),
    (["--advertise", "[fe80::1%eth0]:7"], 2, ["%eth0", "zone", "other"]),
    (["--bind", "239.1.1.1:7847"], 2, ["--bind 239.1.1.1:7847", "multicast"]),
    (["--bind", "[fe80::1%eth0]:7847"], 2, ["zone"]),
    (["--join", "224.0.0.1"], 2, ["224.0.0.1", "multicast"]),
    (["--join", "10.0.0.1,[fe80::2%eth0]:7847"], 2, ["[fe80::2%eth0]:7847", "zone"]),
    (["--join", "fe80::2%eth0"], 2, ["fe80::2%eth0", "zone"]),
    (["--join", "fe80::2"], 2, ["fe80::2", "link-local"]),
    (["--advertise", "10.77.0.255"], 1, ["--advertise 10.77.0.255", "broadcast"]),
    (["--advertise", "all.test"], 1, ["--advertise all.test", "multicast"]),
]


def addresses_that_no_machine_has_are_refused():
    with Field() as f:
        a = f.host("a")
        a.hosts(**{"a": a.v4, "all.test": "224.0.0.1"})
        for options, code, words in REFUSED:
            done = a.run(f.daemon, "--name", "a", "--control", a.control, "--log", "/run/log",
                         *options)
            assert done.returncode == code, (options, done)
            assert done.stderr.startswith("hearsayd: ") and done.stderr.count("\n") == 1, done
            for word in words:
                assert word in done.stderr, (options, word, done.stderr)
        a.start()
        f.agree()
        for seed, words in (("224.0.0.1", ["multicast"]), ("[fe80::2%eth0]:7847", ["zone"])):
            done = a.tool("join", seed)
            assert done.returncode == 2, done
            for word in [seed, *words]:
                assert word in done.stderr, (seed, word, done.stderr)


# ---- from where answers leave ------------------------------------------------------------------

def answers_leave_from_the_advertised_address(family):
    """Two addresses on one card, and the second one is advertised. The seed, which knew it by its
    join, has gone. A long record needs an address that has been proven."""
    with Field() as f:
        a, b = form(f, 2, family)
        c = f.host("c", v4=family == 4 or None, v6=family == 6 or None)
        second = f.spare(family)
        c.add(second)
        c.start("--advertise", endpoint(second), bind=ANY[family],
                join=endpoint(a.v4 or a.v6))
        f.agree()
        a.kill()
        f.wait(lambda: b.sees(a, "dead") and c.sees(a, "dead"), 30)
        b.ask("tags-set", tags={"long": "y" * 300})

        def tag():
            return [m["tags"].get("long") for m in c.ask("members", name=b.name)["members"]]
        f.wait(lambda: tag() == ["y" * 300], 20)
        f.agree(b, c)
        assert b.counter("answers_elsewhere") == 0 and not b.events("health", reason="unproven")


def answers_leave_from_the_advertised_ipv4_address():
    answers_leave_from_the_advertised_address(4)


def answers_leave_from_the_advertised_ipv6_address():
    answers_leave_from_the_advertised_address(6)


def who_answers_from_elsewhere_is_named():
    """A rule of its machine rewrites where its answers come from. The seed has proven its address
    when it joined; the third one cannot."""
    with Field() as f:
        a, b, c = f.host("a"), f.host("b"), f.host("c")
        wrong = f.spare()
        b.add(wrong)
        b.nft("table ip wrong {\nchain out {\ntype route hook output priority 0\n"
              f"ip saddr {b.v4} udp sport {PORT} ip saddr set {wrong}\n}}\n}}\n")
        a.start()
        b.start(join=a)
        c.start(join=a)
        f.wait(lambda: c.events("health", reason="unproven"), 60)
        line = c.events("health", reason="unproven")[0]
        assert (line["name"], line["addr"], line["answers_from"], line["level"]) == (
            "b", endpoint(b.v4), endpoint(wrong), "warn"), line
        assert c.counter("answers_elsewhere") >= 2
        assert not a.events("health", reason="unproven")


if __name__ == "__main__":
    stories([one_of_two_moves, one_of_two_moves_within_ipv6, one_of_three_moves,
             one_of_three_moves_within_ipv6, one_of_thirty_moves, one_of_thirty_moves_within_ipv6,
             restless_address_is_announced_once,
             second_move_waits_for_ten_seconds, address_comes_back_as_another_one,
             what_comes_and_goes_beside_it_is_no_news,
             given_address_stays_though_the_machine_loses_it, network_comes_after_the_agent,
             network_of_ipv6_comes_after_the_agent, docker0_is_passed_over,
             container_bridges_are_passed_over,
             named_seed_decides_by_its_route, own_name_at_the_loopback_is_passed_over,
             loopback_given_by_hand_is_questioned, address_of_another_machine_is_questioned,
             loopback_for_others_on_it_is_right, addresses_that_no_machine_has_are_refused,
             answers_leave_from_the_advertised_ipv4_address,
             answers_leave_from_the_advertised_ipv6_address, who_answers_from_elsewhere_is_named])
