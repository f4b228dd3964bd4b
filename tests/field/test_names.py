# SPDX-License-Identifier: Apache-2.0
"""Seeds that are names: what they say changes, they have many addresses, their name server is
silent, fails or cuts its answers, and the files that say where to ask are replaced. Whatever
happens, the agent goes by the present answer, asks for as long as it runs, says each change once,
and no library writes a word of its own."""
import json

from field import PORT, Field, known, slow, stories

OFTEN = ("--profile", "local", "--rejoin-interval", "1s")
SEED = f"seeds.test:{PORT}"
DEADLINE = 5  # seconds of a lookup
DEAD = [f"10.77.9.{host}" for host in range(1, 200)]  # on no wire


def seed_of(agent, index=0):
    """What `status` says of a seed."""
    answer = agent.try_ask("status")
    return answer["seeds"][index] if answer else {}


def resolved(agent):
    """What its log says that names say, one list of addresses each time."""
    return [event["addrs"] for event in agent.events("resolve")]


def nothing_on_standard_error(*agents):
    for agent in agents:
        assert agent.errors() == "", f"{agent.name}: {agent.errors()}"


# ---- what a name says changes --------------------------------------------------------------------


def a_name_that_first_says_each_its_own_address():
    """Two agents seeded by one name were two clusters for ever, if it first said to each itself."""
    with Field(OFTEN) as f:
        a, b = f.host("a"), f.host("b")
        f.names.set("seeds.test", a, b)
        for one in (a, b):
            one.hosts(**{"seeds.test": one.v4})
            one.start(join=SEED)
        f.wait(lambda: a.events("ready") and b.events("ready"), 10)
        for one in (a, b):
            assert one.events("ready")[0]["reason"] == "alone", "an own address is no seed"
            assert seed_of(one)["joined"] and resolved(one) == [[one.addr]], seed_of(one)
            one.hosts()
        f.agree()
        f.wait(lambda: len(resolved(a)) == 2 or len(resolved(b)) == 2, 10)
        assert [a.addr, b.addr] in resolved(a) + resolved(b)
        nothing_on_standard_error(a, b)


def a_reload_looks_at_once():
    """By SIGHUP and by `hearsay reload`, also where nobody would look for an hour."""
    with Field(("--profile", "local", "--rejoin-interval", "1h")) as f:
        a, b, c = f.host("a"), f.host("b"), f.host("c")
        for one in (a, b, c):
            f.names.set("seeds.test", one)
            one.start(join=SEED)
            f.wait(lambda: one.events("ready"), 10)
        f.names.set("seeds.test", a, b, c)
        asked = f.names.asked("seeds.test")
        b.reload()
        c.tool("reload")
        f.agree()
        f.wait(lambda: f.names.asked("seeds.test") == asked + 2, 10)
        asked += 2
        f.rounds(a, 20)
        assert f.names.asked("seeds.test") == asked, "asked as seldom as the setting says"


def a_peer_that_is_replaced_under_a_new_address():
    """The name says where it is now, and it is called, without a restart."""
    with Field(OFTEN) as f:
        a, b, c = f.host("a"), f.host("b"), f.host("c")
        f.names.set("peer.test", b)
        b.start()
        a.start(join="peer.test")
        f.agree()
        b.kill()
        c.start()
        f.names.set("peer.test", c)
        f.wait(lambda: a.sees(c) and c.sees(a), 20)
        assert resolved(a) == [[b.addr], [c.addr]], resolved(a)


def a_name_that_is_lost_and_comes_back():
    """Each is said once. What it said before goes on being called."""
    with Field(OFTEN) as f:
        a, b = f.host("a"), f.host("b")
        f.names.set("seeds.test", b)
        b.start()
        a.start(join=SEED)
        f.agree()
        b.kill()
        f.wait(lambda: a.sees(b, "dead"), 10)
        f.names.behave(fails="nxdomain")
        asked = f.names.asked("seeds.test")
        f.wait(lambda: f.names.asked("seeds.test") > asked + 3, 20)
        said = a.events("join", result="unresolved")
        assert [(e["level"], e["message"]) for e in said] == [("warn", "no such name")], said
        assert seed_of(a)["message"] == "no such name" and seed_of(a)["addrs"] == 1
        # its tombstone goes, so that only the name's own last answer is left to be called
        a.tool("force-leave", "b", "--prune")
        b.start()
        f.wait(lambda: a.sees(b), 20)
        f.names.behave()
        f.wait(lambda: len(resolved(a)) == 2, 20)
        assert resolved(a) == [[b.addr], [b.addr]] and "message" not in seed_of(a)


