# SPDX-License-Identifier: Apache-2.0
"""A field (tests/field) with an attacker (relay.py) in the place of its bridge."""
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(1, os.path.join(HERE, "..", "field"))

# pylint: disable=wrong-import-position
from field import Field, Skip, known, program, slow, stories, todo  # noqa: E402,F401
from machine import Machine, run  # noqa: E402
from relay import Relay, Tape  # noqa: E402,F401
import wire  # noqa: E402,F401

# The relay's ports are interfaces of a machine without addresses, so that its kernel answers
# nothing.
SILENT = "cd /proc/sys/net/ipv6/conf; for one in all default; do echo 1 >$one/disable_ipv6; done"


class Tapped(Field):
    """As Field, and .relay is its network. Where one story has two fields, they share nothing."""

    def __init__(self, options=("--profile", "local"), seed=0, **how):
        super().__init__(options, **how)
        self.between = Machine("between")
        self.relay = None
        self.between.must("sh", "-c", SILENT)
        self.relay = Relay(self.between.holder.pid, self.hosts, seed)
        self.relay.spare = self.spare
        self.between.ip("link add out type veth peer name relay "
                        f"netns {self.switch.holder.pid}", "link set out up")
        self.switch.ip("link set relay master bridge up")
        self.relay.plug("out", None)

    def plug(self, host):
        port = f"port{host.number}"
        self.between.ip(f"link add {port} type veth peer name eth0 address {host.mac} "
                        f"netns {host.holder.pid}", f"link set {port} up")
        self.relay.plug(port, host.mac)

    def close(self):
        if not self.closed and self.relay:
            self.relay.close()
            self.between.end()
        super().close()

    def __exit__(self, kind, error, trace):
        try:
            if error is None and self.relay.failed:
                raise self.relay.failed
        except Exception as failed:
            super().__exit__(type(failed), failed, failed.__traceback__)
            raise
        super().__exit__(kind, error, trace)

    def dump(self, tape, *options):
        """What hearsay-dump(1) says of a tape: its exit code and its words."""
        with tempfile.NamedTemporaryFile(dir=self.dir) as file:
            tape.save(file.name)
            done = subprocess.run([program("hearsay-dump"), *options, file.name], text=True,
                                  capture_output=True, check=False, timeout=60)
        return done.returncode, done.stdout + done.stderr

    def refusing(self, host):
        """A rule: each datagram to this host is reported to its sender as refused."""
        def refuse(datagram):
            if datagram.receiver is host:
                self.relay.forge_icmp(datagram, "port")
            return datagram
        return self.relay.change(None, refuse)
