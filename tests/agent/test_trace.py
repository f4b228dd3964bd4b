# SPDX-License-Identifier: Apache-2.0
"""--trace: a whole join and a death read from the steps of the agents, lines that nobody reads, and
a file that cannot be opened."""
import json
import os
import select
import socket
import subprocess
import time

from agents import Cluster, free_port, run_tests, wait_until

FAST = ["--profile", "local"]
FLOOD = 9000  # datagrams; two lines each are more than the bound of what waits
READING_S = 3


def steps_of(path):
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.endswith("\n")]


def has(path, **fields):
    return any(all(step.get(key) == value for key, value in fields.items())
               for step in steps_of(path))


def find(steps, start, **fields):
    """Index behind the first step from `start` on that has these fields."""
    for at in range(start, len(steps)):
        if all(steps[at].get(key) == value for key, value in fields.items()):
            return at + 1
    raise AssertionError(f"no step {fields} behind {start} in\n" +
                         "\n".join(map(json.dumps, steps)))


def start_traced(cluster, name, join=()):
    """An agent that answers, and its trace."""
    trace = os.path.join(cluster.dir, name + ".trace")
    agent = cluster.agent(name).start(join=join, options=["--trace", trace])
    wait_until(lambda: agent.try_ask("version"), 10)
    return agent, trace


def one_join_can_be_read_from_both_sides():
    with Cluster(FAST) as cluster:
        a, of_a = start_traced(cluster, "a")
        b, of_b = start_traced(cluster, "b", [a.addr])
        wait_until(lambda: has(of_b, step="exchange-ended"), 10)
        steps = steps_of(of_b)
        assert all({"boot_us", "wall_us", "step"} <= set(step) for step in steps)
        assert [s["boot_us"] for s in steps] == sorted(s["boot_us"] for s in steps)
        at = find(steps, 0, step="sent", message="join", addr=a.addr)
        at = find(steps, at, step="received", message="challenge", addr=a.addr)
        at = find(steps, at, step="sent", message="join", addr=a.addr)
        at = find(steps, at, step="record", name="a", **{"from": "none"}, to="alive",
                  reason="joined")
        at = find(steps, at, step="exchange-begun", name="a")
        at = find(steps, at, step="sent", message="sync", name="a", addr=a.addr)
        at = find(steps, at, step="exchange-step", name="a")
        find(steps, at, step="exchange-ended", name="a", end="ok")
        steps = steps_of(of_a)
        at = find(steps, 0, step="received", message="join", addr=b.addr)
        at = find(steps, at, step="sent", message="challenge", addr=b.addr)
        at = find(steps, at, step="received", message="join", addr=b.addr)
        find(steps, at, step="record", name="b", **{"from": "none"}, to="alive", reason="joined")


def a_death_can_be_read():
    with Cluster(FAST) as cluster:
        a, trace = start_traced(cluster, "a")
        b = cluster.agent("b").start(join=[a.addr])
        wait_until(lambda: has(trace, step="probe-ended", name="b", end="reached"), 10)
        b.kill_both()
        wait_until(lambda: has(trace, step="suspicion-ended", name="b", to="dead"), 20)
        steps = steps_of(trace)
        at = find(steps, 0, step="probe-begun", name="b")
        at = find(steps, at, step="unreachable", addr=b.addr)
        at = find(steps, at, step="probe-ended", name="b", end="refused")
        at = find(steps, at, step="record", name="b", to="suspect", reason="refused")
        at = find(steps, at, step="suspicion-begun", name="b")
        at = find(steps, at, step="timer", timer="suspicion")
        at = find(steps, at, step="record", name="b", to="dead", reason="failed")
        find(steps, at, step="suspicion-ended", name="b", to="dead")


def a_datagram_that_is_dropped_says_why():
    with Cluster(FAST) as cluster:
        a, trace = start_traced(cluster, "a")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.sendto(b"rubbish", ("127.0.0.1", a.port))
            mine = f"127.0.0.1:{sock.getsockname()[1]}"
            wait_until(lambda: has(trace, step="dropped"), 10)
        steps = steps_of(trace)
        at = find(steps, 0, step="received", addr=mine, length=7)
        assert steps[at]["step"] == "dropped" and steps[at]["drop"] == "truncated", steps[at]


def read_for(pipe, seconds, poke):
    """What comes; each poke is a step, and with a step goes what has waited."""
    text, until = b"", time.monotonic() + seconds
    while time.monotonic() < until:
        poke()
        if select.select([pipe], [], [], 0.1)[0]:
            text += os.read(pipe, 1 << 20)
    return text


def a_reader_that_does_not_read_loses_lines_and_is_told():
    with Cluster(FAST) as cluster:
        path = os.path.join(cluster.dir, "a.fifo")
        os.mkfifo(path)
        pipe = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        a = cluster.agent("a").start(options=["--trace", path])
        wait_until(lambda: a.try_ask("version"), 10)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            for at in range(FLOOD):
                sock.sendto(b"rubbish", ("127.0.0.1", a.port))
                if at % 50 == 0:
                    time.sleep(0.005)
            assert a.ask("version")["ok"], "the agent does not wait for its reader"
            read = read_for(pipe, READING_S, lambda: sock.sendto(b"rubbish", ("127.0.0.1", a.port)))
        os.close(pipe)
        lines = read.decode().splitlines()[:-1]
        lost = [step for step in map(json.loads, lines) if step["step"] == "lost"]
        assert len(lost) == 1 and lost[0]["lines"] > 100, (len(lines), lost)
        assert a.ask("version")["ok"], "nor does it mind that its reader is gone"


def standard_error_and_a_file_that_cannot_be():
    with Cluster(FAST) as cluster:
        a = cluster.agent("a").start(options=["--trace", "-"])
        wait_until(lambda: '"step":"timer"' in open(a.err, encoding="utf-8").read(), 10)
        done = subprocess.run([cluster.daemon, "--name", "x", "--bind", f"127.0.0.1:{free_port()}",
                               "--trace", "/nonexistent/trace"],
                              capture_output=True, text=True, timeout=10, check=False)
        assert (done.returncode == 2 and
                "trace file /nonexistent/trace: No such file" in done.stderr), done


if __name__ == "__main__":
    run_tests([one_join_can_be_read_from_both_sides, a_death_can_be_read,
               a_datagram_that_is_dropped_says_why,
               a_reader_that_does_not_read_loses_lines_and_is_told,
               standard_error_and_a_file_that_cannot_be])
