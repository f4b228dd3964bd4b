# SPDX-License-Identifier: Apache-2.0
"""What must hold, whatever an attacker does, in words that a story can use."""
import contextlib

SHOWN = ("status", "cause", "id", "instance", "timestamp", "start", "tokens", "tags", "addr")


def view_of(host):
    """All that it holds of all members: {name: fields}."""
    answer = host.ask("members", all=True)
    return {m["name"]: {key: m[key] for key in SHOWN} for m in answer["members"]}


def drops(host, *reasons):
    """How many datagrams it has dropped for these reasons, or {reason: how many}."""
    found = host.ask("status")["drops"]
    return sum(found[reason] for reason in reasons) if reasons else found


@contextlib.contextmanager
def nothing_changes(f, *hosts):
    """Meanwhile these hold what they held, and tell nobody of a change. They must be at rest."""
    hosts = hosts or tuple(f.alive())
    f.agree(*hosts)
    before = {one: (view_of(one), one.mark()) for one in hosts}
    yield
    for one, (view, mark) in before.items():
        assert view_of(one) == view, (one.name, view, view_of(one))
        told = [e for e in one.events_since(mark) if e["event"] in ("member", "refute", "ring")]
        assert not told, (one.name, told)


@contextlib.contextmanager
def nobody_dies(f, *hosts, spared=()):
    """Meanwhile none of these finds one of the others dead."""
    hosts = hosts or tuple(f.alive())
    marks = {one: one.mark() for one in hosts}
    names = {one.name for one in hosts} - set(spared)
    yield
    for one, mark in marks.items():
        dead = [e for e in one.events_since(mark, "member", to="dead") if e["name"] in names]
        assert not dead, (one.name, dead)


def no_amplification(stranger, sent):
    """R28: what came to an address that nobody has proven is no more than what was sent from it,
    in number, in bytes and in the longest."""
    asked, heard = [len(d.data) for d in sent], [len(d.data) for d in stranger.heard]
    assert len(heard) <= len(asked), (len(heard), len(asked))
    assert sum(heard) <= sum(asked) and max(heard, default=0) <= max(asked, default=0), (
        sorted(heard)[-3:], sorted(asked)[-3:])
