# SPDX-License-Identifier: Apache-2.0
"""What users do wrong. Each mistake gets one clear line that names the thing and what would be
right, and its exit code: 2 what an operator must change, 1 what may pass, 4 a name that another
agent holds. What can pass while the agent runs (a seed that is away) is said in the log and tried
again."""
import grp
import os
import signal
import socket
import subprocess
import sys
import time

from agents import Cluster, Skip, free_port, run_tests, settled, wait_until

FAST = ["--profile", "local"]
PATIENCE = 10  # seconds for a process that should end at once
LONG = "n" * 129

# What is wrong, and words that the line must hold.
FLAGS = [
    (["--colour", "blue"], ["--colour", "--help"]),
    (["--nmae", "x"], ["--nmae", "--name"]),
    (["--interva=1s"], ["--interva", "--interval"]),
    (["blue"], ["'blue'", "--key value"]),
    (["--name"], ["--name", "needs a value"]),
    (["--help=yes"], ["--help", "no value"]),
    (["--name", ""], ["--name", "1 to 128"]),
    (["--tag", "--cluster=prod"], ["--tag needs a value", "--cluster=prod", "--tag=--cluster"]),
    (["--log", "--cluster"], ["--log needs a value", "--cluster"]),
    (["--control", "--join", "a:1"], ["--control needs a value", "--join"]),
    (["--join", "--control=x"], ["--join needs a value", "--control=x"]),
    (["--join="], ["--join: has no value", "host:port"]),
    (["--tag", "note=x\nrole=db"], ["--tag note=x\\nrole=db", "control characters"]),
    (["--name", "a b"], ["--name a b", "letters, digits"]),
    (["--name", LONG], ["--name nnn", "1 to 128"]),
    (["--fanout", "1"], ["--fanout 1", "2 to 16"]),
    (["--fanout", "two"], ["--fanout two", "2 to 16"]),
    (["--fanout", "-3"], ["--fanout -3", "2 to 16"]),
    (["--mtu", "1199"], ["--mtu 1199", "1200 to 1400"]),
    (["--mtu", "1401"], ["--mtu 1401", "1200 to 1400"]),
    (["--interval", "5"], ["--interval 5", "unit", "500ms"]),
    (["--interval", "1x"], ["--interval 1x", "unit"]),
    (["--interval", "-1s"], ["--interval -1s", "10ms to 10m"]),
    (["--interval", "11m"], ["--interval 11m", "10ms to 10m"]),
    (["--tag", "role"], ["--tag", "'role'", "key=value"]),
    (["--tag", "=web"], ["--tag", "'=web'", "key=value"]),
    (["--tag", "a=1", "--tag", "a=2"], ["--tag", "'a'", "twice"]),
    (["--tag", "a=" + "x" * 513], ["tag", "512 bytes"]),
    (["--tag", "a=\x01"], ["tag", "control characters"]),
    (["--suspect-timeout", "1s"], ["suspect-timeout-min", "longer than suspect-timeout"]),
    (["--gossip-interval", "2s"], ["gossip-interval", "longer than interval"]),
    (["--weight", "0.001"], ["--weight 0", "0.01 to 32"]),
    (["--weight", "1", "--tokens", "2"], ["weight", "tokens", "one of them"]),
    (["--tokens", "4097"], ["--tokens 4097", "0 to 4096"]),
    (["--max-members", "0"], ["--max-members 0", "to 1000000"]),
    (["--log-level", "loud"], ["--log-level loud", "debug, info, warn or error"]),
    (["--last-words", "perhaps"], ["--last-words perhaps", "yes or no"]),
    (["--profile", "moon"], ["--profile moon", "lan, wan or local"]),
    (["--cluster", "a b"], ["--cluster a b: must be 1 to 64"]),
    (["--bind", "127.0.0.1:99999"], ["--bind 127.0.0.1:99999", "host:port"]),
    (["--bind", "7847"], ["--bind 7847", "a port alone is written :PORT"]),
    (["--bind", "_hearsay._udp.example.org"], ["--bind", "names a service"]),
    (["--advertise", "7847"], ["--advertise 7847", "a port alone is written :PORT"]),
    (["--join", '"10.0.0.5", "10.0.0.6"'], ["--join", "'\"10.0.0.5\"' has quotes"]),
    (["--join", "[fe80::2%eth0]:7847"], ["--join", "zone"]),
    (["--join", "0.0.0.0"], ["--join 0.0.0.0", "all addresses", "host:port"]),
    (["--join", "10.0.0.5,[::]:7847"], ["'[::]:7847' stands for all addresses"]),
    (["--tag", "rack=\u00a0r12"], ["--tag rack=\\u00a0r12", "cannot be seen"]),
    (["--bind", "127.0.0.1:"], ["--bind 127.0.0.1:", "host:port"]),
    (["--bind", "[::1"], ["--bind [::1", "[ipv6]:port"]),
    (["--bind", "a:b:c"], ["--bind a:b:c", "[ipv6]:port"]),
    (["--advertise", "0.0.0.0:7"], ["--advertise 0.0.0.0:7", "others can reach"]),
    (["--advertise", ":7"], ["--advertise :7", "others can reach"]),
    (["--join", "127.0.0.1:0"], ["--join", "'127.0.0.1:0'", "host:port"]),
    (["--join", "10.0.0.1,[::1]x"], ["--join", "'[::1]x'", "host:port"]),
    (["--join", "2001:db8::1:7847:1:2:3:4:5:6"], ["--join", "[ipv6]:port"]),
    (["--join", "_hearsay._udp.example.org:7847"], ["--join", "service", "without a port"]),
    (["--control", "/" + "x" * 107], ["--control", "107"]),
    (["--config", "/nonexistent/x.conf"], ["config file /nonexistent/x.conf: No such",
                                           "must be a text file that can be read"]),
]

