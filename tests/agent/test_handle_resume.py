# SPDX-License-Identifier: Apache-2.0
"""What `hearsay handle` does with what happened while it did not run, with real agents: each event,
if the agent still knows them, else the differences."""
import json
import pathlib
import socket

from agents import run_tests, wait_until
from handles import LIMIT, Handle, Handlers, cluster_of
from netns import Net

KNOWN = 1024  # lines that an agent keeps
WAITING = 256  # events that may wait for a handler


def started(agent, events="*", *more):
    """A handle that has told its handler all that it knows, and has written that."""
    handle = Handle(agent)
    words = ["--on", f"{events}={handle.note}", *more]
    handle.start(*words).follows()
    if events == "*":
        handle.wait_run("ring")
    handle.wait_written()
    return handle, words


def fail_and_come_back(cluster, agent, others):
    """It is seen to fail, and is there again."""
    agent.kill_both()
    cluster.wait_status(agent.name, "dead", observers=others)
    agent.start(join=[others[0].addr])
    cluster.wait_status(agent.name, "alive", observers=others)


def set_tag(handle, agent, value):
    """A change that the handler gets behind all that was before it."""
    agent.ask("tags-set", tags={"n": value})
    handle.wait(lambda: any(f"n={value}" in line for run in handle.runs("member-update")
                            for line in run["lines"]))


def told(runs, name):
    """The events of one member alone, with whether the agent's line was there."""
    return [(run["env"]["HEARSAY_EVENT"], "HEARSAY_JSON" in run["env"]) for run in runs
            if run["env"].get("HEARSAY_MEMBER") == name]


def numbers(runs):
    return [int(run["env"]["HEARSAY_ID"].split("-")[1]) for run in runs]


def what_came_and_went_is_told_in_order_and_once():
    for kill in (False, True):
        cluster, (a, b, c) = cluster_of(3)
        with cluster:
            handle, words = started(a)
            before = len(handle.runs())
            if kill:
                handle.kill()
            else:
                handle.end()
            fail_and_come_back(cluster, c, [a, b])
            handle.start(*words)
            handle.wait_run("member-join", c.name, 2)
            set_tag(handle, b, "1")
            handle.end()
            runs = handle.runs()[before:]
            # it may have been suspected first, or be found dead at once
            assert told([run for run in runs if run["env"]["HEARSAY_EVENT"] != "suspect"],
                        c.name) == [("member-failed", True), ("member-join", True)], runs
            assert numbers(runs) == sorted(numbers(runs)), runs
            failed = next(run["env"] for run in runs
                          if run["env"]["HEARSAY_EVENT"] == "member-failed")
            line = json.loads(failed["HEARSAY_JSON"])
            assert a.events("member", name=c.name, to="dead") == [line]
            assert failed["HEARSAY_TIME"] == line["time"], failed
            # nothing is told a third time
            handle.start(*words).follows()
            set_tag(handle, b, "2")
            assert len(told(handle.runs(), c.name)) == len(told(runs, c.name)), handle.runs()
            handle.end()


def what_was_handled_and_not_written_is_repeated_with_its_id():
    cluster, (a, b, c) = cluster_of(3)
    with cluster:
        handle, words = started(a, "member-failed,member-join,member-update")
        path = pathlib.Path(handle.state, "state")
        written = path.read_bytes()
        fail_and_come_back(cluster, c, [a, b])
        handle.wait_run("member-join", c.name, 2)
        handle.kill()
        path.write_bytes(written)  # as if it had been killed before it could write
        handle.start(*words)
        handle.wait_run("member-join", c.name, 3)
        set_tag(handle, b, "1")
        handle.end()
        runs = [run for run in handle.runs() if run["env"].get("HEARSAY_MEMBER") == c.name]
        assert [run["env"]["HEARSAY_EVENT"] for run in runs] == 2 * ["member-failed",
                                                                     "member-join"], runs
        assert runs[:2] == runs[2:], runs


