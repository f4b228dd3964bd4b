# SPDX-License-Identifier: Apache-2.0
"""A name server for tests. It answers questions of type A and AAAA from a list, on 127.0.0.1:53 of
the network namespace that it runs in, and says `ready` once it can be asked. With an empty list it
answers nothing.

usage: dns.py NAME=ADDRESS...
"""
import ipaddress
import socket
import struct
import sys

TYPES = {4: 1, 6: 28}  # A, AAAA
NXDOMAIN = 3


def question(message):
    """The name that is asked for, the type, and where the question ends."""
    labels, at = [], 12
    while message[at]:
        labels.append(message[at + 1:at + 1 + message[at]].decode().lower())
        at += 1 + message[at]
    return ".".join(labels), struct.unpack_from("!H", message, at + 1)[0], at + 5


def answer(message, names):
    name, kind, end = question(message)
    found = [a for a in names.get(name, []) if TYPES[a.version] == kind]
    flags = 0x8180 | (0 if name in names else NXDOMAIN)  # an answer, recursion available
    head = message[:2] + struct.pack("!HHHHH", flags, 1, len(found), 0, 0)
    records = b"".join(struct.pack("!HHHIH", 0xc00c, kind, 1, 1, len(a.packed)) + a.packed
                       for a in found)
    return head + message[12:end] + records


def main():
    names = {}
    for word in sys.argv[1:]:
        name, address = word.split("=")
        names.setdefault(name, []).append(ipaddress.ip_address(address))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 53))
        print("ready", flush=True)
        while True:
            message, client = server.recvfrom(4096)
            if names:
                server.sendto(answer(message, names), client)


if __name__ == "__main__":
    main()