# Contents of a config file, the line that is wrong, words.
FILES = [
    ("name = a\n# blue\ncolour = blue\n", 3, ["'colour'", "hearsay.conf(5)"]),
    ("name = a\nintervall = 1s\n", 2, ["'intervall'", "'interval'"]),
    ("\nname = a\n\nfanout = 1\n", 4, ["fanout = 1", "2 to 16"]),
    ("name a\n", 1, ["'name a'", "key = value"]),
    ("name = a\njoin = b\njoin = {{ seeds }}\n", 3, ["join = {{ seeds }}", "template"]),
    ("name = a\njoin = 10.0.0.256\n", 2, ["10.0.0.256", "0 to 255"]),
    ("name = a\njoin =\n", 2, ["join: has no value"]),
    ("\ufeffname = a\n\u00a0fanout = 3\n", 2, ["'\\u00a0fanout'", "cannot be seen"]),
    ("name = a\ntag = x\rjoin = b\n", 2, ["tag = x\\rjoin = b", "control characters"]),
    ("name = a\nmtu = 1400\nname = b\n", 3, ["'name'", "twice", "line 1"]),
    ("config = other.conf\n", 1, ["'config'", "only be a flag"]),
    ("tag = role\n", 1, ["tag = role", "key=value"]),
    ("suspect-timeout = 5 seconds\n", 1, ["suspect-timeout = 5 seconds", "unit"]),
    ("bind = nowhere:x\n", 1, ["bind = nowhere:x", "host:port"]),
    ("name = a\n" + "#" * 9000 + "\n", 2, ["longer than"]),
    ("name = a\nlog-level = de\0bug\n", 2, ["NUL"]),
    ("name = a\nlog-level = debug\0", 2, ["NUL"]),
]


def run(cluster, *arguments, env=None, prefix=()):
    """A daemon that should end by itself: (exit code, its standard error)."""
    done = subprocess.run([*prefix, cluster.daemon, *settled(arguments)], stdin=subprocess.DEVNULL,
                          capture_output=True,
                          timeout=PATIENCE, check=False, env={**os.environ, **(env or {})})
    assert done.stdout == b"", done.stdout
    return done.returncode, done.stderr.decode()


