# SPDX-License-Identifier: Apache-2.0
"""Machines that are network namespaces: each with its own interface, all on one bridge that is in a
namespace too, so nothing of the real machine's network is touched and removing the namespaces
removes all of it.

    with Net(3) as net, Cluster() as cluster:
        net.agent(cluster, 1).start()
"""
import atexit
import os
import subprocess

from agents import Skip

PORT = 7847
# What a machine does not want to hear. Dropped where it comes in: a drop on the way out is an error
# that the sender sees, which is not silence.
RULES = """
table inet cut {
    set v4 { type ipv4_addr; }
    set v6 { type ipv6_addr; }
    chain input {
        type filter hook input priority 0
        meta l4proto udp ip saddr @v4 drop
        meta l4proto udp ip6 saddr @v6 drop
    }
    chain lossy {
        type filter hook input priority 1
    }
}
"""
_number = [0]


def run(*words, stdin=None):
    done = subprocess.run(words, input=stdin, capture_output=True, text=True, check=False,
                          timeout=20)
    if done.returncode != 0:
        raise OSError(f"{' '.join(words)}: {done.stderr.strip()}")
    return done.stdout


class Net:
    """`count` machines, numbered from 1: 10.77.0.N and fd77::N."""

    def __init__(self, count, mtu=1500):
        if os.geteuid() != 0:
            raise Skip("only root may make network namespaces")
        _number[0] += 1
        self.prefix, self.spaces, self.mtu = f"hs{os.getpid()}-{_number[0]}-", [], mtu
        atexit.register(self.close)
        try:  # what may be forbidden; after it an error is an error
            switch = self.add("switch")
            run("ip", "-n", switch, "link", "add", "bridge", "mtu", str(self.mtu), "type", "bridge")
            self.nft("switch", RULES)
        except OSError as error:
            self.close()
            raise Skip("no network of namespaces may be made here: "
                       f"{str(error).splitlines()[0]}") from error
        self.make(switch, count)

    def make(self, switch, count):
        run("ip", "-n", switch, "link", "set", "bridge", "up")
        for number in range(1, count + 1):
            space = self.add(str(number))
            run("ip", "-n", switch, "link", "add", f"port{number}", "mtu", str(self.mtu), "type",
                "veth", "peer", "name", "eth0", "netns", space)
            run("ip", "-n", space, "link", "set", "eth0", "mtu", str(self.mtu))
            run("ip", "-n", switch, "link", "set", f"port{number}", "master", "bridge", "up")
            run("ip", "-n", space, "addr", "add", f"{self.v4(number)}/24", "dev", "eth0")
            run("ip", "-n", space, "-6", "addr", "add", f"{self.v6(number)}/64", "dev", "eth0",
                "nodad")
            run("ip", "-n", space, "link", "set", "lo", "up")
            run("ip", "-n", space, "link", "set", "eth0", "up")
            self.nft(number, RULES)

    def add(self, name):
        run("ip", "netns", "add", self.prefix + name)
        self.spaces.append(self.prefix + name)
        return self.prefix + name

    def close(self):
        while self.spaces:
            subprocess.run(["ip", "netns", "del", self.spaces.pop()], capture_output=True,
                           check=False, timeout=20)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    @staticmethod
    def v4(number):
        return f"10.77.0.{number}"

    @staticmethod
    def v6(number):
        return f"fd77::{number}"

    def words(self, number):
        """What runs a command on a machine."""
        return ["ip", "netns", "exec", f"{self.prefix}{number}"]

    def nft(self, number, rules):
        run(*self.words(number), "nft", "-f", "-", stdin=rules)

    def agent(self, cluster, number, bind=None, options=()):
        """Agent nN on machine N, bound to its IPv4 address or to `bind`."""
        made = cluster.agent(f"n{number}", port=PORT, options=options)
        made.prefix, made.addr = self.words(number), bind or f"{self.v4(number)}:{PORT}"
        return made

    def start(self, cluster, count, options=()):
        """Agents on machines 1 to count, the first being the seed."""
        for number in range(1, count + 1):
            seeds = [f"{self.v4(1)}:{PORT}"] if number > 1 else []
            self.agent(cluster, number, options=options).start(join=seeds)
        cluster.wait_agreed()

    def cut(self, hearer, speaker, word="add"):
        """From now on `hearer` gets no datagram of `speaker`; says nothing about the other way."""
        self.nft(hearer, f"{word} element inet cut v4 {{ {self.v4(speaker)} }}\n"
                         f"{word} element inet cut v6 {{ {self.v6(speaker)} }}\n")

    def cut_groups(self, one, other, word="add"):
        """Between two groups, both ways; word "delete" heals."""
        for a in one:
            for b in other:
                self.cut(a, b, word)
                self.cut(b, a, word)

    def lossy(self, number, percent):
        """Of what comes in, this share is dropped; 0 ends it."""
        rule = (f"add rule inet cut lossy meta l4proto udp numgen random mod 100 < {percent} drop\n"
                if percent else "")
        self.nft(number, "flush chain inet cut lossy\n" + rule)

    def link(self, number, state):
        run("ip", "-n", f"{self.prefix}{number}", "link", "set", "eth0", state)
