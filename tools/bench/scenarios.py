# SPDX-License-Identifier: Apache-2.0
"""The scenarios: what is done to a cluster, and what is measured. They do not depend on the system.

A scenario gives a Figure: a few numbers with their names and units, for one system, one size and
one setting. For all numbers less is better. A verdict that does not come within its limit is
not left out: it is None in `times` and infinite in median and maximum.
"""
import contextlib
import dataclasses
import math
import os
import statistics
import subprocess
import sys
import time
from signal import SIGCONT, SIGSTOP

import forged
from system import cpu_seconds, family, pss_mib, wait

# Serf repairs what gossip has missed by push and pull, each minute at 60 agents
AGREE_LIMIT = 180.0
VERDICT_LIMIT = 60.0
SETTLE = 10.0        # seconds for queues to run empty before idling is measured
STARTS = 3           # a start is cheap, and one alone says little
FORGED_RATE = 50_000  # datagrams per second
QUIET = 10.0         # seconds in which an agent's rest is measured before a flood
BEGIN = 1.0          # and for processes without a protocol to be under way
NOTED = 10           # wrong verdicts that are listed one by one
STRIDE = 7           # victims are taken this far apart; the seed is none of them
BARE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "build", "tools",
                    "bench", "bench_bare")
SPIN = "import os, sys; os.sched_setaffinity(0, [int(sys.argv[1])]); " \
    "os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))\nwhile True: pass"
PAUSED = {"pause": (10.0, 2.0), "blink": (12.0, 0.05)}  # seconds stopped, running


class Failed(Exception):
    """The cluster did not reach the state in which the measurement begins."""


@dataclasses.dataclass
class Figure:
    scenario: str
    setting: str          # what tells this run from others of the scenario, but system and size
    system: str
    agents: int
    values: dict          # name → (number, unit)
    times: list = dataclasses.field(default_factory=list)
    notes: list = dataclasses.field(default_factory=list)
    command: str = ""     # what measures it again


def of_times(times):
    whole = [math.inf if t is None else t for t in times]
    return {"median": (statistics.median(whole), "s"), "max": (max(whole), "s")}


def form(system, count):
    """N agents at once, one seed: from the last start until all agree."""
    if not system.start(count) or not system.wait_agreed(AGREE_LIMIT):
        return None
    return max(m.words.touched for m in system.members) - max(m.started for m in system.members)


def formed(system, count):
    if form(system, count) is None:
        raise Failed(f"{count} agents did not agree within {AGREE_LIMIT:.0f} s of their start")


def run_form(make, count, options):
    times = []
    for _ in range(options.starts):
        with make() as system:
            times.append(form(system, count))
    return Figure("form", f"{options.starts} starts", system.title, count, of_times(times), times)


def pick(system, index):
    return system.members[1 + index * STRIDE % (len(system.members) - 1)]


def survivors(system, victim):
    return [m for m in system.running() if m is not victim]


def bury(system, victim, network, silently):
    """Kills one; seconds until all survivors say dead, and who else was called dead meanwhile."""
    marks, observers = system.marks(), survivors(system, victim)
    moment = time.time()
    if silently:
        network.cut(victim.port)
    victim.kill()
    said = system.wait_all(observers, marks, victim.name, "dead", VERDICT_LIMIT)
    if silently:
        network.clear()
    system.explain(victim.name)
    return said and said - moment, system.said(marks, "dead", {victim.name})


def revive(system, victim):
    """Starts a dead one again; seconds until all others say alive."""
    marks, observers = system.marks(), survivors(system, victim)
    victim.start(join=[system.members[0].addr])
    said = system.wait_all(observers, marks, victim.name, "alive", VERDICT_LIMIT)
    if not system.wait_agreed(AGREE_LIMIT):
        raise Failed(f"no agreement {AGREE_LIMIT:.0f} s after {victim.name} came back")
    return said and said - victim.started