def of_an_agent_that_was_restarted_the_differences_are_told():
    cluster, (a, b, c) = cluster_of(3)
    with cluster:
        handle, words = started(a)
        before = len(handle.runs())
        handle.end()
        fail_and_come_back(cluster, c, [a, b])
        a.kill()
        a.start(join=[b.addr])
        cluster.wait_status(c.name, "alive", observers=[a])
        handle.start(*words)
        for agent in (a, c):  # each is another process
            handle.wait_run("member-update", agent.name)
        set_tag(handle, b, "1")
        handle.end()
        runs = handle.runs()[before:]
        events = [run["env"]["HEARSAY_EVENT"] for run in runs]
        assert "member-failed" not in events and "member-join" not in events, runs
        update = next(run for run in runs if run["env"]["HEARSAY_EVENT"] == "member-update")
        assert "HEARSAY_JSON" not in update["env"] and len(update["lines"]) == 2, update


def change_tags(agent, count):
    """So many changes, each a line of `follow`."""
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(LIMIT)
        sock.connect(agent.control)
        with sock.makefile("rb") as answers:
            for number in range(count):
                request = {"cmd": "tags-set", "tags": {"n": f"x{number}"}}
                sock.sendall(json.dumps(request).encode() + b"\n")
                assert json.loads(answers.readline())["ok"]


def of_more_than_the_agent_knows_the_differences_are_told():
    cluster, (a, b, c) = cluster_of(3)
    with cluster:
        handle, words = started(a, "member-failed,member-join,member-update")
        before = len(handle.runs())
        handle.end()
        fail_and_come_back(cluster, c, [a, b])
        change_tags(a, KNOWN + 1)
        handle.start(*words)
        handle.wait_run("member-update", a.name)
        set_tag(handle, b, "1")
        handle.end()
        first, last = handle.runs()[before:]
        assert first["env"]["HEARSAY_EVENT"] == "member-update", first
        assert "HEARSAY_JSON" not in first["env"], first
        assert {line.split("\t")[0] for line in first["lines"]} == {a.name, c.name}, first
        assert any(f"n=x{KNOWN}" in line for line in first["lines"]), first
        assert told([last], b.name) == [("member-update", True)], last


def of_more_than_may_wait_the_rest_is_merged():
    cluster, (a, b) = cluster_of(2)
    with cluster:
        handle, words = started(a, "member-update")
        handle.end()
        change_tags(a, 2 * WAITING)
        handle.start(*words)
        set_tag(handle, b, "1")
        handle.wait_said("were merged into 1")
        handle.end()
        runs = [run for run in handle.runs() if run["env"].get("HEARSAY_MEMBER") == a.name]
        assert len(runs) < 2 * WAITING, len(runs)
        assert any(f"n=x{2 * WAITING - 1}" in line for run in runs for line in run["lines"])


def what_an_isolated_agent_thought_is_compared():
    with Net(3) as net, Handlers(["--profile", "local"]) as cluster:
        net.start(cluster, 3)
        a, b = cluster.agents[:2]
        handle, words = started(a)
        eager, eager_words = started(a, "*", "--while-isolated")
        handle.end()
        eager.end()
        net.link(1, "down")
        wait_until(lambda: a.ask("status")["isolated"], LIMIT)
        a.ask("tags-set", tags={"x": "1"})
        net.link(1, "up")
        wait_until(lambda: not a.ask("status")["isolated"], LIMIT)
        cluster.wait_agreed(LIMIT)
        handle.start(*words)
        eager.start(*eager_words)
        for one, by_a_line in ((handle, False), (eager, True)):
            one.wait_run("connected")
            set_tag(one, b, str(by_a_line))
            one.end()
            events = [run["env"]["HEARSAY_EVENT"] for run in one.runs()]
            assert [event for event in events if event in ("isolated", "connected")] == [
                "isolated", "connected"], events
            update = one.runs("member-update", a.name)[0]["env"]
            assert ("HEARSAY_JSON" in update) == by_a_line, update


run_tests([
    what_came_and_went_is_told_in_order_and_once,
    what_was_handled_and_not_written_is_repeated_with_its_id,
    of_an_agent_that_was_restarted_the_differences_are_told,
    of_more_than_the_agent_knows_the_differences_are_told,
    of_more_than_may_wait_the_rest_is_merged,
    what_an_isolated_agent_thought_is_compared,
])
