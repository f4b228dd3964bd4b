# SPDX-License-Identifier: Apache-2.0
"""hearsay-serve with DNS, and what is asked of it: by dig, by kdig, and by bytes of our own."""
import os
import socket
import struct
import subprocess
import sys

sys.path.insert(1, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "agent"))

from agents import HOST, Process, free_port, wait_until  # noqa: E402

DOMAIN = "hearsay.internal"
TYPES = {"A": 1, "NS": 2, "SOA": 6, "PTR": 12, "TXT": 16, "AAAA": 28, "SRV": 33, "ANY": 255}
CODES = {0: "NOERROR", 1: "FORMERR", 2: "SERVFAIL", 3: "NXDOMAIN", 4: "NOTIMP", 5: "REFUSED"}
TRUNCATED = 0x0200
PATIENCE = 15.0


class Server(Process):
    """One hearsay-serve of an agent; its DNS on a port of its own."""

    def __init__(self, agent, options=(), address=HOST):
        self.agent, self.options, self.address = agent, list(options), address
        self.port, self.http = free_port(), free_port()
        self.err = agent.control + ".serve.err"

    def start(self):
        # a sanitizer keeps what is freed for a while: not much of it
        asan = ":".join(filter(None, [os.environ.get("ASAN_OPTIONS"), "quarantine_size_mb=1"]))
        with open(self.err, "ab") as err:
            self.proc = subprocess.Popen(
                [os.environ["HEARSAY_SERVE"], "--control", self.agent.control, "--http",
                 f"{HOST}:{self.http}", "--dns", f"{self.address}:{self.port}", *self.options],
                stdin=subprocess.DEVNULL, stdout=err, stderr=err,
                env={**os.environ, "ASAN_OPTIONS": asan})
        return self

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        if self.running():
            self.kill()

    def wait(self, name, kind="A", condition=lambda code, _: code == "NOERROR"):
        """Asks until the answer is as wanted."""
        def good():
            assert self.running(), open(self.err, encoding="utf-8").read()
            answer = self.ask(name, kind)
            return answer is not None and condition(*answer)
        wait_until(good, PATIENCE, lambda: f"{name} {kind}: {self.ask(name, kind)}", pause=0.005)
        return self

    def ask(self, name, kind="A"):
        """("NOERROR", number of answers), or None when there was no answer."""
        answer = exchange(self, question(name, kind))
        return None if answer is None else (code_of(answer), struct.unpack_from("!H", answer, 6)[0])

    def dig(self, *words, tool="dig"):
        """The lines that dig +short shows, sorted."""
        done = subprocess.run([tool, f"@{self.address}", "-p", str(self.port), "+short", "+tries=2",
                               *words] if tool == "dig" else
                              [tool, f"@{self.address}", "-p", str(self.port), "+short", *words],
                              capture_output=True, text=True, check=False, timeout=20)
        return sorted(line for line in done.stdout.splitlines() if line)

    def dig_all(self, *words):
        """Everything that dig shows."""
        return subprocess.run(["dig", f"@{self.address}", "-p", str(self.port), "+tries=2", *words],
                              capture_output=True, text=True, check=False, timeout=20).stdout

    def cpu(self):
        """Seconds of a processor that it has used."""
        with open(f"/proc/{self.proc.pid}/stat", encoding="ascii") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def name_of(text):
    labels = [label.encode() for label in text.split(".") if label]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def question(name, kind="A", number=1, size=None):
    """A message; with `size` it has EDNS."""
    full = name[:-1] + DOMAIN if name.endswith("~") else name
    head = struct.pack("!HHHHHH", number, 0x0100, 1, 0, 0, 0 if size is None else 1)
    opt = b"" if size is None else struct.pack("!BHHIH", 0, 41, size, 0, 0)
    return head + name_of(full) + struct.pack("!HH", TYPES[kind], 1) + opt


def code_of(answer):
    return CODES[answer[3] & 15]


def exchange(server, message, timeout=2.0):
    """The answer by UDP, or None."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(timeout)
        sock.sendto(message, (server.address, server.port))
        try:
            return sock.recv(65536)
        except socket.timeout:
            return None


def read_exactly(sock, count):
    data = b""
    while len(data) < count:
        piece = sock.recv(count - len(data))
        if not piece:
            raise EOFError
        data += piece
    return data


def read_message(sock):
    return read_exactly(sock, struct.unpack("!H", read_exactly(sock, 2))[0])


def connect(server, timeout=10.0):
    sock = socket.create_connection((server.address, server.port), timeout=timeout)
    sock.settimeout(timeout)
    return sock


def framed(message):
    return struct.pack("!H", len(message)) + message