# ---- many addresses ------------------------------------------------------------------------------


def one_of_many(count, place, real=False, by_tcp=False, **mood):
    with Field(OFTEN, real_names=real) as f:
        a, b = f.host("a"), f.host("b")
        a.start()
        addresses = DEAD[:count]
        addresses[place - 1] = a.v4
        f.names.set("seeds.test", *addresses)
        f.names.behave(**mood)
        b.start(join=SEED)
        f.wait(lambda: a.sees(b) and b.sees(a), 20)
        said, = b.events("resolve")
        assert said["count"] == count and len(said["addrs"]) == 16, said
        if not real:
            ways = {way for name, _, way in f.names.questions() if name == "seeds.test"}
            assert ways == ({"udp", "tcp"} if by_tcp else {"udp"}), ways
        assert seed_of(b)["addrs"] == count and seed_of(b)["joined"]
        nothing_on_standard_error(b)


def the_twentieth_of_25_lives():
    """Only the first 16 were ever tried."""
    one_of_many(25, 20)


@slow
def the_last_of_60_lives():
    """An answer that was cut was an error: `unresolved` from 31 addresses on."""
    one_of_many(60, 60)


def a_cut_answer_comes_by_tcp():
    one_of_many(60, 45, by_tcp=True, limit=512)


def a_name_server_without_the_option_record():
    one_of_many(60, 45, by_tcp=True, edns=False)


def a_real_name_server():
    """dnsmasq, which turns the order of its answers round and round."""
    one_of_many(60, 45, real=True)


def more_addresses_than_are_used():
    """Of 1,000 addresses 256 are used, and the agent goes on."""
    with Field(OFTEN) as f:
        a, b = f.host("a"), f.host("b")
        a.start()
        f.names.set("seeds.test", a, *(f"10.{78 + i // 250}.0.{i % 250 + 1}" for i in range(1000)))
        b.start(join=SEED)
        f.agree()
        assert b.events("resolve")[0]["count"] == 256


def joined_by_command_through_a_name():
    """`hearsay join` calls all addresses of a name until one answers, and says what became of
    each."""
    with Field(OFTEN) as f:
        a, b = f.host("a"), f.host("b")
        a.start()
        b.start()
        f.names.set("seeds.test", *DEAD[:30], a)
        said = b.ask("join", timeout=30, addrs=[SEED, "nobody.test"])["results"]
        assert [r for r in said if r["result"] == "ok"][0]["addr"] == a.addr
        assert {"seed": "nobody.test", "result": "unresolved", "message": "no such name"} in said
        f.agree()


# ---- services ------------------------------------------------------------------------------------


def services():
    """A service has several targets, each with its own port; targets that are away or unknown do
    no harm, and the hosts file counts for them, too."""
    service = "_hearsay._udp.example.test"
    with Field(OFTEN) as f:
        a, b = f.host("a"), f.host("b")
        a.start(bind=f"{a.v4}:{PORT + 3}")
        f.names.srv(service, ("live.test", PORT + 3, 2, 5), ("dead.test", PORT, 1, 5),
                    ("nobody.test", PORT, 1, 9))
        f.names.set("live.test", a)
        f.names.set("dead.test", DEAD[0])
        b.start(join=service)
        f.wait(lambda: a.sees(b) and b.sees(a), 20)
        live = f"{a.v4}:{PORT + 3}"
        assert resolved(b) == [[f"{DEAD[0]}:{PORT}", live]], "by priority"
        b.hosts(**{"dead.test": DEAD[1]})
        b.reload()
        f.wait(lambda: len(resolved(b)) == 2, 20)
        assert resolved(b)[1] == [f"{DEAD[1]}:{PORT}", live], resolved(b)
        f.names.srv(service, (".", 0))
        b.reload()
        f.wait(lambda: seed_of(b)["result"] == "unresolved", 20)
        assert seed_of(b)["message"] == "no host offers this service", seed_of(b)


