# SPDX-License-Identifier: Apache-2.0
"""A flood of forged datagrams at one agent. It takes a datagram that a member has sent to it, as
whoever is on the way can see it, and sends it again with other bits, so that each one gets as far
as a forged datagram can: to the seal.

    python3 forged.py PORT RATE SECONDS     prints how many it has sent
"""
import os
import random
import socket
import subprocess
import sys
import time

ETH_P_IP = 0x0800
IP_UDP = 17
HEAD = 28            # bytes of a datagram's head; what follows is flipped
SLICE = 0.001        # seconds between bursts
MOST_RATE, MOST_SECONDS = 200_000, 600


def seen(port, patience=30.0):
    """The next datagram on the loopback to this port."""
    with socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_IP)) as tap:
        tap.bind(("lo", 0))
        tap.settimeout(patience)
        while True:
            packet = tap.recv(65535)
            at = (packet[0] & 15) * 4
            if packet[9] == IP_UDP and int.from_bytes(packet[at + 2:at + 4], "big") == port:
                return packet[at + 8:]


def forgeries(original, count=256):
    """The same with one bit of body or trailer flipped, and another creation time, because a repeat
    would be dropped before."""
    for _ in range(count):
        forged = bytearray(original)
        forged[17:25] = random.randbytes(8)  # created
        bit = random.randrange(8 * HEAD, 8 * len(forged))
        forged[bit // 8] ^= 1 << bit % 8
        yield bytes(forged)


def flood(port, rate, seconds):
    """Returns how many were sent."""
    some = list(forgeries(seen(port)))
    sent, began = 0, time.monotonic()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        out.connect(("127.0.0.1", port))
        while (span := time.monotonic() - began) < seconds:
            while sent < rate * span:
                out.send(some[sent % len(some)])
                sent += 1
            time.sleep(SLICE)
    return sent


class Flood:
    """The flood as a process of its own, so that it takes no time from who measures."""

    def __init__(self, port, rate, seconds):
        words = [str(word) for word in (port, rate, round(seconds))]
        self.proc = subprocess.Popen([sys.executable, os.path.abspath(__file__), *words],
                                     stdout=subprocess.PIPE, text=True)

    def end(self):
        """Waits for it. Returns how many it has sent."""
        return int(self.proc.communicate()[0] or 0)


def main():
    port, rate, seconds = (int(word) for word in sys.argv[1:])
    print(flood(port, min(rate, MOST_RATE), min(seconds, MOST_SECONDS)))


if __name__ == "__main__":
    main()