def told(answer, code, words):
    """One line on standard error that holds the words, and the exit code."""
    got, err = answer
    assert got == code, f"exit {got}, not {code}: {err!r}"
    assert err.startswith("hearsayd: ") and err.count("\n") == 1 and err.endswith("\n"), err
    for word in words:
        assert word in err, f"no {word!r} in {err!r}"


def usual(cluster, name="a"):
    """Flags of an agent that would start."""
    return ["--name", name, "--bind", f"127.0.0.1:{free_port()}", "--control",
            f"{cluster.dir}/{name}.sock", "--log", f"{cluster.dir}/{name}.log"]


def ready(agent, limit=5):
    wait_until(lambda: agent.events("ready"), limit,
               lambda: f"{agent.name} is not ready: {agent.lines}")
    return agent


def wrong_flags():
    with Cluster() as cluster:
        for wrong, words in FLAGS:
            told(run(cluster, *usual(cluster), *wrong), 2, words)
        opened = os.path.exists(f"{cluster.dir}/a.log")
        assert not opened, "nothing is opened before the usage is right"


def wrong_config_files():
    with Cluster() as cluster:
        path = f"{cluster.dir}/hearsay.conf"
        for text, line, words in FILES:
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            told(run(cluster, "--config", path), 2, [f"{path}:{line}: ", *words])
        told(run(cluster, "--config", cluster.dir), 2, [cluster.dir + ": ", "directory"])


def nothing_said_goes_wrong_with_help_and_version():
    with Cluster() as cluster:
        for flag, start in (("--help", "Usage: hearsayd"), ("--version", "hearsayd ")):
            done = subprocess.run([cluster.daemon, flag], capture_output=True, timeout=PATIENCE,
                                  check=False)
            assert (done.returncode == 0 and done.stdout.decode().startswith(start) and
                    done.stderr == b"")


def missing_name_is_the_host_name():
    with Cluster() as cluster:
        agent = cluster.agent("a")
        rest = usual(cluster)[2:]
        with subprocess.Popen([cluster.daemon, *rest], stdin=subprocess.DEVNULL) as proc:
            try:
                wait_until(lambda: agent.try_ask("status"), 5)
                assert agent.ask("status")["name"] == socket.gethostname()
            finally:
                proc.kill()


def host_name_that_is_no_name():
    """--name is asked for when the host name cannot be one."""
    unshare = ["unshare", "--uts", "--user", "--map-root-user"]
    rename = ("import socket, os, sys; socket.sethostname('no name!'); os.execv(sys.argv[1], "
              "sys.argv[1:])")
    if subprocess.run([*unshare, "true"], capture_output=True, check=False).returncode != 0:
        raise Skip("no UTS namespace may be made here")
    with Cluster() as cluster:
        answer = run(cluster, *usual(cluster)[2:], prefix=[*unshare, sys.executable, "-c", rename])
        told(answer, 2, ["--name is needed", "'no name!'"])


def things_in_the_way():
    """The usage is right, but the machine does not have it: exit 1 if that may change, 2 if an
    operator must act."""
    with Cluster(FAST) as cluster:
        live = ready(cluster.agent("live").start())
        file = f"{cluster.dir}/file"
        with open(file, "w", encoding="ascii"):
            pass
        folder = f"{cluster.dir}/folder"
        os.mkdir(folder)
        for code, wrong, words in [
                (1, ["--bind", live.addr], [live.addr, "in use", "choose another port"]),
                (1, ["--bind", "192.0.2.1:7"], ["192.0.2.1:7", "no interface", "must be"]),
                (1, ["--bind", "no.such.host.invalid:1"], ["no.such.host.invalid"]),
                (1, ["--advertise", "[2001:db8::1]:5"],
                 ["--advertise [2001:db8::1]:5", "IPv6", "IPv4"]),
                (2, ["--log", f"{cluster.dir}/none/log"],
                 [f"log file {cluster.dir}/none/log: No such file or directory; must be a file"]),
                (2, ["--log", folder], [folder, "Is a directory; must be a file"]),
                (2, ["--control", f"{cluster.dir}/none/s"],
                 [f"control socket {cluster.dir}/none/s: No such file or directory; must be in"]),
                (2, ["--control", file], [file, "not a socket"]),
                (2, ["--control", folder], [folder, "not a socket"]),
                (1, ["--control", live.control], [live.control, "another agent", "--control"]),
                (2, ["--control-group", "nosuchgroup"],
                 ["control-group nosuchgroup: no such group; must be one of this machine's"])]:
            answer = run(cluster, *usual(cluster), *wrong)
            told(answer, code, words)
            line = answer[1].removeprefix("hearsayd: ")
            checked = run(cluster, *usual(cluster), *wrong, "--check") if code == 2 else (2, line)
            assert checked == (2, line), f"{checked} is not {line!r}"
            assert not os.path.exists(f"{cluster.dir}/a.sock"), f"a socket is left after {wrong}"
        assert live.ask("status")["ok"] and os.path.exists(file), "what was in the way is untouched"


