# SPDX-License-Identifier: Apache-2.0
"""The unit as it is installed, under a real systemd in a box (box.py): started, reloaded, killed,
stopped; what the pages promise of paths, groups, exit codes and the journal; and each mistake of
an operator, which `systemctl start` must tell by its exit code, one line, and no restart.
"""
import json
import os
import pathlib
import re
import signal
import statistics
import subprocess
import tempfile
import time

from field import known, log_time, slow, wait_until
from unit import CONF, DEST, LIMIT, LOG, PRIORITIES, SOCKET, Unit, install, tell, unit_path

LEVELS = {"error": "err", "warn": "warning", "info": "info", "debug": "debug"}
EXPOSURE = 2.0  # the most that systemd-analyze(1) may find; 0 is best, 10 worst


# ---- the installation --------------------------------------------------------------------------


def installation_keeps_the_settings():
    unit = pathlib.Path(unit_path()).read_text(encoding="utf-8")
    conf = re.search(r"--config (\S+)", unit)[1]
    assert not re.search(r"@\w+@", unit) and os.path.exists(DEST + conf), conf
    done = subprocess.run([DEST + re.search(r"ExecStart=(\S+)", unit)[1], "--help"],
                          capture_output=True, text=True, check=False)
    assert conf in done.stdout, "--help names the file that the unit reads"
    if "usr/local" in unit_path():
        assert conf == CONF, conf
    with tempfile.TemporaryDirectory(prefix="hearsay-unit-") as dest:
        mine = pathlib.Path(dest + conf)
        mine.parent.mkdir(parents=True)
        mine.write_text("name = mine\n", encoding="utf-8")
        install(dest)
        assert mine.read_text(encoding="utf-8") == "name = mine\n"


def it_starts_as_installed_and_answers_at_once():
    with Unit() as here:
        here.start()
        # READY=1 is told when the control socket answers, so nothing is waited for.
        answer = here.ask("members")
        assert answer.returncode == 0 and "box" in answer.stdout, (answer.stdout, answer.stderr)
        assert here.box.run("hearsay", "members").returncode == 0, "root need not say where"
        assert here.show("ActiveState") == "active"
        wait_until(lambda: here.lines(event="ready"), LIMIT)
        assert not here.journal("warning"), here.journal("warning")
        assert here.box.must("stat", "--format=%U", f"/proc/{here.pid()}") == "hearsay\n"


@known
@slow
def it_is_enabled_for_the_next_boot():
    with Unit() as here:
        here.box.must("systemctl", "enable", "hearsayd")
        assert here.box.must("systemctl", "is-enabled", "hearsayd").strip() == "enabled"
        here.box.must("systemctl", "disable", "hearsayd")


def the_unit_is_well_formed_and_closed():
    with Unit() as here:
        here.well_formed("hearsayd", EXPOSURE)


FOLLOWER = """[Unit]
Wants=hearsay-joined.service
After=hearsay-joined.service
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=true
"""


def services_can_be_ordered_after_the_join():
    def state(unit):
        return here.box.run("systemctl", "is-active", unit).stdout.strip()

    with Unit() as here:
        done = here.box.run("systemd-analyze", "verify", "--man=no", "hearsay-joined.service")
        assert done.returncode == 0 and not done.stderr, done.stderr
        here.box.write("/etc/systemd/system/follower.service", FOLLOWER)
        here.box.must("systemctl", "daemon-reload")
        here.configure("name = self\nbind = 127.0.0.1:7847\njoin = 127.0.0.2\n")
        here.box.must("systemctl", "start", "--no-block", "follower")
        wait_until(lambda: any("the agent has not joined yet" in line
                               for line in here.journal(identifier="hearsay")), LIMIT)
        assert (state("hearsayd"), state("hearsay-joined"), state("follower")) == (
            "active", "activating", "inactive")
        here.peer("first", "127.0.0.2")
        wait_until(lambda: state("follower") == "active", LIMIT)
        assert state("hearsay-joined") == "active", here.journal(identifier="hearsay")
        here.box.must("systemctl", "stop", "hearsayd")
        assert (state("hearsay-joined"), state("follower")) == ("inactive", "active")


