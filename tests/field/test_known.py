# SPDX-License-Identifier: Apache-2.0
"""What has always worked, and is to work ever after."""
import json
import os
import selectors
import socket
import subprocess
import time

from field import ROOT, Field, Skip, known, slow, stories

BYTES_PER_SECOND = 64000  # of a slow reader: some 300 lines
KEYS = [f"user-{i}" for i in range(200)]


def owners(host, count=1):
    """{key: preference list}"""
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(10)
        sock.connect(host.control)
        with sock.makefile("rb") as answers:
            found = {}
            for key in KEYS:
                words = {"cmd": "lookup", "key": key, "n": count}
                sock.sendall(json.dumps(words).encode() + b"\n")
                found[key] = [one["name"] for one in json.loads(answers.readline())["owners"]]
    return found


@known
def a_removed_member_moves_its_keys_and_no_others():
    """Equal tokens everywhere: what one had goes to all others, the rest stays where it is."""
    with Field() as f:
        a, b, c, d = f.grow(4)
        before = owners(a)
        assert before == owners(c)
        c.kill()
        f.wait(lambda: all(one.sees(c, "dead") for one in (a, b, d)), 10)
        # ring-hold: it has its keys for a moment longer than its life
        f.wait(lambda: [c.name] not in owners(a).values(), 10)
        f.wait(lambda: owners(a) == owners(b) == owners(d), 10)
        after = owners(a)
        assert all(after[key] == before[key] for key in KEYS if before[key] != [c.name])
        heirs = {after[key][0] for key in KEYS if before[key] == [c.name]}
        assert heirs == {a.name, b.name, d.name}, heirs
        c.start(join=a)
        f.agree()
        f.wait(lambda: owners(b) == before, 10)


REFERENCE = """
import json, sys
sys.path.insert(0, sys.argv[1])
import ring_reference
asked = json.load(sys.stdin)
ring = ring_reference.Ring(asked["tokens"])
json.dump({"checksum": f"{ring.checksum():016x}",
           "owners": {key: ring.owners(ring_reference.hash64(key.encode()), 3)
                      for key in asked["keys"]}}, sys.stdout)
"""


def reference(tokens):
    """The same ring, by the plain program of tests/core."""
    for python in ("python3", "/usr/bin/python3"):
        if subprocess.run([python, "-c", "import xxhash"], capture_output=True,
                          check=False).returncode == 0:
            done = subprocess.run([python, "-c", REFERENCE, os.path.join(ROOT, "tests", "core")],
                                  input=json.dumps({"tokens": tokens, "keys": KEYS}), text=True,
                                  capture_output=True, check=True)
            return json.loads(done.stdout)
    raise Skip("python3-xxhash is missing")


@known
def the_ring_of_another_program_is_the_same():
    weights = {"one": "1", "half": "0.5", "more": "3.3", "tiny": "0.01"}
    with Field() as f:
        hosts = [f.host(name, "--weight", weight) for name, weight in weights.items()]
        for one in hosts:
            one.start(join=[] if one is hosts[0] else hosts[0])
        f.agree()
        tokens = {m["name"]: m["tokens"] for m in hosts[0].ask("members")["members"]
                  if m["in_ring"]}
        assert set(tokens) == set(weights) and tokens["tiny"] >= 1, tokens
        other = reference(tokens)
        for one in hosts:
            assert one.ask("ring")["checksum"] == other["checksum"], one.name
            assert owners(one, 3) == other["owners"], one.name


@known
def tiny_weights_get_a_token():
    """Not even a member that wants next to nothing is outside the ring."""
    with Field() as f:
        a = f.host("a", "--weight", "0.01").start()
        b = f.host("b", "--tokens", "1").start(join=a)
        f.agree()
        tokens = {m["name"]: m["tokens"] for m in b.ask("members")["members"] if m["in_ring"]}
        assert tokens == {"a": 1, "b": 1}, tokens
        assert {names[0] for names in owners(a).values()} == {"a", "b"}


@known
def who_left_is_back_at_a_new_address():
    with Field() as f:
        a, b, c = f.grow(3)
        assert b.stop() == 0
        f.wait(lambda: a.sees(b, "dead") and c.sees(b, "dead"), 10)
        assert a.reasons(b, "dead") == c.reasons(b, "dead") == ["left"]
        b.move(f.spare())
        b.start(join=c)
        f.agree()
        assert a.where(b) == c.where(b) == b.addr == f"{b.v4}:7847"
        assert sorted(m["name"] for m in a.ask("members")["members"]) == ["n1", "n2", "n3"]


@known
def an_unknown_name_cannot_be_forced_out():
    with Field() as f:
        a, b = f.grow(2)
        mark = b.mark()
        for name in ("nobody", "", "n" * 64):
            done = a.tool("force-leave", name)
            assert done.returncode in (1, 2) and name in done.stderr and not done.stdout, done
        assert a.tool("force-leave", "nobody").stderr == "hearsay: no member named nobody\n"
        f.rounds(a, 3)
        assert a.sees(b) and b.sees(a) and not b.events_since(mark, "member")


@slow
@known
def all_are_lost_and_found():
    """Nobody hears anybody, until each is alone with the dead. Slow: who hears nobody believes for
    half a minute that it is at fault itself."""
    with Field() as f:
        hosts = f.grow(5)
        f.split(*([one] for one in hosts))
        f.wait(lambda: all(one.sees(other, "alive" if one is other else "dead")
                           for one in hosts for other in hosts), 90)
        f.heal()
        f.agree(limit=40)
        for one in hosts:
            assert one.events("ready") and one.running()