def unwritable_for_others():
    """Without root's rights a directory of root's is closed."""
    with Cluster(FAST) as cluster:
        folder = f"{cluster.dir}/closed"
        os.mkdir(folder, 0o555)
        prefix = []
        if os.getuid() == 0:
            os.chmod(cluster.dir, 0o755)
            prefix = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        rest = ["--name", "a", "--bind", f"127.0.0.1:{free_port()}"]
        told(run(cluster, *rest, "--control", f"{cluster.dir}/a.sock", "--log", f"{folder}/log",
                 prefix=prefix), 2,
             [f"{folder}/log", "Permission denied"])
        told(run(cluster, *rest, "--log", "/dev/null", "--control", f"{folder}/s", prefix=prefix),
             2, [f"{folder}/s", "Permission denied"])


def group_of_others():
    """An agent without root's rights can give its socket only to a group that it is in."""
    if os.getuid() != 0:
        raise Skip("only root can start an agent as somebody else")
    with Cluster(FAST) as cluster:
        os.chmod(cluster.dir, 0o777)
        prefix = ["setpriv", "--reuid=65534", "--regid=65534"]
        told(run(cluster, *usual(cluster), "--control-group", "adm",
                 prefix=[*prefix, "--clear-groups"]), 2,
             [f"{cluster.dir}/a.sock", "group adm", "not permitted", "SupplementaryGroups"])
        agent = cluster.agent("a", options=["--control-group", "adm"])
        agent.prefix = [*prefix, "--groups", "adm"]
        ready(agent.start())
        found = os.stat(agent.control)
        assert (found.st_mode & 0o777, found.st_gid) == (0o660, grp.getgrnam("adm").gr_gid), found


def service_is_told_where_it_may_write():
    """Under a unit of systemd: what the sandbox allows, for the log and for the socket."""
    with Cluster(FAST) as cluster:
        folder = f"{cluster.dir}/closed"
        os.mkdir(folder)
        closed = ["unshare", "--mount", "sh", "-c",
                  'mount -t tmpfs -o ro none "$0" && exec "$@"', folder]
        if subprocess.run([*closed, "true"], capture_output=True, check=False).returncode != 0:
            raise Skip("no mount namespace may be made here")
        env = {"LOGS_DIRECTORY": "/var/log/hearsay", "RUNTIME_DIRECTORY": "/run/hearsay"}
        told(run(cluster, *usual(cluster), "--log", f"{folder}/log", env=env, prefix=closed), 2,
             [f"{folder}/log", "Read-only file system", "may write in /var/log/hearsay"])
        told(run(cluster, *usual(cluster), "--control", f"{folder}/s", env=env, prefix=closed), 2,
             [f"{folder}/s", "Read-only file system", "may write in /run/hearsay"])


def closed_output():
    """The log is asked for where nothing is open: said in words, exit code 1."""
    with Cluster(FAST) as cluster:
        rest = ["--name", "a", "--bind", f"127.0.0.1:{free_port()}", "--control",
                f"{cluster.dir}/a.sock"]
        done = subprocess.run(["sh", "-c", 'exec "$@" >&-', "sh", cluster.daemon, *rest, "--log",
                               "-"], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE,
                              timeout=PATIENCE, check=False)
        told((done.returncode, done.stderr.decode()), 1, ["standard output is closed", "--log"])


