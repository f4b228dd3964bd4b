#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Settings of real agents: --check, the files of FILE.d, standard streams that are closed."""
import os
import subprocess

from agents import HOST, Cluster, free_port, run_tests, wait_until

FAST = ["--profile", "local"]
PATIENCE = 10


def write(path, *lines):
    with open(path, "w", encoding="utf-8") as file:
        file.write("".join(line + "\n" for line in lines))


def check(cluster, *arguments, prefix=()):
    """(exit code, lines on standard output, lines on standard error)"""
    done = subprocess.run([*prefix, cluster.daemon, "--check", *arguments], capture_output=True,
                          text=True, stdin=subprocess.DEVNULL, timeout=PATIENCE, check=False)
    return done.returncode, done.stdout.splitlines(), done.stderr.splitlines()


def ready(agent):
    wait_until(lambda: agent.events("ready"), 5, lambda: f"not ready: {agent.lines}")
    return agent


def every_mistake_is_a_line_in_the_order_of_the_files():
    with Cluster() as cluster:
        conf = f"{cluster.dir}/hearsay.conf"
        none = f"{cluster.dir}/none"
        os.mkdir(conf + ".d")
        write(conf, "name = a", 'join = "10.0.0.5", "10.0.0.6"', "colour = blue", "tag =",
              f"log = {none}/log", "control-group = no-such-group", "bind = 192.0.2.1:7847")
        write(f"{conf}.d/5-net.conf", "advertise = 7847", "join = {{ seeds }}")
        write(f"{conf}.d/6.conf", "", f"control = {none}/sock")
        code, out, err = check(cluster, "--config", conf, "--fanout", "1")
        assert code == 2 and not out, (code, out)
        wanted = [
            ("--fanout 1: ", "must be a number from 2 to 16"),
            (f"{conf}:2: join = ", "quotes"),
            (f"{conf}:3: ", "'colour'"),
            (f"{conf}:4: tag: has no value", "key=value"),
            (f"{conf}:5: log file {none}/log: No such file", "must be"),
            (f"{conf}:6: control-group no-such-group: no such group", "must be"),
            (f"{conf}:7: cannot bind 192.0.2.1:7847: no interface", "must be"),
            (f"{conf}.d/5-net.conf:1: advertise = 7847: ", "a port alone is written :PORT"),
            (f"{conf}.d/5-net.conf:2: join = ", "template"),
            (f"{conf}.d/6.conf:2: control socket {none}/sock: No such file", "must be"),
        ]
        assert len(err) == len(wanted), err
        for line, (start, words) in zip(err, wanted):
            assert line.startswith(start) and words in line, (line, start, words)
        done = subprocess.run([cluster.daemon, "--config", conf], capture_output=True, text=True,
                              timeout=PATIENCE, check=False)
        assert done.returncode == 2 and done.stderr.count("\n") == 1, done.stderr
        assert f"{conf}:2: join" in done.stderr and "4 more: hearsayd --check" in done.stderr, done


def things_that_flags_name():
    with Cluster() as cluster:
        write(f"{cluster.dir}/file")
        for arguments, words in (
                (["--log", cluster.dir], "Is a directory"),
                (["--trace", f"{cluster.dir}/none/t"], "trace file"),
                (["--log", f"{cluster.dir}/file/log"], "Not a directory"),
                (["--control", f"{cluster.dir}/file"], "not a socket"),
                (["--bind", "no.such.host.invalid"], "no.such.host.invalid"),
                (["--advertise", "no.such.host.invalid"], "no.such.host.invalid"),
                (["--control", "/" + "x" * 106 + "/s"], "107 bytes")):
            code, out, err = check(cluster, "--name", "a", *arguments)
            assert code == 2 and not out and len(err) == 1 and words in err[0], (arguments, err)


def what_cannot_be_written_by_this_user():
    with Cluster() as cluster:
        folder = f"{cluster.dir}/closed"
        os.mkdir(folder, 0o755)
        write(f"{folder}/log")
        prefix = []
        if os.getuid() == 0:
            os.chmod(cluster.dir, 0o755)
            prefix = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        else:
            os.chmod(f"{folder}/log", 0o444)
            os.chmod(folder, 0o555)
        rest = ["--name", "a", "--control", "/tmp/hearsay-check-of-a-test.sock"]
        for path in (f"{folder}/log", f"{folder}/new"):
            code, _, err = check(cluster, *rest, "--log", path, prefix=prefix)
            assert code == 2 and len(err) == 1 and "Permission denied" in err[0], err
        if prefix:
            code, _, err = check(cluster, *rest, "--control-group", "root", prefix=prefix)
            assert code == 2 and len(err) == 1 and "not in that group" in err[0], err


