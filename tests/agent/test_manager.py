#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a service manager is told while an agent runs (sd_notify(3)): that it is ready, what it
sees, that it reads its settings again, that its loop turns, and that it stops."""
import contextlib
import os
import signal
import socket
import time

from agents import Cluster, run_tests, wait_until

FAST = ["--profile", "local"]
WATCHDOG = 0.6  # seconds


class Manager:
    """Listens like systemd."""

    def __init__(self, cluster):
        self.path = os.path.join(cluster.dir, "notify")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.socket.setblocking(False)
        self.heard = []  # (moment, line)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def lines(self, prefix=""):
        with contextlib.suppress(BlockingIOError):
            while True:
                now = time.monotonic()
                self.heard += [(now, line) for line in self.socket.recv(4096).decode().split("\n")]
        return [line for _, line in self.heard if line.startswith(prefix)]

    def wait(self, test, limit=10):
        wait_until(lambda: test(self.lines()), limit, lambda: f"heard: {self.heard[-20:]}")


def managed(cluster, manager, name="a", **env):
    agent = cluster.agent(name)
    agent.env = {"NOTIFY_SOCKET": manager.path, **env}
    return agent


def ready_comes_before_the_cluster():
    """A seed that does not answer does not keep a service from being started."""
    with Cluster(FAST) as cluster, Manager(cluster) as manager:
        managed(cluster, manager).start(join=["127.0.0.1:9"])
        manager.wait(lambda lines: "READY=1" in lines)
        manager.wait(lambda lines: any(line.startswith("STATUS=not joined; 1 alive; ring ")
                                       for line in lines))


def status_says_what_the_agent_sees():
    with Cluster(FAST) as cluster, Manager(cluster) as manager:
        a = managed(cluster, manager).start()
        b = cluster.agent("b").start(join=[a.addr])
        cluster.wait_agreed()
        ring = a.ask("status")["ring"]["checksum"]
        manager.wait(lambda lines: f"STATUS=2 alive; ring {ring}" in lines)
        b.kill()
        manager.wait(lambda lines: lines[-1].startswith("STATUS=1 alive; ring "), 20)
        count = len(manager.lines("STATUS="))
        a.ask("tags-set", tags={"a": "b"})
        time.sleep(2.5)  # what is not in the text is no reason to say it again
        assert len(manager.lines("STATUS=")) == count, manager.heard


def a_reload_is_told():
    with Cluster(FAST) as cluster, Manager(cluster) as manager:
        a = managed(cluster, manager).start()
        manager.wait(lambda lines: "READY=1" in lines)
        before = time.clock_gettime(time.CLOCK_MONOTONIC)
        a.ask("reload")
        manager.wait(lambda lines: lines.count("READY=1") == 2)
        lines = manager.lines()
        at = lines.index("RELOADING=1")
        began = int(lines[at + 1].removeprefix("MONOTONIC_USEC=")) / 1e6
        assert before <= began <= time.clock_gettime(time.CLOCK_MONOTONIC)
        assert lines.index("READY=1", at) > at


def the_watchdog_is_fed_as_long_as_the_loop_turns():
    with Cluster(FAST) as cluster, Manager(cluster) as manager:
        a = managed(cluster, manager, WATCHDOG_USEC=str(int(WATCHDOG * 1e6))).start()
        manager.wait(lambda lines: lines.count("WATCHDOG=1") >= 5)
        fed = [moment for moment, line in manager.heard if line == "WATCHDOG=1"]
        assert max(later - before for before, later in zip(fed, fed[1:])) < WATCHDOG * 2, fed
        a.signal(signal.SIGSTOP)
        manager.lines()
        count = len(manager.lines("WATCHDOG=1"))
        time.sleep(WATCHDOG * 2)
        assert len(manager.lines("WATCHDOG=1")) <= count + 1
        a.signal(signal.SIGCONT)
        manager.wait(lambda lines: lines.count("WATCHDOG=1") > count + 1)


def a_watchdog_of_another_process_is_not_fed():
    with Cluster(FAST) as cluster, Manager(cluster) as manager:
        managed(cluster, manager, WATCHDOG_USEC="300000", WATCHDOG_PID="1").start()
        manager.wait(lambda lines: any(line.startswith("STATUS=") for line in lines))
        time.sleep(1)
        assert not manager.lines("WATCHDOG")


def a_goodbye_is_told():
    with Cluster(FAST) as cluster, Manager(cluster) as manager:
        a = managed(cluster, manager).start()
        cluster.agent("b").start(join=[a.addr])
        cluster.wait_agreed()
        a.signal(signal.SIGTERM)
        a.wait_exit()
        assert "STOPPING=1" in manager.lines()


if __name__ == "__main__":
    run_tests([
        ready_comes_before_the_cluster,
        status_says_what_the_agent_sees,
        a_reload_is_told,
        the_watchdog_is_fed_as_long_as_the_loop_turns,
        a_watchdog_of_another_process_is_not_fed,
        a_goodbye_is_told,
    ])