def a_service_of_more_targets_than_are_used():
    """The first 64 of an answer were looked up, whatever their priority, and never another one."""
    service = "_hearsay._udp.example.test"
    crowd = [(f"n{i}.test", PORT, 2, 0) for i in range(70)]
    with Field(OFTEN) as f:
        a, b, c = f.host("a"), f.host("b"), f.host("c")
        a.start()
        f.names.set("live.test", a)
        f.names.srv(service, *crowd, ("live.test", PORT, 1, 0))
        b.start(join=service)
        f.wait(lambda: seed_of(b).get("result") == "ok", 10, lambda: seed_of(b))
        f.names.srv(service, *crowd, ("live.test", PORT, 2, 0))
        c.start(join=service)
        f.wait(lambda: c.sees(a), 60, lambda: seed_of(c))


def a_service_has_no_port():
    with Field() as f:
        a = f.host("a")
        a.start(join="_hearsay._udp.test:7847")
        assert a.ends() == 2
        assert "name of a service" in a.errors() and "without a port" in a.errors(), a.errors()


# ---- name servers on bad days --------------------------------------------------------------------


@slow
def a_silent_name_server():
    """With 24 named seeds one lookup was always under way, so the files were never read again.
    libevent asked for google.com, and wrote to standard error."""
    with Field(OFTEN) as f:
        a, b = f.host("a"), f.host("b")
        a.start()
        seeds = [f"seed{i}.test" for i in range(24)]
        f.names.behave(silent=True)
        b.start(join=",".join(seeds))
        f.wait(lambda: len(b.events("join", result="unresolved")) == len(seeds), 40)
        for said in b.events("join"):
            assert said["message"].startswith("no answer from ") and said["retry_us"] > 0, said
            assert said["message"].endswith(f" within {DEADLINE} s"), said
            assert said["level"] == "warn", said
        assert seed_of(b)["message"] == b.events("join")[0]["message"]
        asked = len(f.names.questions())
        f.wait(lambda: len(f.names.questions()) > asked + 2 * len(seeds), 60)
        assert len(b.events("join")) == len(seeds), "the same is said once"
        f.names.set("seed3.test", a)
        f.names.behave()
        f.agree(limit=60)
        f.wait(lambda: len(b.events("join", message="no such name")) == len(seeds) - 1, 60)
        assert {name for name, _, _ in f.names.questions()} == set(seeds), "and no other name"
        nothing_on_standard_error(b)


def a_name_server_is_replaced_in_the_file():
    """The next lookup asks the new one."""
    with Field(OFTEN) as f:
        a, b = f.host("a"), f.host("b")
        a.start()
        f.names.set("seeds.test", a)
        f.names.set("other.inner.test", a)
        mended = b.read("/etc/resolv.conf")
        b.resolver(DEAD[0], DEAD[1])
        b.start(join=SEED + ",other")
        f.wait(lambda: len(b.events("join", result="unresolved")) == 2, 20)
        assert seed_of(b)["message"] == (
            f"no answer from {DEAD[0]}, {DEAD[1]} within {DEADLINE} s"), seed_of(b)
        assert not f.names.asked("seeds.test")
        b.write("/etc/resolv.conf", mended + "search inner.test\n")
        f.agree(limit=30)
        f.wait(lambda: seed_of(b, 1)["joined"], 30)
        nothing_on_standard_error(b)


def reasons_in_words():
    """What the name server does instead of answering, in the log, in status and by the tool."""
    with Field(OFTEN) as f:
        a = f.host("a")
        f.names.set("six.test", "fd77::9")
        f.names.set("empty.test")
        f.names.behave(fails_for={"failing.test": "servfail", "refused.test": "refused"})
        server = a.read("/etc/resolv.conf").split()[1]
        a.resolver(server)
        none = "the name has no IPv4 address, and this agent reaches no others"
        words = {"failing.test": f"nameserver {server} answers SERVFAIL",
                 "refused.test": f"nameserver {server} answers REFUSED",
                 "six.test": none, "empty.test": none, "nobody.test": "no such name"}
        a.start(join=",".join(words))
        f.wait(lambda: len(a.events("join")) >= len(words), 20)
        assert {e["seed"]: e["message"] for e in a.events("join")} == words
        assert {s["seed"]: s["message"] for s in a.ask("status")["seeds"]} == words
        shown = a.tool("status").stdout
        assert f"failing.test: unresolved: nameserver {server} answers SERVFAIL" in shown, shown
        f.names.stop()
        a.reload()
        refused = f"nameserver {server}: Connection refused"
        f.wait(lambda: seed_of(a)["message"] == refused, 20, lambda: seed_of(a))


