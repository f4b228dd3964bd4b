# SPDX-License-Identifier: Apache-2.0
"""Seeds that are names: they change, they have many addresses, their nameserver is silent, fails or
cuts its answers, and the files that say where to ask are replaced. Whatever happens, the agent uses
the present answer, asks for life, says each change once, and no library writes a word."""
import json
import os
import resource
import signal
import subprocess

from agents import Cluster, run_tests, wait_until
from names import Names, addresses
from netns import PORT, Net, run

OFTEN = ["--profile", "local", "--rejoin-interval", "1s"]
DEADLINE = 5  # seconds of a lookup
DEAD = [f"10.77.0.{host}" for host in range(100, 200)]  # on the wire, and nobody there


def named(net, cluster, names, number, *seeds, bind=None, options=(), env=None):
    """An agent that has these files and this name server, not yet started."""
    agent = net.agent(cluster, number, bind=bind, options=options)
    agent.prefix, agent.env = names.words, env
    agent.start(join=seeds)
    return agent


def seed_of(agent, index=0):
    """What `status` says of a seed."""
    answer = agent.try_ask("status")
    return answer["seeds"][index] if answer else {}


def silent_libraries(*agents):
    for agent in agents:
        with open(agent.err, encoding="utf-8") as err:
            assert err.read() == "", f"{agent.name} writes to standard error"


def joined(agents, limit=20):
    names = {agent.name: "alive" for agent in agents}
    wait_until(lambda: all(agent.view() == names for agent in agents), limit,
               lambda: "; ".join(f"{a.name}: {a.view()}" for a in agents))


def a_name_that_first_says_each_agent_alone():
    """Two agents with one name as their seed: it says to each its own address, later both. They
    find each other, by themselves or at a reload."""
    for reload in (False, True):
        options = ["--profile", "local", "--rejoin-interval", "1h" if reload else "1s"]
        with Net(2) as net, Cluster(options) as cluster:
            with Names(net, cluster, 1, *addresses("seeds.test", net.v4(1))) as first, \
                    Names(net, cluster, 2, *addresses("seeds.test", net.v4(2))) as second:
                agents = [named(net, cluster, names, number, f"seeds.test:{PORT}")
                          for number, names in ((1, first), (2, second))]
                for agent in agents:
                    wait_until(lambda: agent.events("ready"), 20)
                    assert agent.events("ready")[0]["reason"] == "alone", "only itself: no seed"
                    assert seed_of(agent)["joined"], seed_of(agent)
                both = addresses("seeds.test", net.v4(1), net.v4(2))
                first.say(*both)
                second.say(*both)
                if reload:
                    agents[0].signal(signal.SIGHUP)
                    assert agents[1].ask("reload")["ok"]
                joined(agents)
                for agent in agents:
                    said = [e["addrs"] for e in agent.events("resolve", seed=f"seeds.test:{PORT}")]
                    assert said[0] == [f"{net.v4(int(agent.name[1:]))}:{PORT}"], said
                assert any(len(agent.events("resolve")) == 2 for agent in agents)
                silent_libraries(*agents)


def a_peer_that_is_replaced_under_a_new_address():
    """The name now says where the replacement is: it is called, without a restart."""
    with Net(3) as net, Cluster(OFTEN) as cluster:
        with Names(net, cluster, 1, *addresses("peer.test", net.v4(2))) as names:
            two = net.agent(cluster, 2).start()
            one = named(net, cluster, names, 1, f"peer.test:{PORT}")
            joined([one, two])
            two.kill()
            three = net.agent(cluster, 3).start()
            names.say(*addresses("peer.test", net.v4(3)))
            wait_until(lambda: one.view().get("n3") == three.view().get("n1") == "alive", 30,
                       cluster.describe)
            assert [e["addrs"] for e in one.events("resolve")] == [
                [f"{net.v4(2)}:{PORT}"], [f"{net.v4(3)}:{PORT}"]], one.events("resolve")


