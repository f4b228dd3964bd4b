# SPDX-License-Identifier: Apache-2.0
"""The field itself: what its stories rely on, told as stories."""
import os
import subprocess

from field import Field, known, stories


@known
def a_killed_member_is_dead_to_the_others():
    with Field() as f:
        a, b, c = f.grow(3)
        assert a.where(b) == b.addr == "10.77.0.2:7847"
        b.kill()
        f.wait(lambda: a.sees(b, "dead") and c.sees(b, "dead"), 10)
        b.start(join=a)
        f.agree()
        assert [None] != a.held_dead(b) and len(a.held_dead(b)) == 1, a.held_dead(b)
        assert b.stop() == 0


@known
def a_split_and_its_end():
    with Field() as f:
        a, b, c = f.grow(3)
        f.split([a, b], [c])
        f.wait(lambda: a.sees(c, "dead") and c.sees(a, "dead"), 10)
        f.heal()
        f.agree(limit=30)
        c.hears(a, False)
        c.hears(b, False)
        f.wait(lambda: a.sees(c, "dead"), 10)
        c.hears(a)
        f.agree(limit=30)


@known
def files_names_and_disks_are_a_hosts_own():
    before = os.path.getmtime("/etc/hosts")
    with Field() as f:
        a, b = f.host("a"), f.host("b")
        f.names.set("seeds.test", a, "fd77::9")
        a.hosts(box="10.1.1.1")
        asked = a.run("getent", "ahosts", "seeds.test").stdout
        assert "10.77.0.1 " in asked and "fd77::9 " in asked and f.names.asked("seeds.test"), asked
        assert "10.1.1.1" in a.run("getent", "hosts", "box").stdout
        assert b.run("getent", "hosts", "box").returncode == 2
        f.names.set("seeds.test", "10.77.0.7")
        asked = b.run("getent", "ahosts", "seeds.test").stdout
        assert "10.77.0.7 " in asked and "10.77.0.1 " not in asked, asked
        f.names.behave(fails="nxdomain")
        assert b.run("getent", "ahosts", "seeds.test").returncode == 2
        a.disk("/srv", "64k")
        assert "No space" in a.shell("dd if=/dev/zero of=/srv/x bs=1k count=65").stderr
        assert a.shell("ls /srv").stdout == "x\n" and b.shell("ls /srv").stdout != "x\n"
        assert a.shell("hostname").stdout == "a\n"
        a.disk("/tmp", "1m", mode="1777", keep=f.kept_folders())
        a.start()
        f.agree()
    assert os.path.getmtime("/etc/hosts") == before


@known
def many_addresses_are_cut_and_asked_for_by_tcp():
    with Field() as f:
        a = f.host("a")
        f.names.set("many.test", *(f"10.77.1.{i}" for i in range(1, 61)))
        found = set(a.run("getent", "ahostsv4", "many.test").stdout.split())
        assert len(found & {f"10.77.1.{i}" for i in range(1, 61)}) == 60
        f.names.behave(tcp=False)
        assert len(set(a.run("getent", "ahostsv4", "many.test").stdout.split())) < 60
    with Field(real_names=True) as f:
        a = f.host("a")
        f.names.set("many.test", *(f"10.77.1.{i}" for i in range(1, 61)))
        assert "10.77.1.60 " in a.run("getent", "ahostsv4", "many.test").stdout


@known
def clocks_are_set_while_agents_run():
    with Field() as f:
        a, b = f.host("a"), f.host("b")
        a.clock(3600)
        a.start()
        b.start(join=a)
        f.wait(lambda: a.events("start") and b.events("start"), 10)

        def hour(agent, event):
            return int(event["time"][11:13])
        apart = (hour(a, a.events()[0]) - hour(b, b.events()[0])) % 24
        assert apart in (0, 1), apart
        ahead = a.events()[0]["time"] > b.events()[0]["time"]
        assert ahead
        a.clock(-3600)
        mark = a.mark()
        b.stop()
        # The first line may have been begun before the clock was set.
        f.wait(lambda: any(line["time"] < b.events()[0]["time"] for line in a.events_since(mark)),
               10)


@known
def links_addresses_and_firewalls():
    with Field() as f:
        a, b = f.host("a"), f.host("b", v4=None, v6=None)
        ping = ("ping", "-n", "-c1", "-W1")
        assert "eth0" not in b.run("ip", "-4", "addr", "show", "eth0").stdout
        b.add("10.77.0.77")
        assert a.shell("echo | nc -u -w1 -q0 10.77.0.77 1; ip neigh").stdout.count("10.77.0.77")
        b.add("fd77::77")
        b.interface("docker0", "172.17.0.1/16")
        assert "172.17.0.1" in b.run("ip", "addr").stdout
        for word in ("down", "up"):
            a.link(word)
            route = a.run("ip", "route", "get", "192.0.2.1")
            assert (route.returncode == 0) == (word == "up"), route
        assert "fd77::1" in a.run("ip", "addr").stdout
        a.move("10.77.0.99")
        assert a.v4 == "10.77.0.99" and "10.77.0.1/" not in a.run("ip", "addr").stdout
        a.mute()
        sent = a.run("python3", "-c", "import socket\n"
                     "socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('10.77.0.77', 9))")
        assert "PermissionError" in sent.stderr, sent
        assert ping


@known
def limits_and_users():
    with Field() as f:
        a = f.host("a")
        assert a.shell("ulimit -n", files=33).stdout == "33\n"
        a.start(user="nobody", files=64)
        f.agree()
        words = a.shell(f"ps -o user= -p {a.proc.pid}").stdout.strip()
        assert words in ("nobody", ""), words
        assert a.tool("members").stdout.count("alive") == 1


@known
def nothing_is_left_behind():
    """A test that is killed leaves neither processes nor namespaces."""
    with Field() as f:
        a = f.host("a").start()
        pids = [a.proc.pid, a.holder.pid, f.switch.holder.pid]
    assert not [pid for pid in pids if os.path.exists(f"/proc/{pid}")]
    story = ("import sys, os; sys.argv = ['x']; from field import Field\n"
             "with Field() as f:\n"
             "    a = f.host('a').start(); f.agree()\n"
             "    print(f.dir, a.proc.pid, a.holder.pid, flush=True)\n"
             "    os.kill(os.getpid(), 9)\n")
    done = subprocess.run(["python3", "-c", story], cwd=os.path.dirname(os.path.abspath(__file__)),
                          capture_output=True, text=True, check=False)
    folder, *pids = done.stdout.split()
    with Field() as f:
        f.wait(lambda: not [p for p in pids if os.path.exists(f"/proc/{p}/exe")], 10)
    subprocess.run(["rm", "-r", folder], check=True)


if __name__ == "__main__":
    stories([a_killed_member_is_dead_to_the_others, a_split_and_its_end,
             files_names_and_disks_are_a_hosts_own, many_addresses_are_cut_and_asked_for_by_tcp,
             clocks_are_set_while_agents_run, links_addresses_and_firewalls, limits_and_users,
             nothing_is_left_behind])
