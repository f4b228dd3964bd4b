#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The state directory: a cluster that was killed finds itself without seeds, tags outlive a
restart, and whatever is wrong with the directory is said and survived."""
import contextlib
import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import time

from agents import Cluster, Skip, run_tests, wait_until

FAST = ["--profile", "local"]
RUNS = int(os.environ.get("HEARSAY_STATE_RUNS", "1"))
HOME_S = 5.0  # a cluster of ten is one again within this time


def hearsay(agent, *words, prefix=()):
    done = subprocess.run([*prefix, os.environ["HEARSAY"], "--control", agent.control, *words],
                          capture_output=True, text=True, timeout=10, check=False)
    return done.returncode, done.stdout, done.stderr


def folder_of(agent):
    return os.path.join(agent.cluster.dir, agent.name + ".state")


def file_of(agent):
    return os.path.join(folder_of(agent), "state")


def keeper(cluster, name, options=(), folder=None, env=None):
    """An agent with a state directory of its own."""
    agent = cluster.agent(name, options=options, env=env)
    folder = folder or folder_of(agent)
    os.makedirs(folder, exist_ok=True)
    agent.options += ["--state-dir", folder]
    return agent


def state(agent):
    answer = agent.try_ask("status")
    return answer["state"] if answer else None


def written(agent):
    """The object in its file."""
    with open(file_of(agent), encoding="utf-8") as file:
        return json.loads(file.read().split("\n", 1)[1])


def saved(agent, **fields):
    """True once its file has these numbers, and nothing waits."""
    now = state(agent)
    return now and not now["waiting"] and all(now[k] == v for k, v in fields.items())


def wait_saved(agents, limit=10, **fields):
    for agent in agents:
        wait_until(lambda a=agent: saved(a, **fields), limit,
                   lambda a=agent: f"{a.name}: {state(a)}, not {fields}")


def said(agent, reason, mark=0):
    return agent.events_since(mark, "state", reason=reason)


def tags(agent):
    return agent.ask("members", name=agent.name)["members"][0]["tags"]


def stop(agent):
    agent.signal(signal.SIGTERM)
    assert agent.wait_exit() == 0


# ---- coming home -------------------------------------------------------------------------------


def form(cluster, count):
    made = [keeper(cluster, f"n{i + 1}") for i in range(count)]
    for one in made:
        one.start(join=[] if one is made[0] else [made[0].addr])
    cluster.wait_agreed(20)
    wait_saved(made, contacts=count - 1)
    return made


def one_again(cluster, made):
    """All start without seeds. Returns how long it takes until they are one cluster, from the
    start of the last."""
    for one in made:
        one.start()
    last = time.monotonic()
    cluster.wait_agreed(30)
    return time.monotonic() - last


def a_cluster_that_was_killed_is_one_again():
    took = []
    with Cluster(FAST) as cluster:
        made = form(cluster, 10)
        for _ in range(RUNS):
            wait_saved(made, contacts=9)
            for one in made:
                one.proc.kill()
            for one in made:
                one.proc.wait()
            took.append(one_again(cluster, made))
            for one in made:
                assert said(one, "restored")[-1]["contacts"] == 9, one.events("state")
    print("# seconds until one cluster again: " + " ".join(f"{t:.2f}" for t in took), flush=True)
    assert max(took) < HOME_S, took


def so_is_a_sealed_one():
    with Cluster(FAST) as cluster:
        key = os.path.join(cluster.dir, "key")
        made = subprocess.run([os.environ["HEARSAY"], "keygen", "-o", key], capture_output=True,
                              check=False)
        assert made.returncode == 0, made
        cluster.options += ["--key", key]
        made = form(cluster, 4)
        for one in made:
            one.kill()
        assert one_again(cluster, made) < HOME_S
        for one in made:
            with open(file_of(one), "rb") as file, open(key, "rb") as secret:
                assert secret.read().strip().split()[-1] not in file.read()


def so_is_one_that_said_goodbye():
    """One after the other: whoever leaves last knows nobody, but is known."""
    with Cluster(FAST) as cluster:
        made = form(cluster, 4)
        for one in made[:-1]:
            stop(one)
        made[-1].kill()
        assert one_again(cluster, made) < HOME_S


def one_that_was_killed_comes_home():
    with Cluster(FAST) as cluster:
        made = form(cluster, 3)
        made[2].kill()
        made[2].start()
        cluster.wait_agreed(HOME_S)
        assert made[2].events("ready")[-1]["reason"] == "joined", made[2].events("ready")


def contacts_are_called_when_the_seeds_have_failed():
    with Cluster(FAST) as cluster:
        made = form(cluster, 3)
        made[2].kill()
        nobody = cluster.agent("nobody")
        seeds = [made[0].addr, nobody.addr]
        # The seeds of before, of which one is left and answers nobody.
        with open(file_of(made[2]), encoding="utf-8") as file:
            assert made[0].addr in json.loads(file.read().split("\n", 1)[1])["join"]
        made[0].kill()
        mark = made[2].mark()
        made[2].start(join=seeds)
        wait_until(lambda: made[2].view().get("n2") == "alive", 10,
                   lambda: str(made[2].events_since(mark)))
        joins = made[2].events_since(mark, "join")
        assert {e["result"] for e in joins if "seed" in e} <= {"closed", "timeout"}, joins


def with_other_seeds_it_leaves_its_former_cluster_alone():
    with Cluster(FAST) as cluster:
        made = form(cluster, 2)
        other = cluster.agent("other").start()
        made[1].kill()
        made[1].start(join=[other.addr])
        wait_until(lambda: made[1].view().get("other") == "alive", 10)
        assert said(made[1], "unused"), made[1].events("state")
        time.sleep(1.5)  # a call would have made one cluster
        assert "other" not in made[0].view() and "n1" not in made[1].view()


def it_is_ready_alone_when_each_contact_was_called_in_vain():
    """R40: until then it may know too little to answer."""
    with Cluster(FAST) as cluster:
        made = form(cluster, 3)
        for one in made:
            one.kill()
        made[0].start()
        wait_until(lambda: made[0].try_ask("status"), 5)
        assert not made[0].ask("status")["ready"]
        wait_until(lambda: len(made[0].events("ready")) == 2, 10)
        ready = made[0].events("ready")[-1]
        assert ready["reason"] == "alone" and ready["after_us"] > 1000000, ready


def who_keeps_nobody_is_alone_and_ready():
    with Cluster(FAST) as cluster:
        agent = keeper(cluster, "a").start()
        wait_until(lambda: agent.events("ready"), 5)
        assert agent.events("ready")[0]["reason"] == "alone"
        wait_saved([agent], contacts=0)


# ---- tags and timestamp ------------------------------------------------------------------------


def tags_outlive_a_restart():
    with Cluster(FAST) as cluster:
        agent = keeper(cluster, "a", options=["--tag", "role=db", "--tag", "old=1"]).start()
        wait_until(lambda: agent.events("ready"), 5)
        agent.ask("tags-set", tags={"role": "cache", "new": "ü \"q\""})
        agent.ask("tags-delete", keys=["old"])
        wait_saved([agent], tags=3)
        agent.kill()
        agent.start()
        wait_until(lambda: agent.try_ask("status"), 5)
        assert tags(agent) == {"role": "cache", "new": "ü \"q\""}, tags(agent)
        # A changed configuration wins, tag by tag.
        stop(agent)
        agent.options[agent.options.index("role=db")] = "role=web"
        agent.start()
        wait_until(lambda: agent.try_ask("status"), 5)
        assert tags(agent) == {"role": "web", "new": "ü \"q\""}, tags(agent)
        assert said(agent, "restored")[-1]["tags"] == 2, agent.events("state")
        wait_saved([agent], tags=2)


def tags_that_do_not_fit_any_more_are_left_out():
    with Cluster(FAST) as cluster:
        agent = keeper(cluster, "a").start()
        wait_until(lambda: agent.try_ask("status"), 5)
        agent.ask("tags-set", tags={f"k{i}": "v" for i in range(20)})
        wait_saved([agent], tags=20)
        stop(agent)
        more = [word for i in range(20) for word in ("--tag", f"c{i}=v")]
        agent.start(options=more)
        wait_until(lambda: agent.try_ask("status"), 5)
        assert tags(agent) == {f"c{i}": "v" for i in range(20)}, tags(agent)
        assert said(agent, "restored")[-1]["tags"] == 0


def the_own_timestamp_goes_on():
    """A clock that was set back meanwhile does not matter: the new process is the later one."""
    with Cluster(FAST) as cluster:
        agent = keeper(cluster, "a").start()
        wait_until(lambda: agent.try_ask("status"), 5)
        before = agent.ask("members")["members"][0]["timestamp"]
        wait_saved([agent])
        agent.kill()
        agent.start()
        wait_until(lambda: agent.try_ask("status"), 5)
        after = agent.ask("members")["members"][0]
        assert after["start"] > before and after["timestamp"] > before
        stop(agent)
        rewrite(agent, timestamp=before + 3600 * 10**6)
        agent.start()
        wait_until(lambda: agent.try_ask("status"), 5)
        # R60: one more than last words, which may be on their way
        assert agent.ask("members")["members"][0]["start"] == before + 3600 * 10**6 + 2
        stop(agent)
        rewrite(agent, timestamp=before + 174 * 365 * 86400 * 10**6)  # of 2200: R6 refuses it
        agent.start()
        wait_until(lambda: agent.try_ask("status"), 5)
        assert agent.ask("members")["members"][0]["start"] < before + 86400 * 10**6


def rewrite(agent, **fields):
    """Changes its file by the agent's own rules, which need its checksum."""
    content = written(agent)
    content.update(fields)
    body = json.dumps(content).encode()
    with open(file_of(agent), "wb") as file:
        file.write(b"hearsay state 1 %s %d\n%s\n" % (checksum(agent, body), len(body) + 1, body))