@slow
def a_join_that_does_not_come_fails_the_unit_and_says_why():
    with Unit() as here:
        here.box.write("/etc/systemd/system/hearsay-joined.service.d/test.conf",
                       '[Service]\nEnvironment=HEARSAY_WAIT="--members 2 --timeout 1"\n')
        here.box.must("systemctl", "daemon-reload")
        here.configure("name = self\nbind = 127.0.0.1:7847\n")
        assert here.box.run("systemctl", "start", "hearsay-joined").returncode != 0
        assert ("hearsay: wait: not so after 1 s: 1 of 2 members are alive" in
                here.journal(identifier="hearsay")), here.journal(identifier="hearsay")
        assert here.box.run("systemctl", "is-active", "hearsayd").stdout == "active\n"


# ---- mistakes ----------------------------------------------------------------------------------

# Settings that cannot work in the unit, and words of the one line that says so.
MISTAKES = [
    ("colour = blue", [f"{CONF}:1:", "'colour'"]),
    ("suspect-timeout = soon", [f"{CONF}:1:", "suspect-timeout = soon"]),
    ("log = /var/log/hearsayd.log", ["/var/log/hearsayd.log", "Read-only file system",
                                     "may write in /var/log/hearsay"]),
    ("log = /tmp/hearsayd.log", ["/tmp/hearsayd.log", "Read-only file system",
                                 "may write in /var/log/hearsay"]),
    ("log = /var/log/hearsay/none/log", ["/var/log/hearsay/none/log", "No such file"]),
    ("control = /run/hearsayd.sock", ["/run/hearsayd.sock", "may write in /run/hearsay"]),
    ("control = /tmp/hearsayd.sock", ["/tmp/hearsayd.sock", "may write in /run/hearsay"]),
    ("control-group = nosuchgroup", ["nosuchgroup", "no such group"]),
    ("control-group = adm", ["group adm", "not permitted", "SupplementaryGroups"]),
    ("bind = 0.0.0.0:80", ["0.0.0.0:80", "below 1024"]),
]


def fails_for_good(here, code, words):
    """systemctl start has failed, or the service ended; it is not started again; one line says
    why."""
    wait_until(lambda: here.show("SubState") in ("failed", "auto-restart"), LIMIT)
    assert here.show("SubState") == "failed", here.journal("err")
    assert (here.show("ExecMainStatus"), here.show("NRestarts")) == (str(code), "0")
    said = [line for line in here.journal("err") if line.startswith("hearsayd: ")]
    assert len(said) == 1 and all(word in said[0] for word in words), (said, words)


def a_mistake_is_told_by_start_and_not_tried_again():
    with Unit() as here:
        for text, words in MISTAKES:
            here.configure(text + "\n")
            assert here.systemctl("start") != 0, text
            fails_for_good(here, 2, words)
            here.forget()


@slow
def without_settings_it_does_not_start():
    with Unit() as here:
        os.unlink(here.box.path(CONF))
        assert here.systemctl("start") != 0
        fails_for_good(here, 2, [CONF, "No such file"])


@slow
def settings_that_it_may_not_read():
    with Unit() as here:
        os.chmod(here.box.path(CONF), 0o600)
        assert here.systemctl("start") != 0
        fails_for_good(here, 2, [CONF, "Permission denied"])


def a_name_that_is_held_is_not_tried_again():
    with Unit() as here:
        holder = here.peer("twin", "127.0.0.2")
        here.start("name = twin", "bind = 127.0.0.1:7847", "join = 127.0.0.2")
        fails_for_good(here, 4, ["twin", "127.0.0.2:7847", "127.0.0.1:7847"])
        assert holder.running()
        holder.end()


@slow
def what_may_pass_is_tried_again():
    with Unit() as here:
        other = here.peer("first", "127.0.0.1")
        here.configure("bind = 127.0.0.1:7847\n")
        assert here.systemctl("start") != 0, "the port is in use"
        other.end()
        wait_until(lambda: here.show("ActiveState") == "active", LIMIT)
        assert any("in use" in line for line in here.journal("err")), here.journal()


# ---- settings that work ------------------------------------------------------------------------


def a_log_file_is_written_and_rotated():
    with Unit() as here:
        here.start(f"log = {LOG}")
        path = here.box.path(LOG)
        wait_until(lambda: os.path.exists(path) and '"ready"' in here.box.read(LOG), LIMIT)
        found = here.box.must("stat", "--format=%U %G %a", LOG, os.path.dirname(LOG)).splitlines()
        assert found == ["hearsay hearsay 640", "hearsay hearsay 750"], found
        assert not here.lines(), "the journal has nothing of it"
        os.rename(path, path + ".1")
        assert here.systemctl("reload") == 0
        wait_until(lambda: os.path.exists(path) and '"reload"' in here.box.read(LOG), LIMIT)
        assert '"reload"' not in here.box.read(LOG + ".1")
        # The way of logrotate, which wants no opinion about the settings.
        os.rename(path, path + ".1")
        here.box.must("systemctl", "kill", "--signal=HUP", "hearsayd")
        wait_until(lambda: os.path.exists(path) and '"reload"' in here.box.read(LOG), LIMIT)