def an_answer_that_is_damaged_says_nothing_about_the_name():
    """That it has no IPv4 address; and that nobody offers the service."""
    service = "_hearsay._udp.example.test"
    with Field(OFTEN) as f:
        a, b = f.host("a"), f.host("b")
        a.start()
        f.names.set("seeds.test", a)
        f.names.srv(service, ("seeds.test", PORT))
        f.names.behave(torn=True)
        b.start(join=f"{SEED},{service}")
        f.wait(lambda: len(b.events("join", result="unresolved")) == 2, 30)
        for said in b.events("join"):
            assert said["message"].startswith("no answer from "), said
        f.names.behave()
        f.agree(limit=30)


def what_can_be_no_host_is_said_once():
    """At level warn for each attempt; and of 0.0.0.0, that the name has no IPv4 address."""
    words = {"group.test": "a multicast address", "all.test": "the broadcast address",
             "any.test": "the name has 0.0.0.0 or [::], which is no host: is it blocked there?",
             "_hearsay._udp.any.test": "the targets of the service have 0.0.0.0 or [::], which is "
                                       "no host: is it blocked there?"}
    with Field(OFTEN) as f:
        a = f.host("a")
        f.names.set("group.test", "224.0.0.1")
        f.names.set("all.test", "255.255.255.255")
        f.names.set("any.test", "0.0.0.0")
        f.names.srv("_hearsay._udp.any.test", ("any.test", PORT))
        a.start(join=",".join(words))
        f.wait(lambda: min(f.names.asked(name) for name in words) >= 4, 40)
        said = [e for e in a.events("join") if e["level"] != "debug"]
        assert {e["seed"]: e["message"] for e in said} == words, said
        assert len(said) == len(words), said


@known
def questions_for_the_other_family_are_dropped():
    """Bound to all addresses of both families, it asks for both; one answer is enough."""
    with Field(OFTEN) as f:
        a, b = f.host("a"), f.host("b")
        a.start()
        f.names.set("seeds.test", a)
        f.names.behave(silent_for={"seeds.test": "AAAA"})
        b.start("--advertise", b.addr, join=SEED, bind=f"[::]:{PORT}")
        f.agree()
        assert not b.events("join", result="unresolved")


def names_at_the_start():
    """--bind by a name, and the name server is silent: the wait is bounded, the end says why."""
    with Field() as f:
        a = f.host("a")
        f.names.behave(silent=True)
        server = a.read("/etc/resolv.conf").split()[1]
        a.resolver(server)
        a.start(bind=f"me.test:{PORT}")
        assert a.ends(DEADLINE + 10) == 1
        assert a.errors() == (f"hearsayd: --bind me.test:{PORT}: host 'me.test': no answer from "
                              f"{server} within {DEADLINE} s\n"), a.errors()


# ---- files, descriptors, the environment ---------------------------------------------------------


def the_hosts_file():
    """It goes before DNS if nsswitch.conf says so, and may be large."""
    with Field(OFTEN) as f:
        a, b = f.host("a"), f.host("b")
        a.start()
        f.names.set("seeds.test", DEAD[0])
        b.start(join=f"Seeds.test:{PORT}")
        f.wait(lambda: b.events("join", result="timeout"), 20)
        blocked = "".join(f"0.0.0.0 blocked{i}.example.org\n" for i in range(36000))
        assert len(blocked) > 1 << 20
        b.write("/etc/hosts", f"{blocked}{a.v4}\tother SEEDS.TEST # the seed\n{a.v6} seeds.test\n")
        f.agree(limit=30)
        b.write("/etc/nsswitch.conf", "hosts: dns\n")
        b.reload()
        f.wait(lambda: len(resolved(b)) == 3, 20)
        assert resolved(b) == [[f"{DEAD[0]}:{PORT}"], [a.addr], [f"{DEAD[0]}:{PORT}"]]


