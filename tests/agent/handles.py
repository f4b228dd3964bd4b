# SPDX-License-Identifier: Apache-2.0
"""`hearsay handle` processes beside real agents: what their handlers have noted, what they say."""
import json
import os
import pathlib
import signal
import subprocess
import tempfile

from agents import Cluster, Process, wait_until

TOOL = os.environ["HEARSAY"]
LIMIT = 30.0
ALL = "member-join,member-leave,member-failed,member-update,member-reap"

# Notes all that a handler is told, one JSON object for each run.
NOTE = """#!/usr/bin/env python3
import fcntl, json, os, sys
env = {k: v for k, v in os.environ.items() if k.startswith(("SERF_", "HEARSAY_"))}
text = json.dumps({"env": env, "lines": sys.stdin.read().splitlines()})
with open(sys.argv[1], "a") as out:
    fcntl.flock(out, fcntl.LOCK_EX)
    out.write(text + "\\n")
"""


def text_of(path):
    """What a file has; "" if it is not there."""
    path = pathlib.Path(path)
    return path.read_text(encoding="utf-8") if path.exists() else ""


class Handle(Process):
    """A `hearsay handle` of an agent, and what its handlers have noted."""

    def __init__(self, agent):
        self.dir = tempfile.mkdtemp(prefix="handle-", dir=agent.cluster.dir)
        self.state = os.path.join(agent.cluster.dir, "state-of-" + os.path.basename(self.dir))
        os.mkdir(self.state)
        self.out, self.err = (os.path.join(self.dir, name) for name in ("out", "err"))
        self.note = self.script("note", NOTE) + " " + self.out
        self.command = [TOOL, "--control", agent.control, "handle", "--state-dir", self.state]
        self.env, self.said_before = None, 0
        agent.cluster.agents.append(self)  # so that it is ended, whatever happens
        self.log = self.err

    def script(self, name, text):
        path = os.path.join(self.dir, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, 0o755)
        return path

    def start(self, *words):
        self.said_before = len(text_of(self.err))
        with open(self.err, "ab") as err:
            self.proc = subprocess.Popen([*self.command, *words], stdin=subprocess.DEVNULL,
                                         stdout=err, stderr=err,
                                         env={**os.environ, **(self.env or {})})
        return self

    def follows(self):
        wait_until(lambda: "follows" in self.said(), LIMIT, self.said)
        return self

    def said(self):
        """Since it was started last."""
        return text_of(self.err)[self.said_before:]

    def wait(self, condition):
        wait_until(condition, LIMIT, lambda: f"{self.said()} {self.runs()}"[-4000:])

    def runs(self, event=None, name=None):
        """What was noted, filtered by event and by a member in it."""
        if not os.path.exists(self.out):
            return []
        with open(self.out, encoding="utf-8") as out:
            runs = [json.loads(line) for line in out if line.endswith("\n")]
        return [run for run in runs if event in (None, run["env"]["HEARSAY_EVENT"])
                and (name is None or any(line.startswith(name + "\t") for line in run["lines"]))]

    def wait_run(self, event, name=None, count=1):
        wait_until(lambda: len(self.runs(event, name)) >= count, LIMIT,
                   lambda: f"no {event} of {name}: {self.runs()} {self.said()}")
        return self.runs(event, name)[-1]

    def wait_said(self, text, count=1):
        wait_until(lambda: self.said().count(text) >= count, LIMIT, self.said)

    def wait_written(self):
        """Until its state says that nothing waits."""
        path = pathlib.Path(self.state, "state")

        def is_done():
            if not path.exists():
                return False
            kept = json.loads(path.read_text(encoding="utf-8").split("\n", 1)[1])
            return not any(kept["handlers"].values()) and kept["members"]

        wait_until(is_done, LIMIT, self.said)

    def end(self, code=0):
        self.proc.send_signal(signal.SIGTERM)
        assert self.proc.wait(LIMIT) == code, self.said()


class Handlers(Cluster):
    """A cluster whose processes are not all agents: logs of the others have no schema."""

    def check_logs(self):
        handles = [one for one in self.agents if isinstance(one, Handle)]
        self.agents = [one for one in self.agents if one not in handles]
        try:
            super().check_logs()
        finally:
            self.agents = handles + self.agents


def cluster_of(count, *options):
    cluster = Handlers(["--profile", "local", *options])
    agents = cluster.start(count)
    cluster.wait_agreed()
    return cluster, agents
