#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures real agents on loopback: agreement after start, verdicts, return, and what idling costs.

    tools/bench/loopback.py --daemon build/src/agent/hearsayd [--agents 60] [--victims 5] [--idle 60]

Times come from the agents' own logs; CPU from /proc/PID/schedstat, memory from smaps_rollup, bytes with IP and UDP
headers (28 a datagram). Only processes started here are measured, and all of them are ended.
"""
import argparse
import os
import statistics
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tests", "agent"))
from agents import Cluster, log_time, wait_until  # noqa: E402

HEADERS = 28  # bytes of IPv4 and UDP


def last_change(agent, mark=0):
    """Log time of its last member or ring event."""
    events = [e for e in agent.events_since(mark) if e["event"] in ("member", "ring")]
    return log_time(events[-1]["time"]) if events else 0.0


def measure_start(cluster, count):
    agents = cluster.start(count)
    cluster.wait_agreed(60)
    last_start = max(a.started for a in agents)
    return max(last_change(a) for a in agents) - last_start


def moment(agent, mark, name, to):
    events = agent.events_since(mark, "member", name=name, to=to)
    return log_time(events[-1]["time"]) if events else None


def all_say(observers, marks, name, to):
    moments = [moment(a, marks[a], name, to) for a in observers]
    return None if None in moments else max(moments)


def measure_victim(cluster, victim, seed):
    """kill -9 and restart of one: seconds until all others say dead, and alive again."""
    observers = [a for a in cluster.alive() if a is not victim]
    marks = {a: a.mark() for a in observers}
    killed = victim.kill()
    wait_until(lambda: all_say(observers, marks, victim.name, "dead"), 60)
    dead = all_say(observers, marks, victim.name, "dead") - killed
    marks = {a: a.mark() for a in observers}
    victim.start(join=[seed.addr])
    wait_until(lambda: all_say(observers, marks, victim.name, "alive"), 60)
    back = all_say(observers, marks, victim.name, "alive") - victim.started
    cluster.wait_agreed(30)
    return dead, back


def cpu_seconds(agent):
    with open(f"/proc/{agent.proc.pid}/schedstat", encoding="ascii") as stat:
        return int(stat.read().split()[0]) / 1e9


def pss_mib(agent):
    with open(f"/proc/{agent.proc.pid}/smaps_rollup", encoding="ascii") as smaps:
        return next(int(line.split()[1]) for line in smaps if line.startswith("Pss:")) / 1024


def sent_by(agent):
    status = agent.ask("status")
    return sum(status["sent"].values()), status["bytes_sent"]


def measure_idle(cluster, seconds, settle):
    time.sleep(settle)  # not a test: let the queues of the phase before run empty
    agents = cluster.alive()
    before = {a: (time.monotonic(), cpu_seconds(a), sent_by(a)) for a in agents}
    time.sleep(seconds)
    rows = []
    for agent in agents:
        began, cpu, (datagrams, size) = before[agent]
        span = time.monotonic() - began
        now_datagrams, now_size = sent_by(agent)
        rate = (now_datagrams - datagrams) / span
        rows.append((rate, (cpu_seconds(agent) - cpu) / span * 60, pss_mib(agent),
                     (now_size - size) / span + HEADERS * rate))
    return [statistics.mean(column) for column in zip(*rows)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--daemon", default="build/src/agent/hearsayd")
    parser.add_argument("--agents", type=int, default=60, choices=range(2, 201), metavar="2..200")
    parser.add_argument("--victims", type=int, default=5)
    parser.add_argument("--idle", type=float, default=60.0, help="seconds; 0: do not measure")
    options = parser.parse_args()
    with Cluster(daemon=os.path.abspath(options.daemon)) as cluster:
        agreed = measure_start(cluster, options.agents)
        print(f"{options.agents} agents, one seed: all views and rings equal {agreed:.3f} s after the last start")
        results = [measure_victim(cluster, cluster.agents[1 + i * 7 % (options.agents - 1)], cluster.agents[0])
                   for i in range(options.victims)]
        for what, times in zip(("kill -9 until all say dead", "restart until all say alive"), zip(*results)):
            print(f"{what}: median {statistics.median(times):.3f} s, max {max(times):.3f} s, "
                  f"of {len(times)}: {' '.join(f'{t:.3f}' for t in times)}")
        if options.idle:
            rate, cpu, pss, size = measure_idle(cluster, options.idle, 10)
            print(f"idle, mean of {options.agents} agents over {options.idle:.0f} s: {rate:.2f} datagrams/s, "
                  f"CPU {cpu:.4f} s/min, PSS {pss:.2f} MiB, {size:.1f} bytes/s sent with headers")


if __name__ == "__main__":
    main()
