# SPDX-License-Identifier: Apache-2.0
"""Judges a soak at its end: do all views agree exactly, were the verdicts in the logs true, and has
memory grown?"""
import json
import math
import os
import sys
import time

from field import HERE  # noqa: F401  puts the tests' harness on the path
from agents import log_time
import log_schema
from system import pss_mib

GROWTH, GROWTH_MIB = 1.5, 0.5  # a leak: more than both; tables that fill up are less
LOOKS, PAUSE = 10, 0.5         # what a ring takes while it is made is no growth: the least counts
SHOWN = 20                     # faults of one kind that are told one by one


def views(agents):
    """What each lists of all members, and its sums: {agent: (view, digest, ring)}; None where it
    does not answer."""
    found = {}
    for agent in agents:
        members, status = agent.try_ask("members"), agent.try_ask("status")
        if members is None or status is None:
            found[agent.name] = None
            continue
        view = {m["name"]: (m["status"], m["addr"], m["id"]) for m in members["members"]}
        found[agent.name] = view, status["digest"], status["ring"]["checksum"]
    return found


def differences(found, names):
    """In words, how these views differ from each other and from who should be alive."""
    faults = [f"{name} does not answer" for name, view in found.items() if view is None]
    whole = {name: view for name, view in found.items() if view}
    if not whole:
        return faults
    first = next(iter(whole))
    for name, (view, digest, ring) in whole.items():
        alive = {member for member, (status, *_) in view.items() if status == "alive"}
        for member in sorted(alive ^ names):
            status = view.get(member, ["unknown"])[0]
            faults.append(f"{name} holds {member} {status}, which "
                          f"{'runs' if member in names else 'does not run'}")
        if view != whole[first][0]:
            other = {m for m in view.keys() | whole[first][0].keys()
                     if view.get(m) != whole[first][0].get(m)}
            faults.append(f"{name} and {first} differ about {', '.join(sorted(other))}")
        elif (digest, ring) != whole[first][1:]:
            faults.append(f"{name} has digest {digest} and ring {ring}, {first} has "
                          f"{' and '.join(whole[first][1:])}")
    return faults


def logged(agents):
    """Those that came as far as to write a log."""
    return [agent for agent in agents if os.path.exists(agent.log)]


def verdicts(agent):
    """(time, subject, accuser) of each failure that this agent's log tells."""
    with open(agent.log, "rb") as log:
        for line in log:
            if b'"to":"dead"' in line and line.endswith(b"\n"):
                said = json.loads(line)
                if (said["event"] == "member" and said["reason"] in ("failed", "ended") and
                    said["name"] != agent.name):
                    yield log_time(said["time"]), said["name"], said.get("accuser", "")


def judge(agents, truth):
    """(how many said dead, [words about each that was false])."""
    count, false = 0, []
    for agent in logged(agents):
        for moment, subject, accuser in verdicts(agent):
            count += 1
            if truth.is_false(moment, agent.name, subject):
                false.append((moment, f"{agent.name} said {subject} is dead, on the word of "
                              f"{accuser or 'itself'}"))
    return count, sorted(false)


def log_faults(agents):
    """Lines outside the schema, and any word on standard error."""
    faults = []
    for agent in logged(agents):
        try:
            log_schema.check_file(agent.log)
        except AssertionError as error:
            faults.append(f"log of {agent.name}: {error}")
        with open(agent.err, encoding="utf-8", errors="replace") as err:
            faults += [f"{agent.name} on standard error: {line.rstrip()}" for line in err]
    return faults


def memory(agents):
    """The least of some looks at each."""
    least = {}
    for look in range(LOOKS):
        time.sleep(PAUSE if look else 0)
        for agent in agents:
            least[agent.name] = min(pss_mib(agent.proc.pid), least.get(agent.name, math.inf))
    return least


def grown(before, after):
    return [f"{name} has grown from {before[name]:.2f} to {after[name]:.2f} MiB"
            for name in after if after[name] > GROWTH * before[name] and
            after[name] - before[name] > GROWTH_MIB]


def size(agents):
    return sum(os.path.getsize(agent.log) for agent in logged(agents))


def told(title, faults, file=sys.stdout):
    print(f"{title:34} {'ok' if not faults else f'{len(faults)} FAULTS'}", file=file)
    for fault in faults[:SHOWN]:
        print(f"    {fault}", file=file)
    if len(faults) > SHOWN:
        print(f"    and {len(faults) - SHOWN} more", file=file)
