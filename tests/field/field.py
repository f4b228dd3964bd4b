# SPDX-License-Identifier: Apache-2.0
"""The field: hosts with a network, files and names of their own, to which everything happens that
happens to real ones. A test is a story:

    from field import Field, stories

    def a_killed_member_is_dead_to_the_other():
        with Field() as f:
            a = f.host("a").start()
            b = f.host("b").start(join=a)
            f.agree()
            b.kill()
            f.wait(lambda: a.sees("b", "dead"), 10)

    if __name__ == "__main__":
        stories([a_killed_member_is_dead_to_the_other])

How to write a case

1. A file test_KIND.py here, and KIND in the list of meson.build, which also says whether it has
   quick and slow cases. A function is a case; its name says what is right, its docstring what once
   happened. Marks: @slow for one that takes more than about 15 s, or much of that while a quick
   one is almost the same (it runs with `tools/test --all`), @known for what older builds do right
   too, @todo("why") for one that is not mended yet: it may fail.
2. f.host("a") is a machine with eth0 on the field's bridge at 10.77.0.N and fd77::N, with its own
   /etc, /run, /var/log and host name; nothing else is private (see disk()). host.start() starts
   hearsayd on it, with `--profile local` unless Field(options=…) says otherwise.
3. What can happen to a host (machine.py, host.py): add, remove, move (addresses), interface, link,
   mute, loss, hears, nft; write, read, hosts, resolver, disk; clock; start(user=, files=, limits=);
   run, shell, spawn (programs on it); stop, kill, pause, resume, reload, signal, ends (its agent).
   To the field: split, heal. Names: f.names.set("seeds.test", a, "10.77.0.9") and what else is
   written in nameserver.py; every host asks it. Field(real_names=True) has dnsmasq instead.
4. What a host knows: sees, view, where, ask, counter, tool, events, said, held_dead, errors.
5. Never sleep: f.wait(condition, limit). A condition that must not come true has f.never(condition,
   seconds, …): it looks all the time, and should be used with something that proves that time was
   enough, such as rounds(host, 20).
6. At the end of `with`, every log must keep to docs/log-schema.json, and an agent that ended though
   nobody ended it is a failure; ends() says that it may.

By hand, words behind it choose cases; HEARSAY_TEST_KEEP=1 keeps the logs:

    python3 tests/field/test_known.py all_lost_and_found

The programs are those of build/, or of the build folder that HEARSAY_BIN_DIR names: the same story
told to another release. before.py does that for all of them.
"""
import os
import pwd
import shutil
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(1, os.path.join(HERE, "..", "agent"))

# pylint: disable=wrong-import-position
import agents  # noqa: E402
from agents import Skip, log_time, wait_until  # noqa: E402,F401
from host import PORT, Host  # noqa: E402,F401
from machine import Machine, add_machine  # noqa: E402
from nameserver import Names  # noqa: E402
from stories import known, slow, stories, todo  # noqa: E402,F401

ROOT = os.path.join(HERE, "..", "..")
BRIDGE = ("10.77.0.254", "fd77::fe")  # the name server and the way out, which leads nowhere
PLACES = {"hearsayd": "src/agent", "hearsay": "tools/cli", "hearsay-swarm": "tools/swarm",
          "hearsay-dump": "tools/dump", "libfieldclock.so": "tests/field"}
GIVEN = {"hearsayd": "HEARSAYD", "hearsay": "HEARSAY", "hearsay-swarm": "HEARSAY_SWARM",
         "hearsay-dump": "HEARSAY_DUMP", "libfieldclock.so": "HEARSAY_FIELD_CLOCK"}
OF_TESTS = ("libfieldclock.so",)


def program(name):
    """Where a program is: of the build folder HEARSAY_BIN_DIR, as meson says, or of build/."""
    other = os.environ.get("HEARSAY_BIN_DIR")
    if other and name not in OF_TESTS:
        found = [os.path.join(other, place, name)
                 for place in (PLACES.get(name, "."), ".", "bin", "sbin")]
    else:
        found = [os.environ.get(GIVEN.get(name, ""), ""),
                 os.path.join(ROOT, "build", PLACES.get(name, "."), name)]
    for path in found:
        if path and os.path.exists(path):
            return os.path.abspath(path)
    raise Skip(f"no {name}: {' '.join(found)}")


