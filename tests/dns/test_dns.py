#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""DNS of hearsay-serve over sockets (R46): real agents, asked by dig, kdig and getent."""
import json
import os
import random
import shutil
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time
import urllib.request

import ask
from ask import Server, connect, exchange, framed, question, read_message

from agents import HOST, Cluster, Skip, log_time, run_tests, wait_until

HEARSAY = os.environ["HEARSAY"]
FRESH_S = 0.1        # within which a change is in the DNS
GONE_S = 5.0         # an agent's silence after which there is no answer
RATE, LOAD_S = 1000, 3
IDLE_S = 5.0         # of a TCP connection
CLIENTS_MAX = 16
BURST = 200          # questions of one address that is not loopback


def need(*tools):
    for tool in tools:
        if not shutil.which(tool):
            raise Skip(f"{tool} is not here")


def lookup(agent, key, count):
    """The owners of a key, as `hearsay lookup` says."""
    out = subprocess.run([HEARSAY, "--control", agent.control, "--json", "lookup", "-n", str(count),
                          key], capture_output=True, check=True, text=True).stdout
    return [owner["name"] for owner in json.loads(out)["owners"]]


def tag_options(tags):
    return [word for tag in tags.split(",") for word in ("--tag", tag)]


class Three:
    """Three agents whose names are not easy, and the server of the first."""

    tags = {"n1": "role=db,http=8080", "Web.East": "role=web,http=8081", "a:1": "role=db"}

    def __init__(self, *options):
        self.cluster = Cluster()
        for name, tags in self.tags.items():
            self.cluster.agent(name, options=tag_options(tags))
        first = self.cluster.agents[0]
        for agent in self.cluster.agents:
            agent.start(join=[] if agent is first else [first.addr])
        self.server = Server(first, options)

    def __enter__(self):
        self.cluster.wait_agreed()
        self.server.start()
        self.server.wait("all.~", "SRV", lambda code, count: count == 3)
        return self.cluster, self.server

    def __exit__(self, *error):
        self.server.__exit__()
        return self.cluster.__exit__(*error)


def test_members_by_dig():
    need("dig")
    with Three() as (cluster, server):
        ports = {agent.name: agent.port for agent in cluster.agents}
        assert server.dig("n1.node.hearsay.internal") == [HOST]
        assert server.dig("WEB.east.node.hearsay.internal") == [HOST]
        assert server.dig("a:1.node.hearsay.internal") == [HOST]
        assert server.dig("TXT", "n1.node.hearsay.internal") == ['"http=8080"', '"role=db"']
        assert server.dig("SRV", "Web.East.node.hearsay.internal")[0].split()[2] == str(
            ports["Web.East"])
        assert server.dig("SRV", "_http._tcp.hearsay.internal") == sorted(
            f"0 128 {port} {name}.node.hearsay.internal."
            for name, port in (("n1", 8080), ("Web.East", 8081)))
        assert server.dig("SRV", "_http._tcp.db.role.tag.hearsay.internal") == [
            "0 128 8080 n1.node.hearsay.internal."]
        assert server.dig("-x", HOST) == sorted(f"{name}.node.hearsay.internal." for name in ports)
        targets = {line.split()[3] for line in server.dig("SRV", "role.tag.hearsay.internal")}
        assert targets == {"n1.node.hearsay.internal.", "Web.East.node.hearsay.internal.",
                           "7f000001.addr.hearsay.internal."}
        text = server.dig_all("nobody.node.hearsay.internal")
        assert "status: NXDOMAIN" in text and "SOA" in text and " aa " in text, text
        assert "status: NOERROR" in server.dig_all("AAAA", "n1.node.hearsay.internal")
        assert "status: REFUSED" in server.dig_all("example.com")
        assert "Transfer failed" in server.dig_all("AXFR", "hearsay.internal")
        assert "status: BADVERS" in server.dig_all("+edns=1", "+noednsneg", "all.hearsay.internal")


def test_members_by_kdig():
    need("kdig")
    with Three() as (_, server):
        assert server.dig("n1.node.hearsay.internal", tool="kdig") == [HOST]
        assert server.dig("+tcp", "n1.node.hearsay.internal", tool="kdig") == [HOST]
        assert server.dig("+edns", "-t", "NS", "hearsay.internal", tool="kdig") == [
            "ns.hearsay.internal."]