@slow
def the_journal_hears_of_a_full_disk():
    with Unit() as here:
        here.box.must("mkdir", "-p", "/var/log/hearsay")
        here.box.must("mount", "-t", "tmpfs", "-o", "size=64k", "none", "/var/log/hearsay")
        here.start(f"log = {LOG}")
        here.box.run("sh", "-c", "cat /dev/zero >/var/log/hearsay/filler")
        here.box.must("sh", "-c", "for n in $(seq 100); do hearsay tags set n=$n || exit; done")
        wait_until(lambda: [m for m in here.journal("warning")
                            if f"log {LOG}: No space left" in m], LIMIT)
        assert here.systemctl("stop") == 0
        said = here.journal("err")[-1]
        assert re.fullmatch(rf"hearsayd: log {LOG}: \d+ lines are lost: No space left on device",
                            said), said


def a_control_group_may_ask():
    with Unit() as here:
        here.start("control-group = hearsay-admin")
        found = here.box.must("stat", "--format=%U %G %a", SOCKET).strip()
        assert found == "hearsay hearsay-admin 660", found
        assert here.ask("members", user="nobody", groups=["hearsay-admin"]).returncode == 0
        assert here.ask("members", user="nobody").returncode == 3
        # Its own group, and one that the operator has added to the unit.
        here.configure("control-group = hearsay\n")
        assert here.systemctl("restart") == 0
        assert here.ask("members", user="nobody", groups=["hearsay"]).returncode == 0
        here.drop_in("SupplementaryGroups=adm\n")
        here.configure("control-group = adm\n")
        assert here.systemctl("restart") == 0
        assert here.ask("members", user="nobody", groups=["adm"]).returncode == 0


def a_read_group_may_ask_and_not_change():
    with Unit() as here:
        here.start("control-read-group = hearsay-read")
        found = here.box.must("stat", "--format=%U %G %a", SOCKET).strip()
        assert found == "hearsay hearsay-read 660", found
        reader = dict(user="nobody", groups=["hearsay-read"])
        assert here.ask("members", **reader).returncode == 0
        here.configure("control-read-group = hearsay-read\ncontrol-group = hearsay-admin\n")
        assert here.systemctl("reload") == 0
        assert here.box.must("stat", "--format=%a", SOCKET).strip() == "666"
        admin = dict(user="nobody", groups=["hearsay-admin"])
        assert here.ask("tags", "set", "a=b", **admin).returncode == 0
        done = here.ask("tags", "set", "a=c", **reader)
        assert done.returncode == 1 and "may ask this agent and not change it" in done.stderr, done
        done = here.ask("members", user="nobody")
        assert done.returncode == 1 and "may not use this agent" in done.stderr, done
        assert here.lines("warning", event="refuse", reason="denied"), here.journal()


@slow
def the_drop_ins_of_the_pages_work():
    with Unit() as here:
        here.box.must("install", "-d", "-o", "hearsay", "/srv/logs")
        here.drop_in("AmbientCapabilities=CAP_NET_BIND_SERVICE\n"
                     "CapabilityBoundingSet=CAP_NET_BIND_SERVICE\nReadWritePaths=/srv/logs\n")
        here.start("bind = 0.0.0.0:780", "log = /srv/logs/hearsayd.log")
        assert '"bind":"0.0.0.0:780"' in here.box.read("/srv/logs/hearsayd.log")


def reload_applies_and_tells_mistakes():
    with Unit() as here:
        here.start("tag = role=web")
        pid = here.pid()
        here.configure("tag = role=db\n")
        assert here.systemctl("reload") == 0
        assert '"role":"db"' in here.ask("--json", "members").stdout.replace(" ", "")
        here.configure("tag = role\n")
        assert here.systemctl("reload") != 0
        assert here.lines("err", event="reload", result="failed"), here.journal()
        assert any(f"{CONF}:1" in line for line in here.journal(identifier="hearsay"))
        assert here.show("ActiveState") == "active" and here.pid() == pid


