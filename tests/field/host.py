# SPDX-License-Identifier: Apache-2.0
"""A host of the field: a machine on the field's bridge, and the agent that runs on it."""
import contextlib
import json
import mmap
import os
import signal
import struct
import subprocess

import agents
from agents import log_time
from machine import Machine, environment, nodad

PORT = 7847
STOP_LIMIT = 15.0  # seconds for a goodbye
EXPECTED = (signal.SIGTERM, signal.SIGINT, signal.SIGKILL)


class Program(agents.Agent):
    """One hearsayd on a machine. start(), stop() and kill() may be used again and again."""

    def __init__(self, field, machine, name, port, options):
        super().__init__(field, name, port, options)
        self.machine, self.field = machine, field
        self.dir = os.path.join(field.dir, f"{machine.name}.{name}")
        os.mkdir(self.dir)
        self.control, self.log, self.err = (os.path.join(self.dir, one)
                                            for one in ("sock", "log", "err"))
        self.offset_page, self.may_end, self.how = None, False, {}

    # ---- its life -----------------------------------------------------------------------

    # pylint: disable=arguments-differ
    def start(self, *options, join=(), name=True, bind=True, control=True, log=True, env=None,
              stdout=None, **how):
        """Starts hearsayd with the field's options, those of the host, and these. `join`: hosts or
        texts. name=, bind=, control=, log=: False leaves the option out, a text replaces it.
        stdout=PIPE: its standard output is .proc.stdout. `how` says user=, groups=, files=,
        limits= as for Machine.run()."""
        words = [*self.pair("--name", name, self.name), *self.pair("--bind", bind, self.addr),
                 *self.pair("--control", control, self.control),
                 *self.pair("--log", log, self.log), *self.field.options, *self.options, *options]
        seeds = [getattr(one, "addr", one) for one in
                 ([join] if isinstance(join, (str, agents.Agent)) else join)]
        words += ["--join", ",".join(seeds)] if seeds else []
        if how.get("user") is not None:
            self.field.give(self.dir, how["user"])
        self.may_end, self.how = False, how
        with open(self.err, "ab") as err:
            self.started = agents.time.time()
            self.proc = subprocess.Popen(
                self.machine.words(self.field.daemon, *agents.settled(words),
                                   env={**self.clock_words(), **(env or {})}, **how),
                stdin=subprocess.DEVNULL, stdout=stdout or err, stderr=err, env=environment())
        return self

    @staticmethod
    def pair(option, wanted, usual):
        if wanted is False:
            return []
        return [option, usual if wanted is True else wanted]

    def signal(self, number):
        self.may_end = self.may_end or number in EXPECTED
        self.proc.send_signal(number)

    def kill(self):
        """kill -9; returns the time of the kill."""
        self.may_end = True
        return super().kill()

    def stop(self, limit=STOP_LIMIT):
        """SIGTERM, and waits for the end; returns the exit code."""
        self.signal(signal.SIGTERM)
        return self.proc.wait(limit)

    def ends(self, limit=STOP_LIMIT):
        """Waits until it ends, for whatever reason; returns the exit code."""
        self.may_end = True
        return self.proc.wait(limit)

    def end(self):
        if self.running():
            with contextlib.suppress(ProcessLookupError):
                self.proc.send_signal(signal.SIGCONT)
                self.proc.kill()
        if self.proc:
            self.proc.wait()
            if self.proc.stdout:
                self.proc.stdout.close()

    def pause(self):
        self.proc.send_signal(signal.SIGSTOP)

    def resume(self):
        self.proc.send_signal(signal.SIGCONT)

    def reload(self):
        """SIGHUP."""
        self.proc.send_signal(signal.SIGHUP)

    def errors(self):
        """What it wrote to standard output and standard error, over all its lives."""
        with open(self.err, encoding="utf-8", errors="replace") as file:
            return file.read()

    # ---- what it knows ------------------------------------------------------------------

    def sees(self, name, status="alive"):
        """Whether it lists this member so; None: not at all."""
        return self.running() and self.view().get(getattr(name, "name", name)) == status

    def where(self, name):
        """The address at which it holds a member, or None."""
        answer = self.try_ask("members")
        return next((m["addr"] for m in (answer or {}).get("members", [])
                     if m["name"] == getattr(name, "name", name)), None)

    def counter(self, name):
        return self.ask("status")["counters"][name]

    def said(self, *words, level=None, since=0):
        """The lines of its log that contain all these words, as objects; see also events()."""
        return [e for e in self.events()[since:] if level in (None, e["level"]) and
                all(word in json.dumps(e, ensure_ascii=False) for word in words)]

    def reasons(self, name, to, since=0):
        """Why its log says that a member became so; 034be7d called it the cause."""
        return [e.get("reason", e.get("cause")) for e in self.events()[since:]
                if (e["event"], e.get("name"), e.get("to")) ==
                ("member", getattr(name, "name", name), to)]

    def held_dead(self, name, since=0):
        """Seconds for which its log says that it held a member dead or left: a list; the last one
        is None while that lasts."""
        spans, begun = [], None
        for event in self.events()[since:]:
            if event["event"] != "member" or event["name"] != getattr(name, "name", name):
                continue
            if event["to"] in ("dead", "left"):
                begun = begun or log_time(event["time"])
            elif begun and event["to"] in ("alive", "suspect"):
                spans, begun = [*spans, log_time(event["time"]) - begun], None
        return spans + ([None] if begun else [])

    def tool(self, *words, control=True, **how):
        """Runs hearsay(1) on its machine: .returncode, .stdout, .stderr. control=False: the tool
        finds the agent itself."""
        before = ["--control", self.control] if control else []
        return self.machine.run(self.field.hearsay, *before, *words, **how)

    # ---- its clock ----------------------------------------------------------------------

    def clock(self, seconds):
        """Sets its wall clock so many seconds ahead, also while it runs; boot time is as ever. It
        must have been called before the start as well, if only with 0."""
        path = os.path.join(self.dir, "clock")
        if self.offset_page is None:
            assert not self.running(), "clock(0) has to come before start()"
            with open(path, "wb") as file:
                file.write(bytes(8))
            with open(path, "r+b") as file:
                self.offset_page = mmap.mmap(file.fileno(), 8)
        self.offset_page[:] = struct.pack("=q", int(seconds * 1e9))

    def clock_words(self):
        if self.offset_page is None:
            return {}
        return {"LD_PRELOAD": self.field.clock_library(),
                "HEARSAY_FIELD_OFFSET": os.path.join(self.dir, "clock")}