def run_victims(make, count, options, network, silently):
    """Victims in turn, each of them started again: gives two figures, of the deaths and of the
    returns."""
    deaths, returns, wrong = [], [], []
    with make() as system:
        formed(system, count)
        for index in range(options.victims):
            victim = pick(system, index)
            seconds, others = bury(system, victim, network, silently)
            deaths.append(seconds)
            wrong += others
            returns.append(revive(system, victim))
    setting = f"{options.victims} victims"
    values = {**of_times(deaths), "others called dead": (len({name for _, _, name in wrong}), "")}
    return (Figure("silent" if silently else "kill", setting, system.title, count, values, deaths),
            Figure("restart", setting, system.title, count, of_times(returns), returns))


def use(pids, seconds):
    """CPU seconds per minute and process, measured for this number of seconds. What a process has
    started, as an agent its witness, counts as part of it."""
    every = [one for pid in pids for one in family(pid)]
    began, cpu = time.monotonic(), sum(cpu_seconds(pid) for pid in every)
    time.sleep(seconds)
    cpu = sum(cpu_seconds(pid) for pid in every) - cpu
    return cpu / (time.monotonic() - began) * 60 / len(pids)


@contextlib.contextmanager
def awake():
    """Keeps each processor from halting, with a loop that runs only when nothing else wants to."""
    loops = [subprocess.Popen([sys.executable, "-c", SPIN, str(cpu)])
             for cpu in sorted(os.sched_getaffinity(0))]
    try:
        time.sleep(BEGIN)
        yield loops
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


def use_both(pids, seconds):
    """The same with processors left to halt, then with processors kept awake."""
    halting = use(pids, seconds)
    with awake():
        return halting, use(pids, seconds)


def bare(count, seconds):
    """use_both of processes that do nothing but exchange an idle agent's datagrams."""
    procs = [subprocess.Popen([BARE, str(i), str(count)]) for i in range(count)]
    try:
        time.sleep(BEGIN)
        return use_both([p.pid for p in procs], seconds)
    finally:
        for proc in procs:
            proc.kill()
            proc.wait()


def run_idle(make, count, options, network):
    with make() as system:
        formed(system, count)
        time.sleep(SETTLE)
        pids = [m.proc.pid for m in system.running()]
        began, sent = time.monotonic(), network.counters()
        cpus = use_both(pids, options.seconds)
        span, now = time.monotonic() - began, network.counters()
        pss = statistics.mean(sum(map(pss_mib, family(pid))) for pid in pids)
    rate = (now["sent_udp"][0] - sent["sent_udp"][0]) / span / count
    size = sum(now[kind][1] - sent[kind][1] for kind in now) / span / count
    values = {"datagrams": (rate, "/s"), "bytes with headers": (size, "/s"), **of_cpus("CPU", cpus),
              "memory (PSS)": (pss, "MiB")}
    if os.path.exists(BARE):
        values |= of_cpus("CPU of the bare exchange", bare(count, options.seconds))
    return Figure("idle", f"{options.seconds:.0f} s", system.title, count, values)


def of_cpus(name, cpus):
    return {name: (cpus[0], "s/min"), f"{name}, processors awake": (cpus[1], "s/min")}


def act(plan):
    """Does each of [(second, action)] when its time has come; returns when that was."""
    began = time.time()
    for second, action in sorted(plan, key=lambda step: step[0]):
        time.sleep(max(0.0, began + second - time.time()))
        action()
    return began


def endure(system, plan, seconds, stopped=()):
    """A healthy member is killed in the middle of a disturbance. Was it found, and who else was
    called dead?"""
    marks, victim = system.marks(), pick(system, 3)
    deaths = []
    began = act([*plan, (seconds / 2, lambda: deaths.append(victim.kill())),
                 (seconds, lambda: None)])
    others = survivors(system, victim)
    healthy = [m for m in others if m not in stopped]
    system.wait_all(others, marks, victim.name, "dead", VERDICT_LIMIT)
    again = quiet(system, began + seconds)
    unwell = {victim.name, *(m.name for m in stopped)}
    wrong = system.said(marks, "dead", unwell)
    values = {
        "healthy members called dead": (len({name for _, _, name in wrong}), ""),
        "words of that": (len(wrong), ""),
        "killed one dead "
        "everywhere": (since(deaths[0], system.last(healthy, marks, victim.name, "dead")), "s"),
    }
    if stopped:
        values["the same, at the stopped ones too"] = (
            since(deaths[0], system.last(others, marks, victim.name, "dead")), "s")
    values["agreement afterwards"] = (again, "s")
    for name in {name for _, _, name in wrong}:
        system.explain(name)
    notes = [f"{who} called {name} dead {moment - began:.1f} s into it"
             for moment, who, name in wrong[:NOTED]]
    doubts = system.said(marks, "suspect", unwell)
    if doubts:
        notes.append(f"{len({name for _, _, name in doubts})} healthy members suspected, in "
                     f"{len(doubts)} words")
    return values, notes


