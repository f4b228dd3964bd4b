# SPDX-License-Identifier: Apache-2.0
"""Real agents among a swarm find it as true as their own kind: in both modes, where each member is
a node and where a node has many faces."""
import json
import os
import signal
import subprocess
import sys

from agents import Cluster, Skip, free_port, run_tests, wait_until
from swarms import Swarm

SCALE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tools", "bench",
                     "scale")
PROGRAM = os.environ["HEARSAY_SWARM"]
PLAIN, THIN = ("--nodes", "40"), ("--nodes", "8")
MEMBERS = 40


def swarm(*words, members=MEMBERS):
    """At addresses that no other test has: a /16 of the loopback by our pid."""
    return Swarm(PROGRAM, members, f"127.{16 + os.getpid() % 200}.0.1:{free_port()}", "--profile",
                 "local", *words).ready()


def counts(agent):
    status = agent.try_ask("status")
    return status["members"] if status else {}


def whole(crowd, cluster):
    """Everybody that runs sees everybody, to the last bit."""
    status, running = crowd.status(), cluster.alive()
    answers = [agent.try_ask("status") for agent in running]
    return all(answers) and status and status["agreed"] == status["nodes"] and all(
        answer["members"]["alive"] == status["alive"] + len(running) and
        not answer["members"]["suspect"]
        and answer["digest"] == status["digest"] for answer in answers)


def settle(crowd, cluster, limit=20):
    wait_until(lambda: whole(crowd, cluster), limit,
               lambda: f"{crowd.status()} {[counts(a) for a in cluster.alive()]}")


def live_and_die(words):
    with swarm(*words) as crowd, Cluster(["--profile", "local"]) as cluster:
        agent = cluster.agent("x").start(join=[crowd.addr])
        settle(crowd, cluster)
        assert (crowd.status()["false_dead"] == 0 and
                agent.ask("status")["counters"]["refutations"] == 0)

        for how, cause in (("kill 1", "refused"), ("kill 1 silently", "silent")):
            mark, ours = crowd.mark(), agent.mark()
            crowd.tell(how)
            wait_until(lambda: crowd.told("buried", mark), 15,
                       lambda: f"{how}: {crowd.lines[mark:]}")
            victim = crowd.told("killed", mark)[0]["name"]
            wait_until(lambda: agent.events_since(ours, "member", name=victim, to="dead"), 15,
                       lambda: f"{how}: {victim}")
            told = [(e["to"], e["reason"]) for e in agent.events_since(ours, "member")]
            assert told == [("suspect", cause), ("dead", "failed")], told
        mark = crowd.mark()
        crowd.tell("start")
        wait_until(lambda: len(crowd.told("started", mark)) == 2, 5)
        settle(crowd, cluster)

        agent.kill()
        wait_until(lambda: [o["dead"] for o in crowd.status()["outside"]] ==
                   [crowd.status()["nodes"]], 15, lambda: str(crowd.status()))
        agent.start(join=[crowd.addr])
        settle(crowd, cluster)
        assert crowd.status()["false_dead"] == 0 and crowd.status()["lost"] == 0
        crowd.proc.terminate()
        assert crowd.proc.wait(5) == 0


def each_member_a_node():
    live_and_die(PLAIN)


def nodes_with_many_faces():
    live_and_die(THIN)


def the_smallest_one_forms():
    """Two nodes take so few steps in a second that agreement must be looked for more often."""
    for words in ((), ("--profile", "lan")):
        with swarm(*words, members=2) as crowd:
            crowd.wait(lambda line: line["event"] == "status" and line["agreed"] == 2, 10, "agreed")


