# SPDX-License-Identifier: Apache-2.0
"""What real agents seldom meet: names that resolve, a changed seed list and log, a socket that
takes no more, a goodbye that nobody hears, a view that is dropped, events that are lost, a restart
with the clock set back."""
import os
import subprocess
import sys
import time

from agents import Cluster, free_port, log_time, run_tests, wait_until
from netns import PORT, Net, run
from swarms import Swarm
from test_original import faked

FAST = ["--profile", "local"]


class Names:
    """A name server on machine `number` of a Net, and what makes a process there ask it."""

    def __init__(self, net, cluster, number, names):
        self.conf = os.path.join(cluster.dir, f"resolv{number}.conf")
        with open(self.conf, "w", encoding="ascii") as file:
            file.write("nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "dns.py")
        self.words = [*net.words(number), "unshare", "--mount", "sh", "-c",
                      'mount --bind "$0" /etc/resolv.conf && exec "$@"', self.conf]
        self.proc = subprocess.Popen([*net.words(number), sys.executable, script, *names],
                                     stdout=subprocess.PIPE, text=True)

    def __enter__(self):
        assert self.proc.stdout.readline() == "ready\n"
        return self

    def __exit__(self, *_):
        self.proc.kill()
        self.proc.wait()
        self.proc.stdout.close()


def joins(agent, seed):
    return agent.events("join", seed=seed)


def names_resolve():
    """bind, advertise and join by name; a name that nobody has, and one of the other family, are
    said."""
    with Net(2) as net, Cluster(FAST) as cluster:
        net.agent(cluster, 1).start()
        known = [f"me.test={net.v4(2)}", f"seed.test={net.v4(1)}", f"six.test={net.v6(1)}"]
        with Names(net, cluster, 2, known) as names:
            two = net.agent(cluster, 2, bind=f"me.test:{PORT}",
                            options=["--advertise", f"me.test:{PORT}"])
            two.prefix = names.words
            two.start(join=[f"seed.test:{PORT}", f"nobody.test:{PORT}", f"six.test:{PORT}"])
            cluster.wait_agreed()
            start = two.events("start")[0]
            assert start["addr"] == f"{net.v4(2)}:{PORT}", start
            assert joins(two, f"seed.test:{PORT}")[-1]["result"] == "ok"
            wait_until(lambda: joins(two, f"nobody.test:{PORT}") and joins(two, f"six.test:{PORT}"),
                       20)
            for seed in ("nobody", "six"):
                said = joins(two, f"{seed}.test:{PORT}")[0]
                assert (said["result"] == "unresolved" and said["message"] and
                        said["retry_us"] > 0), said
            answer = two.ask("join", timeout=20, addrs=[f"nobody.test:{PORT}", f"seed.test:{PORT}"])
            assert {r["seed"].split(".")[0]: r["result"] for r in answer["results"]} == {
                "nobody": "unresolved", "seed": "ok"}, answer


def names_of_ipv6():
    """Bound to one IPv6 address, it joins by a name that has addresses of both families."""
    with Net(2) as net, Cluster(FAST) as cluster:
        one = net.agent(cluster, 1, bind=f"[{net.v6(1)}]:{PORT}").start()
        with Names(net, cluster, 2, [f"seed.test={net.v4(1)}", f"seed.test={net.v6(1)}"]) as names:
            two = net.agent(cluster, 2, bind=f"[{net.v6(2)}]:{PORT}")
            two.prefix = names.words
            two.start(join=[f"seed.test:{PORT}"])
            cluster.wait_agreed()
            assert joins(two, f"seed.test:{PORT}")[-1]["addr"] == one.addr


def end_while_names_are_looked_up():
    """A name server that does not answer delays neither clients nor the end."""
    with Net(1) as net, Cluster(FAST) as cluster, Names(net, cluster, 1, []) as names:
        one = net.agent(cluster, 1)
        one.prefix = names.words
        one.start(join=[f"slow.test:{PORT}", f"slower.test:{PORT}"])
        wait_until(lambda: one.try_ask("status"), 20)
        assert not one.events("join"), "nothing is known of the names yet"
        assert one.ask("leave")["ok"]
        assert one.wait_exit(10) == 0


def names_that_do_not_resolve():
    """An agent whose own name is unknown does not start, and names the flag."""
    with Net(1) as net, Cluster(FAST) as cluster, Names(net, cluster, 1,
                                                        [f"six.test={net.v6(1)}"]) as names:
        for flag, name in (("bind", "nobody.test"), ("advertise", "nobody.test"),
                           ("advertise", "six.test")):
            agent = net.agent(cluster, 1, options=["--advertise", f"{name}:{PORT}"]
                              if flag == "advertise" else [])
            agent.prefix = names.words
            if flag == "bind":
                agent.addr = f"{name}:{PORT}"
            agent.start()
            assert agent.wait_exit(20) == 1
            with open(agent.err, encoding="utf-8") as err:
                assert f"--{flag} {name}" in err.read()
            os.unlink(agent.err)


class Configured:
    """An agent all of whose settings but name, socket and control path are in a file."""

    def __init__(self, cluster, name):
        self.conf = os.path.join(cluster.dir, name + ".conf")
        self.agent = cluster.agent(name)
        self.write()
        with open(self.agent.err, "ab") as err:
            self.agent.proc = subprocess.Popen(
                [cluster.daemon, "--name", name, "--bind", self.agent.addr, "--control",
                 self.agent.control,
                 "--config", self.conf, *FAST], stdin=subprocess.DEVNULL, stdout=err, stderr=err)
        wait_until(lambda: self.agent.events("ready"), 20)

    def write(self, *lines, log=None):
        with open(self.conf, "w", encoding="utf-8") as file:
            file.write("\n".join([f"log = {log or self.agent.log}", *lines]) + "\n")

    def reload(self):
        return self.agent.ask("reload")


def reload_of_seeds():
    with Cluster(FAST) as cluster:
        one = cluster.agent("n1").start()
        wait_until(lambda: one.events("ready"), 20)
        two = Configured(cluster, "n2")
        assert two.agent.view() == {"n2": "alive"}
        two.write(f"join = {one.addr}")
        assert two.reload() == {"ok": True, "changed": ["join"], "ignored": []}
        cluster.wait_agreed()
        assert joins(two.agent, one.addr)[-1]["result"] == "ok"
        gone = "127.0.0.1:1"
        two.write(f"join = {one.addr}, {gone}")
        assert two.reload()["changed"] == ["join"]
        wait_until(lambda: len(joins(two.agent, gone)) > 1, 20)  # tried again and again
        two.write(f"join = {one.addr}")
        assert two.reload()["changed"] == ["join"]
        mark, sent = two.agent.mark(), two.agent.ask("status")["sent"]["gossip"]
        wait_until(lambda: two.agent.ask("status")["sent"]["gossip"] > sent + 20, 30)
        later = two.agent.events_since(mark, "join", seed=gone)
        # one attempt may have been under way
        assert len(later) <= 1, "a seed that was taken away is tried no more"


def reload_of_log():
    with Cluster(FAST) as cluster:
        one = Configured(cluster, "n1")
        first, second = one.agent.log, os.path.join(cluster.dir, "second.log")
        one.write(log=second)
        assert one.reload() == {"ok": True, "changed": ["log"], "ignored": []}
        wait_until(lambda: os.path.exists(second) and os.path.getsize(second) > 0, 5)
        before = os.path.getsize(first)
        one.write(log=os.path.join(cluster.dir, "no such folder", "log"))
        answer = one.reload()
        assert not answer["ok"] and "no such folder" in answer["message"], answer
        one.agent.log, one.agent.offset, one.agent.lines = second, 0, []
        # the log in force is still the second
        wait_until(lambda: one.agent.events("reload", result="failed"), 5)
        assert os.path.getsize(first) == before
        one.write("log-level = debug", log=second)
        assert one.reload()["changed"] == ["log-level"]


def full_socket():
    """Where the network takes no more, an agent waits, goes on answering its clients, and then goes
    on."""
    with Net(2) as net, Cluster(FAST) as cluster:
        net.start(cluster, 2)
        one, device = cluster["n1"], ["dev", "eth0", "root"]
        mark = one.mark()
        run(*net.words(1), "tc", "qdisc", "add", *device, "tbf", "rate", "8kbit", "burst", "1600",
            "limit", "10000000")

        def blocked():
            """Its socket holds so many bytes not yet sent that the next ones waited or were
            refused."""
            return one.ask("status")["counters"]["unsent"] > 0

        def press():
            one.ask("join", timeout=30, addrs=[f"{net.v4(2)}:{20000 + i}" for i in range(60)])
            return blocked()
        wait_until(press, 60)
        assert one.ask("status")["ok"]
        run(*net.words(1), "tc", "qdisc", "del", *device)
        cluster.wait_agreed(30)
        assert not one.events_since(mark, "health",
                                    reason="away"), "waiting for a socket stops nothing else"


def goodbye_to_nobody():
    """Whoever leaves and gets no answer ends after leave-timeout all the same."""
    with Cluster([*FAST, "--leave-timeout", "700ms"]) as cluster:
        one, two = cluster.start(2)
        cluster.wait_agreed()
        two.signal(19)  # SIGSTOP
        began = time.monotonic()
        assert one.ask("leave", timeout=20)["ok"]
        assert one.wait_exit(20) == 0
        assert time.monotonic() - began >= 0.7
        two.signal(18)


def view_is_dropped():
    """Stopped for longer than tombstones live: it forgets the others, says so, and finds them
    again."""
    with Cluster([*FAST, "--tombstone-ttl", "2s"]) as cluster:
        agents = cluster.start(3)
        cluster.wait_agreed()
        one = agents[0]
        mark = one.mark()
        one.signal(19)
        time.sleep(3)  # what is measured is time that passes
        one.signal(18)
        wait_until(lambda: one.events_since(mark, "health", reason="away", view="dropped"), 20)
        cluster.wait_agreed(30)


def events_are_lost():
    """More tombstones end in one turn than the queue of events holds: the log says so, and the list
    is the truth."""
    ttl = 15
    program, net = os.environ["HEARSAY_SWARM"], f"127.{16 + os.getpid() % 200}.0.1:{free_port()}"
    options = [*FAST, "--tombstone-ttl", f"{ttl}s"]
    with Swarm(program, 300, net, *FAST).ready() as swarm, Cluster(options) as cluster:
        one = cluster.agent("n1").start(join=[swarm.addr])
        wait_until(lambda: list(one.view().values()).count("alive") == 301, 60)
        swarm.tell("kill 250")

        def dead():
            swarm.read()  # or it waits for its words to be read
            return list(one.view().values()).count("dead")
        wait_until(lambda: dead() >= 240, 60)
        one.signal(19)
        # so long that they end meanwhile, and not so long that the view is dropped
        time.sleep(ttl - 1)
        one.signal(18)
        wait_until(lambda: one.events("health", reason="events-lost"), 30)
        assert one.ask("status")["counters"]["events_lost"] > 0
        assert not one.events("health", view="dropped")
        # those that live, whatever it holds of them
        wait_until(lambda: swarm.read() and len(one.view()) == 51, 60)


def restart_with_the_clock_set_back():
    """What a restarted member says of itself is outbid by what it said in its last life. It learns
    this in its first exchange, and keeps its tags."""
    with Cluster(FAST) as cluster:
        cluster.start(2)
        three = cluster.agent("n3", options=["--tag", "zone=x", "--tag", "role=db"])
        three.start(join=[cluster["n1"].addr])
        cluster.wait_agreed()
        three.kill()
        three.env = faked(FAKETIME="-3600s")
        three.start(join=[cluster["n1"].addr], options=["--tag", "rack=7"])
        cluster.wait_agreed(30)
        assert log_time(three.events("start")[-1]["time"]) < time.time() - 3000
        for agent in cluster.agents:
            member = next(m for m in agent.ask("members")["members"] if m["name"] == "n3")
            assert member["tags"] == {"zone": "x", "role": "db", "rack": "7"}, (agent.name, member)


if __name__ == "__main__":
    run_tests([names_resolve, names_of_ipv6, end_while_names_are_looked_up,
               names_that_do_not_resolve, reload_of_seeds, reload_of_log, full_socket,
               goodbye_to_nobody, view_is_dropped, events_are_lost,
               restart_with_the_clock_set_back])