def test_owners_and_replicas_are_those_of_lookup():
    need("dig")
    with Three() as (cluster, server):
        for key in ("user:42", "x", "Some Text", "ключ"):
            owners = lookup(cluster.agents[0], key, 3)
            name = key.encode().hex() + ".key.hearsay.internal"
            lines = sorted(server.dig("SRV", name))
            ports = [cluster[owner].port for owner in owners]
            assert [(int(line.split()[0]), int(line.split()[2])) for line in lines] == list(
                enumerate(ports)), (key, lines, owners)
            for place, owner in enumerate(owners):
                line, = server.dig("SRV", f"{place}.{name}")
                assert int(line.split()[2]) == cluster[owner].port
        assert server.dig("SRV", "User:42.key.hearsay.internal") == server.dig(
            "SRV", b"user:42".hex() + ".key.hearsay.internal")


def test_a_dead_owner_is_passed_over():
    with Three() as (cluster, server):
        key = next(k for k in map(str, range(1000)) if lookup(cluster.agents[0], k, 1) == ["a:1"])
        name = key.encode().hex() + ".key.~"
        server.wait(name, "SRV", lambda code, count: count == 3)
        cluster["a:1"].kill()
        cluster.wait_status("a:1", "dead")
        server.wait(name, "SRV", lambda code, count: count == 2)
        server.wait("a:1.node.~", "A", lambda code, _: code == "NXDOMAIN")
        assert server.ask(name, "A") == ("NOERROR", 1)


def test_no_answer_without_an_agent_and_answers_again():
    need("dig")
    with Cluster() as cluster:
        agent = cluster.agent("n1")
        with Server(agent) as server:
            server.wait("n1.node.~", "A", lambda code, _: code == "SERVFAIL")
            assert server.ask("example.com") == ("REFUSED", 0)
            agent.start()
            server.wait("n1.node.~")
            agent.kill()
            killed = time.monotonic()
            assert server.ask("n1.node.~") == ("NOERROR", 1)
            server.wait("n1.node.~", "A", lambda code, _: code == "SERVFAIL")
            waited = time.monotonic() - killed
            assert GONE_S - 1.5 < waited < GONE_S + 3, waited
            assert "EDE: 14 (Not Ready)" in server.dig_all("n1.node.hearsay.internal")
            agent.start()
            server.wait("n1.node.~")


def test_a_change_is_soon_in_the_dns():
    with Three() as (cluster, server):
        told, agent, delays = cluster.agents[0], cluster["Web.East"], []
        for number in range(9):
            mark, value = told.mark(), f"v{number}"
            assert agent.ask("tags-set", tags={"load": value})["ok"]
            server.wait(f"{value}.load.tag.~")
            seen = time.time()
            wait_until(lambda: told.events_since(mark, "member", name="Web.East"), 5)
            delays.append(seen - log_time(told.events_since(mark, "member")[0]["time"]))
        delay = statistics.median(delays)
        print(f"# a change is in the DNS {1000 * delay:.1f} ms after the agent's log line")
        assert delay < FRESH_S, delays


def test_long_answers_are_cut_and_whole_by_tcp():
    need("dig")
    tags = "p=1," + ",".join(f"tag-{i}={'x' * 30}" for i in range(11))
    with Cluster() as cluster:
        agent = cluster.agent("n1", options=tag_options(tags)).start()
        with Server(agent) as server:
            server.wait("n1.node.~")
            plain = exchange(server, question("n1.node.~", "TXT"))
            assert len(plain) <= 512 and struct.unpack_from("!H", plain, 2)[0] & ask.TRUNCATED
            wide = exchange(server, question("n1.node.~", "TXT", size=4096))
            assert 512 < len(wide) <= 1232 and not struct.unpack_from(
                "!H", wide, 2)[0] & ask.TRUNCATED
            assert len(server.dig("+noedns", "TXT", "n1.node.hearsay.internal")) == 12
            assert len(server.dig("+noedns", "+ignore", "TXT", "n1.node.hearsay.internal")) < 12
            assert len(server.dig("+tcp", "TXT", "n1.node.hearsay.internal")) == 12


