#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Who is meant: an address that a member had is given to another machine. What answers there is
joined only if it is the one that was meant, or of the same cluster."""
from field import Field, agents, known, slow, stories

OPTIONS = ["--profile", "local", "--rejoin-interval", "500ms"]
CALLS = 6.0  # seconds in which each lost address is called about ten times


def gone(host):
    """The machine fails: its process is killed, and its address is free for another one."""
    host.kill()
    host.link("down")


def successor(f, host, name, join=(), label=None):
    """Another machine, which gets the address of this one, with an agent of that name."""
    other = f.host(label or f"{name}2" if name == host.name else label or name)
    gone(host)
    other.move(host.v4)
    other.addr, other.name = host.addr, name
    return other.start(join=join)


def apart(f, a, x, seconds=CALLS):
    """They never list each other alive, and a says once who answers."""
    f.never(lambda: a.sees(x, "alive") or x.sees(a, "alive"), seconds)
    assert a.running() and x.running()


def said_once(f, a, x, lost=None):
    f.wait(lambda: a.events("foreign"), 15)
    lines = a.events("foreign")
    assert len(lines) == 1, lines
    assert lines[0]["answers"] == x.name and lines[0]["addr"] == x.addr, lines
    assert lines[0].get("name") == (lost and lost.name), lines
    assert lines[0]["level"] == "warn" and "hearsay join" in lines[0]["message"]


def two(f, seed_of_a=False):
    """a and c are one cluster; c is a seed of a, or a one of c."""
    a, c = f.host("a"), f.host("c")
    if seed_of_a:
        c.start()
        a.start(join=c)
    else:
        a.start()
        c.start(join=a)
    f.agree()
    return a, c


def a_stranger_at_the_address_of_a_killed_member_stays_alone():
    """Two clusters became one twelve seconds after the address had changed hands."""
    with Field(options=OPTIONS) as f:
        a, c = two(f)
        x = successor(f, c, "x")
        f.wait(lambda: a.sees(c, "dead"), 15)
        apart(f, a, x)
        said_once(f, a, x, c)
        assert x.view() == {"x": "alive"}


@slow
def a_namesake_of_the_caller_at_the_address_of_a_killed_member_stays_alone():
    """One of the two processes ended."""
    with Field(options=OPTIONS) as f:
        a, c = two(f)
        x = successor(f, c, "a", label="x")
        f.wait(lambda: a.sees(c, "dead"), 15)
        f.never(lambda: not a.running() or not x.running() or len(x.view()) > 1, CALLS)
        said_once(f, a, x, c)


@slow
def a_namesake_of_the_lost_member_in_another_cluster_is_not_joined():
    with Field(options=OPTIONS) as f:
        a, c = two(f)
        y, z = f.host("y").start(), f.host("z")
        z.start(join=y)
        f.wait(lambda: y.sees(z), 10)
        x = successor(f, c, "c", join=y)
        f.wait(lambda: y.sees("c"), 10)
        f.never(lambda: a.sees(y) or y.sees(a, "alive"), CALLS)
        f.wait(lambda: a.sees("c", "dead"), 15)
        f.never(lambda: a.sees(y) or y.sees(a, "alive") or a.sees("c"), CALLS)
        said_once(f, a, x, c)


def a_stranger_at_the_address_of_a_seed_that_left_stays_alone():
    with Field(options=OPTIONS) as f:
        a, c = two(f, seed_of_a=True)
        c.stop()
        f.wait(lambda: a.sees(c, "dead"), 10)
        other = f.host("x")
        c.link("down")
        other.move(c.v4)
        other.addr = c.addr
        other.start()
        apart(f, a, other)
        said_once(f, a, other, c)


@slow
def a_stranger_at_the_address_of_a_seed_that_was_forced_out_stays_alone():
    with Field(options=OPTIONS) as f:
        a, c = two(f, seed_of_a=True)
        gone(c)
        f.wait(lambda: a.sees(c, "dead"), 15)
        assert a.tool("force-leave", "c").returncode == 0
        x = f.host("x")
        x.move(c.v4)
        x.addr = c.addr
        x.start()
        apart(f, a, x)
        said_once(f, a, x, c)


@known
def a_seed_that_was_restarted_without_seeds_is_found():
    with Field(options=OPTIONS) as f:
        a, c = two(f, seed_of_a=True)
        for end in (c.kill, c.stop):
            end()
            f.wait(lambda: a.sees(c, "dead"), 15)
            c.start()
            f.agree()


@known
def halves_that_were_apart_find_each_other():
    with Field(options=OPTIONS) as f:
        a, b, c, d = (f.host(name) for name in "abcd")
        a.start()
        for one in (b, c, d):
            one.start(join=a)
        f.agree()
        f.split([a, b], [c, d])
        f.wait(lambda: a.sees(d, "dead") and d.sees(a, "dead") and c.sees(b, "dead"), 20)
        f.heal()
        f.agree(limit=30)


@known
def seeds_that_found_each_other_after_a_power_cut_are_found():
    """With an origin that is drawn anew they would be another cluster for ever."""
    with Field(options=OPTIONS) as f:
        a, c, d = (f.host(name) for name in "acd")
        c.start(join=d)
        d.start(join=c)
        a.start(join=[c, d])
        f.agree()
        c.kill()
        d.kill()
        f.wait(lambda: a.sees(c, "dead") and a.sees(d, "dead"), 15)
        f.split([a], [c, d])
        c.start(join=d)
        d.start(join=c)
        f.wait(lambda: c.sees(d) and d.sees(c), 10)
        f.heal()
        f.agree(limit=30)


def what_an_operator_joins_is_one_cluster():
    """The address has changed hands, and the operator wants both clusters to be one."""
    with Field(options=OPTIONS) as f:
        a, c = two(f, seed_of_a=True)
        x = successor(f, c, "x")
        y = f.host("y").start(join=x)
        f.wait(lambda: a.sees(c, "dead"), 15)
        said_once(f, a, x, c)
        assert not a.sees(x)
        assert a.tool("join", x.addr).returncode == 0
        f.wait(lambda: all(p.sees(q) for p in (a, x, y) for q in (a, x, y)), 15)


@known
def two_that_seed_each_other_are_one_cluster():
    with Field(options=OPTIONS) as f:
        a, b = f.host("a"), f.host("b")
        a.start(join=b)
        b.start(join=a)
        f.agree()


@known
def a_host_that_is_renamed_is_a_member_at_once():
    with Field(options=OPTIONS) as f:
        a, c = two(f)
        b = f.host("b").start(join=a)
        f.agree()
        c.kill()
        c.name = "renamed"
        c.start(join=a)
        f.wait(lambda: b.sees("renamed") and a.sees("renamed"), 10)


def the_old_name_of_a_renamed_host_goes_at_once_and_is_not_called():
    """The old name had keys for 3.5 s, and its address, which has another name now, was called for
    a day."""
    with Field(options=["--rejoin-interval", "500ms"]) as f:
        a, c = two(f)
        b = f.host("b").start(join=a)
        f.agree()
        c.kill_both()  # with last words the old name would be gone before the new one is there
        c.name = "renamed"
        mark = a.mark()
        c.start(join=a)
        f.wait(lambda: a.sees("renamed") and a.sees("c", "dead"), 10)
        lines = a.events_since(mark, "member")
        joined = next(e for e in lines if e["name"] == "renamed" and e["to"] == "alive")
        dead = next(e for e in lines if e["name"] == "c" and e["to"] == "dead")
        took = agents.log_time(dead["time"]) - agents.log_time(joined["time"])
        print(f"# dead {took:.2f} s after the other name has joined")
        assert took < 2.5, lines
        f.wait(lambda: b.sees("c", "dead"), 5)
        before = {p: p.ask("status")["sent"].get("join", 0) for p in (a, b)}
        f.never(lambda: any(p.ask("status")["sent"].get("join", 0) > before[p] for p in (a, b)),
                CALLS)
        assert not a.events("foreign") and not b.events("foreign")


if __name__ == "__main__":
    stories([
        a_stranger_at_the_address_of_a_killed_member_stays_alone,
        a_namesake_of_the_caller_at_the_address_of_a_killed_member_stays_alone,
        a_namesake_of_the_lost_member_in_another_cluster_is_not_joined,
        a_stranger_at_the_address_of_a_seed_that_left_stays_alone,
        a_stranger_at_the_address_of_a_seed_that_was_forced_out_stays_alone,
        a_seed_that_was_restarted_without_seeds_is_found,
        halves_that_were_apart_find_each_other,
        seeds_that_found_each_other_after_a_power_cut_are_found,
        what_an_operator_joins_is_one_cluster,
        two_that_seed_each_other_are_one_cluster,
        a_host_that_is_renamed_is_a_member_at_once,
        the_old_name_of_a_renamed_host_goes_at_once_and_is_not_called,
    ])