@slow
def a_long_goodbye_is_not_cut_short():
    """leave-timeout is longer than TimeoutStopSec, and nobody acknowledges the goodbye."""
    with Unit() as here:
        peer = here.peer("deaf", "127.0.0.2")
        here.drop_in("TimeoutStopSec=1\n")
        here.start("name = self", "bind = 127.0.0.1:7847", "join = 127.0.0.2", "leave-timeout = 3s",
                   "suspect-timeout = 60s")
        wait_until(lambda: here.alive("deaf"), LIMIT)
        peer.signal(signal.SIGSTOP)
        began = time.monotonic()
        assert here.systemctl("stop") == 0
        took = time.monotonic() - began
        peer.signal(signal.SIGCONT)
        peer.end()
        assert here.show("Result") == "success", here.journal()
        assert took > 2.5, f"the goodbye took {took:.1f} s"
        assert here.lines(event="stop", reason="left", exit=0), here.journal()


# ---- its life ----------------------------------------------------------------------------------


@slow
def killed_it_is_started_again():
    with Unit() as here:
        here.start()
        old = here.pid()
        here.box.must("systemctl", "kill", "--signal=KILL", "hearsayd")
        wait_until(lambda: here.show("ActiveState") == "active" and here.pid() not in (0, old),
                   LIMIT)
        assert here.show("NRestarts") == "1"
        assert here.ask("members").returncode == 0


def its_witness_says_that_it_was_killed():
    """systemd ends what is left of a unit whose main process has died, but not before the witness
    has spoken, and does not wait for it longer than that."""
    with Unit() as here:
        def said():
            return [(e["to"], e.get("reason")) for e in here.told_by("watcher", "self")]
        watcher = here.peer("watcher", "127.0.0.2")
        here.start("name = self", "bind = 127.0.0.1:7847", "join = 127.0.0.2")
        old = here.pid()
        here.prepare()
        here.box.must("systemctl", "kill", "--kill-who=main", "--signal=KILL", "hearsayd")
        wait_until(lambda: ("dead", "ended") in said(), LIMIT, lambda: str(said()))
        wait_until(lambda: here.show("ActiveState") == "active" and here.pid() not in (0, old),
                   LIMIT)
        wait_until(lambda: said()[-1][0] == "alive", LIMIT, lambda: str(said()))
        assert [to for to, _ in said()] == ["alive", "dead", "alive"], said()
        assert here.show("NRestarts") == "1"
        assert here.systemctl("stop") == 0
        assert here.show("Result") == "success", here.journal()
        watcher.end()


@slow
def each_kill_is_told_by_a_witness():
    """However often, and though systemd starts the next process at once. HEARSAY_FIELD_ROUNDS says
    how often."""
    rounds, told, took = int(os.environ.get("HEARSAY_FIELD_ROUNDS", "10")), 0, []
    with Unit() as here:
        peers = [here.peer("first", "127.0.0.2", "--profile", "local"),
                 here.peer("second", "127.0.0.3", "--profile", "local", "--join", "127.0.0.2")]
        names = ("first", "second")

        def news():
            """What each of them has told of it since the kill."""
            return [here.told_by(name, "self")[mark:] for name, mark in zip(names, marks)]
        here.drop_in("RestartSec=0\n")
        here.start("name = self", "bind = 127.0.0.1:7847", "join = 127.0.0.2", "profile = local")
        for _ in range(rounds):
            here.prepare()
            marks, old = [len(here.told_by(name, "self")) for name in names], here.pid()
            moment = time.time()
            here.box.must("sh", "-c", 'kill -KILL "$1"', "sh", str(old))
            wait_until(lambda: all(new and new[-1]["to"] == "alive" for new in news()), LIMIT,
                       lambda: str(news()))
            ends = [[log_time(e["time"]) for e in new if e.get("reason") == "ended"]
                    for new in news()]
            if all(ends):
                told += 1
                took.append(max(end[0] for end in ends) - moment)
            assert here.pid() not in (0, old)
        print(f"{told} of {rounds} were told to all; it took "
              f"{statistics.median(took or [0]):.3f} s, at most {max(took, default=0):.3f} s")
        assert told == rounds and here.show("NRestarts") == str(rounds)
        assert here.systemctl("stop") == 0 and here.show("Result") == "success", here.journal()
        for peer in peers:
            peer.end()