def test_many_questions_on_one_connection():
    with Three() as (_, server), connect(server) as sock:
        names = ["n1.node.~", "all.~", "x.node.~", "_http._tcp.~"] * 25
        for number, name in enumerate(names):
            sock.sendall(framed(question(name, "ANY", number)))
        sock.shutdown(socket.SHUT_WR)
        for number in range(len(names)):
            assert struct.unpack_from("!H", read_message(sock))[0] == number
        assert sock.recv(1) == b""


def test_a_question_may_come_in_pieces():
    with Three() as (_, server), connect(server) as sock:
        for byte in framed(question("n1.node.~", "A", 7)):
            sock.sendall(bytes([byte]))
        assert ask.code_of(read_message(sock)) == "NOERROR"


def ends(sock):
    try:
        return sock.recv(1) == b""
    except ConnectionResetError:
        return True


def test_connections_that_are_no_good_end():
    with Three() as (_, server):
        for bad in (b"\0\0", framed(b"x" * 11), framed(b"\0\1\x80" + b"\0" * 9), b"\xff\xff"):
            with connect(server) as sock:
                sock.sendall(bad)
                assert ends(sock)
        with connect(server) as sock:
            began = time.monotonic()
            sock.sendall(b"\0")
            assert ends(sock)
            assert IDLE_S - 1 < time.monotonic() - began < IDLE_S + 5


def test_who_does_not_read_is_not_answered_for_ever():
    with Three() as (_, server), connect(server) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        memory = resident(server)
        sock.settimeout(0.5)
        message, sent = framed(question("n1.node.~", "ANY")) * 1000, 0
        try:
            while sent < 64 << 20:
                sent += sock.send(message)
        except (socket.timeout, ConnectionError):
            pass
        assert sent < 64 << 20
        assert resident(server) - memory < 8 << 20
        assert server.ask("n1.node.~") == ("NOERROR", 1)


def resident(server):
    with open(f"/proc/{server.proc.pid}/statm", encoding="ascii") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_a_new_connection_takes_the_place_of_the_quietest():
    with Three() as (_, server):
        quiet = [connect(server) for _ in range(CLIENTS_MAX)]
        for sock in quiet[1:]:
            sock.sendall(framed(question("n1.node.~")))
            read_message(sock)
        with connect(server) as late:
            late.sendall(framed(question("n1.node.~")))
            assert ask.code_of(read_message(late)) == "NOERROR"
        assert ends(quiet[0])
        quiet[1].sendall(framed(question("n1.node.~")))
        assert ask.code_of(read_message(quiet[1])) == "NOERROR"
        for sock in quiet:
            sock.close()


def test_bad_questions_get_formerr_or_nothing():
    chance = random.Random(46)
    one = question("n1.node.~", "ANY", size=1232)
    cases = [(b"", None), (one[:11], None), (one[:2] + b"\x81" + one[3:], None),
             (one + b"x" * 4096, None), (one[:4] + b"\0\2" + one[6:], "FORMERR"),
             (one[:12] + b"\xc0\x0c" + one[12:], "FORMERR"), (one[:20], "FORMERR"),
             (one[:2] + b"\x29" + one[3:], "NOTIMP")]
    with Three() as (_, server):
        for message, code in cases:
            answer = exchange(server, message, 0.5 if code is None else 5.0)
            assert (answer is None) == (code is None), (message, answer)
            assert code is None or ask.code_of(answer) == code
        for _ in range(2000):
            bad = bytearray(one)
            for _ in range(chance.randrange(1, 6)):
                bad[chance.randrange(len(bad))] = chance.randrange(256)
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
                sock.sendto(bytes(bad[:chance.randrange(1, len(bad) + 1)]),
                            (HOST, server.port))
        server.wait("n1.node.~")


def test_two_servers_do_not_talk_with_each_other():
    """What one says is no question to the other, whatever it says."""
    with Three() as (cluster, server), Server(cluster["Web.East"]) as other:
        other.wait("n1.node.~")
        for name in ("n1.node.~", "x.node.~", "example.com"):
            assert exchange(other, exchange(server, question(name)), 0.3) is None
        assert exchange(other, exchange(server, question("n1.node.~")[:20]), 0.3) is None


