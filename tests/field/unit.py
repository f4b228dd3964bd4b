# SPDX-License-Identifier: Apache-2.0
"""hearsayd as a service in a box (box.py), as it is after `meson install`: started, asked, and what
the journal says. For stories about units: test_unit.py, test_beside.py.
"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

from field import ROOT, Skip, stories, wait_until
from box import Box
import log_schema

BUILD = (os.environ.get("HEARSAY_BIN_DIR") or  # another release
         os.environ.get("HEARSAY_BUILD", os.path.join(ROOT, "build")))
CONF = "/etc/hearsay/hearsay.conf"
SOCKET = "/run/hearsay/hearsayd.sock"
LOG = "/var/log/hearsay/hearsayd.log"
UNITS = ("hearsayd", "hearsay-serve", "hearsay-joined", "hearsay-handle")
DROP_IN = "/etc/systemd/system/{}.service.d/test.conf"
NO_LEAKS = "/etc/systemd/system/{}.service.d/sanitizer.conf"
PRIORITIES = {"err": 3, "warning": 4, "info": 6, "debug": 7}  # of syslog(3)
LEVELS = {"error": "err", "warn": "warning", "info": "info", "debug": "debug"}
LIMIT = 20.0
DEST = tempfile.mkdtemp(prefix="hearsay-unit-")  # what `meson install` has written


def install(dest):
    done = subprocess.run(["meson", "install", "-C", BUILD, "--no-rebuild", "--destdir", dest],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def unit_path():
    for prefix in ("usr/local", "usr"):
        path = os.path.join(DEST, prefix, "lib/systemd/system/hearsayd.service")
        if os.path.exists(path):
            return path
    raise Skip("hearsay is built for a prefix where systemd looks for no units")


def is_sanitized():
    """The search for leaks traces the process, which the unit does not let it, and then spoils the
    exit code."""
    daemon = next(pathlib.Path(DEST).rglob("hearsayd"))
    return b"__asan_init" in daemon.read_bytes()


class Unit:
    """The service in a box of its own, as it is after the installation, and what the journal says
    of it."""

    def __init__(self):
        unit_path()
        self.box = Box(DEST)
        try:
            self.box.must("systemd-sysusers")
            if is_sanitized():
                for unit in UNITS:
                    self.box.write(NO_LEAKS.format(unit),
                                   "[Service]\nEnvironment=ASAN_OPTIONS=detect_leaks=0\n")
                self.box.must("systemctl", "daemon-reload")
            self.now()
        except BaseException:
            self.box.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.box.close()

    def forget(self):
        """As if it had not been started yet."""
        self.box.run("systemctl", "stop", "hearsayd")
        self.box.run("systemctl", "reset-failed", "hearsayd")
        shutil.rmtree(self.box.path("/var/log/hearsay"), ignore_errors=True)
        shutil.rmtree(self.box.path("/var/lib/hearsay"), ignore_errors=True)
        self.now()

    def now(self):
        """What the journal has from here on is read."""
        self.box.must("journalctl", "--sync")
        said = self.box.must("journalctl", "--lines=0", "--show-cursor").strip().splitlines()
        self.cursor = said[-1].removeprefix("-- cursor: ")

    def configure(self, text):
        self.box.write(CONF, text)

    def drop_in(self, text, unit="hearsayd"):
        self.box.write(DROP_IN.format(unit), "[Service]\n" + text)
        self.box.must("systemctl", "daemon-reload")

    def systemctl(self, word, unit="hearsayd"):
        return self.box.run("systemctl", word, unit).returncode

    def start(self, *lines):
        if lines:
            self.configure("\n".join(lines) + "\n")
        assert self.systemctl("start") == 0, self.journal()

    def show(self, key, unit="hearsayd"):
        return self.box.must("systemctl", "show", "--value", f"--property={key}", unit).strip()

    def pid(self, unit="hearsayd"):
        return int(self.show("MainPID", unit))

    def well_formed(self, unit, exposure):
        """systemd has nothing to say against the unit, and finds it as closed as that."""
        if self.box.run("which", "systemd-analyze").returncode != 0:
            raise Skip("systemd-analyze is missing")
        done = self.box.run("systemd-analyze", "verify", "--man=no", f"{unit}.service")
        assert done.returncode == 0 and not done.stderr, done.stderr
        said = self.box.run("systemd-analyze", "security", f"{unit}.service").stdout
        found = re.search(r"exposure level for \S+: ([0-9.]+)", said)
        assert found and float(found[1]) <= exposure, said[-200:]

    def entries(self, identifier="hearsayd"):
        """What the journal has. journalctl(1) of systemd 252 would skip the first entry that
        matches, if it were asked for entries that match, after a cursor."""
        self.box.must("journalctl", "--sync")
        found = self.box.must("journalctl", "--output=json", f"--after-cursor={self.cursor}")
        return [e for e in map(json.loads, found.splitlines())
                if e.get("SYSLOG_IDENTIFIER") == identifier]

    def journal(self, priority="debug", identifier="hearsayd"):
        """The messages of the agent of this priority and worse."""
        return [e["MESSAGE"] for e in self.entries(identifier)
                if int(e["PRIORITY"]) <= PRIORITIES[priority]]

    def lines(self, priority="debug", **fields):
        """Those that are lines of the log, as objects; each is held against the schema."""
        found = [log_schema.schema().check(line.encode()) for line in self.journal(priority)
                 if line.startswith("{")]
        return [e for e in found if all(e.get(k) == v for k, v in fields.items())]

    def ask(self, *words, **how):
        return self.box.run("env", f"HEARSAY_CONTROL={SOCKET}", "hearsay", *words, **how)

    def peer(self, name, host, *options):
        """Another agent, which is no service."""
        made = self.box.spawn("hearsayd", "--name", name, "--bind", f"{host}:7847", "--control",
                              f"/tmp/{name}.sock", "--log", f"/tmp/{name}.log", *options)
        wait_until(lambda: self.box.run("hearsay", "--control", f"/tmp/{name}.sock",
                                        "status").returncode == 0, LIMIT)
        return made

    def told_by(self, peer, name):
        """What the log of a peer says of changes of a member's status."""
        whole = self.box.read(f"/tmp/{peer}.log").rpartition("\n")[0]
        return [e for e in map(json.loads, whole.splitlines())
                if e["event"] == "member" and e["name"] == name and e["from"] != e["to"]]

    def prepare(self):
        """Waits until its witness has something to say (R60: last words): that is made once per
        period, and acks of the next period come after it."""
        def acks():
            answer = self.ask("--json", "status")
            return json.loads(answer.stdout)["received"]["ack"] if answer.returncode == 0 else 0
        for _ in range(2):
            before = acks()
            wait_until(lambda: acks() > before + 2, LIMIT)

    def alive(self, name):
        """Is this member alive, for the service?"""
        answer = self.ask("--json", "members")
        return answer.returncode == 0 and any(
            m["name"] == name and m["status"] == "alive"
            for m in json.loads(answer.stdout)["members"])


def tell(tests):
    """Installs, tells the stories, and removes what was installed."""
    os.chmod(DEST, 0o755)
    try:
        install(DEST)
        stories(tests)
    finally:
        shutil.rmtree(DEST, ignore_errors=True)