@known
def a_split_cluster_heals():
    with Field() as f:
        hosts = f.grow(6)
        few, many = hosts[:2], hosts[2:]
        f.split(few, many)

        def apart(group, others):
            return all(one.sees(other, "dead") for one in group for other in others)
        f.wait(lambda: apart(few, many) and apart(many, few), 20)
        assert few[0].ask("ring")["checksum"] != many[0].ask("ring")["checksum"]
        f.rounds(many[0], 3)
        assert few[0].sees(few[1]) and many[0].sees(many[-1])
        f.heal()
        f.agree(limit=30)


@known
def two_agents_with_defaults_on_one_host():
    """The second says what is in its way and ends; the first does not notice."""
    with Field() as f:
        a = f.host("a").start(bind=False, control=False, log="-")
        f.wait(lambda: a.tool("members", control=False).returncode == 0, 10)
        for more, words in (((), "the port is in use"),
                            (("--bind", "0.0.0.0:7900"), "another agent answers there")):
            done = a.run(f.daemon, *more)
            assert done.returncode == 1 and words in done.stderr and not done.stdout, done
            assert len(done.stderr.splitlines()) == 1, done
        assert a.running() and a.tool("status", control=False).returncode == 0
        assert a.tool("leave", control=False).returncode == 0 and a.ends() == 0


@known
def a_reader_that_wants_one_line():
    """hearsayd | head -1: the agent stays."""
    with Field() as f:
        a, b = f.host("a"), f.host("b").start()
        a.spawn("sh", "-c", f"{f.daemon} --profile local --control /run/a.sock --join {b.addr} | "
                            "head -1 >/run/first; echo $? >/run/ended")
        tool = (f.hearsay, "--control", "/run/a.sock")
        f.wait(lambda: a.run("test", "-s", "/run/first").returncode == 0, 10)
        f.wait(lambda: b.sees("a"), 10)
        assert json.loads(a.read("/run/first"))["event"] == "start"
        for number in range(3):
            assert a.run(*tool, "tags", "set", f"n={number}").returncode == 0
        f.rounds(b, 4)
        assert b.sees("a") and a.run("test", "-e", "/run/ended").returncode == 1
        assert a.run(*tool, "leave").returncode == 0
        f.wait(lambda: a.run("test", "-e", "/run/ended").returncode == 0, 10)


@known
def a_file_from_another_system():
    """CR before each end of line, and none at the last."""
    with Field() as f:
        a = f.host("a")
        text = "# ours\r\nname = ann\r\n\r\ntag = role=db\r\ntag = zone=z1\r\nprofile = local"
        a.write("/etc/hearsay.conf", text)
        a.start("--config", "/etc/hearsay.conf", name=False)
        f.wait(lambda: a.sees("ann"), 10)
        assert a.ask("members")["members"][0]["tags"] == {"role": "db", "zone": "z1"}
        assert "\r" not in json.dumps(a.ask("status")) and not a.said("\\r")


def sip(pipe, data, most):
    """Takes so many bytes at most, if there are any."""
    with selectors.DefaultSelector() as ready:
        ready.register(pipe, selectors.EVENT_READ)
        if ready.select(0.01):
            data += os.read(pipe.fileno(), most)


def lost(data):
    """(lines, how many lines these lines say were lost)"""
    lines = [json.loads(line) for line in data[:data.rfind(b"\n") + 1].splitlines()]
    return lines, sum(e["count"] for e in lines if e["event"] == "drop" and e["reason"] == "log")


@known
def four_thousand_lines_a_second_into_a_slow_pipe():
    """Whoever reads the log may be slow: nobody waits for it, and no loss is silent."""
    with Field() as f:
        a, b = f.host("a"), f.host("b").start()
        a.start(log="-", join=b, stdout=subprocess.PIPE)
        f.wait(lambda: b.sees(a), 10)
        flood = a.spawn("python3", "-c", FLOOD, a.control, stdout=subprocess.PIPE)
        data = bytearray()
        begun = time.monotonic()
        while flood.running():
            room = int((time.monotonic() - begun) * BYTES_PER_SECOND) - len(data)
            sip(a.proc.stdout, data, max(room, 1))
        rate = float(flood.proc.stdout.readline())
        print(f"{rate:.0f} lines per second")
        assert rate > 1000, "this machine is too slow to tell"
        assert b.sees(a) and not b.events("member", name="a", to="suspect")
        dropped = a.ask("status")["log"]["dropped"]
        assert dropped > 0

        def told():
            sip(a.proc.stdout, data, 65536)
            return lost(data)[1] >= dropped
        f.wait(told, 10, lambda: f"{lost(data)[1]} of {dropped} are told")
        lines, untold = lost(data)
        tags = [e for e in lines if e["event"] == "member" and
                e.get("reason", e.get("cause")) == "updated"]
        assert untold + len(tags) >= 20000, (untold, len(tags))
        assert a.stop() == 0


FLOOD = """
import json, socket, sys, time
with socket.socket(socket.AF_UNIX) as sock:
    sock.connect(sys.argv[1])
    answers, begun = sock.makefile("rb"), time.monotonic()
    for number in range(0, 20000, 50):
        sock.sendall(b"".join(json.dumps({"cmd": "tags-set", "tags": {"n": str(number + i)}}
                                         ).encode() + b"\\n" for i in range(50)))
        for _ in range(50):
            assert json.loads(answers.readline())["ok"]
    print(20000 / (time.monotonic() - begun))
"""


if __name__ == "__main__":
    stories([a_removed_member_moves_its_keys_and_no_others,
             the_ring_of_another_program_is_the_same, tiny_weights_get_a_token,
             who_left_is_back_at_a_new_address, an_unknown_name_cannot_be_forced_out,
             all_are_lost_and_found, a_split_cluster_heals, two_agents_with_defaults_on_one_host,
             a_reader_that_wants_one_line, a_file_from_another_system,
             four_thousand_lines_a_second_into_a_slow_pipe])