class Host(Machine, Program):
    """A machine with an agent of its name. f.host() makes it; its card is eth0."""

    def __init__(self, field, number, name, v4, v6, options):
        self.number, self.mac = number, f"02:00:00:00:{number >> 8:02x}:{number & 255:02x}"
        Machine.__init__(self, name)
        Program.__init__(self, field, self, name, PORT, options)
        self.v4 = field.v4(number) if v4 is True else v4
        self.v6 = field.v6(number) if v6 is True else v6
        self.addr = f"{self.v4 or '127.0.0.1'}:{PORT}"
        field.plug(self)
        self.ip("link set eth0 up",
                *(f"addr add {self.whole(one)} dev eth0 {nodad(one)}"
                  for one in (self.v4, self.v6) if one),
                *(self.way_out(family) for family in (4, 6) if (self.v4, self.v6)[family == 6]))
        self.resolver(*field.nameservers())
        self.hosts(**{name: "127.0.1.1"})

    def end(self):
        Program.end(self)
        Machine.end(self)

    def agent(self, name, *options, port=PORT):
        """One more agent on this machine."""
        made = Program(self.field, self, name, port, options)
        made.addr = f"{self.v4 or '127.0.0.1'}:{port}"
        self.field.agents.append(made)
        self.programs.append(made)
        return made

    def run(self, *command, **how):
        return Machine.run(self, *command, **how)

    # ---- addresses and links ------------------------------------------------------------

    @staticmethod
    def whole(address):
        return address if "/" in address else f"{address}/{64 if ':' in address else 24}"

    def way_out(self, family):
        """The way to all other networks; who sends there is not answered."""
        way = self.field.nameservers()[family == 6]
        return f"route replace {'::/0' if family == 6 else '0.0.0.0/0'} via {way} dev eth0"

    def add(self, address, card="eth0"):
        """Gives it one more address; of 24 or 64 bits if no length is said."""
        self.ip(f"addr add {self.whole(address)} dev {card} {nodad(address)}")
        if card == "eth0":
            self.routes()
            self.field.forget(address.split("/")[0])

    def remove(self, address, card="eth0"):
        self.ip(f"addr del {self.whole(address)} dev {card}")
        self.routes()

    def move(self, *addresses):
        """It has this address from now on instead of its own of that family; several: one after
        the other, at once, however busy the machine."""
        old = self.v6 if ":" in addresses[0] else self.v4
        steps = []
        for new in addresses:
            steps += [f"addr del {self.whole(old)} dev eth0",
                      f"addr add {self.whole(new)} dev eth0 {nodad(new)}"]
            old = new
        self.ip(*steps)
        self.routes()
        self.field.forget(old)
        if ":" in old:
            self.v6 = old
        else:
            self.v4, self.addr = old, f"{old}:{PORT}"

    def routes(self):
        """Again, for they go with the last address; a family without any has none."""
        self.shell(f"ip {self.way_out(4)}; ip {self.way_out(6)}")

    def link(self, state):
        """ "down": the cable is out; "up" again. """
        self.ip(f"link set eth0 {state}")
        if state == "up":
            self.routes()

    # ---- what the network does to it ----------------------------------------------------

    def mute(self, on=True):
        """What it sends is refused by its own firewall: every send is an error."""
        self.nft("flush chain inet field output\n" +
                 ("add rule inet field output oifname eth0 drop\n" if on else ""))

    def loss(self, percent):
        """Of what comes in, this share is dropped; 100: it is deaf; 0 ends it."""
        chance = f"numgen random mod 100 < {percent}" if percent < 100 else ""
        rule = f"add rule inet field lossy iifname eth0 meta l4proto udp {chance} drop\n"
        self.nft("flush chain inet field lossy\n" + (rule if percent else ""))

    def hears(self, other, again=True):
        """hears(b, False): nothing of b arrives any more, whatever address b has."""
        self.nft(f"{'delete' if again else 'add'} element inet field strangers "
                 f"{{ {other.mac} }}\n")
