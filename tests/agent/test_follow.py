# SPDX-License-Identifier: Apache-2.0
"""`follow` of real agents (R41): a snapshot, every change once, resuming, and bounds. The mirror of
src/mirror follows, too, as tests/mirror/mirror_tail."""
import json
import os
import random
import signal
import socket
import subprocess
import tempfile
import time

from agents import Cluster, free_port, run_tests, wait_until
from swarms import Swarm

TAIL, SWARM = os.environ["HEARSAY_TAIL"], os.environ["HEARSAY_SWARM"]
CHANGES = 10000
CUT_MS, AWAY_MS = 60, 700   # at most between two cuts; how long each tenth one lasts
UNREAD = 5000               # changes that a follower does not read
MEMBERS = int(os.environ.get("HEARSAY_MEMBERS", "3000"))
TURN_LIMIT = 0.5            # seconds: the budget is 4 ms; machines do other work, too
GROWTH_LIMIT = 8 << 20      # bytes, for a follower that does not read
SILENCE_LIMIT = 1.0         # seconds between two lines of an agent that lives
BACKLOG_MAX = 256 << 10     # what docs/control.md promises; the kernel's buffer comes on top


class Follower:
    """A connection on which `follow` was asked."""

    def __init__(self, agent, **fields):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(20)
        self.sock.connect(agent.control)
        self.sock.sendall(json.dumps({"cmd": "follow", **fields}).encode() + b"\n")
        self.rest, self.bytes = b"", 0
        self.first = self.line()

    def line(self):
        while b"\n" not in self.rest:
            data = self.sock.recv(1 << 16)
            assert data, "the agent has closed"
            self.rest += data
            self.bytes += len(data)
        text, self.rest = self.rest.split(b"\n", 1)
        return json.loads(text)

    def until(self, condition):
        """Lines up to the first one for which this is so."""
        lines = [self.line()]
        while not condition(lines[-1]):
            lines.append(self.line())
        return lines

    def current(self):
        return self.until(lambda line: line["follow"] == "current")

    def close(self):
        self.sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def number(line):
    return int(line["id"].split("-")[1])


def is_counted(line):
    return "id" in line and line["follow"] not in ("alive", "snapshot", "current")


def check_numbers(lines, last):
    """Lines of the journal come once each, in their order, until a snapshot."""
    for line in lines:
        if line["follow"] == "snapshot":
            last = number(line)
        elif is_counted(line):
            assert number(line) == last + 1, (last, line)
            last = number(line)
    return last


def set_tags(agent, numbers, pace=0.0):
    """Sets the tag n to each of these, a hundred requests at a time."""
    numbers = list(numbers)
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(20)
        sock.connect(agent.control)
        with sock.makefile("rb") as answers:
            for at in range(0, len(numbers), 100):
                some = numbers[at:at + 100]
                requests = [{"cmd": "tags-set", "tags": {"n": str(n)}} for n in some]
                sock.sendall(b"".join(json.dumps(one).encode() + b"\n" for one in requests))
                for n in some:
                    assert json.loads(answers.readline())["tags"]["n"] == str(n)
                time.sleep(pace)


def ready(cluster, count=1):
    agents = cluster.start(count)
    if count > 1:
        cluster.wait_agreed()
    wait_until(lambda: all(a.events("ready") for a in agents), 15)
    return agents


