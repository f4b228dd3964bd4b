# SPDX-License-Identifier: Apache-2.0
"""The agents of a soak, each at its own address on the loopback of our namespace, and what can be
done to them.

Agents differ in their addresses and not only in ports, so that the packet filter can separate any
two of them, including the ICMP errors between them. Every action is noted in the truth: an action
that harms a member before it happens, and one that ends the harm after it.
"""
import collections
import os
import signal
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "bench"), os.path.join(HERE, "..", "..", "tests", "agent")]
from agents import Cluster  # noqa: E402
from namespace import Filter  # noqa: E402

from rotation import Keys  # noqa: E402
from truth import Truth  # noqa: E402

PORT = 7847
LEAVE_PATIENCE = 5.0  # seconds: leave_timeout is 3
TABLE = "inet hearsay_soak"
RULES = f"""
table {TABLE} {{
    set cut {{ type ipv4_addr . ipv4_addr; }}
    chain incoming {{
        type filter hook input priority 0;
        ip saddr . ip daddr @cut drop
    }}
}}
"""
RUNNING, DOWN, LEAVING = "running", "down", "leaving"


def address(number):
    return f"127.77.{number // 250}.{number % 250 + 1}"


class Field:
    def __init__(self, daemon, count, options=(), sealed=False):
        # A sanitizer keeps what was freed for a while, up to 256 MiB: that is no growth of the
        # daemon's.
        os.environ["ASAN_OPTIONS"] = ":".join(filter(None, [os.environ.get("ASAN_OPTIONS"),
                                                            "quarantine_size_mb=1"]))
        self.cluster = Cluster(daemon=daemon, options=options)
        self.keys = Keys(self.cluster.dir) if sealed else None
        self.agents = {}
        for number in range(1, count + 1):
            agent = self.cluster.agent(f"n{number}", port=PORT)
            if self.keys:
                self.keys.write(number, 0)
                agent.options = ["--key", self.keys.path(number)]
            agent.addr = f"{address(number)}:{PORT}"
            self.agents[number] = agent
        self.state = dict.fromkeys(self.agents, DOWN)
        self.leaving = {}  # number → deadline of its end
        self.born = {}     # number → pid of its first process
        self.blocked = collections.Counter()
        self.faults, self.done = [], collections.Counter()
        self.truth = Truth([a.name for a in self.agents.values()], time.time())
        Filter.run(RULES)

    def names(self, numbers):
        return [self.agents[n].name for n in numbers]

    def fault(self, text):
        self.faults.append(f"{time.strftime('%H:%M:%S', time.gmtime())} UTC: {text}")

    # ---- what can be done --------------------------------------------------------------------

    def start(self, number, seeds):
        self.reap()
        if self.state[number] != DOWN:
            self.fault(f"n{number} was to be started, but its process has not ended")
            return
        agent = self.agents[number].start(join=[self.agents[s].addr for s in seeds])
        self.born.setdefault(number, agent.proc.pid)
        self.state[number] = RUNNING
        self.truth.came(time.time(), agent.name)

    def end(self, number):
        """True when it ran: what has ended by itself is a fault, which the next look at it
        tells."""
        self.reap()
        if self.state[number] != RUNNING:
            return False
        self.truth.went(time.time(), self.agents[number].name)
        return True

    def kill(self, number):
        if self.end(number):
            self.agents[number].kill()
            self.state[number] = DOWN

    def leave(self, number):
        """By SIGTERM and by command in turn: they are the same, and both are used."""
        if not self.end(number):
            return
        self.state[number] = LEAVING
        self.leaving[number] = time.monotonic() + LEAVE_PATIENCE
        agent = self.agents[number]
        if self.done["leave"] % 2 or agent.try_ask("leave") is None:
            agent.signal(signal.SIGTERM)

    def pause(self, numbers):
        self.reap()
        running = [n for n in numbers if self.state[n] == RUNNING]
        self.truth.paused(time.time(), *self.names(running))
        for number in running:
            self.agents[number].signal(signal.SIGSTOP)

    def resume(self, numbers):
        running = [n for n in numbers if self.state[n] == RUNNING and self.agents[n].running()]
        # first: it speaks before all have got the signal
        self.truth.came(time.time(), *self.names(running))
        for number in running:
            self.agents[number].signal(signal.SIGCONT)

    def cut(self, step):
        self.truth.cut(time.time(), self.key(step), self.names(step.who), self.names(step.other),
                       step.one_way)
        self.block(step, 1)

    def heal(self, step):
        # first: words come through before nft has ended
        self.truth.healed(time.time(), self.key(step))
        self.block(step, -1)

    @staticmethod
    def key(step):
        return step.who, step.other, step.one_way

    def block(self, step, change):
        """Cuts may lie over each other: a path is open again when the last of them has ended."""
        paths = [(a, b) for a in step.who for b in step.other]
        paths += [] if step.one_way else [(b, a) for a, b in paths]
        before = {path for path in paths if self.blocked[path]}
        for path in paths:
            self.blocked[path] += change
        after = {path for path in paths if self.blocked[path]}
        for word, some in (("add", after - before), ("delete", before - after)):
            if some:
                elements = ", ".join(f"{address(a)} . {address(b)}" for a, b in sorted(some))
                Filter.run(f"{word} element {TABLE} cut {{ {elements} }}")

    def act(self, step):
        self.done[step.verb] += 1
        if step.verb in ("cut", "heal"):
            getattr(self, step.verb)(step)
        elif step.verb in ("pause", "resume"):
            getattr(self, step.verb)(step.who)
        elif step.verb == "rekey":
            self.keys.give(step.who[0], step.other[0], self.agents[step.who[0]])
        elif step.verb == "start":
            self.start(step.who[0], step.other)
        else:
            getattr(self, step.verb)(step.who[0])

    # ---- looking after them ------------------------------------------------------------------

    def reap(self):
        """Finds processes that have ended, and says which should not have."""
        for number, state in self.state.items():
            agent = self.agents[number]
            if state == DOWN:
                continue
            if agent.running():
                if state == LEAVING and time.monotonic() > self.leaving[number]:
                    self.fault(f"{agent.name} did not end within {LEAVE_PATIENCE:.0f} s of its "
                               "goodbye")
                    agent.kill()
                    self.state[number] = DOWN
                continue
            code = agent.proc.returncode
            if state == RUNNING:
                self.truth.went(time.time(), agent.name)
                self.fault(f"{agent.name} ended by itself, with {code}")
            elif code != 0:
                self.fault(f"{agent.name} ended with {code} after its goodbye")
            self.state[number] = DOWN

    def running(self):
        return [self.agents[n] for n, state in self.state.items() if state == RUNNING]

    def leaving_now(self):
        return LEAVING in self.state.values()

    def close(self):
        self.cluster.close()
