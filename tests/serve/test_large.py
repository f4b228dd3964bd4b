# SPDX-License-Identifier: Apache-2.0
"""hearsay-serve beside an agent that knows 10,000 members: what happens while their list is made,
which takes many turns of its loop."""
import http.client
import json
import select
import socket
import struct
import threading
import time

from agents import HOST, run_tests, wait_until
from prometheus import Serve, Served, try_get

MEMBERS = 10000
ROUNDS_LEAST = 4   # answers while the list is made; in one go it would be one
TRIES = 5          # a machine that is busy with other things may let us miss them
DNS_HEAD = struct.Struct("!6H")


class Crowd:
    """A control socket before that of an agent. Whoever follows the view there is told of MEMBERS
    members more, as copies of the first."""

    def __init__(self, agent):
        self.name, self.err, self.agent = agent.name, agent.err, agent.control
        self.control = agent.control + ".crowd"
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.control)
        self.listener.listen()
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            client, _ = self.listener.accept()
            agent = socket.socket(socket.AF_UNIX)
            try:
                agent.connect(self.agent)
            except OSError:  # it does not listen yet: the client tries again
                client.close()
                continue
            for source, sink in ((client, agent), (agent, client)):
                threading.Thread(target=pass_on, args=(source, sink), daemon=True).start()


def pass_on(source, sink):
    """All lines, until either has gone."""
    crowded = False
    try:
        for line in source.makefile("rb"):
            if not crowded and line.startswith(b'{"follow":"member"'):
                sink.sendall(b"".join(copies(line)))
                crowded = True
            sink.sendall(line)
    except OSError:
        pass
    for sock in (source, sink):
        try:
            sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def copies(line):
    told = json.loads(line)
    for number in range(MEMBERS):
        told["member"] |= {"name": f"m{number:05}", "id": f"{number + 1:016x}"}
        yield json.dumps(told, separators=(",", ":")).encode() + b"\n"


def served(cluster):
    """A hearsay-serve that knows them all."""
    serve = Serve(Crowd(cluster.agent("n1").start()))
    cluster.serves.append(serve)
    return begun(serve)


def begun(serve):
    serve.start()
    wait_until(lambda: try_get(serve.port, f"/readyz?members={MEMBERS + 1}"), 60)
    return serve


def asking(serve, target):
    """A connection that has just asked."""
    sock = socket.create_connection((HOST, serve.port), timeout=60)
    sock.sendall(f"GET {target} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
    return sock


def answer(sock):
    """(status, body)."""
    got = http.client.HTTPResponse(sock)
    got.begin()
    try:
        return got.status, got.read()
    finally:
        got.close()
        sock.close()


def has_come(sock):
    return bool(select.select([sock], [], [], 0)[0])


class Visitor:
    """Who asks for short things, one after the other."""

    def __init__(self, serve):
        self.http = http.client.HTTPConnection(HOST, serve.port, timeout=60)
        self.dns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.dns.settimeout(60)
        self.dns.connect((HOST, serve.dns))
        self.visit()

    def visit(self):
        self.http.request("GET", "/healthz")
        healthy = self.http.getresponse()
        assert (healthy.status, healthy.read()) == (200, b'{"ok":true}\n')
        name = b"\2n1\4node\7hearsay\10internal\0"
        self.dns.send(DNS_HEAD.pack(7, 0, 1, 0, 0, 0) + name + struct.pack("!2H", 1, 1))
        number, flags, _, count, _, _ = DNS_HEAD.unpack_from(self.dns.recv(4096))
        assert (number, flags & 15, count) == (7, 0, 1), (flags, count)

    def close(self):
        self.http.close()
        self.dns.close()


def names_in(target, body):
    if target.startswith("/metrics"):
        return body.count(b"\nhearsay_member_status{")
    shown = json.loads(body)
    return len(shown if isinstance(shown, list) else shown["members"])


def others_are_answered_while_a_list_is_made(serve):
    visitor = Visitor(serve)
    for target in ("/v1/members?name=*", "/v1/sd?port=9100",
                   "/metrics?collect[]=members"):
        most = 0
        for attempt in range(TRIES):
            # not what was made before
            sock, visits = asking(serve, target.replace("9100", str(9100 + attempt))
                                  .replace("name=", "name=" + "*" * attempt)), 0
            while not has_come(sock):
                visitor.visit()
                visits += 1
            status, body = answer(sock)
            assert status == 200 and names_in(target, body) == MEMBERS + 1, (target, status)
            most = max(most, visits)
            if most >= ROUNDS_LEAST:
                break
            time.sleep(1.1)  # what is kept for a second is made anew
        assert most >= ROUNDS_LEAST, (target, most)
    visitor.close()


def who_asks_for_the_same_gets_the_same(serve):
    socks = [asking(serve, "/v1/members?status=alive&name=?*") for _ in range(40)]
    answers = [answer(sock) for sock in socks]
    assert {status for status, _ in answers} == {200}
    # `in_state_us` differs between two lists of two moments
    assert len({body for _, body in answers}) == 1


def more_lists_than_places_wait_for_their_turn(serve):
    socks = [asking(serve, f"/v1/sd?port={9200 + i}") for i in range(6)]
    got = [None] * len(socks)

    def read(i):
        got[i] = answer(socks[i])
    threads = [threading.Thread(target=read, args=(i,)) for i in range(len(socks))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for i, (status, body) in enumerate(got):
        assert status == 200, (i, status, body)
        assert json.loads(body)[0]["targets"][0].endswith(f":{9200 + i}")


def who_goes_meanwhile_costs_nothing(serve):
    for i in range(6):
        sock = asking(serve, f"/v1/sd?port={9300 + i}")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        sock.close()
    status, body = answer(asking(serve, "/v1/members?name=n1"))
    assert status == 200 and names_in("", body) == 1, (status, body)
    wait_until(lambda: serve.samples()["hearsay_http_connections"] <= 1, 30)


def it_ends_with_all_that_waits(serve):
    """Also while new questions come, which would be waited for."""
    socks = [asking(serve, f"/v1/sd?port={9400 + i}") for i in range(6)]
    for sock in socks:  # more than one request on a connection
        sock.sendall(f"GET /v1/status HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode() * 4)
    serve.proc.terminate()
    assert serve.proc.wait(10) == 0
    for sock in socks:
        sock.close()


def large_answers_are_made_in_steps():
    with Served() as cluster:
        serve = served(cluster)
        others_are_answered_while_a_list_is_made(serve)
        who_asks_for_the_same_gets_the_same(serve)
        more_lists_than_places_wait_for_their_turn(serve)
        who_goes_meanwhile_costs_nothing(serve)


def it_can_be_stopped_while_lists_are_made():
    with Served() as cluster:
        serve = served(cluster)
        for _ in range(2):
            it_ends_with_all_that_waits(serve)
            begun(serve)


if __name__ == "__main__":
    run_tests([large_answers_are_made_in_steps, it_can_be_stopped_while_lists_are_made])
