# SPDX-License-Identifier: Apache-2.0
"""Real agents on loopback, for tests and benchmarks.

Starts hearsayd processes, speaks the control protocol with them, reads their logs, and ends them by
pid: whatever happens, nothing that was started here is left running. Times of verdicts are read
from the agents' own logs, not from polling, so that watching does not disturb what is watched.
"""
import atexit
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback
from datetime import datetime

import log_schema
from witness import children

HOST = "127.0.0.1"
STOP_PATIENCE = 5.0  # seconds that a process gets to end after SIGTERM
LISTS = ("--join", "--tag")  # flags that may be given more than once


def log_time(text):
    """A log's `time` as seconds since 1970."""
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def settled(words):
    """Flags of which a later one takes the place of an earlier one, because the agent refuses two:
    what a test says of one agent may differ from what it says of all."""
    kept, at = [], 0
    while at < len(words):
        name, equals, _ = words[at].partition("=")
        alone = equals or at + 1 == len(words) or words[at + 1].startswith("--")
        if name not in LISTS:
            kept = [one for one in kept if one[0].partition("=")[0] != name]
        kept.append(words[at:at + (1 if alone else 2)])
        at += len(kept[-1])
    return [word for one in kept for word in one]


class Process:
    """What can be done to any process in `proc`, which is None until it is started."""

    proc = None

    def running(self):
        return self.proc is not None and self.proc.poll() is None

    def signal(self, number):
        self.proc.send_signal(number)

    def kill(self):
        """kill -9; returns the time of the kill."""
        moment = time.time()
        self.proc.kill()
        self.proc.wait()
        return moment


class Agent(Process):
    """One hearsayd process; start() may be called again after it has ended."""

    def __init__(self, cluster, name, port, options=(), env=None):
        self.cluster, self.name, self.port = cluster, name, port
        self.options, self.env = list(options), env
        self.prefix = []  # words before the daemon's: what runs it elsewhere
        self.addr = f"{HOST}:{port}"
        self.control = os.path.join(cluster.dir, name + ".sock")
        self.log = os.path.join(cluster.dir, name + ".log")
        self.err = os.path.join(cluster.dir, name + ".err")
        self.proc, self.offset, self.lines, self.started = None, 0, [], 0.0

    def start(self, join=(), options=()):
        words = ["--name", self.name, "--bind", self.addr, "--control", self.control, "--log",
                 self.log, *self.cluster.options, *self.options, *options]
        if join:
            words += ["--join", ",".join(join)]
        command = [*self.prefix, self.cluster.daemon, *settled(words)]
        with open(self.err, "ab") as err:
            self.started = time.time()
            self.proc = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=err, stderr=err,
                                         env={**os.environ, **(self.env or {})})
        return self

    def kill_both(self):
        """kill -9 of the agent and of its witness, as of a control group: others have to find out.
        The witness is stopped first, so that it cannot speak."""
        witnesses = children(self.proc.pid)
        for pid in witnesses:
            os.kill(pid, signal.SIGSTOP)
        moment = self.kill()
        for pid in witnesses:
            os.kill(pid, signal.SIGKILL)
        return moment

    def wait_exit(self, limit=STOP_PATIENCE):
        return self.proc.wait(limit)

    def ask(self, command, timeout=5.0, **fields):
        """One request, one answer. Raises OSError when there is no agent."""
        with socket.socket(socket.AF_UNIX) as sock:
            sock.settimeout(timeout)
            sock.connect(self.control)
            sock.sendall(json.dumps({"cmd": command, **fields}).encode() + b"\n")
            with sock.makefile("rb") as lines:
                line = lines.readline()
        if not line:
            raise OSError("no answer")
        return json.loads(line)

    def try_ask(self, command, **fields):
        try:
            return self.ask(command, **fields)
        except (OSError, ValueError):
            return None

    def view(self):
        """{name: status} of what it lists, or {}."""
        answer = self.try_ask("members")
        return ({m["name"]: m["status"] for m in answer["members"]} if answer and
                answer["ok"] else {})

    def events(self, kind=None, **fields):
        """Log lines so far, as objects; filtered by event and by fields."""
        if os.path.exists(self.log):
            with open(self.log, "rb") as log:
                log.seek(self.offset)
                data = log.read()
            whole = data.rfind(b"\n") + 1
            self.offset += whole
            self.lines += [json.loads(line) for line in data[:whole].splitlines()]
        return [e for e in self.lines if (kind is None or e["event"] == kind)
                and all(e.get(k) == v for k, v in fields.items())]

    def mark(self):
        """A place in the log for events_since."""
        self.events()
        return len(self.lines)

    def events_since(self, mark, kind=None, **fields):
        self.events()
        return [e for e in self.lines[mark:] if (kind is None or e["event"] == kind)
                and all(e.get(k) == v for k, v in fields.items())]


