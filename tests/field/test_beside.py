# SPDX-License-Identifier: Apache-2.0
"""The units beside the agent's, as they are installed, under a real systemd in a box (box.py): what
they need of the agent, what they do without it, and the mistakes of an operator.
"""
import signal

from field import slow, wait_until
from unit import LIMIT, Unit, tell

AGENT = "name = self\nbind = 127.0.0.1:7847\n"
READ_GROUP = "control-read-group = hearsay-read\n"
SERVE = "hearsay-serve"
SERVE_CONF = "/etc/hearsay/serve.conf"
EXPOSURE = 1.5  # the most that systemd-analyze(1) may find; 0 is best, 10 worst
URL = "http://127.0.0.1:7848"


class Serve(Unit):
    """hearsay-serve beside an agent that lets it ask."""

    def __init__(self, agent=AGENT + READ_GROUP, **settings):
        super().__init__()
        self.start(agent)
        self.box.write(SERVE_CONF, "".join(f"{k} = {v}\n" for k, v in settings.items()))

    def get(self, path):
        """The status, 0 if nobody answers, and the body."""
        done = self.box.run("curl", "--silent", "--max-time", "10", "--write-out", "%{http_code}",
                            URL + path)
        return int(done.stdout[-3:]), done.stdout[:-3]

    def wait_status(self, words):
        wait_until(lambda: words in self.show("StatusText", SERVE), LIMIT,
                   lambda: self.show("StatusText", SERVE))

    def wait_health(self, code):
        wait_until(lambda: self.get("/healthz")[0] == code, LIMIT, lambda: self.get("/healthz"))

    def metric(self, name):
        return next(float(line.split()[1]) for line in self.get("/metrics")[1].splitlines()
                    if line.startswith(name + " "))

    def failed(self, code, words):
        """It failed for good, and one line of the journal says why."""
        wait_until(lambda: self.show("SubState", SERVE) == "failed", LIMIT)
        assert self.show("ExecMainStatus", SERVE) == str(code)
        assert self.show("NRestarts", SERVE) == "0"
        said = [line for line in self.journal("err", SERVE) if line.startswith("hearsay-serve: ")]
        assert len(said) == 1 and words in said[0], said


# ---- hearsay-serve -------------------------------------------------------------------------------


def it_serves_as_installed_and_outlives_its_agent():
    with Serve() as here:
        here.well_formed(SERVE, EXPOSURE)
        assert here.systemctl("start", SERVE) == 0, here.journal(identifier=SERVE)
        # READY=1 is told when the sockets are open, so nothing is waited for.
        assert here.get("/metrics")[0] == 200
        here.wait_status("self: 1 alive, 0 suspect")
        here.wait_health(200)
        assert here.metric("hearsay_up") == 1 and here.metric("hearsay_ready") == 1
        # What it reads of its own process; ProcSubset= and ProtectProc= leave it that.
        for name in ("process_resident_memory_bytes", "process_open_fds", "process_max_fds",
                     "process_start_time_seconds"):
            assert here.metric(name) > 0, name
        # It may ask, and is nobody of the agent's.
        pid = here.pid(SERVE)
        assert here.box.must("stat", "--format=%U", f"/proc/{pid}") == "hearsay-serve\n"
        here.box.must("systemctl", "stop", "hearsayd")
        here.wait_health(503)
        here.wait_status("no agent at /run/hearsay/hearsayd.sock")
        assert here.metric("hearsay_up") == 0
        here.box.must("systemctl", "start", "hearsayd")
        here.wait_health(200)
        here.wait_status("self: 1 alive, 0 suspect")
        assert (here.pid(SERVE), here.show("NRestarts", SERVE)) == (pid, "0")
        assert here.systemctl("stop", SERVE) == 0
        assert (here.show("Result", SERVE), here.show("ExecMainStatus", SERVE)) == ("success", "0")


def hung_it_is_ended_and_begun_anew():
    with Serve() as here:
        here.drop_in("WatchdogSec=2\n", SERVE)
        assert here.systemctl("start", SERVE) == 0
        pid, seen = here.pid(SERVE), set()

        def told():
            seen.add(here.show("WatchdogTimestampMonotonic", SERVE))
            return len(seen) >= 4  # 2 s and more, as it tells it twice in that time
        wait_until(told, LIMIT)
        assert (here.pid(SERVE), here.show("NRestarts", SERVE)) == (pid, "0")
        here.box.must("systemctl", "kill", f"--signal={signal.SIGSTOP.name}", SERVE)
        wait_until(lambda: here.show("NRestarts", SERVE) != "0" and here.get("/healthz")[0] == 200,
                   LIMIT)
        assert here.pid(SERVE) != pid