def checksum(agent, body):
    """XXH3-64, by the agent itself: `lookup` says the hash of a key."""
    with Cluster(FAST) as cluster:
        helper = cluster.agent("helper").start()
        wait_until(lambda: helper.events("ready"), 5)
        return helper.ask("lookup", key_hex=body.hex())["hash"].encode()


def a_clone_of_a_machine_is_refused():
    """The same name and state on two machines: R8 holds."""
    with Cluster(FAST) as cluster:
        made = form(cluster, 3)
        clone = cluster.agent("n3")
        shutil.copytree(folder_of(made[2]), folder_of(clone) + ".clone")
        clone.log += ".clone"
        clone.control += ".clone"
        clone.options += ["--state-dir", folder_of(clone) + ".clone"]
        clone.start()
        assert clone.wait_exit(15) == 4, clone.events()
        assert made[2].running() and cluster.agreed()


# ---- what is wrong with a directory ------------------------------------------------------------


def two_agents_do_not_share_a_directory():
    with Cluster(FAST) as cluster:
        first = keeper(cluster, "a").start()
        wait_saved([first])
        second = keeper(cluster, "b", folder=folder_of(first)).start()
        assert second.wait_exit() == 1
        with open(second.err, encoding="utf-8") as err:
            words = err.read()
        assert (f"state directory {folder_of(first)}: in use by process {first.proc.pid}, "
                "member a") in words, words
        first.kill()  # a lock does not outlive its process
        second.start()
        wait_until(lambda: said(second, "foreign"), 5, lambda: str(second.events()))
        line = said(second, "foreign")[0]
        assert "is that of member a of cluster hearsay" in line["message"], line
        with open(os.path.join(folder_of(first), "state"), encoding="utf-8") as file:
            before = file.read()
        assert "member a" in state(second)["error"]
        code, _, err = hearsay(second, "forget")
        assert code == 1 and "member a" in err, (code, err)
        stop(second)
        with open(os.path.join(folder_of(first), "state"), encoding="utf-8") as file:
            assert file.read() == before