def its_state_outlives_it():
    with Unit() as here:
        here.start()

        def kept():
            return json.loads(here.ask("--json", "status").stdout or "{}").get("state")
        assert here.ask("tags", "set", "role=cache").returncode == 0
        wait_until(lambda: kept() and kept()["tags"] == 1 and not kept()["waiting"], LIMIT)
        assert kept()["dir"] == "/var/lib/hearsay", kept()
        owner = here.box.must("stat", "--format=%U %a", "/var/lib/hearsay/",
                              "/var/lib/hearsay/state")
        assert owner == "hearsay 700\nhearsay 600\n", owner
        assert here.systemctl("restart") == 0
        assert here.ask("tags").stdout == "role=cache\n"
        assert here.ask("forget").returncode == 0
        assert here.systemctl("restart") == 0
        assert here.ask("tags").stdout == ""
        assert not here.journal("warning"), here.journal("warning")


@slow
def stopped_it_says_goodbye():
    with Unit() as here:
        peer = here.peer("other", "127.0.0.2")
        here.start("name = self", "bind = 127.0.0.1:7847", "join = 127.0.0.2")
        wait_until(lambda: here.alive("other"), LIMIT)
        assert here.systemctl("stop") == 0
        assert here.show("Result") == "success" and here.show("ActiveState") == "inactive"
        assert here.lines(event="stop", reason="left", exit=0)

        def heard():
            return [e for e in map(json.loads, here.box.read("/tmp/other.log").splitlines())
                    if e["event"] == "member" and e["name"] == "self" and e["to"] == "dead"]
        wait_until(heard, LIMIT)
        assert [e["reason"] for e in heard()] == ["left"]
        assert not os.path.exists(here.box.path(SOCKET))
        peer.end()


@slow
def a_new_binary_runs_after_a_restart():
    with Unit() as here:
        here.start()
        old = here.pid()
        path = here.box.must("readlink", f"/proc/{old}/exe").strip()
        here.box.must("cp", path, path + ".new")
        here.box.must("mv", path + ".new", path)
        assert here.box.must("readlink", f"/proc/{old}/exe").strip().endswith("(deleted)")
        assert here.ask("members").returncode == 0, "the old one runs on"
        assert here.systemctl("restart") == 0
        assert here.lines(event="stop", reason="left", exit=0), "it said goodbye"
        assert here.pid() != old
        assert here.box.must("readlink", f"/proc/{here.pid()}/exe").strip() == path
        assert here.ask("members").returncode == 0


def the_journal_has_priorities():
    """`journalctl -p warning` shows trouble and nothing else, and the lines are still JSON."""
    with Unit() as here:
        here.start("name = self", "bind = 127.0.0.1:7847", "log-level = debug")
        peer = here.peer("victim", "127.0.0.2", "--join", "127.0.0.1", "--last-words", "no")
        wait_until(lambda: here.alive("victim"), LIMIT)
        peer.end()
        wait_until(lambda: here.lines("warning", event="member", to="dead"), LIMIT)
        seen = set()
        for entry in here.entries():
            line = json.loads(entry["MESSAGE"])
            seen.add(line["level"])
            assert int(entry["PRIORITY"]) == PRIORITIES[LEVELS[line["level"]]], entry
        assert {"info", "warn"} <= seen, seen
        said = here.box.must("journalctl", "--unit=hearsayd", "--priority=warning", "--output=cat",
                             "--boot").splitlines()
        assert any('"name":"victim"' in line and '"to":"dead"' in line for line in said), said
        assert not any('"level":"info"' in line for line in said), said
        assert here.lines("warning", event="member", name="victim", to="suspect")


if __name__ == "__main__":
    tell([installation_keeps_the_settings, it_starts_as_installed_and_answers_at_once,
          it_is_enabled_for_the_next_boot, the_unit_is_well_formed_and_closed,
          services_can_be_ordered_after_the_join,
          a_join_that_does_not_come_fails_the_unit_and_says_why,
          a_mistake_is_told_by_start_and_not_tried_again,
          without_settings_it_does_not_start, settings_that_it_may_not_read,
          a_name_that_is_held_is_not_tried_again, what_may_pass_is_tried_again,
          a_log_file_is_written_and_rotated, the_journal_hears_of_a_full_disk,
          a_control_group_may_ask, a_read_group_may_ask_and_not_change,
          the_drop_ins_of_the_pages_work, reload_applies_and_tells_mistakes,
          a_long_goodbye_is_not_cut_short, killed_it_is_started_again,
          its_witness_says_that_it_was_killed, each_kill_is_told_by_a_witness,
          its_state_outlives_it, stopped_it_says_goodbye, a_new_binary_runs_after_a_restart,
          the_journal_has_priorities])