def advertised_by_the_route_to_a_seed():
    """Bound to all addresses, it advertises the one that the kernel would use towards the seed;
    the loopback only if this machine has no other (R38)."""
    with Cluster(FAST) as cluster:
        seed = ready(cluster.agent("n1").start())
        agent = cluster.agent("n2")
        agent.addr = f"0.0.0.0:{agent.port}"
        ready(agent.start(join=["no.such.host.invalid:1", seed.addr]))
        start, = agent.events("start")
        on_loopback = start["addr"] == f"127.0.0.1:{agent.port}"
        assert start["addr_source"] == ("route" if on_loopback else "interface"), start
        cluster.wait_agreed()


def stale_control_socket_is_replaced():
    with Cluster(FAST) as cluster:
        agent = ready(cluster.agent("n1").start())
        agent.kill()
        assert os.path.exists(agent.control), "a crash leaves its socket's file"
        mark = agent.mark()
        agent.start()
        wait_until(lambda: agent.events_since(mark, "ready"), 5)
        assert agent.ask("status")["pid"] == agent.proc.pid
        agent.signal(signal.SIGTERM)
        assert (agent.wait_exit() == 0 and
                not os.path.exists(agent.control)), "a clean end leaves nothing"


def seeds_that_do_not_answer():
    """An unresolvable, a closed and a silent seed: logged, tried again, the agent stays up, and
    time alone does not make it ready. That a name still does not resolve is said at debug."""
    with Cluster(FAST) as cluster, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        seeds = {"unresolved": "no.such.host.invalid:7847", "closed": f"127.0.0.1:{free_port()}",
                 "timeout": f"127.0.0.1:{silent.getsockname()[1]}"}
        agents = {result: cluster.agent(result, options=["--log-level", "debug"])
                  .start(join=[seed]) for result, seed in seeds.items()}
        for result, agent in agents.items():
            wait_until(lambda: len(agent.events("join", result=result)) >= 2, 15,
                       lambda: f"{agent.lines}")
            for number, line in enumerate(agent.events("join", result=result)[:2]):
                again = number > 0 and result == "unresolved"
                assert (line["level"] == ("debug" if again else "warn") and
                        line["seed"] == seeds[result] and line["retry_us"] > 0), line
            waits = [line["retry_us"] for line in agent.events("join", result=result)]
            assert waits == sorted(waits) and waits[1] > waits[0], "each wait is longer"
        assert agents["unresolved"].events("join")[0]["message"]
        for result, agent in agents.items():
            wait_until(lambda: agent.ask("status")["uptime_us"] > 10_500_000, 15)
            assert not agent.events("ready") and not agent.ask("status")["ready"]
            assert agent.view() == {result: "alive"}, "a seed that never answered is no member"
        late = cluster.agent("late", port=int(seeds["closed"].rsplit(":", 1)[1])).start()
        wait_until(lambda: set(late.view()) == {"late", "closed"}, 40, cluster.describe)
        ready(agents["closed"])
        assert agents["closed"].events("ready")[0]["reason"] == "joined"


def seed_that_is_itself():
    with Cluster(FAST) as cluster:
        agent = cluster.agent("n1", options=["--log-level", "debug"])
        agent.start(join=[agent.addr])
        ready(agent)
        assert agent.events("ready")[0]["reason"] == "alone"
        assert [e["result"] for e in agent.events("join")] == ["self"]
        assert agent.view() == {"n1": "alive"}
        other = cluster.agent("n2")
        other.start(join=[other.addr, agent.addr])
        ready(other)
        assert other.events("ready")[0]["reason"] == "joined", "another seed decides"


def name_of_a_live_member():
    with Cluster(FAST) as cluster:
        cluster.start(2)
        cluster.wait_agreed()
        bind = f"127.0.0.1:{free_port()}"
        answer = run(cluster, *FAST, "--name", "n2", "--bind", bind, "--control",
                     f"{cluster.dir}/x.sock", "--log",
                     f"{cluster.dir}/x.log", "--join", cluster["n1"].addr)
        told(answer, 4, ["n2", cluster["n2"].addr, bind, "--name"])
        assert not os.path.exists(f"{cluster.dir}/x.sock")