def a_snapshot_then_every_change():
    with Cluster(["--profile", "local"]) as cluster:
        a, b, c = ready(cluster, 3)
        with Follower(a) as follower:
            assert follower.first["ok"] and follower.first["node"] == a.name
            lines = follower.current()
            assert lines[0]["follow"] == "snapshot", lines[0]
            members = {line["member"]["name"]: line["member"]
                       for line in lines if line["follow"] == "member"}
            for member in a.ask("members")["members"]:
                told = members.pop(member["name"])
                same = member.keys() - {"in_state_us", "rtt_us", "in_ring"}
                assert {key: told[key] for key in same} == {key: member[key] for key in same}
                assert told.keys() - same == {"rtt_us", "since"}
            assert not members
            roster = [m["name"] for line in lines if line["follow"] == "roster"
                      for m in line["members"]]
            assert roster == [a.name, b.name, c.name], roster
            ring, status = lines[-1]["ring"], a.ask("status")
            assert ring == {key: status["ring"][key] for key in ring}
            assert lines[-1]["digest"] == status["digest"]
            assert lines[-1]["ready"] and not lines[-1]["isolated"] and not lines[-1]["leaving"]

            last = check_numbers(lines, 0)
            b.ask("tags-set", tags={"zone": "east"})
            lines = follower.until(lambda line: line["follow"] == "ring")
            member = next(line for line in lines if line["follow"] == "member")
            assert member["member"]["tags"] == {"zone": "east"}
            assert member["event"]["reason"] == "updated" and member["event"]["node"] == a.name
            assert lines[-1]["set"] == [{"name": b.name, "tokens": 128, "zone": "east"}]
            assert lines[-1]["removed"] == [] and lines[-1]["event"]["event"] == "ring"

            b.kill()
            lines += follower.until(lambda line: line["follow"] == "ring")
            dead = [line["member"] for line in lines if line["follow"] == "member"][-1]
            assert (dead["status"], dead["cause"]) == ("dead", "failed"), dead
            assert lines[-1]["removed"] == [b.name] and lines[-1]["set"] == []
            a.ask("force-leave", name=b.name, prune=True)
            lines += follower.until(lambda line: line["follow"] == "gone"
                                    and line["event"]["reason"] == "pruned")
            assert lines[-1]["name"] == b.name

            a.ask("weight", weight=0)
            lines += follower.until(lambda line: line["follow"] == "ring")
            assert lines[-1]["removed"] == [a.name] and lines[-1]["set"] == []
            a.ask("reload")
            lines += follower.until(lambda line: line["follow"] == "event"
                                    and line["event"]["event"] == "reload")
            a.signal(15)
            lines += follower.until(lambda line: line["follow"] == "state")
            assert lines[-1]["leaving"] is True
            check_numbers(lines, last)


def the_last_words_are_told():
    with Cluster() as cluster:
        a, = ready(cluster)
        with Follower(a) as follower:
            last = check_numbers(follower.current(), 0)
            a.signal(15)
            lines = follower.until(lambda line: line["follow"] == "event"
                                   and line["event"]["event"] == "stop")
            lines += follower.until(lambda line: line["follow"] == "state")
            assert lines[-1]["leaving"] is True
            check_numbers(lines, last)


def what_is_asked_wrongly():
    with Cluster() as cluster:
        a, = ready(cluster)
        for since in (7, "", "x", "0123456789abcdef", "0123456789abcdef-", "0123456789abcdef-1x",
                      "0123456789abcdeg-1", "-1"):
            answer = a.ask("follow", since=since)
            assert answer["error"] == "usage" and "since must be the id" in answer["message"], since
        assert a.ask("follow", events=[])["error"] == "usage"
        with Follower(a, since="0123456789abcdef-1") as follower:
            lines = follower.current()
            assert [lines[0]["follow"], lines[1]["follow"]] == ["resync", "snapshot"], lines[:2]
            instance = follower.first["instance"]
        with Follower(a, since=f"{instance}-99999") as follower:
            assert follower.current()[0]["follow"] == "resync"


def a_living_agent_is_never_silent():
    with Cluster(["--profile", "local"]) as cluster:
        a, b = ready(cluster, 2)
        with Follower(a) as follower:
            follower.current()
            began = last = time.monotonic()
            longest, trips = 0.0, set()
            while last < began + 3:
                line = follower.line()
                trips |= set(line.get("rtt_us", ()))
                longest = max(longest, time.monotonic() - last)
                last = time.monotonic()
            assert longest < SILENCE_LIMIT, longest
            assert trips == {b.name}, trips


