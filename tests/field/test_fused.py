# SPDX-License-Identifier: Apache-2.0
"""Twenty pairs at a time: each is a cluster whose second address is given to somebody else. Not one
of them may become one cluster with who is there now, however often it calls."""
from field import PORT, Field, slow, stories

RUNS = 20
CALLS = 8  # times that each lost address is called at least
OPTIONS = ["--profile", "local", "--rejoin-interval", "500ms"]


def pairs(f, seeds=False):
    """Twenty clusters of two: a0 to a19 on one host, c0 to c19 on another. With `seeds`, every c
    is a seed of its a."""
    here, there = f.host("here"), f.host("there")
    callers = [here.agent(f"a{i}", port=PORT + i) for i in range(RUNS)]
    lost = [there.agent(f"c{i}", port=PORT + i) for i in range(RUNS)]
    for a, c in zip(callers, lost):
        (c if seeds else a).start()
    for a, c in zip(callers, lost):
        (a if seeds else c).start(join=c if seeds else a)
    f.wait(lambda: all(a.sees(c) and c.sees(a) for a, c in zip(callers, lost)), 60)
    return callers, lost


def successors(f, lost, names, join=()):
    """Another host has the address from now on, with agents of these names at the same ports."""
    lost[0].machine.link("down")
    heir = f.host("heir")
    heir.move(lost[0].machine.v4)
    made = [heir.agent(name, port=PORT + i) for i, name in enumerate(names)]
    for i, one in enumerate(made):
        one.start(join=[join[i]] if join else [])
    return made


def met(agent, others):
    """Names of others that it has ever held to be alive."""
    return {e["name"] for e in agent.events("member", to="alive")} & {o.name for o in others}


def calls(agent):
    return agent.ask("status")["sent"].get("join", 0)


def stay_apart(f, callers, strangers, own):
    """Each calls often enough, and nobody meets anybody. `own`: names that a caller may know."""
    for a in callers:
        assert a.running()
    begun = [calls(a) for a in callers]

    def fused():
        return [(a.name, met(a, strangers[i]) - own(i)) for i, a in enumerate(callers)
                if met(a, strangers[i]) - own(i)]
    f.wait(lambda: fused() or all(calls(a) >= b + CALLS for a, b in zip(callers, begun)), 120,
           "calls are not made")
    assert not fused(), f"{len(fused())} of {RUNS} are fused: {fused()}"
    assert all(one.running() for one in callers)
    assert all(x.running() for group in strangers for x in group)


def all_dead(f, callers, names):
    f.wait(lambda: all(a.sees(name, "dead") for a, name in zip(callers, names)), 60)


def nothing(_):
    return set()


@slow
def killed_members_are_succeeded_by_strangers():
    with Field(OPTIONS) as f:
        callers, lost = pairs(f)
        for c in lost:
            c.kill()
        strangers = successors(f, lost, [f"x{i}" for i in range(RUNS)])
        all_dead(f, callers, [c.name for c in lost])
        stay_apart(f, callers, [[x] for x in strangers], nothing)
        assert all(x.view() == {x.name: "alive"} for x in strangers)


@slow
def seeds_that_were_killed_are_succeeded_by_strangers():
    with Field(OPTIONS) as f:
        callers, lost = pairs(f, seeds=True)
        for c in lost:
            c.kill()
        strangers = successors(f, lost, [f"x{i}" for i in range(RUNS)])
        all_dead(f, callers, [c.name for c in lost])
        stay_apart(f, callers, [[x] for x in strangers], nothing)


@slow
def seeds_that_left_are_succeeded_by_strangers():
    with Field(OPTIONS) as f:
        callers, lost = pairs(f, seeds=True)
        for c in lost:
            assert c.stop() == 0
        strangers = successors(f, lost, [f"x{i}" for i in range(RUNS)])
        all_dead(f, callers, [c.name for c in lost])
        stay_apart(f, callers, [[x] for x in strangers], nothing)


@slow
def seeds_that_were_forced_out_are_succeeded_by_strangers():
    with Field(OPTIONS) as f:
        callers, lost = pairs(f, seeds=True)
        for c in lost:
            c.kill()
        all_dead(f, callers, [c.name for c in lost])
        for a, c in zip(callers, lost):
            assert a.tool("force-leave", c.name).returncode == 0
        strangers = successors(f, lost, [f"x{i}" for i in range(RUNS)])
        stay_apart(f, callers, [[x] for x in strangers], nothing)


@slow
def the_successors_have_the_callers_names():
    """One of two processes with one name ended, which was told that its name is held."""
    with Field(OPTIONS) as f:
        callers, lost = pairs(f)
        for c in lost:
            c.kill()
        strangers = successors(f, lost, [a.name for a in callers])
        all_dead(f, callers, [c.name for c in lost])
        begun = [calls(a) for a in callers]
        f.wait(lambda: not all(one.running() for one in callers + strangers) or
               all(calls(a) >= b + CALLS for a, b in zip(callers, begun)), 120)
        ended = [one for one in callers + strangers if not one.running()]
        assert not ended, f"{len(ended)} have ended: {ended[0].errors()}"
        assert all(x.view() == {x.name: "alive"} for x in strangers)


@slow
def the_successors_are_other_clusters_members_with_the_lost_names():
    with Field(OPTIONS) as f:
        callers, lost = pairs(f)
        far = f.host("far")
        others = [far.agent(f"y{i}", port=PORT + i).start() for i in range(RUNS)]
        for c in lost:
            c.kill()
        all_dead(f, callers, [c.name for c in lost])
        strangers = successors(f, lost, [c.name for c in lost], join=others)
        f.wait(lambda: all(y.sees(x) for x, y in zip(strangers, others)), 30)
        stay_apart(f, callers, [[y] for y in others], nothing)
        assert all(a.sees(c.name, "dead") for a, c in zip(callers, lost))


@slow
def two_clusters_exchange_addresses():
    """Nobody ends: two running machines of two clusters swap their addresses."""
    with Field(OPTIONS) as f:
        hosts = [f.host(name) for name in ("left", "right", "up", "down")]
        wild = [[h.agent(f"{h.name}{i}", port=PORT + i) for i in range(RUNS)] for h in hosts]
        left, right, up, down = wild
        for first, second in ((left, right), (up, down)):
            for a, b in zip(first, second):
                a.start(bind=f"0.0.0.0:{a.port}")
                b.start(bind=f"0.0.0.0:{b.port}", join=a)
            f.wait(lambda: all(a.sees(b) and b.sees(a)  # pylint: disable=cell-var-from-loop
                               for a, b in zip(first, second)), 60)
        was = hosts[1].v4, hosts[3].v4
        for host, address in ((hosts[1], was[1]), (hosts[3], was[0])):
            host.link("down")
            host.move(address)
        for host in (hosts[1], hosts[3]):
            host.link("up")
        for address in was:
            f.forget(address)
        callers, strangers = left + up, list(zip(up, down)) + list(zip(left, right))
        assert all(one.running() for group in wild for one in group)

        def fused():
            return [a.name for a, group in zip(callers, strangers) if met(a, group)]
        f.never(fused, 30, "clusters are fused")


if __name__ == "__main__":
    stories([killed_members_are_succeeded_by_strangers,
             seeds_that_were_killed_are_succeeded_by_strangers,
             seeds_that_left_are_succeeded_by_strangers,
             seeds_that_were_forced_out_are_succeeded_by_strangers,
             the_successors_have_the_callers_names,
             the_successors_are_other_clusters_members_with_the_lost_names,
             two_clusters_exchange_addresses])