def test_a_thousand_questions_a_second():
    with Three() as (_, server), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        names = ["n1.node.~", "_http._tcp.~", "db.role.tag.~", "6b6579.key.~", "x.node.~"]
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        sock.connect((HOST, server.port))
        sock.setblocking(False)
        seen, cpu, began = set(), server.cpu(), time.monotonic()

        def read_all():
            try:
                while True:
                    seen.add(struct.unpack_from("!H", sock.recv(2000))[0])
            except BlockingIOError:
                pass

        for number in range(RATE * LOAD_S):
            while time.monotonic() < began + number / RATE:
                read_all()
                time.sleep(0.0005)
            sock.send(question(names[number % len(names)], "SRV", number, 1232))
        took = time.monotonic() - began
        wait_until(lambda: read_all() or len(seen) == RATE * LOAD_S, 10,
                   lambda: f"{RATE * LOAD_S - len(seen)} answers are lost")
        used = server.cpu() - cpu
        print(f"# {RATE * LOAD_S / took:.0f} questions per second, none lost: "
              f"{100 * used / took:.1f} % of a processor")
        assert used / took < 0.5


def test_questions_are_in_the_metrics():
    def counted(server):
        with urllib.request.urlopen(f"http://{HOST}:{server.http}/metrics", timeout=10) as answer:
            lines = answer.read().decode().splitlines()
        return {line.split()[0]: int(line.split()[1]) for line in lines
                if line.startswith("hearsay_dns_")}

    with Three() as (_, server):
        before = counted(server)
        for name in ("n1.node.~", "n1.node.~", "x.node.~", "example.com"):
            assert server.ask(name)
        with connect(server) as sock:
            sock.sendall(framed(question("n1.node.~")))
            read_message(sock)
        exchange(server, question("n1.node.~")[:11], 0.3)
        after = counted(server)
    grown = {key: after[key] - before[key] for key in after if after[key] != before[key]}
    assert grown == {'hearsay_dns_queries_total{transport="udp",rcode="noerror"}': 2,
                     'hearsay_dns_queries_total{transport="udp",rcode="nxdomain"}': 1,
                     'hearsay_dns_queries_total{transport="udp",rcode="refused"}': 1,
                     'hearsay_dns_queries_total{transport="tcp",rcode="noerror"}': 1,
                     'hearsay_dns_queries_total{transport="udp",rcode="silence"}': 1}, grown


def test_mistakes_in_settings_end_with_a_sentence():
    for options, word in ((["--dns", "localhost"], "ADDRESS:PORT"), (["--dns-ttl", "6"], "0 to 5"),
                          (["--dns-domain", "a..b"], "a name such as"),
                          (["--dns-domain", ".".join(["a" * 60] * 3)], "so long"),
                          (["--dns-replicas", "0"], "1 to 16"), (["--dns-zones", "1"], "yes or no"),
                          (["--dns", "192.0.2.1:53"], "--dns 192.0.2.1:53: ")):
        code = 1 if "192.0.2.1:53" in options else 2  # such an address may come
        done = subprocess.run([os.environ["HEARSAY_SERVE"], "--http",
                               f"{HOST}:{ask.free_port()}", *options], capture_output=True,
                              text=True, check=False, timeout=20)
        assert done.returncode == code and word in done.stderr, (options, done)
        assert len(done.stderr.splitlines()) == 1, done.stderr


# ---- in a network of its own ---------------------------------------------------------------------


