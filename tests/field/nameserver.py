# SPDX-License-Identifier: Apache-2.0
"""The field's name server. `Names` is what a test holds; the rest of the file, run as a program, is
the server: UDP and TCP on port 53 of the addresses that it is given, records read again from its
file for every question, so that a change counts from the next question on.

It can do what real ones do on bad days: say nothing, be slow, fail, cut its answers. A story that
wants a real one has Names(real=True): dnsmasq, which is started again at every change.

usage: nameserver.py RECORDS.json ADDRESS...
"""
import ipaddress
import json
import os
import selectors
import socket
import struct
import subprocess
import sys
import time

A, AAAA, SRV, CNAME = 1, 28, 33, 5
TYPES = {"A": A, "AAAA": AAAA, "SRV": SRV}
FORMERR, SERVFAIL, NXDOMAIN, REFUSED = 1, 2, 3, 5
TTL = 1
PLAIN_LIMIT = 512  # bytes of an answer by UDP to somebody who did not ask for more
FAILURES = {"servfail": SERVFAIL, "nxdomain": NXDOMAIN, "refused": REFUSED}


class Names:
    """Records that a test changes while programs ask for them.

    set("seeds.test", "10.77.0.1", "fd77::1")    all addresses of a name, in this order
    srv("_hearsay._udp.test", ("a.test", 7847))   all targets of a service; behind the port may
                                  stand priority and weight
    remove("seeds.test")                          the name is unknown
    behave(silent=True)                           it hears questions and says nothing
    behave(slow=2.5)                              seconds before each answer
    behave(fails="servfail")                      or "nxdomain", "refused"
    behave(fails_for={"x.test": "servfail"})      the same for one name
    behave(silent_for={"x.test": "AAAA"})         questions for this type of a name are not heard
    behave(edns=False)                            takes the option record for a format error
    behave(limit=512)                             bytes of an answer by UDP, whatever is asked for
    behave(torn=True)                             each answer lacks its last byte
    behave(tcp=False)                             refuses TCP
    behave()                                      well again
    asked("seeds.test")                           how many questions for it have come
    questions()                                   all of them: (name, type, "udp" or "tcp")
    """

    def __init__(self, machine, folder, addresses, real=False):
        self.machine, self.addresses, self.real = machine, addresses, real
        self.file = os.path.join(folder, "records.json")
        self.log = os.path.join(folder, "questions")
        self.records, self.services, self.mood = {}, {}, {}
        self.server = None
        self.publish()
        if not real:
            self.start()

    def start(self):
        """Only needed after stop()."""
        self.server = self.machine.spawn(sys.executable, os.path.abspath(__file__), self.file,
                                         self.log, *self.addresses, stdout=subprocess.PIPE)
        if self.server.proc.stdout.readline() != b"ready\n":
            raise OSError("the name server does not start")

    def stop(self):
        """Nobody listens any more: questions are refused by the machine."""
        self.server.end()

    def publish(self):
        text = json.dumps({"records": self.records, "services": self.services, **self.mood})
        with open(self.file + ".new", "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(self.file + ".new", self.file)
        if self.real:
            self.start_real()

    def start_real(self):
        from machine import which  # pylint: disable=import-outside-toplevel
        from agents import Skip  # pylint: disable=import-outside-toplevel
        program = which("dnsmasq")
        if not program:
            raise Skip("dnsmasq is missing")
        if os.environ.get("HEARSAY_FIELD_INSIDE"):
            raise Skip("dnsmasq wants to change its groups, which only root may")
        if self.server:
            self.server.end()
        words = [f"--host-record={name},{one}" for name, found in self.records.items()
                 for one in found]
        words += [f"--srv-host={name},{target},{port}" for name, found in self.services.items()
                  for target, port in found]
        self.server = self.machine.spawn(
            program, "--keep-in-foreground", "--no-hosts", "--no-resolv", "--conf-file=/dev/null",
            "--user=root", "--pid-file=", "--bind-interfaces", "--local=/test/", "--log-queries",
            f"--log-facility={self.log}", f"--local-ttl={TTL}",
            *(f"--listen-address={one}" for one in self.addresses), *words)
        self.await_real()

    def await_real(self):
        deadline = time.monotonic() + 10
        while self.machine.run("python3", "-c", ASK, self.addresses[0]).returncode != 0:
            if time.monotonic() > deadline or not self.server.running():
                raise OSError("dnsmasq does not start")

    def set(self, name, *addresses):
        self.records[name.lower()] = [str(getattr(one, "v4", one)) for one in addresses]
        self.publish()

    def srv(self, name, *targets):
        self.services[name.lower()] = [list(one) for one in targets]
        self.publish()

    def remove(self, name):
        self.records.pop(name.lower(), None)
        self.services.pop(name.lower(), None)
        self.publish()

    def behave(self, **mood):
        self.mood = mood
        self.publish()

    def asked(self, name):
        if not os.path.exists(self.log):
            return 0
        with open(self.log, encoding="utf-8", errors="replace") as log:
            return sum(1 for line in log if name.lower() in line.lower().split())

    def questions(self):
        with open(self.log, encoding="utf-8") as log:
            return [tuple(line.split()) for line in log]


ASK = """
import socket, sys
with socket.create_connection((sys.argv[1], 53), 1):
    pass
"""


# ---- the server ----------------------------------------------------------------------------------


def encode_name(name):
    labels = [one.encode() for one in name.rstrip(".").split(".") if one]
    return b"".join(bytes([len(one)]) + one for one in labels) + b"\0"


def question(message):
    """The name that is asked for, the type, and where the question ends."""
    labels, at = [], 12
    while message[at]:
        labels.append(message[at + 1:at + 1 + message[at]].decode("latin-1").lower())
        at += 1 + message[at]
    return ".".join(labels), struct.unpack_from("!H", message, at + 1)[0], at + 5


def room(message, end):
    """Bytes of an answer by UDP: what EDNS says, else 512."""
    extra = struct.unpack_from("!H", message, 10)[0]
    if extra and message[end:end + 1] == b"\0" and len(message) >= end + 5:
        kind, size = struct.unpack_from("!HH", message, end + 1)
        if kind == 41:
            return max(size, PLAIN_LIMIT)
    return PLAIN_LIMIT


def data_of(state, name, kind):
    if kind == SRV:
        return [struct.pack("!HHH", *([*rest, 0, 0][:2]), port) + encode_name(target)
                for target, port, *rest in state["services"].get(name, [])]
    found = [ipaddress.ip_address(one) for one in state["records"].get(name, [])]
    return [one.packed for one in found if (A if one.version == 4 else AAAA) == kind]


def answer(message, state, by_udp):
    name, kind, end = question(message)
    data = data_of(state, name, kind)
    known = name in state["records"] or name in state["services"]
    failure = state.get("fails") or state.get("fails_for", {}).get(name)
    code = FAILURES[failure] if failure else 0 if known else NXDOMAIN
    if not state.get("edns", True) and struct.unpack_from("!H", message, 10)[0]:
        code = FORMERR
    data = [] if code else data
    records = [struct.pack("!HHHIH", 0xc00c, kind, 1, TTL, len(one)) + one for one in data]
    limit, flags = room(message, end) if by_udp else 65535, 0x8180 | code
    limit = min(limit, state.get("limit", limit)) if by_udp else limit
    body, count = message[12:end], 0
    for record in records:
        if 12 + len(body) + len(record) > limit:
            flags |= 0x0200  # truncated
            break
        body, count = body + record, count + 1
    return message[:2] + struct.pack("!HHHHH", flags, 1, count, 0, 0) + body


class Server:
    def __init__(self, file, log, addresses):
        self.file, self.ready, self.later = file, selectors.DefaultSelector(), []
        self.log = open(log, "a", encoding="utf-8", buffering=1)
        for address in addresses:
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            udp = socket.socket(family, socket.SOCK_DGRAM)
            udp.bind((address, 53))
            tcp = socket.create_server((address, 53), family=family)
            self.ready.register(udp, selectors.EVENT_READ, self.on_udp)
            self.ready.register(tcp, selectors.EVENT_READ, self.on_tcp)

    def state(self):
        with open(self.file, encoding="utf-8") as file:
            return json.load(file)

    def reply(self, message, by_udp, send):
        state = self.state()
        try:
            name, kind, _ = question(message)
            self.log.write(f"{name} {kind} {'udp' if by_udp else 'tcp'}\n")
            unheard = kind == TYPES.get(state.get("silent_for", {}).get(name))
            if not state.get("silent") and not unheard:
                said = answer(message, state, by_udp)
                said = said[:-1] if state.get("torn") else said
                self.later.append((time.monotonic() + state.get("slow", 0), send, said))
        except (IndexError, struct.error):
            pass  # not a question: no answer

    def on_udp(self, sock):
        message, client = sock.recvfrom(65535)
        self.reply(message, True, lambda said: sock.sendto(said, client))

    def on_tcp(self, sock):
        client, _ = sock.accept()
        if self.state().get("tcp", True):
            self.ready.register(client, selectors.EVENT_READ, self.on_client)
        else:
            client.close()

    def on_client(self, client):
        data = client.recv(65535)
        if len(data) < 3:
            self.ready.unregister(client)
            client.close()
            return
        self.reply(data[2:], False,
                   lambda said: client.sendall(struct.pack("!H", len(said)) + said))

    def run(self):
        print("ready", flush=True)
        while True:
            now = time.monotonic()
            due = [one for one in self.later if one[0] <= now]
            self.later = [one for one in self.later if one[0] > now]
            for _, send, said in due:
                try:
                    send(said)
                except OSError:
                    pass  # who asked has gone
            wait = min((one[0] - now for one in self.later), default=None)
            for key, _ in self.ready.select(wait):
                key.data(key.fileobj)


if __name__ == "__main__":
    Server(sys.argv[1], sys.argv[2], sys.argv[3:]).run()