class Field(agents.Cluster):
    """Hosts on a bridge. Everything ends with the `with`, or with the test, whatever happens."""

    prefix = "hearsay-field-"

    def __init__(self, options=("--profile", "local"), real_names=False):
        reason = add_machine()
        if reason:
            raise Skip(f"no machines may be made here: {reason}")
        super().__init__(options, program("hearsayd"))
        self.hearsay, self.real_names = program("hearsay"), real_names
        os.chmod(self.dir, 0o755)
        self.hosts, self.names_made, self.closed = [], None, False
        self.switch = Machine("switch")
        self.switch.ip("link add name bridge type bridge", "link set bridge up",
                       f"addr add {BRIDGE[0]}/24 dev bridge",
                       f"addr add {BRIDGE[1]}/64 dev bridge nodad")

    def host(self, name, *options, v4=True, v6=True):
        """A new host. v4=, v6=: an address instead of the next one, or None for none."""
        made = Host(self, len(self.hosts) + 1, name, v4, v6, options)
        self.hosts.append(made)
        self.agents.append(made)
        return made

    def grow(self, count, prefix="n"):
        """So many hosts with agents that are one cluster; the first is the seed."""
        made = [self.host(f"{prefix}{i}") for i in range(1, count + 1)]
        for one in made:
            one.start(join=[] if one is made[0] else made[0])
        self.agree(*made, limit=20 + count)
        return made

    @staticmethod
    def v4(number):
        return f"10.77.{number >> 8}.{number & 255}"

    @staticmethod
    def v6(number):
        return f"fd77::{number:x}"

    def spare(self, family=4):
        """An address that no host has or gets."""
        self.spared = getattr(self, "spared", 0x80) + 1
        return self.v4(self.spared) if family == 4 else self.v6(self.spared)

    @property
    def names(self):
        """The name server, which begins when it is first spoken of."""
        if self.names_made is None:
            self.names_made = Names(self.switch, self.dir, BRIDGE, self.real_names)
        return self.names_made

    @staticmethod
    def nameservers():
        return BRIDGE

    def plug(self, host):
        """Its eth0, and the port of the bridge at the other end."""
        port = f"port{host.number}"
        self.switch.ip(f"link add {port} type veth peer name eth0 address {host.mac} "
                       f"netns {host.holder.pid}", f"link set {port} master bridge up")

    def forget(self, address):
        """Nobody remembers who had this address, as after a gratuitous ARP."""
        for one in [self.switch, *self.hosts]:
            one.run("ip", "neigh", "flush", "to", address)

    # ---- weather ------------------------------------------------------------------------

    def split(self, *groups):
        """Only who is in the same group is heard, until heal()."""
        self.heal()
        for group in groups:
            for one in group:
                macs = [other.mac for rest in groups if rest is not group for other in rest]
                one.nft(f"add element inet field strangers {{ {', '.join(macs)} }}\n")

    def heal(self):
        for one in self.hosts:
            one.nft("flush set inet field strangers\n")

    # ---- waiting ------------------------------------------------------------------------

    def wait(self, condition, limit, what=None):
        """Until the condition is true; its value. `what` says what was missing. An agent that does
        not answer (OSError) makes it false, for it may have just begun."""
        found = [None]

        def met():
            try:
                found[0] = condition()
            except OSError as error:
                found[0] = None
                words[:] = [f" ({error})"]
            return bool(found[0])
        words = []
        wait_until(met, limit, lambda: f"{(what() if callable(what) else what) or 'not so'}"
                                       f"{''.join(words)}: {self.describe()}", pause=0.05)
        return found[0]

    def never(self, condition, seconds, what="what must not be is"):
        """Looks for so long, and fails as soon as the condition is true."""
        deadline = agents.time.monotonic() + seconds
        while agents.time.monotonic() < deadline:
            assert not condition(), f"{what}: {self.describe()}"
            agents.time.sleep(0.05)

    @staticmethod
    def last(seconds):
        """For a trouble that has to last so long; never to wait for what comes of it."""
        agents.time.sleep(seconds)

    def agree(self, *who, limit=15.0):
        """Until these (default: all that run) list each other alive, nobody else alive or suspect,
        and have one digest and one ring."""
        who = who or tuple(self.alive())
        self.wait(lambda: agreed(who), limit, "no agreement")

    def rounds(self, agent, number):
        """Until it has begun so many more rounds: a time that means something to the protocol."""
        begun = agent.ask("status")["sent"]["gossip"]
        self.wait(lambda: agent.ask("status")["sent"]["gossip"] >= begun + 2 * number, 60,
                  f"no {number} rounds")

    # ---- the rest -----------------------------------------------------------------------

    @staticmethod
    def give(path, user):
        if os.environ.get("HEARSAY_FIELD_INSIDE"):
            raise Skip("only root may run programs as another user")
        entry = pwd.getpwnam(user) if isinstance(user, str) else pwd.getpwuid(user)
        os.chown(path, entry.pw_uid, entry.pw_gid)

    def kept_folders(self):
        """What disk(…, keep=f.kept_folders()) must not hide from programs of the test."""
        return [self.dir, os.path.dirname(self.daemon), os.path.dirname(self.hearsay)]

    @staticmethod
    def clock_library():
        return program("libfieldclock.so")

    def check_ends(self):
        for one in self.agents:
            ended = one.proc and one.proc.poll() is not None
            assert not ended or one.may_end, (
                f"{one.name} ended by itself with {one.proc.returncode}: {one.errors()[-500:]}")
            if one.proc:
                words = one.errors()
                assert "Sanitizer" not in words and "runtime error" not in words, words[-3000:]

    def close(self):
        if self.closed:
            return
        self.closed = True
        if os.environ.get("HEARSAY_TEST_GENTLY"):
            self.end_gently()
        for one in [*self.hosts, self.switch]:
            one.end()
        if os.environ.get("HEARSAY_TEST_KEEP"):
            print(f"# kept: {self.dir}")
        else:
            shutil.rmtree(self.dir, ignore_errors=True)

    def __exit__(self, kind, error, trace):
        try:
            if error is None:
                self.check_ends()
                if not os.environ.get("HEARSAY_BIN_DIR"):  # another release, another schema
                    self.check_logs()
        finally:
            self.close()

    def describe(self):
        words = [f"{a.name}: {a.view()}" for a in self.alive()[:8]]
        words += [f"{a.name} has ended with {a.proc.returncode}: {a.errors()[-300:]!r}"
                  for a in self.agents if a.proc and not a.running() and not a.may_end][:3]
        return "; ".join(words)


def agreed(who):
    names, seen = {one.name for one in who}, set()
    for one in who:
        status = one.try_ask("status")
        if not status or not status["ok"]:
            return False
        seen.add((status["digest"], status["ring"]["checksum"]))
        members = status["members"]
        if len(seen) > 1 or members["suspect"] or members["alive"] != len(names):
            return False
    return {n for n, s in who[0].view().items() if s == "alive"} == names
