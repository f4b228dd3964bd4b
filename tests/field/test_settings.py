#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a person or a template writes wrong is told before anything runs, and what is written in
several files is one configuration."""
import signal

from field import Field, stories

CONF = "/etc/hearsay/hearsay.conf"


def refuses(host, script, *words):
    """A start in the shell of this host that must end by itself, with one line and exit code 2."""
    done = host.run("timeout", "-s", "KILL", "10", "sh", "-c",
                    script.replace("hearsayd", host.field.daemon, 1))
    assert done.returncode == 2, (script, done)
    assert done.stderr.startswith("hearsayd: ") and done.stderr.count("\n") == 1, (script, done)
    for word in words:
        assert word in done.stderr, (script, word, done.stderr)


def an_empty_variable_swallows_no_flag():
    """ROLE= was empty on one machine of many: it ran in the cluster of the default name, with the
    tag --cluster=prod."""
    with Field() as f:
        a = f.host("a")
        for flag in ("--tag", "--log", "--control", "--join", "--name", "--bind", "--advertise",
                     "--interval", "--weight", "--profile", "--config", "--trace"):
            refuses(a, f"ROLE=; exec hearsayd --name a {flag} $ROLE --cluster=prod",
                    f"{flag} needs a value", "--cluster=prod")
            refuses(a, f"ROLE=; exec hearsayd --cluster=prod {flag}=$ROLE",
                    f"{flag}: has no value")
        a.start("--tag=-x=1")
        f.agree()
        for option in ("--tag", "--name", "--status"):
            done = a.tool("members", option, "--json")
            assert done.returncode == 2 and not done.stdout, done
            assert f"{option} needs a value, and --json follows it" in done.stderr, done


def text_that_is_no_host_is_never_looked_up():
    """A template that nothing was put into was asked of the name servers, for ever."""
    with Field() as f:
        a = f.host("a")
        f.names.set("seeds.test", "10.77.0.9")
        for line, word in (('join = "10.0.0.5", "10.0.0.6"', "quotes"),
                           ("join = {{ seeds }}", "template"), ("join = ${SEEDS}", "template"),
                           ("join = seeds.test, 10.0.0.256", "10.0.0.256"),
                           ("join = 10.0.0.5:7847:7847", "two ports"), ("join =", "no value"),
                           ("join = udp://seeds.test:7847", "URL"),
                           ("join = [fe80::2%eth0]:7847", "zone"),
                           ("join = seeds.test, [::]", "stands for all"),
                           ("advertise = 7847", "a port alone"), ("bind = 0", "a port alone")):
            a.write(CONF, f"cluster = c\n\n{line}\n")
            refuses(a, f"exec hearsayd --config {CONF}", f"{CONF}:3: ", word)
        assert not f.names.asked("seeds.test")
        a.start("--join", "seeds.test")
        f.wait(lambda: f.names.asked("seeds.test"), 10)


def characters_that_nobody_sees():
    """A file that an editor of another system had saved: unknown key 'name'."""
    with Field() as f:
        a, b = f.host("a"), f.host("b").start()
        a.write(CONF, b"\xef\xbb\xbf" + f"join = {b.addr}\r\ntag = role=db\r\n".encode())
        a.start("--config", CONF)
        f.agree()
        assert a.ask("members", name="a")["members"][0]["tags"] == {"role": "db"}
        a.write(CONF, f"join = {b.addr}\n\u00a0tag = role=db\n")
        refuses(a, f"exec hearsayd --config {CONF}", f"{CONF}:2: key '\\u00a0tag'")
        a.write(CONF, f"join = {b.addr}\ntag = role=db\n".encode("utf-16"))
        refuses(a, f"exec hearsayd --config {CONF}", f"{CONF}:1: ", "UTF-16")
        refuses(a, 'exec hearsayd --tag "note=x\nrole=db"', "note=x\\nrole=db", "control")


def several_files_are_one_configuration():
    """A package brings the seeds, a tool of the site the rack, and a third file is wrong."""
    with Field() as f:
        a, b, c = f.host("a"), f.host("b").start(), f.host("c").start()
        a.write(CONF, "tag = role=db\ntag = rack=none\nlog-level = debug\n")
        a.write(CONF + ".d/10-seeds.conf", f"join = {b.addr}\n")
        a.write(CONF + ".d/20-site.conf", "tag = rack=r7\nlog-level = info\n")
        a.write(CONF + ".d/20-site.conf.dpkg-old", "tag = rack\n")
        a.start("--config", CONF)
        f.agree(a, b)
        assert a.ask("members", name="a")["members"][0]["tags"] == {"role": "db", "rack": "r7"}
        a.write(CONF + ".d/30-more.conf", "\njoin = {{ more }}\ncolour = red\n")
        done = a.run(f.daemon, "--check", "--config", CONF)
        assert done.returncode == 2 and not done.stdout, done
        assert [line.split(": ")[0] for line in done.stderr.splitlines()] == [
            CONF + ".d/30-more.conf:2", CONF + ".d/30-more.conf:3"], done.stderr
        done = a.tool("reload")
        assert done.returncode == 1 and CONF + ".d/30-more.conf:2: " in done.stderr, done
        a.write(CONF + ".d/30-more.conf", f"join = {c.addr}\n")
        done = a.run(f.daemon, "--check", "--config", CONF)
        assert done.returncode == 0 and "30-more.conf" in done.stdout, done
        assert a.tool("reload").returncode == 0
        f.agree(a, b, c)


def two_signals_are_one_goodbye():
    """timeout(1) signals its child and its group: exit code 1, and an alarm for every restart."""
    with Field() as f:
        a, b = f.grow(2, "m")
        b.pause()  # nobody acknowledges the goodbye, so that it lasts
        a.signal(signal.SIGTERM)
        a.signal(signal.SIGINT)
        assert a.ends() == 0 and a.errors() == ""
        assert a.events("stop")[-1]["reason"] == "left"
        b.resume()


def a_signal_during_the_start_waits():
    """The name of --advertise took its time, and what rotates logs ended the agent meanwhile."""
    with Field() as f:
        a = f.host("a")
        f.names.set("box.test", a)
        f.names.behave(slow=1.5)
        a.start("--advertise", "box.test", "--log-level", "error")
        f.wait(lambda: f.names.asked("box.test"), 10)
        a.signal(signal.SIGUSR1)
        a.signal(signal.SIGUSR2)
        f.wait(lambda: a.events("status"), 20)
        a.reload()
        f.agree()


def a_reload_without_a_log_tells_the_truth():
    """The log's folder was away for a moment: an error, and then "ok"."""
    with Field() as f:
        a = f.host("a")
        a.shell("mkdir /var/log/hearsay")
        a.log = a.path("/var/log/hearsay/log")
        a.start(log="/var/log/hearsay/log")
        f.wait(lambda: a.events("ready"), 10)
        a.shell("mv /var/log/hearsay /var/log/gone")
        a.log = a.path("/var/log/gone/log")
        a.reload()
        f.wait(lambda: a.events("reload"), 10)
        done = a.tool("reload")
        assert done.returncode == 1 and "/var/log/hearsay/log" in done.stderr, done
        assert [line["result"] for line in a.events("reload")] == ["failed"] * 2, a.lines
        a.signal(signal.SIGUSR1)
        f.wait(lambda: a.events("status"), 10)
        assert a.events("status")[0]["members"]["alive"] == 1