def one_mistake_is_one_line():
    """A value between quotes is not looked for in the world, nor repeated: it may be a key. What
    depends on a wrong value is not judged."""
    with Cluster() as cluster:
        conf = f"{cluster.dir}/hearsay.conf"
        for text, words in (('key = "c2VjcmV0"', ": key: has quotes"),
                            ("log = '/nonexistent/log'", ": log: has quotes"),
                            ("seal = require\nkey =", ": key: has no value"),
                            ("bind = ::1x\nadvertise = [2001:db8::1]:5", ": bind = ::1x: ")):
            with open(conf, "w", encoding="ascii") as file:
                file.write(text + "\n")
            code, _, err = check(cluster, "--config", conf, "--name", "a", "--control",
                                 f"{cluster.dir}/s")
            assert code == 2 and len(err) == 1 and words in err[0], err
            assert "c2VjcmV0" not in err[0], err


def a_check_disturbs_nothing():
    """With the flags of an agent that runs; and where one could start, nothing is left behind."""
    with Cluster() as cluster:
        agent = ready(cluster.agent("a").start())
        before = os.stat(agent.log), os.stat(agent.control).st_ino
        flags = ["--name", "a", "--bind", agent.addr, "--control", agent.control, "--log",
                 agent.log]
        assert check(cluster, *flags) == (0, ["hearsayd: all settings are right"], [])
        assert agent.ask("status")["ok"] and agent.running()
        assert (os.stat(agent.log).st_size, os.stat(agent.control).st_ino) == (
            before[0].st_size, before[1])
        names = set(os.listdir(cluster.dir))
        code, _, err = check(cluster, "--name", "b", "--bind", f"{HOST}:{free_port()}", "--control",
                             f"{cluster.dir}/b.sock", "--log", f"{cluster.dir}/b.log", "--trace",
                             f"{cluster.dir}/b.trace")
        assert (code, err) == (0, []) and set(os.listdir(cluster.dir)) == names


def a_check_names_the_files():
    with Cluster() as cluster:
        conf = f"{cluster.dir}/x.conf"
        os.mkdir(conf + ".d")
        write(conf, "name = a", "join = seeds.invalid", f"control = {cluster.dir}/s")
        write(f"{conf}.d/1.conf", "tag = a=1")
        write(f"{conf}.d/2.conf~", "nonsense")
        assert check(cluster, "--config", conf) == (
            0, [f"hearsayd: all settings are right: {conf}, {conf}.d/1.conf"], [])
        assert check(cluster, "--help")[0] == 0
        code, out, _ = check(cluster, "--version")
        assert code == 0 and out[0].startswith("hearsayd "), out


def a_reload_reads_the_directory_anew():
    with Cluster(FAST) as cluster:
        conf = f"{cluster.dir}/x.conf"
        os.mkdir(conf + ".d")
        write(conf, "tag = role=web", "tag = rack=r0")
        agent = ready(cluster.agent("a", options=["--config", conf]).start())

        def tags():
            return agent.ask("members")["members"][0]["tags"]
        assert tags() == {"role": "web", "rack": "r0"}
        write(f"{conf}.d/rack.conf", "tag = rack=r1")
        assert agent.ask("reload")["changed"] == ["tag"]
        assert tags() == {"role": "web", "rack": "r1"}
        write(f"{conf}.d/z.conf", "", "colour = 1")
        answer = agent.ask("reload")
        assert not answer["ok"] and f"{conf}.d/z.conf:2: " in answer["message"], answer
        assert tags() == {"role": "web", "rack": "r1"}
        os.unlink(f"{conf}.d/z.conf")
        os.unlink(f"{conf}.d/rack.conf")
        assert agent.ask("reload")["changed"] == ["tag"]
        assert tags() == {"role": "web", "rack": "r0"}


def closed_streams_lend_their_numbers_to_nobody():
    with Cluster(FAST) as cluster:
        agent = cluster.agent("a")
        agent.prefix = ["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh"]
        ready(agent.start())
        for fd in range(3):
            assert os.readlink(f"/proc/{agent.proc.pid}/fd/{fd}") == "/dev/null"
        agent.kill()
        mark = agent.mark()
        agent.start(options=["--trace", "-"])
        assert agent.wait_exit() == 1, "there is no standard error to trace to"
        assert not agent.events_since(mark)
        agent.start(options=["--log", "-"])
        assert agent.wait_exit() == 1


if __name__ == "__main__":
    run_tests([every_mistake_is_a_line_in_the_order_of_the_files, things_that_flags_name,
               what_cannot_be_written_by_this_user, one_mistake_is_one_line,
               a_check_disturbs_nothing,
               a_check_names_the_files, a_reload_reads_the_directory_anew,
               closed_streams_lend_their_numbers_to_nobody])
