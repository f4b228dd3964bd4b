# SPDX-License-Identifier: Apache-2.0
"""A table full of the dead, refusals and their reasons, draining, and what a reload applies."""

import grp
import os
import sys
import types

from field import Field, slow, stories

import wire  # pylint: disable=wrong-import-order

SMALL = ["--max-members", "12"]


def dead_fill(f, seed, count):
    """One after another joins under another name, and is killed. Their names, the oldest first."""
    names = []
    for i in range(count):
        host = f.host(f"x{i}").start(*SMALL, join=seed)
        f.wait(lambda h=host: seed.sees(h, "alive"), 10)
        host.kill()
        f.wait(lambda h=host: seed.sees(h, "dead"), 15)
        names.append(host.name)
    return names


@slow
def the_oldest_dead_give_way_to_the_living():
    """A newcomer was refused for 48 hours, also after everybody had been pruned."""
    with Field() as f:
        a, b = f.host("a").start(*SMALL), f.host("b")
        b.start(*SMALL, join=a)
        f.agree()
        names = dead_fill(f, a, 10)
        y = f.host("y").start(*SMALL, join=a)
        f.agree()
        assert a.view().get(names[0]) is None and y.view().get(names[0]) is None, a.view()
        assert all(a.view()[name] == "dead" for name in names[1:]), a.view()
        for name in names[1:]:
            answer = a.ask("force-leave", name=name, prune=True)
            assert answer["ok"], answer
        assert set(a.view()) == {"a", "b", "y"}
        f.wait(lambda: set(b.view()) == {"a", "b", "y"}, 10)


def a_full_table_says_so():
    with Field() as f:
        a = f.host("a").start("--max-members", "2")
        b = f.host("b").start("--max-members", "2", join=a)
        f.agree()
        c = f.host("c").start(join=a)
        f.wait(lambda: (c.try_ask("status") or {}).get("refused"), 10)
        refused = c.ask("status")["refused"][0]
        assert (refused["reason"], refused["name"]) == ("table-full", "a"), refused
        assert refused["message"] == ("the table of a is full (2 of 2): raise max-members on all "
                                      "members"), refused
        line = c.events("join", result="refused")[0]
        assert line["message"] == refused["message"] and line["name"] == "a", line
        assert "the table of a is full (2 of 2)" in c.tool("status").stdout
        assert a.events("refuse", reason="table-full", name="c")
        assert set(b.view()) == {"a", "b"}


def a_clock_that_is_ahead_is_told_to_both():
    """`"result":"refused","message":"none"`, for ever."""
    with Field() as f:
        a, b, c = f.host("a"), f.host("b"), f.host("c")
        a.start()
        b.clock(14 * 365 * 86400 + 3600)
        b.start(join=a)
        f.wait(lambda: b.events("join", result="refused"), 15)
        line = b.events("join", result="refused")[0]
        assert line["message"].startswith("our clock is 14 years 0 days ahead of the "
                                          "clock of a,"), line
        assert b.ask("status")["refused"][0]["reason"] == "clock"
        c.start(join=b)
        f.wait(lambda: c.events("join", result="refused"), 15)
        line = c.events("join", result="refused")[0]
        assert line["message"].startswith("the clock of b is 14 years 0 days ahead of ours,"), line
        assert line["name"] == "b"
        assert a.events("drop", reason="future")


def another_cluster_is_told():
    with Field() as f:
        a = f.host("a").start("--cluster", "one")
        b = f.host("b").start("--cluster", "two", join=a)
        f.wait(lambda: b.events("join", result="refused"), 15)
        line = b.events("join", result="refused")[0]
        assert "is in another cluster than 'two', which is ours" in line["message"], line
        assert a.view() == {"a": "alive"} and b.view() == {"b": "alive"}


def reference(**tokens):
    """The checksum by the reference in Python, whose hash may be the tests' own."""
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path.insert(1, os.path.join(here, "..", "core"))
    sys.modules.setdefault("xxhash", types.SimpleNamespace(xxh3_64_intdigest=wire.hash64))
    import ring_reference  # pylint: disable=import-outside-toplevel
    return f"{ring_reference.Ring(tokens).checksum():016x}"


def owners(host):
    return {m["name"]: m["tokens"] for m in host.ask("ring")["members"]}