def a_reload_waits_for_no_pipe():
    """Where a pipe had taken the place of the file, the reload waited for its writer, and the
    agent was dead to the others. Settings that were piped in were empty at a reload, and gone."""
    with Field() as f:
        a, b, c = f.host("a"), f.host("b").start(), f.host("c")
        a.write(CONF, f"join = {b.addr}\ntag = role=db\n")
        a.start("--config", CONF)
        c.spawn("bash", "-c", f"exec {f.daemon} --name c --bind {c.addr} --control {c.control} "
                f"--profile local --log {c.log} --config <(echo join = {b.addr}; echo weight = 0)")
        f.wait(lambda: b.sees(a) and b.sees(c), 10)
        a.shell(f"rm {CONF}; mkfifo {CONF}")
        for one, path in ((a, CONF), (c, "/dev/fd/")):
            done = one.tool("reload", limit=10)
            assert done.returncode == 1 and path in done.stderr, done
            assert "is not a file" in done.stderr, done
        assert c.ask("status")["ring"]["tokens"] == 256 and b.sees(a)
        assert a.ask("members", name="a")["members"][0]["tags"] == {"role": "db"}


if __name__ == "__main__":
    stories([an_empty_variable_swallows_no_flag, text_that_is_no_host_is_never_looked_up,
             characters_that_nobody_sees, several_files_are_one_configuration,
             two_signals_are_one_goodbye,
             a_signal_during_the_start_waits, a_reload_without_a_log_tells_the_truth,
             a_reload_waits_for_no_pipe])