def second_sigterm_ends_at_once():
    with Cluster() as cluster:
        first, second = cluster.start(2)
        cluster.wait_agreed()
        second.signal(signal.SIGSTOP)  # nobody to hear the goodbye
        first.signal(signal.SIGTERM)
        wait_until(lambda: first.ask("status")["leaving"], 2)
        time.sleep(0.25)  # longer than HS_IMPATIENT_US
        first.signal(signal.SIGTERM)
        assert first.wait_exit(1) == 1
        stop = first.events("stop")[-1]
        assert stop["reason"] == "interrupted" and stop["exit"] == 1, stop
        with open(first.err, encoding="utf-8") as err:
            assert err.read() == "hearsayd: stopped before the other members knew that it leaves\n"


def goodbye_nobody_hears_is_bounded():
    with Cluster(["--leave-timeout", "500ms"]) as cluster:
        first, second = cluster.start(2)
        cluster.wait_agreed()
        second.signal(signal.SIGSTOP)
        first.signal(signal.SIGINT)
        assert first.wait_exit(3) == 0


def tool_exit_codes():
    """0 done, 1 refused or not found, 2 wrong usage, 3 no agent there; the reason on standard
    error."""
    tool = os.environ["HEARSAY"]

    def ask(control, *words):
        done = subprocess.run([tool, "--control", control, *words], capture_output=True,
                              timeout=PATIENCE, check=False, stdin=subprocess.DEVNULL)
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    with Cluster(FAST) as cluster:
        cluster.start(2)
        cluster.wait_agreed()
        here = cluster["n1"].control
        for words in (["members"], ["members", "--json"], ["ring"], ["lookup", "k"], ["status"],
                      ["why", "n2"], ["tags", "set", "a=b"], ["tags"], ["tags", "set", "c=d"],
                      ["reload"], ["version"], ["join", cluster["n2"].addr]):
            code, out, err = ask(here, *words)
            assert code == 0 and out and not err, (words, code, out, err)
        assert ask(here, "tags", "delete", "a", "c") == (0, "", ""), "no tags are no lines"
        for words, named in ((["why", "nobody"], "nobody"), (["force-leave", "n2"], "n2"),
                             (["force-leave", "nobody"], "nobody"),
                             (["tags", "delete", "none"], "none"),
                             (["join", f"127.0.0.1:{free_port()}"], "127.0.0.1")):
            code, out, err = ask(here, *words)
            assert code == 1 and named in out + err, (words, code, out, err)
        for words, named in ((["memers"], "memers"), (["lookup"], "lookup"),
                             (["members", "--status", "odd"], "odd"),
                             (["lookup", "k", "-n", "0"], "0"), (["tags", "set", "a"], "a"),
                             (["join", "x:y"], "'x:y' has a port that is no number"),
                             (["join", "[fe80::2%eth0]"], "has a zone"),
                             (["--what"], "--what"), ([], "command")):
            code, out, err = ask(here, *words)
            assert code == 2 and not out and named in err, (words, code, out, err)
        cluster["n2"].kill()
        for control in (f"{cluster.dir}/none", cluster["n2"].control, "/dev/null"):
            code, out, err = ask(control, "members")
            assert (code == 3 and not out and control in err and
                    err.count("\n") == 1), (control, code, out, err)
        code, out, err = ask(here, "leave")
        assert code == 0 and not err, (code, out, err)
        assert cluster["n1"].wait_exit() == 0


if __name__ == "__main__":
    run_tests([wrong_flags, wrong_config_files, nothing_said_goes_wrong_with_help_and_version,
               missing_name_is_the_host_name, host_name_that_is_no_name, things_in_the_way,
               unwritable_for_others, group_of_others,
               service_is_told_where_it_may_write, closed_output, advertised_by_the_route_to_a_seed,
               stale_control_socket_is_replaced, seeds_that_do_not_answer,
               seed_that_is_itself, name_of_a_live_member,
               second_sigterm_ends_at_once, goodbye_nobody_hears_is_bounded, tool_exit_codes])
