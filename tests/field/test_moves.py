# SPDX-License-Identifier: Apache-2.0
"""Addresses that change under running agents. Nobody restarts anything, and within a few seconds
all is as it was, at the new address."""
from field import PORT, Field, known, slow, stories

DEAD_AT_MOST = 10.0  # seconds for which others may hold it dead
LAN = ["--profile", "lan"]


def wild(f, count, family=4):
    """Agents that listen on all addresses and advertise what they find, as by default."""
    hosts = [f.host(f"n{i}", **({"v4": None} if family == 6 else {})) for i in range(1, count + 1)]
    for one in hosts:
        if family == 6:
            one.addr = f"[{one.v6}]:{PORT}"
        one.start(bind=f"[::]:{PORT}" if family == 6 else False,
                  join=[] if one is hosts[0] else hosts[0])
    f.agree(limit=20 + count)
    return hosts


def at(family, address):
    return f"[{address}]:{PORT}" if family == 6 else f"{address}:{PORT}"


def move(f, host, family):
    """Its old address is gone, and a new one is there."""
    host.move(f.spare(family))
    host.addr = at(family, host.v6 if family == 6 else host.v4)


def found(f, hosts, moved, family=4, limit=40):
    """All have the moved at their new addresses, and were without each for a bounded time."""
    others = [one for one in hosts if one not in moved]
    f.wait(lambda: all(one.where(m) == m.addr for one in hosts for m in moved), limit,
           lambda: f"{[[one.where(m) for one in hosts] for m in moved]}")
    f.agree(*hosts, limit=limit)
    for one in others:
        for m in moved:
            spans = one.held_dead(m)
            assert None not in spans and all(s <= DEAD_AT_MOST for s in spans), (one.name, spans)


def tell(count, family, options, movers):
    with Field(options) as f:
        hosts = wild(f, count, family)
        moved = [hosts[i] for i in movers]
        for one in moved:
            move(f, one, family)
        found(f, hosts, moved, family)


LOCAL = ["--profile", "local"]


def one_of_two_moves():
    tell(2, 4, LOCAL, [1])


def one_of_two_moves_in_v6():
    tell(2, 6, LOCAL, [1])


def one_of_three_moves():
    tell(3, 4, LOCAL, [2])


def one_of_three_moves_in_v6():
    tell(3, 6, LOCAL, [2])


def the_seed_moves():
    """Nobody is told its new address but by itself."""
    tell(3, 4, LOCAL, [0])


@slow
def one_of_thirty_moves():
    tell(30, 4, LAN, [17])


@slow
def one_of_thirty_moves_in_v6():
    tell(30, 6, LAN, [17])


@slow
def the_seed_of_thirty_and_two_others_move():
    tell(30, 4, LAN, [0, 9, 29])


@slow
def two_and_three_move_in_the_slower_timing():
    tell(2, 4, LAN, [1])
    tell(2, 6, LAN, [1])
    tell(3, 4, LAN, [2])
    tell(3, 6, LAN, [2])


def an_agent_that_began_without_an_address():
    """Its card came five seconds after it: 127.0.0.1 for ever."""
    with Field() as f:
        a, b = f.host("a"), f.host("b", v4=None, v6=None)
        a.start()
        b.start(bind=False, join=a)
        f.wait(lambda: b.events("join") or b.counter("unsent"), 20)
        b.add(f.spare())
        b.addr = at(4, f"10.77.0.{f.spared}")
        f.wait(lambda: a.where(b) == b.addr and a.sees(b) and b.sees(a), 40)
        f.agree()


def two_members_swap_their_addresses():
    """Each is where the other was."""
    with Field() as f:
        a, b, c = hosts = wild(f, 3)
        was = b.v4, c.v4
        for one, address in ((b, was[1]), (c, was[0])):
            one.link("down")
            one.move(address)
        for one in (b, c):
            one.link("up")
            f.forget(one.v4)
        found(f, hosts, [b, c])
        assert a.where(b) == f"{was[1]}:{PORT}" and a.where(c) == f"{was[0]}:{PORT}"