def a_later_format_is_left_alone():
    with Cluster(FAST) as cluster:
        agent = keeper(cluster, "a")
        with open(file_of(agent), "wb") as file:
            file.write(b"hearsay state 2 whatever comes\n")
        agent.start()
        wait_until(lambda: said(agent, "later"), 5)
        assert "its format is 2, and not 1" in said(agent, "later")[0]["message"]
        agent.ask("tags-set", tags={"a": "b"})
        stop(agent)
        with open(file_of(agent), "rb") as file:
            assert file.read() == b"hearsay state 2 whatever comes\n"


def a_damaged_file_is_said_and_replaced():
    with Cluster(FAST) as cluster:
        agent = keeper(cluster, "a").start()
        wait_saved([agent], 10)
        agent.kill()
        with open(file_of(agent), "rb") as file:
            whole = file.read()
        for damage in (b"", whole[:-1], whole[:40], b"\0" * len(whole),
                       whole.replace(b'"name"', b'"mane"', 1), b"x" * 100000):
            with open(file_of(agent), "wb") as file:
                file.write(damage)
            mark = agent.mark()
            agent.start()
            wait_until(lambda m=mark: said(agent, "damaged", m), 5)
            wait_saved([agent], 10)
            assert written(agent)["name"] == "a"
            agent.kill()
        os.unlink(file_of(agent))
        os.mkfifo(file_of(agent))  # which must not hold up the start
        mark = agent.mark()
        agent.start()
        wait_until(lambda: said(agent, "damaged", mark), 5)
        wait_saved([agent], 10)


