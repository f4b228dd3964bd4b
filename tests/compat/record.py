#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Records the corpus: some datagrams of each kind that agents of a release send each other, each in
a file KIND.LENGTH.RECEIVER. It was run once with the programs of the release that release_before.py
names, as root. Of the kinds that this did not hear (sync-finer, other refusals) the corpus has that
release's own seeds for its fuzzer.

usage: unshare --net record.py BUILD FOLDER
"""
import collections
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

sys.path.insert(1, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "agent"))

# pylint: disable=wrong-import-position
from agents import Cluster, wait_until  # noqa: E402
from swarms import Swarm  # noqa: E402
from wire import CHALLENGE, JOIN, hash64  # noqa: E402

KINDS = {1: "gossip", 2: "ack", 3: "probe-request", 4: "nack", 5: "challenge", 6: "join",
         8: "refusal"}
STEPS = ["buckets", "differ", "list", "records", "fine", "finer"]
EACH = 4  # datagrams of a kind, of different lengths if there are such
HEAD, TRAILER = 28, 5


def kind_of(data):
    kind = data[1] & 15
    return KINDS.get(kind) or "sync-" + STEPS[data[HEAD + 18]]


def receiver_of(data, names):
    """The name to which its checksum is bound."""
    kind, sealed = data[1] & 15, struct.unpack(">I", data[-4:])[0]
    if kind in (JOIN, CHALLENGE):
        return "anybody"
    for name in names:
        if hash64(data[:-TRAILER], hash64(name.encode())) & 0xffffffff == sealed:
            return name
    return None


class Recorder(threading.Thread):
    def __init__(self):
        super().__init__(daemon=True)
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x0800))
        self.socket.bind(("lo", 0))
        self.heard = []

    def run(self):
        while True:
            packet = self.socket.recv(65536)
            if packet[9] == 17:
                self.heard.append(packet[(packet[0] & 15) * 4 + 8:])


def small_cluster(daemon):
    """Joins, a long record, a death, a goodbye, and each refusal."""
    with Cluster(["--profile", "local", "--max-members", "5"], daemon) as cluster:
        cluster.check_logs = lambda: None
        names = ["alice", "bob", "carol", "dave"]
        first = cluster.agent("alice").start()
        for name in names[1:]:
            cluster.agent(name, options=["--tag", f"of={name * 20}"]).start(join=[first.addr])
        wait_until(cluster.agreed, 20)
        cluster["dave"].kill()
        cluster.wait_status("dave", "dead")
        cluster["carol"].signal(signal.SIGTERM)
        cluster["carol"].wait_exit()
        cluster["dave"].start()
        wait_until(cluster.agreed, 20)
        cluster.agent("bob2", options=["--name", "bob"]).start(join=[first.addr]).wait_exit(20)
        for name in ("erin", "frank"):
            cluster.agent(name).start(join=[first.addr])
        wait_until(lambda: cluster["frank"].events("join", result="refused"), 20)
        time.sleep(2)


def large_cluster(daemon, program):
    """Exchanges between views of so many members that eighths of buckets are compared."""
    with Cluster(["--profile", "local"], daemon) as cluster:
        cluster.check_logs = lambda: None
        one, other = cluster.agent("alice"), cluster.agent("bob")
        swarm = Swarm(program, 2200, "127.77.0.1:7847", "--profile", "local", "--nodes", "22")
        swarm.ready(120)
        one.start(join=["127.77.0.1:7847"])
        other.start(join=["127.77.0.2:7847"])
        wait_until(lambda: all(len(a.view()) > 2200 for a in (one, other)), 120)
        other.signal(signal.SIGSTOP)
        time.sleep(8)
        other.signal(signal.SIGCONT)
        time.sleep(8)


def main():
    build, folder = sys.argv[1:3]
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    recorder = Recorder()
    recorder.start()
    small_cluster(os.path.join(build, "src/agent/hearsayd"))
    large_cluster(os.path.join(build, "src/agent/hearsayd"),
                  os.path.join(build, "tools/swarm/hearsay-swarm"))
    names = ["alice", "bob", "carol", "dave", "erin", "frank"]
    kept = collections.defaultdict(dict)
    for data in recorder.heard:
        if len(data) < HEAD + TRAILER or data[0] != 0x96:
            continue
        name, kind = receiver_of(data, names), kind_of(data)
        if name and len(kept[kind]) < EACH:
            kept[kind].setdefault(len(data), (name, data))
    for kind, some in sorted(kept.items()):
        for name, data in some.values():
            path = os.path.join(folder, f"{kind}.{len(data)}.{name}")
            with open(path, "wb") as file:
                file.write(data)
            print(path)


if __name__ == "__main__":
    main()
