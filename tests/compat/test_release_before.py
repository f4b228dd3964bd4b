#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""This release and the one before form one cluster, whoever joins whom.

usage: test_release_before.py FOLDER     where the release before is built, once
"""
import base64
import os
import signal
import sys
import time

sys.path.insert(1, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "agent"))

# pylint: disable=wrong-import-position
import release_before  # noqa: E402
from agents import Cluster, run_tests, wait_until  # noqa: E402
from prepared import prepared  # noqa: E402

OPTIONS = ["--profile", "local", "--rejoin-interval", "500ms"]
PLACE = os.path.abspath(sys.argv.pop(1))
LIMIT = 20.0
COUNT = int(os.environ.get("HEARSAY_COMPAT_AGENTS", "6"))  # of the cluster that is switched on
ROUNDS = 5.0  # seconds; of the profile local two rounds each


class Both:
    """Agents of both releases. The log of the older one has a schema of its own."""

    def __init__(self):
        self.old = Cluster(OPTIONS, os.path.join(release_before.build(PLACE), "src/agent/hearsayd"))
        self.new = Cluster(OPTIONS)

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        try:
            if error is None:
                self.new.check_logs()
        finally:
            self.new.close()
            self.old.close()

    def running(self):
        return self.old.alive() + self.new.alive()

    def agreed(self):
        """All that run hold each other alive and nobody else; digests and rings are equal."""
        running = self.running()
        answers = [agent.try_ask("status") for agent in running]
        if not all(answers):
            return False
        views = {(a["digest"], a["ring"]["checksum"]) for a in answers}
        present = [{n for n, s in agent.view().items() if s in ("alive", "suspect")}
                   for agent in running]
        return len(views) == 1 and all(p == {a.name for a in running} for p in present)

    def agree(self):
        wait_until(self.agreed, LIMIT, lambda: f"no agreement: {self.describe()}")

    def describe(self):
        return "; ".join(f"{a.name}: {a.view()}" for a in self.running())

    def sees(self, agent, name, *statuses):
        wait_until(lambda: agent.view().get(name) in statuses, LIMIT,
                   lambda: f"{agent.name} does not see {name} {statuses}: {self.describe()}")

    def mixed(self):
        """Two of each: one of each is joined by one of each."""
        old, new = self.old.agent("old1").start(), self.new.agent("new1")
        new.start(join=[old.addr])
        self.old.agent("old2").start(join=[new.addr])
        self.new.agent("new2").start(join=[new.addr])
        self.agree()
        return old, new


def an_older_agent_joins_a_newer_one():
    with Both() as both:
        new = both.new.agent("new").start()
        both.old.agent("old").start(join=[new.addr])
        both.agree()


def a_newer_agent_joins_an_older_one():
    with Both() as both:
        old = both.old.agent("old").start()
        both.new.agent("new").start(join=[old.addr])
        both.agree()


def both_that_seed_each_other_are_one_cluster():
    with Both() as both:
        old, new = both.old.agent("old"), both.new.agent("new")
        old.start(join=[new.addr])
        new.start(join=[old.addr])
        both.agree()


def all_of_two_releases_agree_on_keys_and_tags():
    with Both() as both:
        both.mixed()
        for cluster, name in ((both.old, "old3"), (both.new, "new3")):
            cluster.agent(name, options=["--tag", f"of={name}", "--weight", "2"]).start(
                join=[both.old["old1"].addr])
        both.agree()
        for agent in both.running():
            tags = {m["name"]: m["tags"] for m in agent.ask("members")["members"]}
            assert tags["old3"] == {"of": "old3"} and tags["new3"] == {"of": "new3"}, tags
        owners = [[agent.ask("lookup", key=f"key-{i}")["owners"][0]["name"] for i in range(50)]
                  for agent in both.running()]
        assert all(one == owners[0] for one in owners), owners


def who_is_killed_or_leaves_is_gone_for_both():
    with Both() as both:
        both.mixed()
        both.old["old2"].kill()
        both.new["new2"].kill()
        for agent in both.running():
            both.sees(agent, "old2", "dead")
            both.sees(agent, "new2", "dead")
        both.old["old2"].start(join=[both.new["new1"].addr])
        both.new["new2"].start(join=[both.old["old1"].addr])
        both.agree()
        for agent in (both.old["old2"], both.new["new2"]):
            agent.signal(15)
            assert agent.wait_exit(10.0) == 0
        both.agree()
        for agent in both.running():
            for name in ("old2", "new2"):
                event = agent.events("member", name=name)[-1]
                assert event["to"] == "dead" and "left" in event.values(), event


def last_words_are_a_gossip_like_any_other_to_the_older():
    """R60. Who is killed and has a witness is dead for both at once, without a suspicion."""
    with Both() as both:
        both.mixed()
        victim = both.new["new2"]
        prepared([victim])
        marks = {agent: agent.mark() for agent in both.running()}
        victim.kill()
        for agent in both.running():
            both.sees(agent, "new2", "dead")
            told = [e["to"] for e in agent.events_since(marks[agent], "member", name="new2")]
            assert told == ["dead"], f"{agent.name}: {told}"
        both.agree()


def who_was_restarted_without_seeds_is_found_by_both():
    """The older release says nothing of itself when it is called by name, so it is asked by what
    only the member can open."""
    with Both() as both:
        both.mixed()
        for name in ("old2", "new2"):
            cluster = both.old if name == "old2" else both.new
            cluster[name].kill()
            for agent in both.running():
                both.sees(agent, name, "dead")
            cluster[name].start()
            both.agree()


def an_older_stranger_at_the_address_of_a_lost_member_stays_alone():
    with Both() as both:
        new, other = both.new.agent("new").start(), both.new.agent("lost")
        other.start(join=[new.addr])
        both.agree()
        other.kill_both()  # its witness would have the port for a moment longer
        both.sees(new, "lost", "dead")
        stranger = both.old.agent("stranger", port=other.port).start()
        sent = new.ask("status")["sent"].get("join", 0)
        wait_until(lambda: new.ask("status")["sent"].get("join", 0) >= sent + 10, LIMIT,
                   lambda: "the lost member is not called")
        assert set(new.view()) == {"new", "lost"}, new.view()
        assert set(stranger.view()) == {"stranger"}, stranger.view()


class Keys:
    """A key file for all agents of this release, and the mode that they are told."""

    def __init__(self, both):
        self.both, self.conf = both, os.path.join(both.new.dir, "sealed.conf")
        path = os.path.join(both.new.dir, "key")
        with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
            file.write(base64.b64encode(os.urandom(32)) + b"\n")
        self.line = f"key = {path}\n"
        self.say("off")

    def say(self, mode):
        with open(self.conf, "w", encoding="ascii") as file:
            file.write(self.line + f"seal = {mode}\n")

    def agent(self, name):
        return self.both.new.agent(name, options=["--config", self.conf])

    def reload(self, mode):
        """All take the next step, as one after the other reloads."""
        self.say(mode)
        for agent in self.both.new.alive():
            agent.ask("reload")
        self.both.agree()

    def in_peace(self):
        """Nobody was suspected, and no datagram was refused for its form."""
        for agent in self.both.running():
            lines = [line for line in agent.events("member") if line["to"] in ("suspect", "dead")]
            assert not [line for line in lines if line["reason"] != "left"], lines
        for agent in self.both.new.alive():
            drops = agent.ask("status")["drops"]
            assert not any(drops[form] for form in ("sealed", "key", "forged")), drops


def a_cluster_is_switched_on_around_an_older_member():
    """The older member stays until the last step, and is upgraded before it."""
    with Both() as both:
        keys = Keys(both)
        first = keys.agent("new0").start()
        for i in range(1, COUNT - 1):
            keys.agent(f"new{i}").start(join=[first.addr])
        old = both.old.agent("older").start(join=[first.addr])
        both.agree()
        keys.reload("accept")
        keys.reload("on")
        time.sleep(ROUNDS)  # all have spoken with all, in the form that each is spoken to
        keys.in_peace()
        old.signal(signal.SIGTERM)
        old.wait_exit()
        keys.agent("older").start(join=[first.addr])
        both.agree()
        keys.reload("require")
        time.sleep(ROUNDS)
        both.agree()
        keys.in_peace()


def an_older_agent_joins_a_cluster_that_is_on_and_not_one_that_requires():
    with Both() as both:
        keys = Keys(both)
        keys.say("on")
        first = keys.agent("new0").start()
        keys.agent("new1").start(join=[first.addr])
        old = both.old.agent("older").start(join=[first.addr])
        both.agree()
        old.signal(signal.SIGTERM)
        old.wait_exit()
        both.agree()
        keys.reload("require")
        before = first.ask("status")["drops"]["plain"]
        old.start(join=[first.addr])
        wait_until(lambda: first.ask("status")["drops"]["plain"] > before, LIMIT)
        assert old.view() == {"older": "alive"}, old.view()
        assert "older" not in {n for n, s in first.view().items() if s == "alive"}


if __name__ == "__main__":
    run_tests([
        an_older_agent_joins_a_newer_one,
        a_newer_agent_joins_an_older_one,
        both_that_seed_each_other_are_one_cluster,
        all_of_two_releases_agree_on_keys_and_tags,
        who_is_killed_or_leaves_is_gone_for_both,
        last_words_are_a_gossip_like_any_other_to_the_older,
        who_was_restarted_without_seeds_is_found_by_both,
        an_older_stranger_at_the_address_of_a_lost_member_stays_alone,
        a_cluster_is_switched_on_around_an_older_member,
        an_older_agent_joins_a_cluster_that_is_on_and_not_one_that_requires,
    ])
