# SPDX-License-Identifier: Apache-2.0
"""Isolation (R39): who reaches nobody says so, and who is held dead by others finds out."""
from field import Field, slow, stories


def isolated(host):
    return host.ask("status")["isolated"]


def is_cut_off(field, hosts, cut, mend, finding, patience):
    """`hosts`: three that agree. The last one is cut off, says so, and is back by itself."""
    *others, lost = hosts
    assert isolated(lost) is False
    cut()
    line = field.wait(lambda: lost.events("health", reason="isolated"), patience)[0]
    assert (line["finding"], line["level"]) == (finding, "warn"), line
    assert isolated(lost) is True
    field.wait(lambda: all(o.sees(lost, "dead") for o in others), 60)
    mend()
    field.wait(lambda: lost.events("health", reason="isolated-over"), 30)
    field.agree(*hosts, limit=30)
    assert isolated(lost) is False
    for one in others:
        assert not one.events("health", reason="isolated"), one.name


def who_loses_its_link_says_so():
    with Field() as f:
        hosts = f.grow(3)
        is_cut_off(f, hosts, lambda: hosts[2].link("down"), lambda: hosts[2].link("up"), "unsent",
                   15)
        assert hosts[2].events("refute"), "it held the others alive, and was told of its own death"


def who_may_not_send_says_so():
    with Field() as f:
        hosts = f.grow(3)
        is_cut_off(f, hosts, hosts[2].mute, lambda: hosts[2].mute(False), "unsent", 15)


@slow
def who_hears_nothing_says_so():
    """A cable that is out further away: sending works, and nothing comes."""
    with Field() as f:
        hosts = f.grow(3)
        is_cut_off(f, hosts, lambda: f.split(hosts[:2], hosts[2:]), f.heal, "silent", 60)


@slow
def seed_that_never_answered_is_missed():
    with Field() as f:
        a = f.host("a").start(join=f.spare())
        f.wait(lambda: a.events("health", reason="isolated", finding="silent"), 60)


def who_has_nobody_is_not_isolated():
    """Alone, or with itself as the only seed, as the first of a list that all have."""
    with Field() as f:
        a = f.host("a")
        a.start(join=a)
        f.wait(lambda: a.events("ready"), 20)
        f.never(lambda: isolated(a), 5)


def who_was_declared_dead_behind_a_wrong_address_finds_out():
    """It speaks from an address that nobody knows, and hears all answers. Others cannot reach it
    where it says that it is, so to them it is dead; it must not believe itself healthy."""
    with Field() as f:
        a, b, c = f.host("a"), f.host("b"), f.host("c")
        a.start(bind="0.0.0.0:7847")
        b.start(bind="0.0.0.0:7847", join=a.v4)
        c.start("--advertise", c.v4, bind="0.0.0.0:7847", join=a.v4)
        f.agree()
        c.move(f.spare())
        f.wait(lambda: c.events("refute", **{"from": "dead"}), 30)


if __name__ == "__main__":
    stories([who_loses_its_link_says_so, who_may_not_send_says_so, who_hears_nothing_says_so,
             seed_that_never_answered_is_missed, who_has_nobody_is_not_isolated,
             who_was_declared_dead_behind_a_wrong_address_finds_out])
