#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reload of a real agent, whose log is named by the config file: what can change is applied whole,
and when one setting of several cannot be applied nothing has changed."""
import contextlib
import json
import base64
import os
import signal
import socket
import subprocess
import time

from agents import Agent, Cluster, Skip, free_port, run_tests, settled, wait_until

SEEDS_MAX = 256  # HS_SEEDS_MAX
JOIN_MAX = 64  # addresses of one `join`


class Configured(Agent):
    """An agent with a config file and no flag that would replace what the file says."""

    def __init__(self, cluster, name):
        super().__init__(cluster, name, free_port())
        self.conf = os.path.join(cluster.dir, name + ".conf")
        cluster.agents.append(self)

    def configure(self, *lines):
        with open(self.conf, "w", encoding="utf-8") as file:
            file.write("".join(line + "\n" for line in lines))

    def start(self, join=(), options=()):
        with open(self.err, "ab") as err:
            self.proc = subprocess.Popen(
                [*self.prefix, self.cluster.daemon,
                 *settled(["--name", self.name, "--bind", self.addr, "--control", self.control,
                           "--profile", "local", "--config", self.conf, *options])],
                stdin=subprocess.DEVNULL, stdout=err, stderr=err)
        wait_until(lambda: self.try_ask("status"), 5)
        return self

    def tags(self):
        return self.ask("members", name=self.name)["members"][0]["tags"]

    def stop(self):
        self.signal(signal.SIGTERM)
        assert self.wait_exit() == 0

    def follow_log(self, path):
        self.log, self.offset, self.lines = path, 0, []


def refused(answer, *words):
    assert answer["ok"] is False and answer["error"] == "refused", answer
    for word in words:
        assert word in answer["message"], answer


def logs(agent):
    """True when a change, made here, comes to the log that the agent had so far."""
    mark = agent.mark()
    agent.ask("tags-set", tags={"touched": "x"})
    wait_until(lambda: agent.events_since(mark, "member"), 5)
    agent.ask("tags-delete", keys=["touched"])
    agent.ask("join", addrs=[agent.addr])  # said at level debug
    return not [e for e in agent.events() if e["level"] == "debug"]


def log_that_cannot_be_opened_leaves_everything_as_it_was():
    with Cluster() as cluster:
        other = cluster.agent("n2", options=["--profile", "local"]).start()
        agent = Configured(cluster, "n1")
        good = f"log = {agent.log}"
        agent.configure("tag = a=1", good)
        agent.start()
        missing = os.path.join(cluster.dir, "missing", "log")
        agent.configure("tag = a=2", f"join = {other.addr}", "log-level = debug",
                        f"log = {missing}")
        for _ in range(2):  # nor does the second attempt take the rest for applied
            refused(agent.ask("reload"), missing)
            assert agent.tags() == {"a": "1"}
        time.sleep(0.5)  # a seed would have joined
        assert list(agent.view()) == ["n1"], agent.view()
        assert logs(agent)
        failed = agent.events("reload", result="failed")
        assert len(failed) == 2 and not failed[0]["changed"], failed
        agent.signal(signal.SIGHUP)
        wait_until(lambda: len(agent.events("reload", result="failed")) == 3, 5)
        assert agent.tags() == {"a": "1"}
        # The same settings with a log that can be opened are all applied.
        new = os.path.join(cluster.dir, "new.log")
        agent.configure("tag = a=2", f"join = {other.addr}", "log-level = debug", f"log = {new}")
        answer = agent.ask("reload")
        assert (sorted(answer["changed"]) == ["join", "log", "log-level", "tag"] and
                not answer["ignored"]), answer
        assert agent.tags() == {"a": "2"}
        cluster.wait_agreed()
        assert not [e for e in agent.events() if e["level"] == "debug"], "the old log is left alone"
        agent.follow_log(new)
        agent.ask("join", addrs=[agent.addr])
        wait_until(lambda: [e for e in agent.events() if e["level"] == "debug"], 5)
        assert agent.events("reload", result="ok")
        agent.stop()


def seeds_that_do_not_fit_leave_everything_as_it_was():
    """`hearsay join` waits for a silent name server, so that there is no room for the file's
    seeds."""
    with Cluster() as cluster, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        address = f"127.{16 + os.getpid() % 200}.0.53"
        try:
            silent.bind((address, 53))
        except OSError as error:
            raise Skip(f"no name server may be made here: {error}") from error
        resolv = os.path.join(cluster.dir, "resolv.conf")
        with open(resolv, "w", encoding="utf-8") as file:
            file.write(f"nameserver {address}\n")
        agent = Configured(cluster, "n1")
        agent.prefix = ["unshare", "--mount", *([] if os.geteuid() == 0 else ["--map-root-user"]),
                        "sh", "-c", f'mount --bind {resolv} /etc/resolv.conf && exec "$@"', "sh"]
        tried = subprocess.run([*agent.prefix, "true"], capture_output=True, check=False)
        if tried.returncode != 0:
            raise Skip("no mount namespaces here")
        log = f"log = {agent.log}"
        agent.configure("tag = a=1", log)
        agent.start()
        with contextlib.ExitStack() as stack:
            for k in range(0, SEEDS_MAX - 1, JOIN_MAX):
                busy = stack.enter_context(socket.socket(socket.AF_UNIX))
                busy.connect(agent.control)
                names = [f"n{i}.example" for i in range(k, min(k + JOIN_MAX, SEEDS_MAX - 1))]
                busy.sendall(json.dumps({"cmd": "join", "addrs": names}).encode() + b"\n")
            silent.settimeout(5)
            silent.recv(512)
            agent.ask("status")  # clients are served in turn: all names are asked for
            agent.configure("tag = a=2", "join = one.example, two.example", log)
            refused(agent.ask("reload"), "join", "full")
            assert agent.tags() == {"a": "1"}
            agent.configure("tag = a=2", "join = one.example", log)
            answer = agent.ask("reload")
            assert answer["ok"] and sorted(answer["changed"]) == ["join", "tag"], answer
        assert agent.tags() == {"a": "2"}
        agent.stop()


def an_agent_that_leaves_changes_nothing():
    with Cluster() as cluster:
        agent = Configured(cluster, "n1")
        good = f"log = {agent.log}"
        agent.configure("tag = a=1", good)
        agent.start(options=["--leave-timeout", "3s"])
        other = cluster.agent("n2", options=["--profile", "local"]).start(join=[agent.addr])
        cluster.wait_agreed()
        other.signal(signal.SIGSTOP)  # so that nobody acknowledges the goodbye
        new = os.path.join(cluster.dir, "new.log")
        agent.configure("tag = a=2", f"log = {new}")
        agent.signal(signal.SIGTERM)
        wait_until(lambda: agent.ask("status")["leaving"], 2)
        refused(agent.ask("reload"), "tag")
        assert agent.events("reload", result="failed"), "said in the old log"
        other.signal(signal.SIGCONT)
        assert agent.wait_exit() == 0
        assert not os.path.exists(new) or os.path.getsize(new) == 0


def seeds_come_and_go():
    """A seed that is added is joined at once; one that is taken out is no longer tried."""
    with Cluster() as cluster:
        agent = Configured(cluster, "n1")
        log = f"log = {agent.log}"
        closed = f"127.0.0.1:{free_port()}"
        agent.configure(f"join = {closed}", log)
        agent.start()
        wait_until(lambda: agent.events("join", seed=closed), 5)
        assert not agent.ask("status")["ready"]
        other = cluster.agent("n2", options=["--profile", "local"]).start()
        agent.configure(f"join = {closed}", f"join = {other.addr}, {other.addr}", log)
        assert agent.ask("reload")["changed"] == ["join"]
        cluster.wait_agreed()
        agent.configure(f"join = {other.addr}", log)
        assert agent.ask("reload")["changed"] == ["join"]
        mark = agent.mark()
        time.sleep(2.5)  # two attempts of a seed that was just begun
        assert not agent.events_since(mark, "join", seed=closed)
        agent.configure(log)
        assert agent.ask("reload")["changed"] == ["join"]
        assert agent.view() == {"n1": "alive", "n2": "alive"}, "members are kept without seeds"
        agent.stop()


def settings_taken_out_of_the_file_fall_back():
    with Cluster() as cluster:
        agent = Configured(cluster, "n1")
        agent.configure("tag = a=1", "log-level = error", f"log = {agent.log}")
        agent.start()
        agent.configure("fanout = 3")
        answer = agent.ask("reload")
        assert (sorted(answer["changed"]) == ["log", "log-level", "tag"] and
                answer["ignored"] == ["fanout"]), answer
        assert agent.tags() == {}
        assert not agent.events("reload"), "the log of before is closed, and had level error"
        agent.follow_log(agent.err)  # standard output
        wait_until(lambda: agent.events("reload", result="ok"), 5)
        agent.stop()


def a_cluster_name_that_waits_for_a_restart_changes_no_key():
    with Cluster() as cluster:
        key = os.path.join(cluster.dir, "key")
        with open(key, "x", encoding="ascii") as file:
            file.write(base64.b64encode(bytes(range(32))).decode() + "\n")
        os.chmod(key, 0o600)
        agent = Configured(cluster, "n1")
        agent.configure("cluster = one", f"key = {key}")
        agent.start()
        mark = agent.ask("status")["keys"]
        agent.configure("cluster = two", f"key = {key}")
        answer = agent.ask("reload")
        assert answer["changed"] == [] and answer["ignored"] == ["cluster"], answer
        assert agent.ask("status")["keys"] == mark, "the keys are those of the cluster it is in"
        agent.stop()


if __name__ == "__main__":
    run_tests([log_that_cannot_be_opened_leaves_everything_as_it_was,
               seeds_that_do_not_fit_leave_everything_as_it_was,
               an_agent_that_leaves_changes_nothing,
               seeds_come_and_go, settings_taken_out_of_the_file_fall_back,
               a_cluster_name_that_waits_for_a_restart_changes_no_key])