def what_is_no_file_is_waited_for_by_nobody():
    """A pipe in the place of resolv.conf held up the agent for ever, and a device ate its memory.
    """
    with Field(OFTEN) as f:
        a, b = f.host("a"), f.host("b")
        a.start()
        f.names.set("seeds.test", a)
        b.shell("cd /etc; mv resolv.conf well; mkfifo resolv.conf; rm -f hosts nsswitch.conf; "
                "mkfifo hosts; ln -s /dev/zero nsswitch.conf")
        b.start(join=SEED)
        f.wait(lambda: seed_of(b).get("result") == "unresolved", 10)
        b.shell("rm /etc/resolv.conf; ln -s /dev/zero /etc/resolv.conf")
        assert b.ask("reload")["ok"]
        f.wait(lambda: seed_of(b)["looked_us"] < 500_000, 10)
        b.shell("mv /etc/well /etc/resolv.conf")
        f.agree(limit=30)


def no_descriptors_during_a_lookup():
    """A lookup for which there was no descriptor never ended."""
    with Field(OFTEN) as f:
        a, b = f.host("a"), f.host("b")
        a.start()
        f.names.set("seeds.test", DEAD[0])
        b.start(join=SEED)
        f.wait(lambda: b.events("join", result="timeout"), 20)
        limit = ("prlimit", f"--pid={b.proc.pid}")
        b.must(*limit, "--nofile=3:")  # those that are open stay so
        f.names.set("seeds.test", a)
        f.wait(lambda: b.events("join", message="/etc/hosts: Too many open files"), 60)
        b.must(*limit, "--nofile=1024:")
        f.agree(limit=60)
        nothing_on_standard_error(b)


def nothing_from_the_environment():
    """Variables that change where names are looked for, and those that make libevent speak: its
    words become a line of the log, also where the log is standard error."""
    with Field(OFTEN) as f:
        a, b = f.host("a"), f.host("b")
        a.start()
        f.names.set("seed.right.test", a)
        f.names.set("wrong.test", DEAD[0])
        f.names.set("seed.wrong.test", DEAD[0])
        b.write("/etc/aliases.test", "seed wrong.test\n")
        b.write("/etc/resolv.conf", b.read("/etc/resolv.conf") + "search right.test\n")
        variables = {"LOCALDOMAIN": "wrong.test", "RES_OPTIONS": "ndots:3", "EVENT_NOEPOLL": "1",
                     "HOSTALIASES": "/etc/aliases.test", "CARES_HOSTS": "/etc/aliases.test",
                     "EVENT_SHOW_METHOD": "1"}
        b.start(join="seed", env=variables)
        f.agree()
        word, = b.events("library")
        assert word["library"] == "libevent" and "epoll" in word["message"], word
        nothing_on_standard_error(b)
        assert b.stop() == 0
        b.start(join="seed", env=variables, log="/proc/self/fd/2")
        f.agree()
        assert len([json.loads(line) for line in b.errors().splitlines()]) > 2


if __name__ == "__main__":
    stories([a_name_that_first_says_each_its_own_address, a_reload_looks_at_once,
             a_peer_that_is_replaced_under_a_new_address, a_name_that_is_lost_and_comes_back,
             the_twentieth_of_25_lives, the_last_of_60_lives, a_cut_answer_comes_by_tcp,
             a_name_server_without_the_option_record, a_real_name_server,
             more_addresses_than_are_used, joined_by_command_through_a_name, services,
             a_service_of_more_targets_than_are_used, a_service_has_no_port, a_silent_name_server,
             a_name_server_is_replaced_in_the_file, reasons_in_words,
             what_can_be_no_host_is_said_once,
             an_answer_that_is_damaged_says_nothing_about_the_name,
             questions_for_the_other_family_are_dropped, names_at_the_start, the_hosts_file,
             what_is_no_file_is_waited_for_by_nobody, no_descriptors_during_a_lookup,
             nothing_from_the_environment])
