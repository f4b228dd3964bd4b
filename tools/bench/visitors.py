#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Plays those that look at a cluster through hearsay-serve: browsers with event streams, a scraper,
programs that ask for members and keys, and resolvers. Prints what they saw as one JSON object.

A process of its own, so that what it costs is not in anybody's account.
"""
import argparse
import asyncio
import json
import random
import socket
import struct
import sys
import time
from datetime import datetime

PATHS = ("/metrics", "/healthz", "/readyz", "/v1/members", "/v1/ring", "/v1/lookup?key=a&n=3",
         "/v1/status", "/v1/sd?port=9100", "/")
QUESTION_LIMIT = 1.0   # seconds until a question counts as lost
TICK = 0.01            # questions go out in groups: a timer for each would be late itself
TYPE_A, CLASS_IN = 1, 1
SIP, SIP_PAUSE = 4096, 0.5  # what a slow reader takes at a time: it never comes to an end


def words(argv):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--http", required=True, metavar="HOST:PORT")
    parser.add_argument("--dns", metavar="HOST:PORT")
    parser.add_argument("--domain", default="hearsay.internal")
    parser.add_argument("--streams", type=int, default=32)
    parser.add_argument("--questions", type=int, default=1000, help="of DNS, per second")
    parser.add_argument("--readers", type=int, default=0, help="of all members, very slow ones")
    parser.add_argument("--every", type=float, default=1.0, help="seconds between two scrapes")
    parser.add_argument("--seconds", type=float, default=30.0)
    return parser.parse_args(argv)


def place(text):
    host, port = text.rsplit(":", 1)
    return host, int(port)


class Answers:
    """Milliseconds by what was asked, and what was not answered as it should be."""

    def __init__(self):
        self.took, self.bytes, self.wrong = {}, {}, {}

    def add(self, name, seconds, size=0):
        self.took.setdefault(name, []).append(seconds * 1000)
        self.bytes[name] = size

    def fail(self, name, why):
        found = self.wrong.setdefault(name, {})
        found[why] = found.get(why, 0) + 1

    def summary(self):
        def of(times):
            times = sorted(times)
            return {"n": len(times), "p50": times[len(times) // 2],
                    "p99": times[min(len(times) - 1, len(times) * 99 // 100)], "max": times[-1]}
        return {name: {**of(times), "bytes": self.bytes[name]}
                for name, times in sorted(self.took.items())}


async def read_head(reader):
    """(status, headers) of an answer."""
    status = (await reader.readline()).split()
    headers = {}
    while (line := (await reader.readline()).strip()):
        name, value = line.decode().split(":", 1)
        headers[name.lower()] = value.strip()
    return int(status[1]), headers


async def read_body(reader, headers):
    if headers.get("transfer-encoding") != "chunked":
        return await reader.readexactly(int(headers.get("content-length", "0")))
    body = b""
    while (size := int(await reader.readline(), 16)):
        body += await reader.readexactly(size)
        await reader.readline()
    await reader.readline()
    return body


async def get(where, path, answers):
    name, began = path.split("?")[0], time.monotonic()
    reader, writer = await asyncio.open_connection(*where, limit=1 << 20)
    try:
        writer.write(f"GET {path} HTTP/1.1\r\nHost: {where[0]}\r\nConnection: close\r\n\r\n"
                     .encode())
        status, headers = await read_head(reader)
        body = await read_body(reader, headers)
        if status == 200:
            answers.add(name, time.monotonic() - began, len(body))
        else:
            answers.fail(name, str(status))
    except (OSError, ValueError, IndexError, asyncio.IncompleteReadError) as error:
        answers.fail(name, type(error).__name__)
    finally:
        writer.close()


async def scrape(where, every, until, answers):
    while time.monotonic() < until:
        began = time.monotonic()
        for path in PATHS:
            await get(where, path, answers)
        await asyncio.sleep(max(0.0, began + every - time.monotonic()))


def moment_of(data):
    """When the agent wrote the line that an event carries; None if it carries none."""
    said = json.loads(data)
    text = said.get("time") or (said.get("event") or {}).get("time") \
        if isinstance(said.get("event"), dict) else said.get("time")
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() if text else None


async def stream(where, until, answers):
    reader, writer = await asyncio.open_connection(*where, limit=1 << 22)
    try:
        writer.write(f"GET /v1/events HTTP/1.1\r\nHost: {where[0]}\r\n\r\n".encode())
        status, _ = await read_head(reader)
        if status != 200:
            return answers.fail("stream", str(status))
        while True:
            line = await asyncio.wait_for(reader.readline(), max(0.01, until - time.monotonic()))
            if not line:
                return answers.fail("stream", "ended")
            if line.startswith(b"data:"):
                moment = moment_of(line[5:])
                if moment:
                    answers.add("stream", time.time() - moment)
    except asyncio.TimeoutError:
        return None
    finally:
        writer.close()


async def read_slowly(where, until, answers):
    """Asks for all members, and takes a little now and then, until the server has enough of it."""
    while time.monotonic() < until:
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SIP)
        sock.setblocking(False)
        loop = asyncio.get_running_loop()
        try:
            await loop.sock_connect(sock, where)
            await loop.sock_sendall(sock, b"GET /v1/members HTTP/1.0\r\nHost: localhost\r\n\r\n")
            head = await loop.sock_recv(sock, SIP)
            answers.add("slow " + head.split(b" ", 2)[1].decode(), 0)
            while time.monotonic() < until and await loop.sock_recv(sock, SIP):
                await asyncio.sleep(SIP_PAUSE)
        except (OSError, IndexError) as error:
            answers.fail("slow", type(error).__name__)
        finally:
            sock.close()
        await asyncio.sleep(SIP_PAUSE)


class Resolver(asyncio.DatagramProtocol):
    def __init__(self, domain, answers):
        self.suffix = b"".join(bytes([len(label)]) + label.encode()
                               for label in domain.split(".")) + b"\0"
        self.answers, self.asked, self.next, self.transport = answers, {}, 0, None

    def connection_made(self, transport):
        self.transport = transport

    def ask(self):
        self.next = (self.next + 1) & 0xffff
        label = b"k%d" % random.randrange(1 << 30)
        name = bytes([len(label)]) + label + b"\3key" + self.suffix
        self.asked[self.next] = time.monotonic()
        self.transport.sendto(struct.pack("!6H", self.next, 0, 1, 0, 0, 0) + name +
                              struct.pack("!2H", TYPE_A, CLASS_IN))

    def datagram_received(self, data, addr):
        number, flags, _, count = struct.unpack_from("!4H", data)
        began = self.asked.pop(number, None)
        if began is None:
            self.answers.fail("dns", "not asked")
        elif flags & 15 or not count:
            self.answers.fail("dns", f"rcode {flags & 15}")
        else:
            self.answers.add("dns", time.monotonic() - began, len(data))

    def drop_late(self, now):
        for number in [n for n, began in self.asked.items() if now - began > QUESTION_LIMIT]:
            del self.asked[number]
            self.answers.fail("dns", "lost")


async def resolve(where, domain, rate, until, answers):
    transport, resolver = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: Resolver(domain, answers), remote_addr=where)
    began, sent = time.monotonic(), 0
    while (now := time.monotonic()) < until:
        for _ in range(int((now - began) * rate) - sent):
            resolver.ask()
            sent += 1
        resolver.drop_late(now)
        await asyncio.sleep(TICK)
    await asyncio.sleep(QUESTION_LIMIT)
    resolver.drop_late(time.monotonic() + QUESTION_LIMIT)
    transport.close()


async def visit(options):
    answers, where = Answers(), place(options.http)
    until = time.monotonic() + options.seconds
    tasks = [stream(where, until, answers) for _ in range(options.streams)]
    tasks += [read_slowly(where, until, answers) for _ in range(options.readers)]
    tasks.append(scrape(where, options.every, until, answers))
    if options.dns and options.questions:
        tasks.append(resolve(place(options.dns), options.domain, options.questions, until,
                             answers))
    await asyncio.gather(*tasks)
    return {"answers": answers.summary(), "wrong": answers.wrong}


if __name__ == "__main__":
    json.dump(asyncio.run(visit(words(sys.argv[1:]))), sys.stdout)
