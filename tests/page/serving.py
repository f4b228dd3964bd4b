# SPDX-License-Identifier: Apache-2.0
"""hearsay-serve beside an agent, and its page in a browser."""
import atexit
import http.client
import json
import os
import signal
import socket
import subprocess

from agents import HOST, Process, wait_until

PATIENCE = 10.0


def free_tcp_port():
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


class Serve(Process):
    """One hearsay-serve process; start() may be called again after it has ended."""

    def __init__(self, agent):
        self.agent, self.port = agent, free_tcp_port()
        self.address = f"http://{HOST}:{self.port}/"
        self.err = os.path.join(agent.cluster.dir, f"serve-{self.port}.err")
        atexit.register(self.close)  # also when a test fails before it is entered

    def start(self):
        with open(self.err, "ab") as err:
            self.proc = subprocess.Popen(
                [os.environ.get("HEARSAY_SERVE", "hearsay-serve"), "--control",
                 self.agent.control, "--http", f"{HOST}:{self.port}"],
                stdin=subprocess.DEVNULL, stdout=err, stderr=err)
        wait_until(self.answers, PATIENCE, self.said)
        return self

    def said(self):
        with open(self.err, encoding="utf-8") as err:
            return f"hearsay-serve does not answer; it said: {err.read()}"

    def get(self, path):
        """(status, headers, body)"""
        link = http.client.HTTPConnection(HOST, self.port, timeout=PATIENCE)
        try:
            link.request("GET", path)
            answer = link.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            link.close()

    def ask(self, path):
        return json.loads(self.get(path)[2])

    def answers(self):
        try:
            return self.get("/healthz")[0] == 200
        except OSError:
            return False

    def close(self):
        if self.running():
            self.proc.send_signal(signal.SIGTERM)
            self.proc.wait(PATIENCE)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.close()
