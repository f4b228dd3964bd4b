# SPDX-License-Identifier: Apache-2.0
"""The network namespace of a bench. Everything is measured in namespaces that the bench makes and
that end with it.

The namespaces of network, processes and mounts (for /proc) are new. Only the loopback exists, and
nothing leaves it. Packet filter, counters and ports belong to the bench alone. When the bench ends
in any way, the kernel ends all processes that it started. So no clean-up is needed, and none can
hit other processes by mistake.
"""
import ctypes
import json
import os
import shutil
import signal
import socket
import subprocess
import sys

INSIDE = "HEARSAY_BENCH_INSIDE"
PR_SET_PDEATHSIG = 1  # <sys/prctl.h>
TABLE = "inet hearsay_bench"
RULES = f"""
table {TABLE} {{
    counter sent_udp {{ }}
    counter sent_other {{ }}
    chain incoming {{ type filter hook input priority 0; }}
    chain outgoing {{
        type filter hook output priority 0;
        meta l4proto udp counter name sent_udp
        meta l4proto != udp counter name sent_other
    }}
}}
"""


class Unable(Exception):
    """This machine does not allow what is asked for; says what that is."""


def enter():
    """Returns inside the namespaces only: outside, it runs this program again in them and ends as
    that ended."""
    if os.environ.get(INSIDE):
        verify()
        return
    if not shutil.which("unshare"):
        raise Unable("unshare (package util-linux) is not installed")
    command = ["unshare", "--net", "--pid", "--fork", "--kill-child=TERM", "--mount-proc"]
    if os.geteuid():
        command[1:1] = ["--user", "--map-root-user"]
    if subprocess.run([*command, "true"], check=False, capture_output=True).returncode:
        raise Unable("no namespaces here: run as root, or allow unprivileged user namespaces")
    command += [sys.executable, *sys.argv]
    sys.exit(attend(command))


def attend(command):
    """Runs unshare, which is deaf to SIGTERM itself; if we are ended, it and all that is inside
    ends with us."""
    libc = ctypes.CDLL(None)
    child = subprocess.Popen(command, env={**os.environ, INSIDE: "1"},
                             preexec_fn=lambda: libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL))
    signal.signal(signal.SIGTERM, lambda *_: child.kill())
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # those inside get it from the terminal, too
    code = child.wait()
    return code if code >= 0 else 128 - code


def verify():
    """Checks the namespace, because a wrong variable must not make us filter packets of a real
    machine."""
    names = [name for _, name in socket.if_nameindex()]
    if names != ["lo"] or os.getpid() != 1:
        raise Unable(f"{INSIDE} is set, but this is no namespace of the bench")
    if not shutil.which("ip"):
        raise Unable("ip (package iproute2) is not installed")
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)


class Filter:
    """nftables on our loopback: counts what is sent, drops what a scenario wants dropped."""

    def __init__(self):
        self.usable = shutil.which("nft") is not None
        if self.usable:
            self.run(RULES)

    @staticmethod
    def run(text):
        done = subprocess.run(["nft", "-f", "-"], input=text, text=True, capture_output=True,
                              check=False)
        if done.returncode:
            raise Unable(f"nft refused `{text.strip()}`: {done.stderr.strip()}")

    def cut(self, port):
        """Drops everything from and to this port without an error, like a host without power."""
        self.run(f"add rule {TABLE} incoming meta l4proto {{ tcp, udp }} th sport {port} drop\n"
                 f"add rule {TABLE} incoming meta l4proto {{ tcp, udp }} th dport {port} drop")

    def lose(self, percent):
        """Drops this percentage of received datagrams at random."""
        self.run(f"add rule {TABLE} incoming meta l4proto udp numgen random mod 100 < {percent} "
                 "drop")

    def clear(self):
        self.run(f"flush chain {TABLE} incoming")

    @staticmethod
    def counters():
        """{sent_udp, sent_other: (packets, bytes)} so far; bytes with IP and UDP or TCP headers."""
        done = subprocess.run(["nft", "-j", "list", "counters"], capture_output=True, check=True)
        entries = [e["counter"] for e in json.loads(done.stdout)["nftables"] if "counter" in e]
        return {e["name"]: (e["packets"], e["bytes"]) for e in entries}