def inside(function):
    """Runs a function of this file in its own namespaces of network and mounts."""
    if os.geteuid() != 0:
        raise Skip("only root may make network namespaces")
    done = subprocess.run(["unshare", "--net", "--mount", sys.executable, __file__, "inside",
                           function.__name__], capture_output=True, text=True, check=False,
                          timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


def make_network():
    """Loopback, and addresses that are not: without one the C library asks for none."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    for address in ("192.0.2.1/32", "192.0.2.2/32"):
        subprocess.run(["ip", "addr", "add", address, "dev", "lo"], check=True)


def getent(*words):
    return subprocess.run(["getent", *words], capture_output=True, text=True, check=False,
                          timeout=30).stdout.split()


def mount_over(path, text, folder):
    made = os.path.join(folder, os.path.basename(path))
    with open(made, "w", encoding="utf-8") as file:
        file.write(text)
    subprocess.run(["mount", "--bind", made, path], check=True)


def resolve_through_dnsmasq():
    make_network()
    with tempfile.TemporaryDirectory() as folder, Three("--dns-ttl", "1") as (cluster, server):
        mount_over("/etc/resolv.conf", "nameserver 127.0.0.1\n", folder)
        mount_over("/etc/nsswitch.conf", "hosts: dns\n", folder)
        with open(os.path.join(folder, "log"), "wb") as log:
            forwarder = subprocess.Popen(
                ["dnsmasq", "--keep-in-foreground", "--no-resolv", "--no-hosts", "--conf-file=",
                 "--user=root", "--pid-file=", "--bind-interfaces", "--listen-address=127.0.0.1",
                 f"--server=/hearsay.internal/127.0.0.1#{server.port}",
                 f"--rev-server=127.0.0.0/8,127.0.0.1#{server.port}"], stdout=log, stderr=log)
        try:
            wait_until(lambda: getent("ahostsv4", "n1.node.hearsay.internal"), 10)
            assert getent("ahostsv4", "web.east.node.hearsay.internal")[0] == HOST
            assert getent("hosts", "n1.node.hearsay.internal") == [HOST,
                                                                  "n1.node.hearsay.internal"]
            assert getent("hosts", "nobody.node.hearsay.internal") == []
            wait_until(lambda: getent("hosts", HOST)[:1] == [HOST], 20)
            cluster["Web.East"].ask("leave")
            wait_until(lambda: not getent("ahostsv4", "web.east.node.hearsay.internal"), 10)
        finally:
            forwarder.kill()
            forwarder.wait()


def test_getent_through_dnsmasq():
    need("dnsmasq", "getent", "unshare")
    inside(resolve_through_dnsmasq)


def strangers_are_limited():
    """An address of this machine that is not loopback counts as anybody's."""
    make_network()
    with Three() as (cluster, _):
        server = Server(cluster.agents[0], address="0.0.0.0").start()
        server.address = "192.0.2.2"
        server.wait("n1.node.~")
        message, cut, sizes = question("n1.node.~", size=1232), 0, set()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.bind(("192.0.2.1", 0))
            sock.settimeout(5)
            for _ in range(3 * BURST):
                sock.sendto(message, (server.address, server.port))
                answer, source = sock.recvfrom(2000)
                assert source == (server.address, server.port), source
                if struct.unpack_from("!H", answer, 2)[0] & ask.TRUNCATED:
                    cut += 1
                    sizes.add(len(answer))
        assert cut > 0 and max(sizes) <= len(message), (cut, sizes)
        with connect(server) as sock:
            sock.sendall(framed(message))
            assert ask.code_of(read_message(sock)) == "NOERROR"
        for number in (7, 13, 19, 37):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
                sock.bind((HOST, number))
                sock.settimeout(0.3)
                sock.sendto(message, (HOST, server.port))
                try:
                    raise AssertionError(sock.recv(2000))
                except socket.timeout:
                    pass
        server.kill()


def test_strangers_get_no_more_than_they_send():
    need("unshare", "ip")
    inside(strangers_are_limited)


if __name__ == "__main__":
    if sys.argv[1:2] == ["inside"]:
        {f.__name__: f for f in (resolve_through_dnsmasq, strangers_are_limited)}[sys.argv[2]]()
        sys.exit(0)
    run_tests([test_members_by_dig, test_members_by_kdig,
               test_owners_and_replicas_are_those_of_lookup, test_a_dead_owner_is_passed_over,
               test_no_answer_without_an_agent_and_answers_again,
               test_a_change_is_soon_in_the_dns, test_long_answers_are_cut_and_whole_by_tcp,
               test_many_questions_on_one_connection, test_a_question_may_come_in_pieces,
               test_connections_that_are_no_good_end,
               test_who_does_not_read_is_not_answered_for_ever,
               test_a_new_connection_takes_the_place_of_the_quietest,
               test_bad_questions_get_formerr_or_nothing,
               test_two_servers_do_not_talk_with_each_other, test_a_thousand_questions_a_second,
               test_questions_are_in_the_metrics, test_mistakes_in_settings_end_with_a_sentence,
               test_getent_through_dnsmasq,
               test_strangers_get_no_more_than_they_send])