def quiet(system, over):
    """Seconds from the end of the disturbance to the last change, if all agree after it."""
    if not wait(system.agreed, AGREE_LIMIT):
        return math.inf
    return max(0.0, max(m.words.touched for m in system.members) - over)


def since(moment, said):
    return math.inf if said is None else said - moment


def run_loss(make, count, options, network):
    with make() as system:
        formed(system, count)
        network.lose(options.loss)
        try:
            values, notes = endure(system, [(options.seconds, network.clear)], options.seconds)
        finally:
            network.clear()
    return Figure("loss", f"{options.loss} %, {options.seconds:.0f} s", system.title, count, values,
                  notes=notes)


def run_pause(make, count, options, scenario):
    """Some members are stopped and resumed together, repeatedly."""
    stop, run = PAUSED[scenario]
    some = max(1, round(count * (8 / 60 if scenario == "pause" else 10 / 30)))
    with make() as system:
        formed(system, count)
        stopped = choose(system, some)

        def tell(number):
            return lambda: [m.signal(number) for m in stopped]
        plan, second = [], 0.0
        while second + stop <= options.seconds:
            plan += [(second, tell(SIGSTOP)), (second + stop, tell(SIGCONT))]
            second += stop + run
        values, notes = endure(system, plan, options.seconds, stopped)
    setting = f"{some} stopped {stop:.0f} s, running {run:g} s, for {options.seconds:.0f} s"
    return Figure(scenario, setting, system.title, count, values, notes=notes)


def run_forged(make, count, options):
    """One agent gets a flood of forged datagrams; another is killed meanwhile. What does it cost
    the one, and are all verdicts right?"""
    with make() as system:
        formed(system, count)
        time.sleep(SETTLE)
        target = system.members[1]
        pid = target.proc.pid
        before = cpu_seconds(pid)
        time.sleep(QUIET)
        idle, memory = (cpu_seconds(pid) - before) / QUIET, pss_mib(pid)
        flood = forged.Flood(target.port, FORGED_RATE, options.seconds)
        before = cpu_seconds(pid)
        values, notes = endure(system, [], options.seconds)
        busy = (cpu_seconds(pid) - before) / options.seconds
        sent = flood.end()
        values |= {"forged datagrams": (sent / options.seconds, "/s"),
                   "CPU of the target before": (100 * idle, "%"),
                   "CPU of the target": (100 * busy, "%"),
                   "its memory before (PSS)": (memory, "MiB"),
                   "its memory after": (pss_mib(pid), "MiB")}
    return Figure("forged", f"{options.seconds:.0f} s", system.title, count, values, notes=notes)


def choose(system, some):
    """Chooses the members to stop: neither the seed nor the victim."""
    victim = pick(system, 3)
    return [m for m in system.members[1:] if m is not victim][:some]


def run(scenario, make, count, options, network):
    """The figures of one scenario at one size, for one system."""
    if scenario == "form":
        return [run_form(make, count, options)]
    if scenario in ("kill", "restart"):
        return list(run_victims(make, count, options, network, False))
    if scenario == "silent":
        return [run_victims(make, count, options, network, True)[0]]
    if scenario == "idle":
        return [run_idle(make, count, options, network)]
    if scenario == "forged":
        return [run_forged(make, count, options)]
    if scenario == "loss":
        return [run_loss(make, count, options, network)]
    return [run_pause(make, count, options, scenario)]