def an_agent_that_does_not_let_it_ask_is_named():
    with Serve(agent=AGENT) as here:
        assert here.systemctl("start", SERVE) == 0
        here.wait_status("not allowed to use /run/hearsay/hearsayd.sock: Permission denied")
        assert here.get("/healthz")[0] == 503
        assert any("control-read-group" in line for line in here.journal("warning", SERVE))
        here.configure(AGENT + READ_GROUP)
        assert here.systemctl("reload") == 0
        here.wait_health(200)


def mistakes_of_its_settings_are_told_and_not_tried_again():
    with Serve() as here:
        for text, words in (("htp = 127.0.0.1:1", f"{SERVE_CONF}:1: unknown key 'htp'"),
                            ("http = 127.0.0.1:80", "ports below 1024 need a privilege"),
                            ("dns = 127.0.0.1:53", "ports below 1024 need a privilege")):
            here.now()
            here.box.write(SERVE_CONF, text + "\n")
            assert here.systemctl("start", SERVE) != 0, text
            here.failed(2, words)
            here.systemctl("reset-failed", SERVE)
        # and with the drop-in of the page
        here.drop_in("AmbientCapabilities=CAP_NET_BIND_SERVICE\n"
                     "CapabilityBoundingSet=CAP_NET_BIND_SERVICE\n", SERVE)
        assert here.systemctl("start", SERVE) == 0, here.journal(identifier=SERVE)
        wait_until(lambda: here.box.run("dig", "@127.0.0.1", "+short", "self.node.hearsay.internal",
                                        ).stdout == "127.0.0.1\n", LIMIT)


@slow
def a_port_in_use_is_tried_again():
    with Serve() as here:
        other = here.box.spawn("hearsay-serve", "--http", "127.0.0.1:7848")
        wait_until(lambda: here.get("/metrics")[0] == 200, LIMIT)
        assert here.systemctl("start", SERVE) != 0
        other.end()
        wait_until(lambda: here.show("ActiveState", SERVE) == "active", LIMIT)
        assert any("in use" in line for line in here.journal("err", SERVE))


# ---- hearsay-handle ------------------------------------------------------------------------------

HANDLE_CONF = "/etc/hearsay/handle.conf"


def handlers_run_as_a_unit_of_their_own():
    def systemctl(word):
        return here.systemctl(word, "hearsay-handle")

    def said(words):
        wait_until(lambda: any(words in line for line in here.journal(identifier="hearsay")), LIMIT,
                   lambda: here.journal(identifier="hearsay"))

    with Unit() as here:
        done = here.box.run("systemd-analyze", "verify", "--man=no", "hearsay-handle.service")
        assert done.returncode == 0 and not done.stderr, done.stderr
        here.configure("name = self\nbind = 127.0.0.1:7847\ncontrol-read-group = hearsay-read\n")
        # without its file it is not started, and that is no failure
        assert systemctl("start") == 0 and systemctl("is-active") != 0
        here.box.write(HANDLE_CONF, "on member-join = id -un; hearsay members; cut -f 1\n")
        assert systemctl("start") == 0
        for words in ("member-join self", "| hearsay-handle", "| self  127.0.0.1:7847", "| self"):
            said(words)
        here.box.write(HANDLE_CONF, "on member-jion = true\n")
        assert systemctl("reload") == 0
        said("nothing is changed: /etc/hearsay/handle.conf:1: no event is called 'member-jion'")
        assert systemctl("stop") == 0
        here.box.must("test", "-s", "/var/lib/hearsay-handle/state")
        assert systemctl("start") == 0
        wait_until(lambda: systemctl("is-failed") == 0, LIMIT)
        assert "ExecMainStatus=2" in here.box.must("systemctl", "show", "hearsay-handle")
        assert "NRestarts=0" in here.box.must("systemctl", "show", "hearsay-handle")


if __name__ == "__main__":
    tell([it_serves_as_installed_and_outlives_its_agent, hung_it_is_ended_and_begun_anew,
          an_agent_that_does_not_let_it_ask_is_named,
          mistakes_of_its_settings_are_told_and_not_tried_again, a_port_in_use_is_tried_again,
          handlers_run_as_a_unit_of_their_own])