def a_follower_resumes_where_it_was():
    with Cluster() as cluster:
        a, = ready(cluster)
        with Follower(a) as follower:
            last = check_numbers(follower.current(), 0)
            instance = follower.first["instance"]
        set_tags(a, range(500))
        with Follower(a, since=f"{instance}-{last}") as follower:
            lines = follower.current()
            told = [line["member"]["tags"]["n"] for line in lines if line["follow"] == "member"]
            assert told == [str(n) for n in range(500)], told[:3]
            assert lines[-1]["id"] == f"{instance}-{check_numbers(lines, last)}"
        set_tags(a, range(1100))
        with Follower(a, since=f"{instance}-{last + 500}") as follower:
            assert follower.current()[0]["follow"] == "resync"


class Tail:
    """A mirror, as a process that has its first snapshot; its lines are read at the end."""

    def __init__(self, agent, *words):
        self.out = tempfile.TemporaryFile()
        self.proc = subprocess.Popen([TAIL, agent.control, *map(str, words)],
                                     stdin=subprocess.PIPE, stdout=self.out)
        wait_until(lambda: os.fstat(self.out.fileno()).st_size > 0, 30)

    def end(self):
        self.proc.stdin.close()
        assert self.proc.wait(60) == 0
        self.out.seek(0)
        lines = [json.loads(line) for line in self.out]
        return lines[:-1], lines[-1]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.proc.kill()
        self.proc.wait()
        self.proc.stdin.close()
        self.out.close()


def agrees(agent, end):
    assert end["current"]
    status = agent.ask("status")
    assert end["checksum"] == status["ring"]["checksum"] and end["digest"] == status["digest"]
    wanted = agent.ask("members")["members"]
    assert [m["name"] for m in wanted] == [m["name"] for m in end["members"]]
    for member, told in zip(wanted, end["members"], strict=True):
        for key in member.keys() - {"in_state_us", "rtt_us"}:
            assert member[key] == told[key], (key, member, told)
        assert member.keys() == told.keys()
        assert abs(member["in_state_us"] - told["in_state_us"]) < 5e6, (member, told)


def each_of_many_changes_is_seen_once_or_after_a_resync():
    with Cluster() as cluster:
        a, = ready(cluster)
        tails = [Tail(a, CUT_MS, AWAY_MS), Tail(a, CUT_MS, AWAY_MS), Tail(a)]
        try:
            for first in range(0, CHANGES, 500):
                set_tags(a, range(first, first + 500), random.random() / 10)
            ends = [tail.end() for tail in tails]
        finally:
            for tail in tails:
                tail.__exit__()
        for entries, end in ends:
            agrees(a, end)
            assert end["members"][0]["tags"] == {"n": str(CHANGES - 1)}
            seen, gaps, last, told = 0, 0, None, entries[0]["kind"] == "all"
            assert told, entries[0]
            for entry in entries[1:]:
                if entry["id"] == "":      # what a new snapshot has shown
                    last = None
                    continue
                gaps += last is None
                assert last is None or number(entry) == last + 1, (last, entry)
                last = number(entry)
                seen += entry["kind"] == "member" and entry["event"]["reason"] == "updated"
            print(f"# {end['connections']} connections, {seen} of {CHANGES} changes seen one by "
                  f"one, {gaps - 1} resyncs")
            assert seen == CHANGES if gaps == 1 else 0 < seen < CHANGES
        assert ends[0][1]["connections"] > 20
        assert ends[2][1]["connections"] == 1, ends[2][1]["fault"]


def a_mirror_that_is_stopped_again_and_again_stays_connected():
    """What was said meanwhile is read late: signs of life among it are older than lines before
    them."""
    with Cluster() as cluster:
        a, = ready(cluster)
        with Tail(a) as tail:
            for first in range(0, 2000, 500):
                tail.proc.send_signal(signal.SIGSTOP)
                set_tags(a, range(first, first + 500), 0.3)
                tail.proc.send_signal(signal.SIGCONT)
                set_tags(a, range(first, first + 100))
            entries, end = tail.end()
        assert end["connections"] == 1, end["fault"]
        assert len(entries) > 100, len(entries)


