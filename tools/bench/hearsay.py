# SPDX-License-Identifier: Apache-2.0
"""Measures hearsay: agents of the tests' harness, whose verdicts are read from their own logs.

The log is flushed line by line and has the time of each verdict. So it can be read late without
loss of precision, and reading it costs the agents nothing but a little CPU time of the machine.
"""
import base64
import json
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tests",
                                "agent"))
from agents import Agent, Cluster, log_time  # noqa: E402

from system import Missing, System, Words  # noqa: E402

FIRST_PORT = 10000
WANTED = (b'"event":"member"', b'"event":"ring"', b'"event":"start"')


class Member(Agent):
    def __init__(self, cluster, name, port):
        super().__init__(cluster, name, port)
        self.words, self.file, self.rest, self.ups = Words(), None, b"", 0

    def start(self, join=(), options=()):
        options = [*self.cluster.options, *options]
        self.read()
        self.words.born = len(self.words.changes)
        return super().start(join, options)

    def read(self):
        if self.file is None:
            if not os.path.exists(self.log):
                return
            self.file = open(self.log, "rb")  # as long as the member: closed with it
        lines = (self.rest + self.file.read()).split(b"\n")
        self.rest = lines.pop()
        for line in lines:
            if any(word in line for word in WANTED):
                self.take(json.loads(line))

    def take(self, line):
        moment = log_time(line["time"])
        if line["event"] == "start":
            self.ups += 1
        elif line["event"] == "ring":
            self.words.touched = moment
        elif line["name"] != self.name:
            self.words.say(moment, line["name"], line["to"])

    def up(self):
        self.read()
        return self.ups > 0


class Hearsay(System):
    title, first_port = "hearsay", FIRST_PORT

    def __init__(self, options):
        super().__init__()
        self.cluster = Cluster(daemon=find(options))
        self.cluster.options = []
        self.keep = options.keep

    def make(self, number):
        member = Member(self.cluster, f"n{number}", self.first_port + number)
        self.cluster.agents.append(member)
        return member

    def poll(self):
        for member in self.members:
            member.read()

    def settled(self):
        """True if digests and rings are equal, so that also what the log does not show is equal."""
        return self.cluster.agreed()

    def explain(self, name):
        if not self.keep:
            return
        with open(os.path.join(self.cluster.dir,
                               f"why-{name}.json"), "a", encoding="utf-8") as file:
            for member in self.running():
                json.dump({"asked": member.name, "why": member.try_ask("why", name=name)}, file)
                file.write("\n")

    def close(self):
        self.cluster.close()
        for member in self.members:
            if member.file:
                member.file.close()


class Sealed(Hearsay):
    """The same agents, with a key."""
    title = "sealed"

    def __init__(self, options):
        super().__init__(options)
        path = os.path.join(self.cluster.dir, "key")
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(base64.b64encode(os.urandom(32)) + b"\n")
        self.cluster.options = ["--key", path]


def find(options):
    built = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "build", "src",
                         "agent", "hearsayd")
    for path in [options.daemon] if options.daemon else [built, "hearsayd"]:
        found = shutil.which(path)
        if found:
            return os.path.abspath(found)
    raise Missing(f"hearsayd is not at {options.daemon or 'build/src/agent/hearsayd'}: build it, "
                  "or say --daemon PATH")


def version(options):
    done = subprocess.run([find(options), "--version"], capture_output=True, text=True, check=True)
    return done.stdout.split()[-1]