def load_is_that_of_a_real_cluster():
    """Each period two gossips and two acks, whatever the number of nodes: 500 ms in this
    profile."""
    for words in (PLAIN, THIN):
        with swarm(*words) as crowd, Cluster(["--profile", "local"]) as cluster:
            cluster.agent("x").start(join=[crowd.addr])
            settle(crowd, cluster)
            wait_until(lambda: crowd.status()["rumors"] == 0, 10)
            first = crowd.status()
            wait_until(lambda: crowd.status()["time"] > first["time"] + 7.5, 12)
            last = crowd.status()
            rate = (last["sent"] - first["sent"]) / (last["time"] - first["time"])
            assert 4 < rate < 12, (words, rate)  # 8, and by chance more or less


def faces_refute():
    """A swarm that is stopped is called dead by agents that hear each other, and alive again
    afterwards."""
    with swarm(*THIN) as crowd, Cluster(["--profile", "local"]) as cluster:
        for name in "wxyz":
            cluster.agent(name).start(join=[crowd.addr])
        settle(crowd, cluster)
        crowd.proc.send_signal(signal.SIGSTOP)
        wait_until(lambda: counts(cluster["x"]).get("suspect", 0) +
                   counts(cluster["x"]).get("dead", 0) > 1, 20)
        crowd.proc.send_signal(signal.SIGCONT)
        settle(crowd, cluster, 40)
        assert crowd.status()["refuted"] > 0 and crowd.status()["false_suspect"] > 0


def clusters_do_not_mix():
    first = swarm("--nodes", "4")
    with first, Swarm(PROGRAM, MEMBERS, first.addr.replace(".0.1:", ".9.1:"), "--cluster",
                      "other") as stranger:
        stranger.ready()
        with Cluster(["--profile", "local"]) as cluster:
            one = cluster.agent("x").start(join=[first.addr])
            settle(first, cluster)
            other = cluster.agent("y", options=["--cluster", "other"])
            other.start(join=[first.addr, stranger.addr])
            wait_until(lambda: counts(other).get("alive") == MEMBERS + 1, 10)
            assert counts(one)["alive"] == MEMBERS + 1, "another cluster's members are not heard"


def scale_measures_one_agent():
    done = subprocess.run([sys.executable, SCALE, "--members", "60", "--nodes", "12", "--seconds",
                           "3", "--victims", "1", "--profile", "local", "--swarm", PROGRAM,
                           "--daemon", os.environ["HEARSAYD"], "--json", "-"],
                          capture_output=True, text=True, check=False, timeout=120)
    if "no namespaces here" in done.stderr or "is not installed" in done.stderr:
        raise Skip(done.stderr.strip().splitlines()[-1])
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)["figures"][0]
    assert figures["members"] == 60 and figures["swarm: nodes"] == 12
    assert (4 < figures["idle: datagrams received, /s"] < 13 and
            figures["idle: CPU, s/min"] > 0), figures
    for way in ("killed", "silent"):
        for who in ("agent says", "last node says"):
            assert all(seconds and seconds < 15
                       for seconds in figures[f"{way} member: the {who} dead, s"]), figures
    assert figures["false: the agent says dead"] == figures["false: nodes say dead"] == 0, figures


def wrong_usage_is_told():
    def run(*words):
        return subprocess.run([PROGRAM, *words], capture_output=True, text=True, check=False,
                              timeout=20)
    assert run("--help").returncode == 0 and "hearsayd --join" in run("--help").stdout
    for words in (["--members", "1"], ["--members"], ["--what", "1"], ["--net", "10.0.0.1"],
                  ["--cluster", "--members", "3"],
                  ["--nodes", "2000"], ["--members", "5000", "--nodes", "2"]):
        done = run(*words)
        assert (done.returncode == 2 and done.stderr.count("\n") == 1 and
                words[0] in done.stderr + "--members"), words
    with swarm(*THIN) as crowd:
        done = run("--members", "3", "--net", crowd.addr)
        assert done.returncode == 1 and "no socket at" in done.stderr


if __name__ == "__main__":
    run_tests([each_member_a_node, nodes_with_many_faces, the_smallest_one_forms,
               load_is_that_of_a_real_cluster, faces_refute, clusters_do_not_mix,
               scale_measures_one_agent, wrong_usage_is_told])
