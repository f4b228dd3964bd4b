# SPDX-License-Identifier: Apache-2.0
"""Machines of a Net that have names of their own: a private /etc/resolv.conf and /etc/hosts, and a
name server (dns.py) that says what a test wants it to say.

    with Net(2) as net, Cluster() as cluster, Names(net, cluster, 2, "seed.test A 10.77.0.1") as n:
        agent.prefix = n.words
"""
import os
import subprocess
import sys

SERVER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "dns.py")
ADDRESS = "127.0.0.1"


class Names:
    """The name server of machine `number`, and the words that run a program there with these files.
    With `serving` False nothing listens at its address."""

    def __init__(self, net, cluster, number, *lines, serving=True):
        self.net, self.number, self.serving, self.proc = net, number, serving, None
        stem = os.path.join(cluster.dir, f"names{number}-")
        self.zone, self.resolv, self.hosts = stem + "zone", stem + "resolv", stem + "hosts"
        self.nsswitch = stem + "nsswitch"
        self.say(*lines)
        self.write(self.resolv, f"nameserver {ADDRESS}")
        self.write(self.hosts, "127.0.0.1 localhost")
        self.write(self.nsswitch, "hosts: files dns")
        mounts = " && ".join(f"mount --bind {file} {place}" for file, place in (
            (self.resolv, "/etc/resolv.conf"), (self.hosts, "/etc/hosts"),
            (self.nsswitch, "/etc/nsswitch.conf")))
        self.words = [*net.words(number), "unshare", "--mount", "sh", "-c", mounts +
                      ' && exec "$@"', "sh"]

    @staticmethod
    def write(path, *lines):
        """In place, because the file may be mounted; all at once, because it may be read now."""
        with open(path, "r+b" if os.path.exists(path) else "wb") as file:
            text = "".join(line + "\n" for line in lines).encode()
            file.write(text)
            file.truncate(len(text))

    def say(self, *lines):
        """From now on the name server knows this, and nothing else."""
        self.write(self.zone, *lines)

    def asked(self, *words):
        """The questions so far that have all of these words."""
        try:
            with open(self.zone + ".asked", encoding="ascii") as file:
                return [line for line in file.read().splitlines()
                        if set(words) <= set(line.split())]
        except FileNotFoundError:
            return []

    def __enter__(self):
        if self.serving:
            self.proc = subprocess.Popen(
                [*self.net.words(self.number), sys.executable, SERVER, ADDRESS, self.zone],
                stdout=subprocess.PIPE, text=True)
            assert self.proc.stdout.readline() == "ready\n"
        return self

    def __exit__(self, *_):
        if self.proc:
            self.proc.kill()
            self.proc.wait()
            self.proc.stdout.close()


def addresses(name, *all_of_them):
    """Lines of a zone."""
    return [f"{name} {'AAAA' if ':' in one else 'A'} {one}" for one in all_of_them]