def the_one_of_many_addresses_that_lives():
    """Of 25 in a fixed order the 20th lives, of 60 the 45th. The answer by UDP is whole, or cut at
    512 bytes so that it comes by TCP, or without the option record."""
    for count, place, line in ((25, 20, ""), (60, 45, ""), (60, 45, "* UDP 512"),
                               (60, 45, "* NOEDNS")):
        with Net(2) as net, Cluster(OFTEN) as cluster:
            all_of_them = DEAD[:count]
            all_of_them[place - 1] = net.v4(1)
            with Names(net, cluster, 2, line, *addresses("seeds.test", *all_of_them)) as names:
                one = net.agent(cluster, 1).start()
                two = named(net, cluster, names, 2, f"seeds.test:{PORT}")
                joined([one, two], 30)
                said, = two.events("resolve")
                assert said["count"] == count and len(said["addrs"]) == 16, said
                assert bool(names.asked("tcp", "A")) == bool(line), names.asked()
                assert seed_of(two)["addrs"] == count
                silent_libraries(two)


def more_addresses_than_are_used():
    """Of 1,000 addresses the first 256 are used, and the agent goes on."""
    many = [f"10.{78 + i // 250}.0.{i % 250 + 1}" for i in range(1000)]
    with Net(2) as net, Cluster(OFTEN) as cluster:
        one = net.agent(cluster, 1).start()
        with Names(net, cluster, 2, *addresses("seeds.test", net.v4(1), *many)) as names:
            two = named(net, cluster, names, 2, f"seeds.test:{PORT}")
            joined([one, two], 30)
            assert two.events("resolve")[0]["count"] == 256
            assert names.asked("tcp", "A")


def services():
    """A service has several targets, each with its own port; the other targets do no harm."""
    with Net(2) as net, Cluster(OFTEN) as cluster:
        one = net.agent(cluster, 1, bind=f"{net.v4(1)}:{PORT + 3}").start()
        service = "_hearsay._udp.example.org"
        zone = [f"{service} SRV 1 5 {PORT} dead.example.org",
                f"{service} SRV 1 9 {PORT} nobody.example.org",
                f"{service} SRV 2 5 {PORT + 3} live.example.org",
                *addresses("dead.example.org", DEAD[0]),
                *addresses("live.example.org", net.v4(1))]
        with Names(net, cluster, 2, *zone) as names:
            two = named(net, cluster, names, 2, service)
            joined([one, two])
            said, = two.events("resolve")
            assert said["addrs"] == [f"{DEAD[0]}:{PORT}", f"{net.v4(1)}:{PORT + 3}"], said
            # a target that the hosts file has is not asked for
            names.write(names.hosts, "127.0.0.1 localhost", f"{DEAD[1]} live.example.org")
            two.signal(signal.SIGHUP)
            wait_until(lambda: len(two.events("resolve")) == 2, 20)
            assert two.events("resolve")[1]["addrs"][1] == f"{DEAD[1]}:{PORT + 3}"
            names.say(f"{service} SRV 0 0 0 .")
            two.signal(signal.SIGHUP)
            wait_until(lambda: seed_of(two)["result"] == "unresolved", 20)
            assert seed_of(two)["message"] == "no host offers this service", seed_of(two)


def a_silent_nameserver_and_files_that_are_mended():
    """24 names and no answer: each look-up ends at its deadline, says so once, and goes by the
    present files afterwards. No name is asked for but the seeds'."""
    with Net(2) as net, Cluster(OFTEN) as cluster:
        one = net.agent(cluster, 1).start()
        seeds = [f"seed{i}.test" for i in range(24)]
        with Names(net, cluster, 2, "* SILENT") as names:
            two = named(net, cluster, names, 2, *seeds)
            wait_until(lambda: len(two.events("join", result="unresolved")) == len(seeds), 40)
            first = two.events("join")[0]
            assert first["message"] == f"no answer from 127.0.0.1 within {DEADLINE} s", first
            assert first["level"] == "warn" and first["retry_us"] > 0, first
            assert seed_of(two)["message"] == first["message"], seed_of(two)
            asked = len(names.asked())
            wait_until(lambda: len(names.asked()) > asked + 2 * len(seeds), 40)
            assert len(two.events("join")) == len(seeds), "the same is said once"
            # the nameserver that answers is another one; it is found in the file
            names.write(names.resolv, "nameserver 127.0.0.1", "search inner.test")
            names.say(*addresses("seed3.test", net.v4(1)),
                      *addresses("seed4.test.inner.test", net.v4(1)))
            joined([one, two], 60)
            wait_until(lambda: two.events("join", seed="seed4.test", result="ok") or
                       seed_of(two, 4)["joined"], 60)
            wait_until(lambda: two.events("join", seed="seed5.test", message="no such name"), 60)
            names_asked = {line.split()[2].removesuffix(".inner.test") for line in names.asked()}
            assert names_asked == set(seeds), names_asked
            silent_libraries(two)


