# SPDX-License-Identifier: Apache-2.0
"""The state directory on machines: its disk full and read-only, a power cut after which addresses
are others', a clock of 2200. Whoever comes home finds its own cluster and no other."""
import json
import os

from field import Field, slow, stories

FOLDER = "/var/log/state"
FULL = "No space left on device"
READ_ONLY = "Read-only file system"
YEARS = 174 * 365 * 86400  # until 2200


def keeper(f, name):
    """A host with a state directory of its own, which is not started yet."""
    host = f.host(name)
    folder = os.path.join(host.dir, "state")
    os.mkdir(folder)
    host.options += ["--state-dir", folder]
    return host


def state(host):
    answer = host.try_ask("status")
    return answer["state"] if answer else None


def saved(f, host, **fields):
    def so():
        now = state(host)
        return now and not now["waiting"] and all(now[k] == v for k, v in fields.items())
    f.wait(so, 15, f"{host.name} has not saved {fields}")


def content(host):
    with open(os.path.join(host.dir, "state", "state"), encoding="utf-8") as file:
        return json.loads(file.read().split("\n", 1)[1])


def form(f, *names):
    """A cluster whose members have all saved."""
    hosts = [keeper(f, name) for name in names]
    for host in hosts:
        host.start(join=[] if host is hosts[0] else [hosts[0]])
    f.agree()
    for host in hosts:
        saved(f, host, contacts=len(hosts) - 1)
    return hosts


def tags(host):
    return host.ask("members", name=host.name)["members"][0]["tags"]


def on_a_disk(f):
    a = f.host("a")
    a.must("mkdir", FOLDER)
    a.disk(FOLDER, "64k")
    a.options += ["--state-dir", FOLDER]
    a.start()
    saved(f, a)
    return a


def a_full_disk_keeps_what_was_there():
    with Field() as f:
        a = on_a_disk(f)
        a.ask("tags-set", tags={"a": "1"})
        saved(f, a, tags=1)
        filler = a.path(FOLDER + "/filler")
        with open(filler, "wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"x" * 4096)
            except OSError:
                pass
        a.ask("tags-set", tags={"b": "2"})
        f.wait(lambda: a.events("state", reason="failed"), 15)
        assert FULL in a.events("state", reason="failed")[0]["message"], a.events("state")
        assert FULL in state(a)["error"] and FULL in a.tool("status").stdout
        a.kill()
        a.start()
        f.wait(lambda: state(a), 10)
        assert tags(a) == {"a": "1"}, tags(a)
        f.wait(lambda: len(a.events("state", reason="failed")) == 2, 15)
        os.unlink(filler)
        a.ask("tags-set", tags={"c": "3"})
        assert a.stop() == 0
        assert a.events("state", reason="failed-over"), a.events("state")
        a.start()
        f.wait(lambda: state(a), 10)
        assert tags(a) == {"a": "1", "c": "3"}, tags(a)


@slow
def room_on_the_disk_is_noticed():
    with Field() as f:
        a = on_a_disk(f)
        a.must("sh", "-c", f"cat /dev/zero >{FOLDER}/filler; true")
        a.ask("tags-set", tags={"b": "2"})
        f.wait(lambda: a.events("state", reason="failed"), 15)
        a.must("rm", FOLDER + "/filler")
        f.wait(lambda: a.events("state", reason="failed-over"), 45)
        saved(f, a, tags=1, error=None)
        assert len(a.events("state", reason="failed")) == 1, "it is said once"


def a_read_only_disk_is_still_read():
    with Field() as f:
        a = on_a_disk(f)
        a.ask("tags-set", tags={"a": "1"})
        saved(f, a, tags=1)
        a.must("mount", "-o", "remount,ro", FOLDER)
        a.ask("tags-set", tags={"b": "2"})
        f.wait(lambda: a.events("state", reason="failed"), 15)
        assert READ_ONLY in a.events("state", reason="failed")[0]["message"]
        assert a.stop() == 0
        a.start()
        f.wait(lambda: len(a.events("state", reason="failed")) == 2, 15)
        assert tags(a) == {"a": "1"}, tags(a)


def after_a_power_cut_a_stranger_has_an_address():
    """Both clusters have the usual name; x got the address that a had."""
    with Field() as f:
        a, b, c = form(f, "a", "b", "c")
        y = f.host("y").start()
        for host in (a, b, c):
            host.kill()
        home = a.addr.rsplit(":", 1)[0]
        a.link("down")
        x = f.host("x", v4=home).start(join=y)
        f.wait(lambda: y.sees("x"), 10)
        for host in (b, c):
            host.must("ip", "neigh", "flush", "all")
            host.start()
        f.wait(lambda: b.sees("c") and c.sees("b"), 10)
        f.wait(lambda: any(e["answers"] == "x" and e["name"] == "a" for host in (b, c)
                           for e in host.events("foreign")), 30)
        for host in (b, c):
            assert not host.sees("x") and not host.sees("y"), host.view()
        for host in (x, y):
            assert not host.sees("b") and not host.sees("c"), host.view()


def after_a_power_cut_the_addresses_are_exchanged():
    with Field() as f:
        hosts = form(f, "a", "b", "c")
        for host in hosts:
            host.kill()
        addresses = [host.addr.rsplit(":", 1)[0] for host in hosts]
        for number, host in enumerate(hosts):
            host.move(f"10.77.0.{100 + number}")
        for host, address in zip(hosts, [*addresses[1:], addresses[0]]):
            host.move(address)
            host.start()
        f.agree()


def a_clock_of_2200_leaves_no_trace():
    with Field() as f:
        a, b = keeper(f, "a"), keeper(f, "b")
        a.clock(YEARS)
        a.start()
        saved(f, a)
        assert content(a)["timestamp"] > YEARS * 10**6
        a.ask("tags-set", tags={"a": "1"})
        saved(f, a, tags=1)
        a.clock(0)  # put right while it runs: what it would keep is not believable any more
        a.ask("tags-set", tags={"a": "2"})
        assert a.stop() == 0
        assert content(a)["timestamp"] == 0, content(a)
        a.clock(YEARS)
        a.start()
        saved(f, a)
        assert a.stop() == 0
        assert content(a)["timestamp"] > YEARS * 10**6
        a.clock(0)
        b.start()
        a.start(join=b)
        f.agree()
        assert tags(a) == {"a": "2"}, tags(a)


if __name__ == "__main__":
    stories([a_full_disk_keeps_what_was_there, room_on_the_disk_is_noticed,
             a_read_only_disk_is_still_read, after_a_power_cut_a_stranger_has_an_address,
             after_a_power_cut_the_addresses_are_exchanged, a_clock_of_2200_leaves_no_trace])
