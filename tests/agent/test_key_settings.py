#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Keys in the settings: each mistake is one sentence and the documented exit code, a reload applies
all or nothing, and who cannot be heard is told so on both sides, with what to do."""
import base64
import os

from agents import Cluster, run_tests, wait_until
from test_mistakes import ready, run, told, usual
from test_rotation import hearsay

FAST = ["--profile", "local"]
FOR_URLS = str.maketrans("+/", "-_")
KEY = "Vn+DvgMuVJZ3r5iwqQ2QLhAnw24PNxZ7itWCW7Vpkg8="
DASHED = "-n_DvgMuVJZ3r5iwqQ2QLhAnw24PNxZ7itWCW7Vpkg8="  # in the form for URLs
MINUTE_LINE = 5.0  # the first line of a kind comes at once


def line():
    return base64.b64encode(os.urandom(32)).decode() + "\n"


def key_file(cluster, text, name="key", mode=0o600):
    path = os.path.join(cluster.dir, name)
    with open(os.open(path + ".new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w",
              encoding="ascii") as file:
        file.write(text)
    os.chmod(path + ".new", mode)
    os.rename(path + ".new", path)
    return path


def mistakes_at_the_start():
    with Cluster(FAST) as cluster:
        good = KEY + "\n"
        open_to_all = key_file(cluster, good, "open", 0o644)
        empty = key_file(cluster, "", "empty")
        wrong = key_file(cluster, good + "no key\n", "wrong")
        nine = key_file(cluster, "".join(line() for _ in range(9)), "nine")
        for options, words in [
                (["--key", good.strip()], ["key", "command line", "keygen"]),
                (["--key", good.strip()[:-1]], ["command line", "keygen"]),
                (["--key", good.strip()[:41]], ["command line", "keygen"]),
                (["--key", good.strip().translate(FOR_URLS)], ["command line", "keygen"]),
                (["--key", f"{KEY}\r"], ["--key", "not shown", "control characters"]),
                (["--key", f"'{KEY}'"], ["--key", "quotes"]),
                (["--key", DASHED], ["--key needs a value", "not shown"]),
                ([f"--key={DASHED}"], ["command line", "keygen"]),
                ([KEY], ["unexpected", "not shown"]),
                ([DASHED], ["unexpected", "not shown"]),
                ([f"--key{KEY}"], ["unknown option", "not shown"]),
                (["--seal", KEY], ["--seal", "not shown"]),
                (["--config", key_file(cluster, good, "conf")], ["unknown key", "not shown"]),
                (["--key", f"{cluster.dir}/none"], [f"{cluster.dir}/none", "keygen"]),
                (["--key", open_to_all], [open_to_all, "chmod"]),
                (["--key", empty], [empty, "empty"]),
                (["--key", wrong], [f"{wrong}", "2"]),
                (["--key", nine], [nine, "8"]),
                (["--seal", "require"], ["seal = require", "key", "keygen"]),
                (["--seal", "accept"], ["seal = accept", "key"]),
                (["--seal", "maybe"], ["--seal maybe", "off, accept, on or require"])]:
            answer = run(cluster, *usual(cluster), *options)
            told(answer, 2, words)
            code, said = run(cluster, "--check", *usual(cluster), *options)
            assert code == 2 and all(word in said for word in words), (code, said)
            for shown in (str(answer), said):
                assert KEY[3:20] not in shown, shown
        long = key_file(cluster, good, "kK" * 22)  # a path may look like a key
        agent = cluster.agent("a", options=["--key", os.path.basename(long)])
        agent.prefix = ["env", "-C", cluster.dir]
        ready(agent.start())


def a_credential_of_the_unit_is_the_key():
    with Cluster(FAST) as cluster:
        folder = os.path.join(cluster.dir, "credentials")
        os.mkdir(folder)
        key_file(cluster, line(), "credentials/key", 0o440)
        agent = cluster.agent("a")
        agent.env = {"CREDENTIALS_DIRECTORY": folder}
        ready(agent.start())
        assert agent.ask("status")["seal"] == "require"
        mark = agent.ask("status")["keys"]
        answer = agent.ask("reload")
        assert answer["credential"] and not answer["changed"] and not answer["ignored"], answer
        assert agent.events("reload")[-1]["level"] == "info"
        code, out, _ = hearsay(agent, "reload")
        assert code == 0 and "restart" in out, (code, out)
        key_file(cluster, line(), "credentials/key", 0o440)  # a manager that renews the copy
        assert agent.ask("reload")["changed"] == ["key"]
        assert agent.ask("status")["keys"] != mark


def both_rows_of_a_reload_are_named():
    with Cluster(FAST) as cluster:
        path = key_file(cluster, line())
        conf = os.path.join(cluster.dir, "conf")
        agent = cluster.agent("a", options=["--config", conf])
        for seal, changed in (("require", None), ("on", ["key", "seal"]), ("accept", ["seal"])):
            with open(conf, "w", encoding="ascii") as file:
                file.write(f"key = {path}\nseal = {seal}\n")
            if changed is None:
                ready(agent.start())
                continue
            if "key" in changed:
                key_file(cluster, line())
            assert agent.ask("reload")["changed"] == changed
            assert agent.ask("status")["seal"] == seal


def a_reload_applies_all_or_nothing():
    with Cluster(FAST) as cluster:
        path = key_file(cluster, line())
        agent = ready(cluster.agent("a", options=["--key", path]).start())
        before = agent.ask("status")["keys"]
        key_file(cluster, "broken\n")
        refused = agent.ask("reload")
        assert not refused["ok"] and "key file" in refused["message"], refused
        assert agent.ask("status")["keys"] == before
        key_file(cluster, line())
        assert agent.ask("reload")["changed"] == ["key"]
        assert agent.ask("status")["keys"] != before
        assert agent.ask("reload")["changed"] == []


def both_sides_are_told_of_another_key():
    with Cluster(FAST) as cluster:
        mine = key_file(cluster, line(), "mine")
        other = key_file(cluster, line(), "other")
        member = ready(cluster.agent("member", options=["--key", mine]).start())
        stranger = cluster.agent("stranger", options=["--key", other]).start(join=[member.addr])
        nobody = cluster.agent("nobody").start(join=[member.addr])
        for reason, sender, words in (("key", stranger, "without a common key"),
                                      ("plain", nobody, "seal = require")):
            wait_until(lambda r=reason: member.events("drop", reason=r), MINUTE_LINE)
            said = member.events("drop", reason=reason)[0]
            assert said["level"] == "warn" and said["message"], said
            assert said["addr"] in (sender.addr, nobody.addr, stranger.addr), said
            wait_until(lambda s=sender: s.events("join", result="timeout"), 20)
            assert words in sender.events("join", result="timeout")[0]["message"]
        assert len(member.view()) == 1


def members_without_a_common_key_are_named():
    """As when the old key is removed before a member has the new one."""
    with Cluster(FAST) as cluster:
        old, new = line(), line()
        agents = []
        for name in ("a", "b", "c"):
            agents.append(cluster.agent(name, options=["--key", key_file(cluster, old, name)]))
            agents[-1].start(join=[agents[0].addr] if name != "a" else [])
        cluster.wait_agreed()
        for agent in agents[:2]:
            key_file(cluster, new, agent.name)
            assert agent.ask("reload")["changed"] == ["key"]
        a, _, c = agents
        wait_until(lambda: c.events("drop", reason="key"), 20)
        wait_until(lambda: a.view().get("c") == "dead", 30)
        key_file(cluster, new, "c")
        c.ask("reload")
        wait_until(lambda: a.view().get("c") == "alive", 30)
        cluster.wait_agreed()


if __name__ == "__main__":
    run_tests([
        mistakes_at_the_start,
        a_credential_of_the_unit_is_the_key,
        both_rows_of_a_reload_are_named,
        a_reload_applies_all_or_nothing,
        both_sides_are_told_of_another_key,
        members_without_a_common_key_are_named,
    ])
