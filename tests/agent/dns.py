# SPDX-License-Identifier: Apache-2.0
"""A name server for tests, by UDP and TCP, on port 53 of an address of the network namespace that
it runs in. It says `ready` once it can be asked.

usage: dns.py ADDRESS FILE

FILE has what it knows and is read again for each question, so that a test can change it. A line is
NAME TYPE VALUE..., with types A, AAAA and SRV (priority, weight, port, target), or

    NAME FAILS servfail|refused     answered so
    NAME SILENT [TYPE]              not answered
    * SILENT                        nothing is answered
    * UDP BYTES                     a longer answer by UDP is cut, whatever the client can take
    * NOEDNS                        a question with an option record is a format error

Each question is one line, `udp|tcp TYPE NAME`, in FILE.asked.
"""
import ipaddress
import select
import socket
import struct
import sys

TYPES = {"A": 1, "AAAA": 28, "SRV": 33}
WORDS = {number: word for word, number in TYPES.items()}
FORMERR, SERVFAIL, NXDOMAIN, REFUSED = 1, 2, 3, 5
TRUNCATED = 0x0200
PLAIN_BYTES = 512  # of an answer by UDP to a client that does not say what it can take
HEAD_BYTES = 12


def question(message):
    """The name that is asked for, the type, and where the question ends."""
    labels, at = [], HEAD_BYTES
    while message[at]:
        labels.append(message[at + 1:at + 1 + message[at]].decode().lower())
        at += 1 + message[at]
    return ".".join(labels), struct.unpack_from("!H", message, at + 1)[0], at + 5


def room(message, end):
    """How many bytes the client takes by UDP, and whether it has said so."""
    if struct.unpack_from("!H", message, 10)[0] == 0:
        return PLAIN_BYTES, False
    return struct.unpack_from("!H", message, end + 3)[0], True  # behind a root name and a type


def wire_name(name):
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".") if label
                    ) + b"\0"


def wire_value(kind, words):
    if kind == "SRV":
        return struct.pack("!HHH", *map(int, words[:3])) + wire_name(words[3])
    return ipaddress.ip_address(words[0]).packed


class Zone:
    """What the file says."""

    def __init__(self, path):
        self.names, self.fails, self.silent = {}, {}, set()
        self.all_silent, self.most, self.no_edns = False, None, False
        with open(path, encoding="ascii") as file:
            for line in file:
                self.read(line.split())

    def read(self, words):
        if not words:
            return
        name, kind, *rest = words
        if name == "*":
            self.all_silent |= kind == "SILENT"
            self.no_edns |= kind == "NOEDNS"
            self.most = int(rest[0]) if kind == "UDP" else self.most
        elif kind == "FAILS":
            self.fails[name] = {"servfail": SERVFAIL, "refused": REFUSED}[rest[0]]
        elif kind == "SILENT":
            self.silent |= {(name, word) for word in rest or TYPES}
        else:
            self.names.setdefault(name, []).append((kind, rest))


def answer(message, zone, by_udp):
    """The answer as bytes, or None for silence."""
    name, number, end = question(message)
    kind = WORDS.get(number)
    most, edns = room(message, end)
    if zone.all_silent or (name, kind) in zone.silent:
        return None
    code = zone.fails.get(name, 0 if name in zone.names else NXDOMAIN)
    if zone.no_edns and edns:
        code = FORMERR
    found = [wire_value(kind, words) for one, words in zone.names.get(name, ())
             if one == kind and code == 0]
    flags = 0x8180 | code  # an answer, recursion available
    records = b"".join(struct.pack("!HHHIH", 0xc00c, number, 1, 1, len(value)) + value
                       for value in found)
    if by_udp and end + len(records) > (zone.most or most):
        flags, found, records = flags | TRUNCATED, [], b""
    head = message[:2] + struct.pack("!HHHHH", flags, 1, len(found), 0, 0)
    return head + message[HEAD_BYTES:end] + records


class Server:
    def __init__(self, address, path):
        self.path = path
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.tcp = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.udp.bind((address, 53))
        self.tcp.bind((address, 53))
        self.tcp.listen()

    def note(self, way, message):
        name, number, _ = question(message)
        with open(self.path + ".asked", "a", encoding="ascii") as file:
            file.write(f"{way} {WORDS.get(number, number)} {name}\n")

    def serve_udp(self):
        message, client = self.udp.recvfrom(65536)
        self.note("udp", message)
        said = answer(message, Zone(self.path), True)
        if said:
            self.udp.sendto(said, client)

    def serve_tcp(self):
        client, _ = self.tcp.accept()
        with client, client.makefile("rb") as stream:
            client.settimeout(2)
            while (head := stream.read(2)) and len(head) == 2:
                message = stream.read(struct.unpack("!H", head)[0])
                self.note("tcp", message)
                said = answer(message, Zone(self.path), False)
                if said:
                    client.sendall(struct.pack("!H", len(said)) + said)

    def run(self):
        while True:
            for ready in select.select([self.udp, self.tcp], [], [])[0]:
                try:
                    self.serve_udp() if ready is self.udp else self.serve_tcp()
                except OSError:
                    pass  # a client that has gone


def main():
    server = Server(*sys.argv[1:3])
    print("ready", flush=True)
    server.run()


if __name__ == "__main__":
    main()