def the_nameserver_in_the_file_is_replaced():
    """Look-ups under way at the dead nameserver do not keep later ones from the living."""
    with Net(2) as net, Cluster(OFTEN) as cluster:
        one = net.agent(cluster, 1).start()
        with Names(net, cluster, 2, *addresses("seed.test", net.v4(1))) as names:
            names.write(names.resolv, f"nameserver {DEAD[0]}", f"nameserver {DEAD[1]}")
            two = named(net, cluster, names, 2, "seed.test", "other.test")
            wait_until(lambda: two.events("join", result="unresolved"), 20)
            assert seed_of(two)["message"].startswith(
                f"no answer from {DEAD[0]}, {DEAD[1]} within {DEADLINE} s"), seed_of(two)
            assert not names.asked()
            names.write(names.resolv, "nameserver 127.0.0.1")
            joined([one, two], 60)
            silent_libraries(two)


def reasons_in_words():
    """What the nameserver does instead of answering."""
    with Net(1) as net, Cluster(OFTEN) as cluster:
        zone = ["failing.test FAILS servfail", "refused.test FAILS refused",
                *addresses("six.test", "fd77::9"), "empty.test TXT nothing"]
        words = {"failing.test": "nameserver 127.0.0.1 answers SERVFAIL",
                 "refused.test": "nameserver 127.0.0.1 answers REFUSED",
                 "six.test": "the name has no IPv4 address, and this agent reaches no others",
                 "empty.test": "the name has no IPv4 address, and this agent reaches no others",
                 "nobody.test": "no such name",
                 "a" * 64 + ".test": "no such name"}
        with Names(net, cluster, 1, *zone) as names:
            one = named(net, cluster, names, 1, *words)
            wait_until(lambda: len(one.events("join")) >= len(words), 20, lambda: one.lines)
            said = {line["seed"]: line["message"] for line in one.events("join")}
            assert said == words, said
            assert {s["seed"]: s["message"] for s in one.ask("status")["seeds"]} == words
            shown = subprocess.run([os.environ["HEARSAY"], "--control", one.control, "status"],
                                   capture_output=True, text=True, check=True, timeout=20).stdout
            assert "failing.test: unresolved: nameserver 127.0.0.1 answers SERVFAIL" in shown, shown
    with Net(1) as net, Cluster(OFTEN) as cluster:
        with Names(net, cluster, 1, serving=False) as names:
            one = named(net, cluster, names, 1, "seed.test")
            wait_until(lambda: one.events("join"), 20)
            assert one.events("join")[0]["message"] == "nameserver 127.0.0.1: Connection refused"
            assert one.events("join")[0]["result"] == "unresolved"


def the_hosts_file():
    """It goes before DNS if nsswitch.conf says so, is read at each look-up, and may be large."""
    with Net(2) as net, Cluster(OFTEN) as cluster:
        one = net.agent(cluster, 1).start()
        with Names(net, cluster, 2, *addresses("seed.test", DEAD[0])) as names:
            two = named(net, cluster, names, 2, f"Seed.test:{PORT}")
            wait_until(lambda: two.events("join", result="timeout"), 20)
            assert two.events("resolve")[0]["addrs"] == [f"{DEAD[0]}:{PORT}"]
            blocked = [f"0.0.0.0 blocked{i}.example.org" for i in range(36000)]
            names.write(names.hosts, *blocked, f"{net.v4(1)}\tother SEED.TEST # the seed",
                        f"{net.v6(1)} seed.test")
            assert os.path.getsize(names.hosts) > 1 << 20
            joined([one, two], 40)
            assert two.events("resolve")[1]["addrs"] == [f"{net.v4(1)}:{PORT}"]
            assert two.ask("status")["longest_turn_us"] < 50000, "the file is read in steps"
            names.write(names.nsswitch, "hosts: dns")
            two.signal(signal.SIGHUP)
            wait_until(lambda: len(two.events("resolve")) == 3, 20)
            assert two.events("resolve")[2]["addrs"] == [f"{DEAD[0]}:{PORT}"]