class Cluster:
    """A set of agents in one temporary directory."""

    prefix = "hearsay-test-"

    def __init__(self, options=(), daemon=None):
        self.daemon = daemon or os.environ.get("HEARSAYD", "hearsayd")
        self.options = list(options)
        self.dir = tempfile.mkdtemp(prefix=self.prefix)
        self.agents = []
        atexit.register(self.close)

    def agent(self, name, port=None, options=(), env=None):
        made = Agent(self, name, port or free_port(), options, env)
        self.agents.append(made)
        return made

    def start(self, count, prefix="n", options=()):
        """`count` agents at once; all but the first join the first."""
        first = len(self.agents)
        made = [self.agent(f"{prefix}{first + i + 1}", options=options) for i in range(count)]
        for one in made:
            one.start(join=[] if one is self.agents[0] else [self.agents[0].addr])
        return made

    def __getitem__(self, name):
        return next(a for a in self.agents if a.name == name)

    def alive(self):
        return [a for a in self.agents if a.running()]

    def close(self):
        if os.environ.get("HEARSAY_TEST_GENTLY"):
            self.end_gently()
        for agent in self.agents:
            if agent.running():
                agent.proc.send_signal(signal.SIGCONT)
                agent.proc.kill()
                agent.proc.wait()
        if self.dir and not os.environ.get("HEARSAY_TEST_KEEP"):
            shutil.rmtree(self.dir, ignore_errors=True)

    def end_gently(self):
        """SIGTERM and some time: a process that is killed does not say which of its lines were run
        (tools/coverage)."""
        for agent in self.alive():
            agent.proc.send_signal(signal.SIGCONT)
            agent.proc.send_signal(signal.SIGTERM)
        for agent in self.agents:
            if agent.proc:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    agent.proc.wait(STOP_PATIENCE)

    def check_logs(self):
        """No line of any log that is outside the schema; all whole, but for the last words of who
        was killed."""
        for path in {a.log for a in self.agents if os.path.isfile(a.log)}:
            rest = log_schema.check_file(path)
            ended = all(a.proc and a.proc.poll() not in (None, -signal.SIGKILL)
                        for a in self.agents if a.log == path)
            assert not rest or not ended, f"{path} ends with {rest!r}"

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        try:
            if error is None:
                self.check_logs()
        finally:
            self.close()

    # ---- waiting: always for a condition, with a deadline ------------------------------------

    def agreed(self):
        """All that run list all that run alive and nobody else alive or suspect; digests and rings
        are equal."""
        running = self.alive()
        names = {a.name for a in running}
        seen = set()
        for agent in running:
            status = agent.try_ask("status")
            if not status or not status["ok"]:
                return False
            seen.add((status["digest"], status["ring"]["checksum"]))
            if (len(seen) > 1 or status["members"]["suspect"] or
                status["members"]["alive"] != len(names)):
                return False
        present = {n for n, s in running[0].view().items() if s == "alive"}
        return present == names

    def wait_agreed(self, limit=10.0):
        wait_until(self.agreed, limit, lambda: "no agreement: " + self.describe())

    def wait_status(self, subject, status, observers=None, limit=15.0):
        """Every observer (default: all that run, but the subject) lists `subject` so."""
        watchers = observers or [a for a in self.alive() if a.name != subject]
        wait_until(lambda: all(a.view().get(subject) == status for a in watchers), limit,
                   lambda: f"{subject} not {status}: " + self.describe())

    def describe(self):
        return "; ".join(f"{a.name}: {a.view()}" for a in self.alive()[:8])


def wait_until(condition, limit, describe=lambda: "condition not met", pause=0.02):
    deadline = time.monotonic() + limit
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"after {limit} s: {describe()}")
        time.sleep(pause)


PORTS = range(10000, 32000)  # below those that the kernel gives to others
_next_port = [PORTS[os.getpid() * 97 % len(PORTS)]]


def free_port():
    """A UDP port that nobody on this machine holds now."""
    while True:
        _next_port[0] += 1
        if _next_port[0] not in PORTS:
            _next_port[0] = PORTS[0]
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.bind((HOST, _next_port[0]))
                return _next_port[0]
            except OSError:
                continue


# ---- TAP ---------------------------------------------------------------------------------------


class Skip(Exception):
    """This machine does not allow what the test needs; says what that is."""


def run_tests(tests):
    """Runs functions as TAP test points, named after them; exit code 1 when one fails."""
    # so that what was started is ended (atexit)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    wanted = sys.argv[1:]
    chosen = [t for t in tests if not wanted or t.__name__ in wanted]
    failed = 0
    print(f"1..{len(chosen)}")
    for number, test in enumerate(chosen, 1):
        began = time.monotonic()
        try:
            test()
            print(f"ok {number} - {test.__name__} # {time.monotonic() - began:.1f} s", flush=True)
        except Skip as reason:
            print(f"ok {number} - {test.__name__} # SKIP {reason}", flush=True)
        except Exception as error:  # a failing test must not hide the others
            failed += 1
            print(f"not ok {number} - {test.__name__}")
            for line in (f"{type(error).__name__}: {error}").splitlines():
                print("# " + line, flush=True)
            for frame in traceback.extract_tb(error.__traceback__)[1:]:
                print(f"#   {os.path.basename(frame.filename)}:{frame.lineno}: {frame.line}",
                      flush=True)
    sys.exit(1 if failed else 0)