def rss(agent):
    """0 if a sanitizer, which maps terabytes, keeps what was freed."""
    with open(f"/proc/{agent.proc.pid}/statm", encoding="ascii") as statm:
        mapped, resident = map(int, statm.read().split()[:2])
    page = os.sysconf("SC_PAGESIZE")
    return resident * page if mapped * page < 1 << 40 else 0


def a_follower_that_does_not_read_costs_little():
    with Cluster() as cluster:
        a, = ready(cluster)
        with Follower(a) as follower:
            last = check_numbers(follower.current(), 0)
            before = rss(a)
            snapshots = []
            for _ in range(2):
                set_tags(a, range(UNREAD))
                assert rss(a) - before < GROWTH_LIMIT, rss(a) - before
                read = follower.bytes
                lines = follower.until(lambda line: line["follow"] == "resync")
                waited = follower.bytes - read
                lines += follower.current()
                last = check_numbers(lines, last)
                snapshots.append(time.monotonic())
                newest = [line["member"] for line in lines if line["follow"] == "member"][-1]
                assert newest["tags"] == {"n": str(UNREAD - 1)}
                print(f"# {len(lines)} lines, {waited >> 10} KiB had waited")
                assert waited < 2 * BACKLOG_MAX + (512 << 10), waited
            assert a.ask("status")["longest_turn_us"] < TURN_LIMIT * 1e6
            assert snapshots[1] - snapshots[0] > 0.9


def cpu(agent):
    with open(f"/proc/{agent.proc.pid}/stat", encoding="ascii") as stat:
        ticks = stat.read().rsplit(") ", 1)[1].split()[11:13]
    return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")


def thousands_of_members_are_followed_in_steps():
    with Swarm(SWARM, MEMBERS, f"127.{16 + os.getpid() % 200}.0.1:{free_port()}",
               "--nodes", str(MEMBERS // 100)).ready(180) as crowd, Cluster() as cluster:
        a = cluster.agent("x").start(join=[crowd.addr])
        wait_until(lambda: (a.try_ask("status") or {"members": {"alive": 0}})["members"]["alive"]
                   == MEMBERS + 1, 120, pause=0.2)
        wait_until(lambda: a.ask("status")["ring"]["tokens"] == 128 * (MEMBERS + 1), 60, pause=0.2)
        mark, began, before = a.mark(), time.monotonic(), cpu(a)
        with Follower(a) as follower:
            lines = follower.current()
            took, spent = time.monotonic() - began, cpu(a) - before
            assert len({line["member"]["name"] for line in lines
                        if line["follow"] == "member"}) == MEMBERS + 1
            for line in lines:
                assert len(json.dumps(line)) < 64 << 10
        with Tail(a) as tail:
            _, end = tail.end()
        agrees(a, end)
        print(f"# {MEMBERS} members: a snapshot in {took * 1000:.0f} ms, {spent * 1000:.0f} ms of "
              f"the agent's processor, {follower.bytes >> 10} KiB; longest turn "
              f"{a.ask('status')['longest_turn_us']} us")
        assert a.ask("status")["longest_turn_us"] < TURN_LIMIT * 1e6
        assert not a.events_since(mark, "health")


if __name__ == "__main__":
    run_tests([a_snapshot_then_every_change, the_last_words_are_told, what_is_asked_wrongly,
               a_living_agent_is_never_silent,
               a_follower_resumes_where_it_was,
               each_of_many_changes_is_seen_once_or_after_a_resync,
               a_mirror_that_is_stopped_again_and_again_stays_connected,
               a_follower_that_does_not_read_costs_little,
               thousands_of_members_are_followed_in_steps])
