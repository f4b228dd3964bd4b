# SPDX-License-Identifier: Apache-2.0
"""A hearsay-swarm process, for tests and measurements: its lines are read as they come, and it is
ended by its pid."""
import atexit
import json
import os
import selectors
import subprocess
import time


class Swarm:
    def __init__(self, program, members, net, *words):
        self.addr, self.lines, self.rest = net, [], b""
        self.proc = subprocess.Popen([program, "--members", str(members), "--net", net, *words],
                                     bufsize=0, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        atexit.register(self.close)
        os.set_blocking(self.proc.stdout.fileno(), False)

    def read(self, patience=0.0):
        """What it has said so far; waits for so long at most if that is nothing new."""
        with selectors.DefaultSelector() as ready:
            ready.register(self.proc.stdout, selectors.EVENT_READ)
            while ready.select(patience):
                data = self.proc.stdout.read()
                if not data:
                    break
                lines = (self.rest + data).split(b"\n")
                self.rest = lines.pop()
                self.lines += [json.loads(line) for line in lines]
                patience = 0.0
        return self.lines

    def wait(self, condition, limit, what):
        """The first line for which this is so, of those not yet read or read already."""
        deadline, seen = time.monotonic() + limit, 0
        while True:
            for line in self.read(0.1)[seen:]:
                seen += 1
                if condition(line):
                    return line
            if self.proc.poll() is not None:
                raise AssertionError(f"hearsay-swarm ended with {self.proc.returncode} before "
                                     f"{what}")
            if time.monotonic() > deadline:
                raise AssertionError(f"after {limit} s: no {what}; last: {self.lines[-1:]}")

    def ready(self, limit=60.0):
        self.wait(lambda line: line["event"] == "ready", limit, "ready")
        return self

    def status(self):
        """The newest one."""
        return next((line for line in reversed(self.read()) if line["event"] == "status"), None)

    def tell(self, line):
        self.proc.stdin.write(line.encode() + b"\n")

    def told(self, event, mark=0):
        return [line for line in self.read()[mark:] if line["event"] == event]

    def mark(self):
        return len(self.read())

    def close(self):
        if self.proc.poll() is None:
            self.proc.kill()
        self.proc.wait()
        for pipe in (self.proc.stdin, self.proc.stdout):
            pipe.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
