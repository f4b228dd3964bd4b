# SPDX-License-Identifier: Apache-2.0
"""Measures Serf: the package's agent with its lan profile, as a user would start it.

Its log has whole seconds only, an event handler would start a shell for every event at every
member, and `serf monitor` a second process a member. So its log goes to a pipe, and one thread here
gives each line a timestamp when it arrives. It is some milliseconds late on a busy machine, and
costs Serf nothing. The verdicts are read from its events.
"""
import os
import re
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tests",
                                "agent"))
from agents import Process  # noqa: E402

from system import Missing, System, Words  # noqa: E402

HOST = "127.0.0.1"
FIRST_PORT, FIRST_RPC_PORT = 14000, 12000  # not ours: our witnesses keep theirs for 50 ms
EVENT = re.compile(rb"serf: EventMember(Join|Failed|Leave|Reap): (\S+)")
STATUS = {b"Join": "alive", b"Failed": "dead", b"Leave": "dead", b"Reap": "dead"}
CHUNK = 65536


class Stamper(threading.Thread):
    """Reads all pipes. Every line gets the time of its arrival."""

    def __init__(self):
        super().__init__(daemon=True)
        self.selector = selectors.DefaultSelector()
        self.open = True

    def add(self, pipe, member):
        os.set_blocking(pipe.fileno(), False)
        self.selector.register(pipe, selectors.EVENT_READ, member)

    def run(self):
        while self.open:
            for key, _ in self.selector.select(0.5):
                data = key.fileobj.read(CHUNK)
                if data:
                    key.data.take(time.time(), data)
                elif data == b"":
                    self.selector.unregister(key.fileobj)
                    key.fileobj.close()

    def close(self):
        self.open = False
        self.join()
        for key in list(self.selector.get_map().values()):
            key.fileobj.close()
        self.selector.close()


class Member(Process):
    def __init__(self, system, number):
        self.system, self.name = system, f"n{number}"
        self.port, self.rpc_port = FIRST_PORT + number, FIRST_RPC_PORT + number
        self.addr = f"{HOST}:{self.port}"
        self.words, self.rest, self.proc, self.started = Words(), b"", None, 0.0
        self.log = os.path.join(system.dir, self.name + ".log") if system.dir else None

    def start(self, join=()):
        command = [self.system.program, "agent", f"-node={self.name}", f"-bind={self.addr}",
                   "-profile=lan", f"-rpc-addr={HOST}:{self.rpc_port}", "-log-level=info"]
        if join:
            command += ["-retry-interval=1s", *(f"-retry-join={addr}" for addr in join)]
        self.words.born, self.rest = len(self.words.changes), b""
        self.started = time.time()
        self.proc = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                     stderr=subprocess.STDOUT, bufsize=0)
        self.system.stamper.add(self.proc.stdout, self)
        return self

    def take(self, moment, data):
        lines = (self.rest + data).split(b"\n")
        self.rest = lines.pop()
        for line in lines:
            found = EVENT.search(line)
            if found and found[2].decode() != self.name:
                self.words.say(moment, found[2].decode(), STATUS[found[1]])
            elif found:
                self.words.touched = moment
        if self.log:
            with open(self.log, "ab") as log:
                log.write(b"".join(b"%.3f %s\n" % (moment, line) for line in lines))

    def up(self):
        """It has said that it is a member itself."""
        return self.words.touched >= self.started


class Serf(System):
    title = "Serf"

    def __init__(self, options):
        super().__init__()
        self.program = find(options)
        self.dir = tempfile.mkdtemp(prefix="serf-bench-") if options.keep else None
        self.stamper = Stamper()
        self.stamper.start()

    def make(self, number):
        return Member(self, number)

    def close(self):
        for member in self.running():
            member.signal(signal.SIGCONT)
            member.kill()
        self.stamper.close()


def find(options):
    found = shutil.which(options.serf or "serf")
    if not found:
        raise Missing(f"Serf is not installed ({options.serf or 'apt-get install serf'})")
    return os.path.abspath(found)


def version(options):
    """The version of the package, because the program always reports 0.8.2-dev."""
    done = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", "serf"], capture_output=True,
                          text=True, check=False)
    if done.returncode == 0 and done.stdout and find(options) == "/usr/bin/serf":
        return done.stdout.split("~")[0].split("-")[0]
    return subprocess.run([find(options),
                           "version"], capture_output=True, text=True, check=True).stdout.split()[0]
