# SPDX-License-Identifier: Apache-2.0
"""A cluster is switched on and its key is rotated as the operations page says, each step once
`hearsay keys check` says that it is safe. Nobody is suspected on the way, and no datagram is
refused for its key."""
import os
import subprocess

from agents import Cluster, run_tests, wait_until

FAST = ["--profile", "local"]
TOOL = os.environ.get("HEARSAY", "hearsay")
SETTLE = 15  # seconds for records with other keys to be everywhere
REFUSED = ("plain", "sealed", "key", "forged")  # drop reasons


def generate():
    """A key as its line, and its fingerprint."""
    line = subprocess.run([TOOL, "keygen"], capture_output=True, check=True, timeout=30).stdout
    shown = subprocess.run([TOOL, "keygen", "--fingerprint", "-"], input=line, check=True,
                           capture_output=True, timeout=30).stdout.decode()
    return line, shown.split()[0]


def hearsay(agent, *args):
    """(exit code, stdout, stderr) of the tool."""
    done = subprocess.run([TOOL, "--control", agent.control, *args], capture_output=True,
                          check=False, timeout=30, text=True)
    return done.returncode, done.stdout, done.stderr


def configure(agent, lines, seal=None):
    """Gives an agent these keys; it reads them at its start or with the next reload."""
    key = os.path.join(agent.cluster.dir, agent.name + ".key")
    with open(os.open(key + ".new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(b"".join(lines))
    os.rename(key + ".new", key)
    conf = os.path.join(agent.cluster.dir, agent.name + ".conf")
    with open(conf, "w", encoding="utf-8") as file:
        file.write((f"key = {key}\n" if lines else "") + (f"seal = {seal}\n" if seal else ""))
    return ["--config", conf]


def give(agents, lines, seal=None):
    for agent in agents:
        configure(agent, lines, seal)
        code, out, err = hearsay(agent, "reload")
        assert code == 0, (out, err)


def start(cluster, lines, seal=None, count=3):
    for i in range(count):
        agent = cluster.agent(f"n{i + 1}")
        agent.options += configure(agent, lines, seal)
        agent.start(join=[] if i == 0 else [cluster.agents[0].addr])
    cluster.wait_agreed()
    return cluster.agents


def check(agent, *args):
    """(exit code, first line, last line) of `keys check`."""
    code, out, err = hearsay(agent, "keys", "check", *args)
    lines = (out or err).splitlines()
    return code, lines[0], lines[-1]


def wait_safe(agents, *args):
    for agent in agents:
        wait_until(lambda one=agent: check(one, *args)[0] == 0, SETTLE,
                   lambda one=agent: f"{one.name}: {check(one, *args)}")


def wait_next(agent, part):
    """Until this stands in the last line of `hearsay keys`."""
    wait_until(lambda: part in hearsay(agent, "keys")[1].splitlines()[-1], SETTLE,
               lambda: str(hearsay(agent, "keys")))


def nobody_was_troubled(agents):
    for agent in agents:
        drops = agent.ask("status")["drops"]
        assert not any(drops[reason] for reason in REFUSED), (agent.name, drops)
        bad = agent.events("member", to="suspect") + agent.events("member", to="dead")
        assert not bad, (agent.name, bad)


def three_reloads_rotate_a_key():
    (old, old_mark), (new, new_mark) = generate(), generate()
    with Cluster(FAST) as cluster:
        agents = start(cluster, [old])
        one, rest = agents[0], agents[1:]
        wait_next(one, "Nothing is left to do.")
        assert check(one, "--first", new_mark)[0] == 2, "a key that nobody has"
        assert check(one, "--remove", old_mark)[0] == 1, "the only key"

        give([one], [old, new])
        wait_next(one, f"add the line of {new_mark} to the key file of n2, n3")
        code, first, _ = check(one, "--first", new_mark)
        assert (code, first) == (1, f"Not safe: 2 of 3 members lack {new_mark}:")
        wait_until(lambda: check(rest[0], "--first", new_mark)[0] == 1, SETTLE)
        assert check(rest[0], "--first", new_mark)[1] == (
            f"Not safe: {new_mark} is no key of this agent.")
        give(rest, [old, new])
        wait_safe(agents, "--first", new_mark)
        assert check(one, "--first", new_mark)[2] == (
            f"All (3 members) have {new_mark}: make it the first line everywhere, then reload.")
        assert check(one, "--remove", old_mark)[0] == 1, "all seal with it"

        assert hearsay(one, "wait", "--keys", new_mark, "--timeout", "15s") == (0, "", "")

        give([one], [new, old])
        wait_next(one, f"members seal with different keys (1 with {new_mark}, 2 with {old_mark})")
        assert check(one, "--remove", old_mark)[0] == 1
        give(rest, [new, old])
        wait_safe(agents, "--remove", old_mark)

        give([one], [new])
        wait_next(one, f"{old_mark} is not in the key file here")
        assert check(one, "--remove", old_mark)[2].endswith("away on n2, n3, then reload.")
        give(rest, [new])
        for agent in agents:
            wait_next(agent, f"have {new_mark} and seal with it. Nothing is left to do.")
        assert check(one, "--remove", old_mark)[0] == 2, "nobody has it"
        assert [m["keys"] for m in one.ask("members")["members"]] == [[new_mark]] * 3
        cluster.wait_agreed()
        nobody_was_troubled(agents)


def wait_ends_when_all_have_a_key():
    """At once: the last reload is followed by no more than what the record needs to travel."""
    (old, _), (new, mark) = generate(), generate()
    with Cluster(FAST) as cluster:
        agents = start(cluster, [old])
        waiting = subprocess.Popen([TOOL, "--control", agents[0].control, "wait", "-v", "--keys",
                                    mark, "--timeout", "60"], stderr=subprocess.PIPE, text=True)
        give(agents[:1], [old, new])
        seen = ""
        while f"2 of 3 members lack the key {mark}: n2, n3" not in seen:
            seen = waiting.stderr.readline()
            assert seen, "ended too early"
        assert hearsay(agents[0], "wait", "--keys", mark, "--timeout", "1") == (
            1, "", f"hearsay: wait: not so after 1 s: 2 of 3 members lack the key {mark}: n2, n3\n")
        give(agents[1:], [old, new])
        assert waiting.wait(SETTLE) == 0, waiting.stderr.read()
        waiting.stderr.close()
        assert check(agents[0], "--first", mark)[0] == 0


def one_that_failed_is_in_the_way_until_it_is_forced_out():
    (old, old_mark), (new, new_mark) = generate(), generate()
    with Cluster(FAST) as cluster:
        agents = start(cluster, [old])
        agents[2].kill()
        cluster.wait_status("n3", "dead")
        give(agents[:2], [old, new])
        wait_safe(agents[:2], "--first", new_mark, "--ignore-failed")
        assert check(agents[0], "--first", new_mark)[:2] == (
            1, f"Not safe: 1 of 3 members lacks {new_mark}:")
        wait_next(agents[0], f"give {new_mark} to n3 (failed) before they start again")
        give(agents[:2], [new, old])
        wait_safe(agents[:2], "--remove", old_mark, "--ignore-failed")
        assert check(agents[0], "--remove", old_mark)[0] == 1
        assert hearsay(agents[0], "force-leave", "n3")[0] == 0
        wait_safe(agents[:2], "--remove", old_mark)


def three_reloads_switch_on():
    key, mark = generate()
    with Cluster(FAST) as cluster:
        agents = start(cluster, [])
        wait_next(agents[0], "No member has a key, so nothing is sealed.")
        give(agents[:1], [key], "accept")
        wait_next(agents[1], "this agent uses no key (seal = off), and others do")
        wait_next(agents[0], "give the key file, with seal = accept or on, to n2, n3")
        assert hearsay(agents[0], "keys")[2] == "hearsay: 2 members have no key: n2, n3\n"
        give(agents[1:], [key], "accept")
        for agent in agents:
            wait_next(agent, f"All (3 members) have {mark}. Next: seal = on everywhere")
        give(agents, [key], "on")
        for agent in agents:
            wait_next(agent, f"All (3 members) have {mark}. Next, once seal is on everywhere")
        give(agents, [key], "require")
        for agent in agents:
            wait_next(agent, "Nothing is left to do.")
        cluster.wait_agreed()
        for agent in agents:
            bad = agent.events("member", to="suspect") + agent.events("member", to="dead")
            assert not bad, (agent.name, bad)


if __name__ == "__main__":
    run_tests([three_reloads_rotate_a_key, one_that_failed_is_in_the_way_until_it_is_forced_out,
               wait_ends_when_all_have_a_key, three_reloads_switch_on])
