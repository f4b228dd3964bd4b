# SPDX-License-Identifier: Apache-2.0
"""Who is cut off says so itself: everybody looks alive to it, and nobody else can tell it. That
nothing can be sent shows soon; that nothing comes takes half a minute to believe."""
from field import Field, log_time, known, slow, stories

MANY = 5  # members, of whom not all can be silent at once: one of three believes what it hears
SOON = 20  # seconds
BELIEVED = 75  # seconds: nothing has come for 30, on a busy machine


def isolated(host, since=0):
    return host.events_since(since, "health", reason="isolated", level="warn")


def over(host, since=0):
    return host.events_since(since, "health", reason="isolated-over")


def tell(cut, mend, limit, count=3):
    """One of them is cut off. It says so once, and when that is over. It buries nobody before:
    silence that is believed is evidence at last."""
    with Field() as f:
        *others, c = f.grow(count)
        marks = {one: one.mark() for one in f.hosts}
        cut(f, c)
        f.wait(lambda: isolated(c), limit, "c does not say that it is isolated")
        assert c.ask("status")["isolated"] is True
        said = log_time(isolated(c)[0]["time"])
        assert not [e for e in c.events_since(marks[c], "member", to="dead")
                    if log_time(e["time"]) < said - 1]
        f.wait(lambda: all(one.sees(c, "dead") for one in others), SOON)
        mend(f, c)
        f.wait(lambda: over(c), SOON, "c does not say that this is over")
        f.agree(limit=30)
        assert c.ask("status")["isolated"] is False
        assert len(isolated(c)) == len(over(c)) == 1, c.events("health")
        assert not any(isolated(one) for one in others)


def the_link_is_down():
    tell(lambda f, c: c.link("down"), lambda f, c: c.link("up"), SOON)


def its_own_firewall_lets_nothing_out():
    tell(lambda f, c: c.mute(), lambda f, c: c.mute(False), SOON)


def its_address_is_gone():
    """Sends fail for want of a source."""
    def go(_, c):
        c.remove(c.v4)
        c.remove(c.v6)

    def back(_, c):
        c.add(c.v4)
        c.add(c.v6)
    tell(go, back, SOON)


@slow
def nothing_arrives():
    """What it sends is heard, but not by itself."""
    tell(lambda f, c: c.loss(100), lambda f, c: c.loss(0), BELIEVED, MANY)


@slow
def the_network_parts_one_from_many():
    tell(lambda f, c: f.split(f.hosts[:-1], [c]), lambda f, c: f.heal(), BELIEVED, MANY)


@slow
def its_only_seed_is_never_there():
    with Field() as f:
        a = f.host("a").start(join="10.77.0.99:7847")
        f.wait(lambda: isolated(a), BELIEVED)
        b = f.host("b", v4="10.77.0.99").start()
        f.wait(lambda: over(a) and a.sees(b), BELIEVED)


@slow
def the_switch_fails():
    """All are cut off, all say so, and all are found again."""
    with Field() as f:
        hosts = f.grow(MANY)
        f.switch.ip("link set bridge down")
        f.wait(lambda: all(isolated(one) for one in hosts), BELIEVED)
        f.switch.ip("link set bridge up")
        f.wait(lambda: all(over(one) for one in hosts), BELIEVED)
        f.agree(limit=60)


@slow
@known
def who_was_stopped_for_long_was_not_cut_off():
    """Nothing came, because nobody was there to hear it."""
    with Field() as f:
        *others, c = f.grow(MANY)
        c.pause()
        f.wait(lambda: all(one.sees(c, "dead") for one in others), SOON)
        f.last(35)
        c.resume()
        f.agree(limit=60)
        assert not isolated(c) and c.events("refute"), c.events("health")


@known
def who_is_alone_on_purpose_is_not_cut_off():
    with Field() as f:
        a, b = f.grow(2)
        assert b.stop() == 0
        f.wait(lambda: a.sees(b, "dead"), 10)
        alone = f.host("alone").start()
        f.wait(lambda: alone.events("ready"), 20)
        f.never(lambda: alone.said("isolated") or a.said("isolated"), 10)


if __name__ == "__main__":
    stories([the_link_is_down, its_own_firewall_lets_nothing_out, its_address_is_gone,
             nothing_arrives, the_network_parts_one_from_many, its_only_seed_is_never_there,
             the_switch_fails, who_was_stopped_for_long_was_not_cut_off,
             who_is_alone_on_purpose_is_not_cut_off])