def a_member_is_drained_and_filled_again():
    """--weight 0 was refused; a weight needed a restart."""
    with Field() as f:
        a, b, c = f.grow(3)
        before = b.ask("ring")["checksum"]
        answer = c.tool("weight", "0")
        assert answer.returncode == 0 and "drained" in answer.stdout, answer
        f.wait(lambda: all(set(owners(h)) == {"n1", "n2"} for h in (a, b, c)), 5)
        assert before == reference(n1=128, n2=128, n3=128)
        assert a.ask("ring")["checksum"] == reference(n1=128, n2=128, n3=0)
        assert a.sees(c, "alive") and a.ask("status")["drained"] == 1
        assert "drained    1 own no keys" in a.tool("status").stdout
        planned = a.tool("ring", "plan", "--add", "n3:weight=1")
        assert planned.returncode == 0, planned
        assert c.tool("weight", "1").returncode == 0
        f.wait(lambda: all(h.ask("ring")["checksum"] == before for h in (a, b, c)), 5)
        for host in (a, b, c):
            assert host.tool("weight", "0").returncode == 0
        f.wait(lambda: owners(a) == {}, 5)
        answer = a.tool("lookup", "k")
        assert answer.returncode == 1 and "all members are drained" in answer.stderr, answer
        assert c.tool("weight", "33").returncode == 2
        assert c.tool("weight", "-1").returncode != 0


def a_member_starts_drained():
    with Field() as f:
        a = f.host("a").start()
        b = f.host("b").start("--weight", "0", join=a)
        f.agree()
        assert owners(a) == owners(b) == {"a": 128}


def reload_with(host, text):
    host.write("/etc/hearsay.conf", text)
    return host.tool("reload")


def a_reload_applies_what_it_can_and_names_the_rest():
    """A reload exited 0 for what it did not apply."""
    with Field() as f:
        a, b = f.host("a"), f.host("b")
        a.start()
        b.write("/etc/hearsay.conf", "weight = 1\n")
        b.start("--config", "/etc/hearsay.conf", join=a)
        f.agree()
        done = reload_with(b, "weight = 2\ntag = role=db\n")
        assert done.returncode == 0 and "weight is changed" in done.stdout, done
        f.wait(lambda: owners(a) == {"a": 128, "b": 256}, 5)
        assert b.tool("weight", "0.5").returncode == 0
        done = reload_with(b, "weight = 2\ntag = role=web\n")
        assert done.returncode == 0 and owners(b)["b"] == 64, "the command's weight stays"
        done = reload_with(b, "weight = 1\nmtu = 1300\n")
        assert done.returncode == 1, done
        assert "mtu was not applied: it needs a restart" in done.stdout, done
        f.wait(lambda: owners(a) == {"a": 128, "b": 128}, 5)
        line = b.events("reload")[-1]
        assert line["level"] == "warn" and line["ignored"] == ["mtu"], line
        done = reload_with(b, "weight = 0\ncontrol-group = nobody-has-this\nmtu = 1300\n")
        assert done.returncode == 1 and "no such group" in done.stderr, done
        assert owners(b)["b"] == 128, "all or nothing"


def a_reload_gives_the_socket_to_another_group():
    with Field() as f:
        a = f.host("a")
        a.write("/etc/hearsay.conf", "weight = 1\n")
        a.start("--config", "/etc/hearsay.conf")
        f.agree()
        mine = os.stat(a.control)
        assert mine.st_mode & 0o777 == 0o600
        name = grp.getgrgid(mine.st_gid).gr_name
        done = reload_with(a, f"control-group = {name}\n")
        assert done.returncode == 0 and "control-group is changed" in done.stdout, done
        assert os.stat(a.control).st_mode & 0o777 == 0o660
        done = reload_with(a, "control-group = nobody-has-this\nweight = 3\n")
        assert done.returncode == 1 and "no such group" in done.stderr, done
        assert os.stat(a.control).st_mode & 0o777 == 0o660
        done = reload_with(a, "weight = 2\nlog-level = debug\n")
        assert done.returncode == 0, done
        assert os.stat(a.control).st_mode & 0o777 == 0o600


if __name__ == "__main__":
    stories([the_oldest_dead_give_way_to_the_living, a_full_table_says_so,
             a_clock_that_is_ahead_is_told_to_both, another_cluster_is_told,
             a_member_is_drained_and_filled_again, a_member_starts_drained,
             a_reload_applies_what_it_can_and_names_the_rest,
             a_reload_gives_the_socket_to_another_group])
