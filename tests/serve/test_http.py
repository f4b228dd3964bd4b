# SPDX-License-Identifier: Apache-2.0
"""hearsay-serve beside real agents: answers as `hearsay --json` prints them, requests that are
wrong, slow or too many, and an agent that is stopped, killed or started again."""
import http.client
import json
import os
import re
import resource
import signal
import socket
import struct
import subprocess
import threading
import time

from agents import HOST, run_tests, wait_until
from prometheus import Served, free_tcp_port

NASTY = "</script><img src=x onerror=\"alert('1')\">\\\u2028\U0001f600&amp;"


class Client:
    """Requests to the port of one hearsay-serve."""

    def __init__(self, serve):
        self.port = serve.port

    def ask(self, target, method="GET", **headers):
        """(status, headers, body)."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=10)
        try:
            connection.request(method, target, headers={k.replace("_", "-"): v
                                                        for k, v in headers.items()})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def json(self, target, status=200):
        got, headers, body = self.ask(target)
        assert got == status, (target, got, body)
        assert headers["Content-Type"] == "application/json", headers.items()
        return json.loads(body)

    def raw(self, data, limit=10.0, half=False):
        """What comes back for these bytes, until the server closes."""
        with socket.create_connection((HOST, self.port), timeout=limit) as sock:
            sock.sendall(data)
            if half:
                sock.shutdown(socket.SHUT_WR)
            return read_all(sock)


def read_all(sock):
    got = b""
    while True:
        try:
            chunk = sock.recv(65536)
        except ConnectionResetError:
            return got
        if not chunk:
            return got
        got += chunk


def tool(agent, *words):
    made = subprocess.run([os.environ["HEARSAY"], "--control", agent.control, "--json", *words],
                          stdout=subprocess.PIPE, check=False)
    return json.loads(made.stdout)


def without(value, *names):
    """Without fields that differ from one moment to the next."""
    if isinstance(value, dict):
        return {k: without(v, *names) for k, v in value.items() if k not in names}
    return [without(v, *names) for v in value] if isinstance(value, list) else value


def status_of(data):
    return int(data.split(b" ", 2)[1]) if data.startswith(b"HTTP/1.1 ") else None


def begun(count=2):
    """A cluster, the clients of its servers."""
    cluster = Served()
    clients = [Client(serve) for serve in cluster.serve(count)]
    cluster.wait_agreed()
    wait_until(lambda: len(clients[0].json("/v1/members")["members"]) == count, 5)
    wait_until(lambda: not clients[0].json("/v1/members")["settling"], 15)
    return cluster, clients[0]


# ---- answers -------------------------------------------------------------------------------------


def answers_are_those_of_the_tool():
    cluster, client = begun(2)
    with cluster:
        agent = cluster["n1"]
        moving = ("in_state_us", "rtt_us", "uptime_us", "looked_us", "age_us", "timestamp")
        for target, words in (
                ("/v1/members", ["members"]), ("/v1/members?status=alive&name=n*",
                                               ["members", "--status", "alive", "--name", "n*"]),
                ("/v1/ring", ["ring"]), ("/v1/ring?n=2&zones=true", ["ring", "-n", "2", "--zones"]),
                ("/v1/ring/history", ["ring", "history"]), ("/v1/ring/diff", ["ring", "diff"]),
                ("/v1/ring/plan?remove=n2&add=n3:weight=2,zone=z",
                 ["ring", "plan", "--remove", "n2", "--add", "n3:weight=2,zone=z"]),
                ("/v1/lookup?key=a%20b&n=2", ["lookup", "a b", "-n", "2"]),
                ("/v1/lookup?key_hex=00ff", ["lookup", "--hex", "00ff"]),
                ("/v1/why/n2", ["why", "n2"]), ("/v1/version", ["version"]),
                ("/v1/keys", ["keys"])):
            shown, told = client.json(target), tool(agent, *words)
            assert without(shown, *moving) == without(told, *moving), (target, shown, told)
        # an answer is kept for a second
        wait_until(lambda: client.json("/v1/status")["members"]["alive"] == 2, 5)
        shown = client.json("/v1/status")
        assert shown["name"] == "n1" and "ok" not in shown
        for target, status in (("/v1/why/n9", 404), ("/v1/ring/diff?from=77", 404),
                               ("/v1/ring/plan?remove=n9", 404), ("/v1/why/", 404)):
            assert client.json(target, status)["ok"] is False


def health_and_readiness():
    cluster, client = begun(2)
    with cluster:
        assert client.json("/healthz") == {"ok": True}
        assert client.json("/readyz?members=2")["alive"] == 2
        assert "3 are wanted" in client.json("/readyz?members=3", 503)["message"]
        metrics = Client(cluster.serves[0])
        metrics.port = cluster.serves[0].metrics
        assert metrics.json("/healthz") == {"ok": True}
        refused = metrics.json("/v1/members", 404)
        assert refused["error"] == "not-found" and "for metrics alone" in refused["message"]
        assert metrics.ask("/healthz", Host="evil.example")[0] == 200


def validators_hold_until_something_changes():
    cluster, client = begun(2)
    with cluster:
        _, headers, body = client.ask("/v1/ring")
        etag = headers["ETag"]
        status, headers, empty = client.ask("/v1/ring", If_None_Match=f'"x", W/{etag}')
        assert (status, empty, headers["ETag"]) == (304, b"", etag)
        assert "ETag" not in client.ask("/v1/members")[1]
        assert client.ask("/v1/ring", "HEAD")[1]["Content-Length"] == str(len(body))
        # A request that is wrong is so whatever the client has.
        assert client.ask("/v1/lookup", If_None_Match=f'*, {etag}')[0] == 400
        # The agent's answer may be older than the mirror, so nothing vouches for it.
        status, headers, _ = client.ask("/v1/ring?n=2", If_None_Match=etag)
        assert status == 200 and "ETag" not in headers, headers.items()
        cluster["n2"].kill()
        wait_until(lambda: client.ask("/v1/ring", If_None_Match=etag)[0] == 200, 15)


def names_and_tags_are_only_text():
    with Served() as cluster:
        serve, = cluster.serve(1)
        client = Client(serve)
        assert cluster["n1"].ask("tags-set", tags={"t": NASTY})["ok"]
        wait_until(lambda: client.json("/v1/members")["members"][0]["tags"].get("t") == NASTY, 5)
        _, headers, body = client.ask("/v1/members")
        assert headers["X-Content-Type-Options"] == "nosniff" and b"\n" not in body[:-1]
        assert headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert "Access-Control-Allow-Origin" not in headers
        for target in ("/v1/why/%3Cscript%3E", "/<script>", "/v1/members?status=%3Cscript%3E"):
            _, headers, body = client.ask(target)
            assert headers["Content-Type"] == "application/json" and json.loads(body)["message"]


# ---- requests that are wrong ---------------------------------------------------------------------


def queries_are_read_strictly():
    with Served() as cluster:
        client = Client(cluster.serve(1)[0])
        for target in ("/v1/members?x=1", "/v1/members?status=odd",
                       "/v1/members?status=alive&status=dead", "/v1/members?=1", "/v1/members?&",
                       "/v1/lookup", "/v1/lookup?key=a&key_hex=61",
                       "/v1/lookup?key_hex=6", "/v1/lookup?key=%", "/v1/lookup?key=%zz",
                       "/v1/lookup?key=%00", "/v1/lookup?key=%ff", "/v1/lookup?key=a&n=0",
                       "/v1/lookup?key=a&n=-1", "/v1/lookup?key=a&n=99999999999999999999999",
                       "/v1/lookup?key=a&zones=perhaps", "/v1/ring?n=17", "/v1/ring?zones=true",
                       "/v1/ring/diff?from=x", "/v1/ring/plan", "/v1/ring/plan?add=n3:weight=99",
                       "/v1/ring/plan?add=n3:colour=red", "/readyz?members=x", "/healthz?a",
                       "/v1/events?x=1", "/v1/lookup?" + "&".join(f"a{i}=1" for i in range(80))):
            answer = client.json(target, 400)
            assert answer["error"] == "usage" and answer["message"], (target, answer)


def hosts_and_methods_are_checked():
    cluster, client = begun(1)
    with cluster:
        for host in (HOST, f"{HOST}:{client.port}", "localhost", "LOCALHOST:1", "[::1]", "n1",
                     socket.gethostname()):
            assert client.ask("/healthz", Host=host)[0] == 200, host
        for host in ("evil.example", "localhost.evil.example", "127.0.0.1.evil", "[::1", "n2",
                     "localhost:x", ""):
            assert client.ask("/healthz", Host=host)[0] in (400, 421), host
        for method, status in (("POST", 405), ("PUT", 405), ("DELETE", 405), ("OPTIONS", 405),
                               ("BREW", 501)):
            got, headers, body = client.ask("/v1/members", method)
            assert got == status and json.loads(body)["ok"] is False, (method, got, body)
            assert status != 405 or headers["Allow"] == "GET, HEAD"


def what_is_no_request_ends_the_connection():
    cluster, client = begun(1)
    with cluster:
        host = b"Host: localhost\r\n"
        for data, statuses in (
                (b"GET /healthz HTTP/1.1\r\n\r\n", (400,)),
                (b"GET /healthz HTTP/1.1\r\n" + host + b"Host: n1\r\nConnection: close\r\n\r\n",
                 (400,)),
                (b"GET http://localhost/healthz HTTP/1.1\r\n" + host +
                 b"Connection: close\r\n\r\n", (400,)),
                (b"GET /healthz HTTP/1.1\r\n" + host + b"Content-Length: 5\r\n\r\nhello", (413,)),
                (b"GET /healthz HTTP/1.1\r\n" + host +
                 b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", (413,)),
                (b"GET /healthz HTTP/1.1\r\n" + host + b"X: " + b"y" * 70000 + b"\r\n\r\n",
                 (431, 413, None)),
                (b"GET /" + b"y" * 70000 + b" HTTP/1.1\r\n" + host + b"\r\n", (414, 431, None)),
                (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\r\n\r\n", (400, None))):
            got = status_of(client.raw(data))
            assert got in statuses, (data[:60], got)
        half = client.raw(b"GET /healthz HTTP/1.1\r\n" + host + b"Connection: close\r\n\r\n",
                          half=True)
        assert status_of(half) == 200
        assert client.json("/healthz") == {"ok": True}


def a_head_has_no_body():
    cluster, client = begun(1)
    with cluster:
        for target in (b"/", b"/v1/members", b"/v1/events", b"/nothing"):
            got = client.raw(b"HEAD " + target + b" HTTP/1.1\r\nHost: localhost\r\n"
                             b"Connection: close\r\n\r\n")
            assert got.endswith(b"\r\n\r\n") and got.count(b"\r\n\r\n") == 1, got


# ---- too many, too slow --------------------------------------------------------------------------


def resident_kib(process):
    with open(f"/proc/{process.proc.pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


def a_flood_of_connections_costs_bounded_memory_and_no_answer():
    cluster, client = begun(1)
    with cluster:
        serve = cluster.serves[0]
        before = resident_kib(serve)
        idle = [socket.create_connection((HOST, serve.port), timeout=10) for _ in range(200)]
        for sock in idle:
            sock.send(b"GET /healthz HTTP/1.1\r\nX-")
        # the ones without a request give way
        assert client.json("/healthz") == {"ok": True}
        assert resident_kib(serve) - before < 16 * 1024
        for sock in idle:
            sock.close()
        assert client.json("/v1/members")["ready"] is True


def cpu_seconds(process):
    with open(f"/proc/{process.proc.pid}/stat", encoding="ascii") as stat:
        words = stat.read().rsplit(")", 1)[1].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def descriptors(process):
    return len(os.listdir(f"/proc/{process.proc.pid}/fd"))


def without_descriptors_connections_wait_and_nothing_spins():
    cluster, client = begun(1)
    with cluster:
        serve = cluster.serves[0]
        own = descriptors(serve)
        for port in (serve.port, serve.dns):
            resource.prlimit(serve.proc.pid, resource.RLIMIT_NOFILE, (own + 4, own + 4))
            idle = [socket.create_connection((HOST, port), timeout=10) for _ in range(20)]
            wait_until(lambda: descriptors(serve) == own + 4, 5)
            before, began = cpu_seconds(serve), time.monotonic()
            assert client.json("/healthz") == {"ok": True}  # one without a request gives way
            wait_until(lambda start=began: time.monotonic() - start > 1.0, 5)
            assert cpu_seconds(serve) - before < 0.05 * (time.monotonic() - began) + 0.02
            for sock in idle:
                sock.close()
        # Not even a first connection of the DNS has a descriptor: it waits.
        wait_until(lambda: descriptors(serve) <= own, 5)
        own = descriptors(serve)
        resource.prlimit(serve.proc.pid, resource.RLIMIT_NOFILE, (own, own + 4))
        with socket.create_connection((HOST, serve.dns), timeout=10) as sock:
            before, began = cpu_seconds(serve), time.monotonic()
            wait_until(lambda: time.monotonic() - began > 1.0, 5)
            assert cpu_seconds(serve) - before < 0.05 * (time.monotonic() - began) + 0.02
            resource.prlimit(serve.proc.pid, resource.RLIMIT_NOFILE, (own + 4, own + 4))
            sock.sendall(b"\0\1x")  # no question: it is hung up on
            assert read_all(sock) == b""


def who_never_ends_its_request_is_cut():
    cluster, client = begun(1)
    with cluster:
        with socket.create_connection((HOST, client.port), timeout=20) as sock:
            began = time.monotonic()
            sock.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: ")
            sock.settimeout(0.5)
            ended = False
            while not ended and time.monotonic() - began < 20:
                try:
                    sock.sendall(b"y")  # a byte now and then is no request
                    ended = sock.recv(100) == b""
                except socket.timeout:
                    continue
                except OSError:
                    ended = True
            assert ended and time.monotonic() - began > 8, time.monotonic() - began


# ---- the agent -----------------------------------------------------------------------------------


def an_agent_that_is_silent_grows_stale_then_gone_and_comes_back():
    cluster, client = begun(1)
    with cluster:
        agent = cluster["n1"]
        agent.signal(signal.SIGSTOP)
        wait_until(lambda: "stale_us" in client.json("/v1/ring"), 4)
        assert client.ask("/v1/ring")[1]["ETag"] is None
        assert client.ask("/readyz")[0] == 503
        wait_until(lambda: client.ask("/v1/ring")[0] == 503, 8)
        assert client.ask("/healthz")[0] == 503
        assert client.ask("/v1/members")[1]["Retry-After"] == "1"
        assert client.ask("/v1/version")[0] in (503, 504)
        agent.signal(signal.SIGCONT)
        wait_until(lambda: client.ask("/readyz")[0] == 200, 8)
        assert "stale_us" not in client.json("/v1/ring")
        assert client.json("/v1/version")["version"]


def an_agent_that_hangs_from_the_start_is_said():
    cluster, _ = begun(1)
    with cluster:
        serve, agent = cluster.serves[0], cluster["n1"]
        serve.kill()
        agent.signal(signal.SIGSTOP)
        with subprocess.Popen([os.environ["HEARSAY_SERVE"], "--control", agent.control,
                               "--http", f"{HOST}:{serve.port}"], stderr=subprocess.PIPE,
                              text=True) as server:
            timer = threading.Timer(20, server.kill)
            timer.start()
            try:
                assert json.loads(server.stderr.readline())["event"] == "start"
                told = json.loads(server.stderr.readline() or "{}")
                assert told.get("state") == "gone" and "is silent" in told["message"], told
            finally:
                timer.cancel()
                server.kill()
                agent.signal(signal.SIGCONT)


def a_killed_agent_is_followed_again_when_it_is_back():
    cluster, client = begun(2)
    with cluster:
        agent = cluster["n1"]
        agent.kill()
        wait_until(lambda: client.ask("/v1/members")[0] == 503, 10)
        assert client.ask("/v1/status")[0] == 503
        agent.start([cluster["n2"].addr])
        wait_until(lambda: client.ask("/readyz?members=2")[0] == 200, 20)


# ---- events --------------------------------------------------------------------------------------


class Stream:
    """A stream of server-sent events, read into (id, event, data)."""

    def __init__(self, client, since=None):
        self.sock = socket.create_connection((HOST, client.port), timeout=10)
        head = "GET /v1/events HTTP/1.0\r\nHost: localhost\r\n"
        self.sock.sendall((head + (f"Last-Event-ID: {since}\r\n" if since else "") +
                           "\r\n").encode())
        self.text, self.events, self.last, self.head = b"", [], since, None

    def read(self, limit=10.0):
        """Reads a little. Returns False at the end of the stream."""
        self.sock.settimeout(limit)
        try:
            chunk = self.sock.recv(65536)
        except socket.timeout:
            return True
        self.text += chunk.replace(b"\r\n", b"\n")
        if self.head is None and b"\n\n" in self.text:
            self.head, self.text = self.text.split(b"\n\n", 1)
        while self.head is not None and b"\n\n" in self.text:
            block, self.text = self.text.split(b"\n\n", 1)
            self.take(block.decode())
        return chunk != b""

    def take(self, block):
        fields = dict(line.split(": ", 1) for line in block.splitlines()
                      if not line.startswith(":"))
        self.last = fields.get("id", self.last)
        if "event" in fields:
            self.events.append((fields.get("id"), fields["event"], json.loads(fields["data"])))

    def wait(self, condition, limit=10.0):
        deadline = time.monotonic() + limit
        while not condition():
            assert time.monotonic() < deadline, self.events[-5:]
            assert self.read(0.2), "the stream has ended"

    def close(self):
        self.sock.close()


def values_seen(events):
    return [data["member"]["tags"]["v"] for _, kind, data in events
            if kind == "member" and "v" in data["member"]["tags"]]


def a_change_is_an_event_at_once():
    cluster, client = begun(2)
    with cluster:
        stream = Stream(client)
        stream.wait(lambda: stream.events)
        assert b"text/event-stream" in stream.head and b"X-Accel-Buffering: no" in stream.head
        assert stream.events[0][1] == "state" and stream.events[0][2]["state"]["ready"] is True
        assert cluster["n1"].ask("tags-set", tags={"v": "1"})["ok"]
        told = time.monotonic()
        stream.wait(lambda: values_seen(stream.events) == ["1"])
        assert time.monotonic() - told < 1.0  # 0.1 s, and a machine that is busy
        cluster["n2"].kill()
        stream.wait(lambda: any(kind == "ring" for _, kind, _ in stream.events), 15)
        stream.close()


def a_stream_that_is_cut_again_and_again_misses_nothing():
    cluster, client = begun(1)
    with cluster:
        agent, stream, events = cluster["n1"], Stream(client), []
        stream.wait(lambda: stream.events)
        for value in range(60):
            assert agent.ask("tags-set", tags={"v": str(value)})["ok"]
            if value % 7 == 3:
                events += stream.events
                stream.close()
                stream = Stream(client, stream.last)
            elif value % 5 == 0:
                stream.read(0.05)
        stream.wait(lambda: values_seen(events + stream.events)[-1:] == ["59"])
        events += stream.events
        # Each change once, in order; it shows what is when it is made, so perhaps what is newer.
        ids = [one for one, kind, _ in events if kind == "member"]
        values = [int(value) for value in values_seen(events)]
        assert len(ids) == len(set(ids)) == 60, ids
        assert values == sorted(values) and values[-1] == 59, values
        assert all(a <= b for a, b in zip(range(60), values)), values
        assert all(kind != "resync" for _, kind, _ in events)
        stream.close()
        stream = Stream(client, "0123456789abcdef-77")
        stream.wait(lambda: stream.events)
        assert stream.events[0][1] == "resync", stream.events
        stream.close()


def a_restart_of_the_server_is_no_loss_or_said():
    cluster, client = begun(1)
    with cluster:
        stream = Stream(client)
        stream.wait(lambda: stream.events)
        last = stream.last
        stream.close()
        serve = cluster.serves[0]
        serve.signal(signal.SIGTERM)
        assert serve.proc.wait(5) == 0
        assert cluster["n1"].ask("tags-set", tags={"v": "1"})["ok"]
        serve.start()
        stream = Stream(client, last)
        stream.wait(lambda: stream.events)
        assert stream.events[0][1] == "resync", stream.events
        stream.close()


def streams_are_bounded_and_give_their_places_back():
    cluster, client = begun(1)
    with cluster:
        streams = [Stream(client) for _ in range(48)]
        for stream in streams:
            stream.wait(lambda one=stream: one.events)
        status, headers, _ = client.ask("/v1/events")
        assert status == 503 and headers["Retry-After"]
        assert client.json("/healthz") == {"ok": True}
        for stream in streams:
            stream.close()
        more = []

        def opened():
            more.append(Stream(client))
            more[-1].read(5)
            return b" 200 " in (more[-1].head or b"")
        wait_until(opened, 5)
        for stream in more:
            stream.close()


def a_stream_that_is_reset_ends_at_once():
    cluster, client = begun(1)
    with cluster:
        stream, other = Stream(client), Stream(client)
        for one in (stream, other):
            one.wait(lambda one=one: one.events)
        other.sock.sendall(b"\r\n")  # what a client says more is no end of it
        stream.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        stream.close()
        wait_until(lambda: b"hearsay_http_streams 1\n" in client.ask("/metrics")[2], 5)
        before, began = cpu_seconds(cluster.serves[0]), time.monotonic()
        wait_until(lambda: time.monotonic() - began > 1.0, 5)
        assert cpu_seconds(cluster.serves[0]) - before < 0.05 * (time.monotonic() - began) + 0.02
        assert cluster["n1"].ask("tags-set", tags={"v": "1"})["ok"]
        other.wait(lambda: values_seen(other.events) == ["1"])
        other.close()


def who_reads_nothing_is_closed_and_the_others_go_on():
    cluster, client = begun(1)
    with cluster:
        agent, slow, good = cluster["n1"], Stream(client), Stream(client)
        for stream in (slow, good):
            stream.wait(lambda one=stream: one.events)
        slow.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        for value in range(900):
            tags = {"v": str(value), "pad": "x" * 400}
            assert agent.ask("tags-set", tags=tags)["ok"]
            good.read(0.001)
        good.wait(lambda: values_seen(good.events)[-1:] == ["899"], 20)
        deadline = time.monotonic() + 20
        while slow.read(1.0):
            assert time.monotonic() < deadline, "it was not closed"
        assert len(values_seen(slow.events)) < 900
        slow.close()
        good.close()


# ---- starting ------------------------------------------------------------------------------------


def started(*words):
    made = subprocess.run([os.environ["HEARSAY_SERVE"], *words], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=10, check=False)
    return made.returncode, made.stdout.decode(), made.stderr.decode()


def settings_that_are_wrong_are_named():
    with Served() as cluster:
        path = os.path.join(cluster.dir, "serve.conf")
        with open(path, "w", encoding="utf-8") as file:
            file.write("http = 127.0.0.1:x\nhtp = 1\nhttp-host = a b\n")
        code, _, words = started("--config", path, "--check")
        assert code == 2 and len(words.splitlines()) == 3, words
        assert words.startswith(f"{path}:1: http = 127.0.0.1:x: must be ADDRESS:PORT"), words
        code, _, words = started("--config", path)
        assert code == 2 and "(and 2 more: hearsay-serve --check shows all)" in words, words
        code, _, words = started("--config", path, "--config", path)
        assert code == 2 and "--config is given twice" in words, words
        assert started("--htpp", "x")[0] == 2 and started("--http")[0] == 2
        for option in ("--http", "--dns"):  # the address may come: the unit is to try again
            code, _, words = started(option, "192.0.2.77:7000")
            assert code == 1 and "no interface of this machine has that address" in words, words
        assert started("--check")[0] == 0 and started("--version")[0] == 0
        usage = started("--help")[1]
        assert "--http-host" in usage
        for key in re.findall(r"^  --(\S+)", usage, re.M):
            with open(path, "w", encoding="ascii") as file:
                file.write(f"{key} = x\n")
            alone = "can only be a flag" in started("--config", path, "--check")[2]
            assert alone == (key in ("config", "check", "help", "version")), key
        assert "All keys but config, check, help and version can" in usage
        with socket.socket() as taken:
            taken.bind((HOST, 0))
            taken.listen(1)
            code, _, words = started("--http", f"{HOST}:{taken.getsockname()[1]}")
        assert code == 1 and words.endswith(
            ": the port is in use by another process; end that process or choose another port\n")


def a_unix_socket_serves_without_a_host():
    with Served() as cluster:
        serve, = cluster.serve(1)
        path = os.path.join(cluster.dir, "http.sock")
        with subprocess.Popen([os.environ["HEARSAY_SERVE"], "--control", serve.agent.control,
                               "--http", "unix:" + path], stderr=subprocess.DEVNULL) as server:
            try:
                wait_until(lambda: os.path.exists(path), 5)
                with socket.socket(socket.AF_UNIX) as sock:
                    sock.settimeout(5)
                    sock.connect(path)
                    sock.sendall(b"GET /v1/ring HTTP/1.0\r\nHost: any.example\r\n\r\n")
                    assert status_of(read_all(sock)) in (200, 503)
                port = free_tcp_port()
                assert started("--http", f"{HOST}:{port}", "--http", "unix:" + path)[0] == 1
            finally:
                server.terminate()
                server.wait(5)
        assert not os.path.exists(path)


if __name__ == "__main__":
    run_tests([answers_are_those_of_the_tool, health_and_readiness,
               validators_hold_until_something_changes, names_and_tags_are_only_text,
               queries_are_read_strictly, hosts_and_methods_are_checked,
               what_is_no_request_ends_the_connection, a_head_has_no_body,
               a_flood_of_connections_costs_bounded_memory_and_no_answer,
               without_descriptors_connections_wait_and_nothing_spins,
               who_never_ends_its_request_is_cut, an_agent_that_hangs_from_the_start_is_said,
               an_agent_that_is_silent_grows_stale_then_gone_and_comes_back,
               a_killed_agent_is_followed_again_when_it_is_back, a_change_is_an_event_at_once,
               a_stream_that_is_cut_again_and_again_misses_nothing,
               a_restart_of_the_server_is_no_loss_or_said,
               streams_are_bounded_and_give_their_places_back,
               a_stream_that_is_reset_ends_at_once,
               who_reads_nothing_is_closed_and_the_others_go_on,
               settings_that_are_wrong_are_named, a_unix_socket_serves_without_a_host])