def a_nameserver_that_drops_questions_for_the_other_family():
    """Bound to all addresses of both families, it asks for both; one answer is enough."""
    with Net(2) as net, Cluster(OFTEN) as cluster:
        one = net.agent(cluster, 1).start()
        with Names(net, cluster, 2, *addresses("seed.test", net.v4(1)),
                   "seed.test SILENT AAAA") as names:
            two = named(net, cluster, names, 2, f"seed.test:{PORT}", bind=f"[::]:{PORT}",
                        options=["--advertise", f"{net.v4(2)}:{PORT}"])
            joined([one, two])
            assert names.asked("udp", "AAAA") and not two.events("join", result="unresolved")


def no_descriptors_during_a_lookup():
    """A look-up for which the process has no descriptor ends with that reason, and is repeated."""
    with Net(2) as net, Cluster(OFTEN) as cluster:
        one = net.agent(cluster, 1).start()
        with Names(net, cluster, 2, *addresses("late.test", DEAD[0])) as names:
            two = named(net, cluster, names, 2, f"late.test:{PORT}")
            wait_until(lambda: two.events("join", result="timeout"), 20)
            used = len(os.listdir(f"/proc/{two.proc.pid}/fd"))
            whole = resource.prlimit(two.proc.pid, resource.RLIMIT_NOFILE)
            resource.prlimit(two.proc.pid, resource.RLIMIT_NOFILE, (used, whole[1]))
            names.say(*addresses("late.test", net.v4(1)))
            wait_until(lambda: two.events("join", result="unresolved"), 60)
            said = two.events("join", result="unresolved")[0]["message"]
            assert said == "/etc/hosts: Too many open files", said
            resource.prlimit(two.proc.pid, resource.RLIMIT_NOFILE, whole)
            joined([one, two], 60)
            silent_libraries(two)


def nothing_from_the_environment():
    """Variables that change where names are looked for, or make libevent speak: its words become a
    line of the log, and standard error stays empty, even where the log is descriptor 2."""
    with Net(2) as net, Cluster(OFTEN) as cluster:
        one = net.agent(cluster, 1).start()
        aliases = os.path.join(cluster.dir, "aliases")
        with open(aliases, "w", encoding="ascii") as file:
            file.write("seed wrong.test\n")
        with Names(net, cluster, 2, *addresses("seed.right.test", net.v4(1)),
                   *addresses("wrong.test", DEAD[0]), *addresses("seed.wrong.test", DEAD[0]),
                   ) as names:
            names.write(names.resolv, "nameserver 127.0.0.1", "search right.test")
            two = named(net, cluster, names, 2, f"seed:{PORT}", options=["--log-level", "debug"],
                        env={"LOCALDOMAIN": "wrong.test", "RES_OPTIONS": "ndots:3",
                             "HOSTALIASES": aliases, "CARES_HOSTS": aliases,
                             "EVENT_SHOW_METHOD": "1", "EVENT_NOEPOLL": "1"})
            joined([one, two])
            word, = two.events("library")
            assert word["library"] == "libevent" and "epoll" in word["message"], word
            silent_libraries(two)
            two.signal(signal.SIGTERM)
            assert two.wait_exit() == 0
            two.options += ["--log", "/proc/self/fd/2"]
            two.start(join=[f"seed:{PORT}"])
            joined([one, two])
            with open(two.err, encoding="utf-8") as err:
                assert all(json.loads(line) for line in err)


def names_at_the_start():
    """--bind and --advertise by name: the nameserver is silent, and the wait for it is bounded."""
    with Net(1) as net, Cluster(OFTEN) as cluster, Names(net, cluster, 1, "* SILENT") as names:
        agent = named(net, cluster, names, 1, bind=f"me.test:{PORT}")
        assert agent.wait_exit(DEADLINE + 10) == 1
        with open(agent.err, encoding="utf-8") as err:
            said = err.read()
        assert said == ("hearsayd: --bind me.test:7847: host 'me.test': no answer from 127.0.0.1 "
                        f"within {DEADLINE} s\n"), said


if __name__ == "__main__":
    run_tests([a_name_that_first_says_each_agent_alone, a_peer_that_is_replaced_under_a_new_address,
               the_one_of_many_addresses_that_lives, more_addresses_than_are_used, services,
               a_silent_nameserver_and_files_that_are_mended,
               the_nameserver_in_the_file_is_replaced, reasons_in_words, the_hosts_file,
               a_nameserver_that_drops_questions_for_the_other_family,
               no_descriptors_during_a_lookup, nothing_from_the_environment, names_at_the_start])