def not_root():
    """Words that run a command as somebody for whom permissions count."""
    if os.geteuid() != 0:
        return []
    words = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]
    if subprocess.run([*words, "true"], capture_output=True, check=False).returncode != 0:
        raise Skip("root may write everywhere")
    return words


def unusable_directories_are_said_and_survived():
    with Cluster(FAST) as cluster:
        os.chmod(cluster.dir, 0o777)
        prefix = not_root()
        a_file = os.path.join(cluster.dir, "file")
        with open(a_file, "wb"):
            pass
        locked = os.path.join(cluster.dir, "locked")
        os.mkdir(locked, 0o555)
        for name, folder, words in (("missing", "missing", "No such file or directory"),
                                    ("file", a_file, "Not a directory"),
                                    ("locked", locked, "Permission denied")):
            agent = cluster.agent(name, options=["--state-dir",
                                                 os.path.join(cluster.dir, folder)])
            agent.prefix = prefix
            agent.start()
            wait_until(lambda a=agent: said(a, "failed"), 5, lambda a=agent: str(a.events()))
            agent.ask("tags-set", tags={"a": "b"})
            assert words in said(agent, "failed")[0]["message"], agent.events("state")
            assert words in state(agent)["error"] and state(agent)["waiting"], state(agent)
            code, out, _ = hearsay(agent, "status", prefix=prefix)
            assert code == 0 and words in out, out
            stop(agent)
            assert len(said(agent, "failed")) == 1, agent.events("state")


def a_directory_that_vanishes_is_waited_for():
    with Cluster(FAST) as cluster:
        agent = keeper(cluster, "a").start()
        wait_saved([agent], 10)
        shutil.rmtree(folder_of(agent))
        agent.ask("tags-set", tags={"a": "b"})
        wait_until(lambda: said(agent, "failed"), 10)
        os.mkdir(folder_of(agent))
        # It is tried again after 30 s; at a goodbye at once.
        stop(agent)
        assert said(agent, "failed-over") and written(agent)["tags"], agent.events("state")
        agent.start()
        wait_until(lambda: agent.try_ask("status"), 5)
        assert tags(agent) == {"a": "b"}


def the_service_manager_names_the_directory():
    with Cluster(FAST) as cluster:
        first, second = (os.path.join(cluster.dir, name) for name in ("first", "second"))
        os.mkdir(first)
        agent = cluster.agent("a", env={"STATE_DIRECTORY": f"{first}:{second}"}).start()
        wait_until(lambda: state(agent) and state(agent)["dir"] == first, 5)
        wait_until(lambda: os.path.exists(os.path.join(first, "state")), 10)
        stop(agent)
        without = cluster.agent("b").start()
        wait_until(lambda: without.try_ask("status"), 5)
        assert state(without) is None
        code, _, err = hearsay(without, "forget")
        assert code == 1 and "keeps no state" in err, err


# ---- forgetting --------------------------------------------------------------------------------