def all_move_one_after_the_other():
    """A network gets new addresses, host by host. In the end nobody is where it was."""
    with Field() as f:
        hosts = wild(f, 4)
        for one in hosts:
            move(f, one, 4)
            found(f, hosts, [one])


@slow
def all_move_at_once_and_meet_by_name():
    """Nobody knows where anybody is, but for a name that says so."""
    with Field() as f:
        hosts = [f.host(f"n{i}") for i in range(1, 4)]
        f.names.set("seeds.test", *hosts)
        for one in hosts:
            one.start(bind=False, join="seeds.test:7847")
        f.agree(limit=30)
        for one in hosts:
            move(f, one, 4)
        f.names.set("seeds.test", *hosts)
        f.wait(lambda: all(one.where(m) == m.addr and one.sees(m)
                           for one in hosts for m in hosts), 120)
        f.agree(limit=30)


@known
def a_lease_is_renewed():
    """The address is away for a moment and comes back; nothing is announced anew."""
    with Field() as f:
        a, b, _ = wild(f, 3)
        record = b.ask("members", name="n2")["members"][0]["timestamp"]
        mark = a.mark()
        b.ip(f"addr del {b.v4}/24 dev eth0", f"addr add {b.v4}/24 dev eth0")
        b.routes()
        f.rounds(a, 6)
        assert not a.events_since(mark, "member"), a.events_since(mark, "member")
        assert b.ask("members", name="n2")["members"][0]["timestamp"] == record


def the_first_of_two_addresses_goes():
    with Field() as f:
        a, b, c = hosts = wild(f, 3)
        second = f.spare()
        b.add(second)
        b.shell(f"ip addr flush dev eth0 to {b.v4}/32; ip addr replace {second}/24 dev eth0")
        b.routes()
        b.v4, b.addr = second, at(4, second)
        found(f, hosts, [b])
        assert c.where(b) == a.where(b) == b.addr


@known
def an_address_that_goes_and_comes_back():
    """Nothing is announced anew, and nobody holds the member dead for long."""
    with Field() as f:
        a, b, c = hosts = wild(f, 3)
        b.remove(b.v4)
        f.wait(lambda: a.sees(b, "dead") and c.sees(b, "dead"), 60)
        b.add(b.v4)
        f.agree(limit=30)
        assert a.where(b) == b.addr
        assert all(one.running() for one in hosts)


@known
def other_addresses_come_and_go_and_nobody_cares():
    """With an unchanged address nothing is announced anew."""
    with Field() as f:
        a, b = wild(f, 2)
        record = b.ask("members", name="n2")["members"][0]["timestamp"]
        mark = a.mark()
        b.interface("docker0", "172.17.0.1/16")
        extra = f.spare()
        for _ in range(3):
            b.add(extra)
            b.remove(extra)
        f.rounds(a, 6)
        assert a.where(b) == b.addr and a.sees(b)
        assert not a.events_since(mark, "member"), a.events_since(mark, "member")
        assert b.ask("members", name="n2")["members"][0]["timestamp"] == record


if __name__ == "__main__":
    stories([one_of_two_moves, one_of_two_moves_in_v6, one_of_three_moves, one_of_three_moves_in_v6,
             the_seed_moves, one_of_thirty_moves, one_of_thirty_moves_in_v6,
             the_seed_of_thirty_and_two_others_move, two_and_three_move_in_the_slower_timing,
             an_agent_that_began_without_an_address, two_members_swap_their_addresses,
             all_move_one_after_the_other, all_move_at_once_and_meet_by_name, a_lease_is_renewed,
             the_first_of_two_addresses_goes, an_address_that_goes_and_comes_back,
             other_addresses_come_and_go_and_nobody_cares])