def forget_empties_it():
    with Cluster(FAST) as cluster:
        made = form(cluster, 3)
        agent = made[2]
        agent.ask("tags-set", tags={"a": "b"})
        wait_saved([agent], tags=1)
        code, out, err = hearsay(agent, "forget")
        assert code == 0 and not err, (code, out, err)
        assert not os.path.exists(file_of(agent))
        assert state(agent)["forgotten"] and state(agent)["contacts"] == 0
        assert len(said(agent, "forgotten")) == 1
        agent.ask("tags-set", tags={"c": "d"})
        made[1].kill()
        cluster.wait_status("n2", "dead", observers=[agent])
        stop(agent)
        assert not os.path.exists(file_of(agent)), "it stays so until the next start"
        agent.start()
        wait_until(lambda: agent.try_ask("status"), 5)
        assert tags(agent) == {}
        wait_saved([agent], 10, forgotten=False)


def a_forget_that_fails_leaves_the_state_kept():
    with Cluster(FAST) as cluster:
        agent = form(cluster, 2)[1]
        wait_saved([agent])
        folder = os.path.dirname(file_of(agent))
        os.rename(folder, folder + ".away")  # as when its file system is gone
        code, _, err = hearsay(agent, "forget")
        assert code == 1 and folder in err, (code, err)
        os.rename(folder + ".away", folder)
        kept = state(agent)
        assert not kept["forgotten"] and kept["waiting"] and kept["error"], kept
        agent.ask("tags-set", tags={"a": "b"})
        stop(agent)  # the last writing: it does not wait for the next try
        agent.start()
        wait_until(lambda: agent.try_ask("status"), 5)
        assert tags(agent) == {"a": "b"}


def a_check_finds_what_a_start_would_survive():
    with Cluster(FAST) as cluster:
        for folder, code in ((cluster.dir, 0), (os.path.join(cluster.dir, "none"), 2)):
            done = subprocess.run([cluster.daemon, "--check", "--name", "a", "--bind",
                                   "127.0.0.1:0", "--control",
                                   os.path.join(cluster.dir, "sock"), "--state-dir", folder],
                                  capture_output=True, text=True, check=False)
            assert done.returncode == code, done
            assert code == 0 or (f"state-dir {folder}: No such file or directory; must be a "
                                 "directory that can be written") in done.stderr, done.stderr
        assert os.listdir(cluster.dir) == [], "a check makes nothing"


def another_lock_in_a_new_directory_is_respected():
    """The directory was made anew, and another process was faster."""
    with Cluster(FAST) as cluster:
        agent = keeper(cluster, "a").start()
        wait_saved([agent], 10)
        shutil.rmtree(folder_of(agent))
        os.mkdir(folder_of(agent))
        with open(os.path.join(folder_of(agent), "lock"), "w", encoding="utf-8") as other:
            other.write("process 1, member other\n")
            other.flush()
            fcntl.flock(other, fcntl.LOCK_EX)
            agent.ask("tags-set", tags={"a": "b"})
            wait_until(lambda: said(agent, "failed"), 10)
            assert "in use by process 1, member other" in said(agent, "failed")[0]["message"]
        with contextlib.suppress(FileNotFoundError):
            os.unlink(os.path.join(folder_of(agent), "lock"))
        stop(agent)
        assert said(agent, "failed-over")


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)
    run_tests([a_cluster_that_was_killed_is_one_again, so_is_a_sealed_one,
               so_is_one_that_said_goodbye, one_that_was_killed_comes_home,
               contacts_are_called_when_the_seeds_have_failed,
               with_other_seeds_it_leaves_its_former_cluster_alone,
               it_is_ready_alone_when_each_contact_was_called_in_vain,
               who_keeps_nobody_is_alone_and_ready, tags_outlive_a_restart,
               tags_that_do_not_fit_any_more_are_left_out, the_own_timestamp_goes_on,
               a_clone_of_a_machine_is_refused, two_agents_do_not_share_a_directory,
               a_later_format_is_left_alone, a_damaged_file_is_said_and_replaced,
               unusable_directories_are_said_and_survived,
               a_directory_that_vanishes_is_waited_for, the_service_manager_names_the_directory,
               forget_empties_it, a_forget_that_fails_leaves_the_state_kept,
               a_check_finds_what_a_start_would_survive,
               another_lock_in_a_new_directory_is_respected])
