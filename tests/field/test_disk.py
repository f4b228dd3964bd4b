# SPDX-License-Identifier: Apache-2.0
"""The disk of the log: full, and full until the end; a file that is deleted, alone or with its
folder; a file that ends within a line. The counters tell the truth, and what is lost is told."""
import json
import os
import re
import shutil
import signal

from field import Field, stories

FOLDER = "/var/log/hearsay"
LOG = FOLDER + "/log"
FULL = "No space left on device"


def begin(f, disk=None):
    """A host whose agent logs to LOG."""
    a = f.host("a")
    a.must("mkdir", FOLDER)
    if disk:
        a.disk(FOLDER, disk)
    a.log = a.path(LOG)
    a.start(log=LOG)
    f.wait(lambda: a.events("ready"), 10)
    return a


def chatter(a, lines):
    """Makes it write so many lines: each change of its tags is one."""
    for number in range(lines):
        assert a.ask("tags-set", tags={"n": f"{number} of {lines}"})["ok"]


def fill(a):
    """Leaves no byte free. Returns the file that does it."""
    filler = a.path(FOLDER + "/filler")
    with open(filler, "wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 4096)
        except OSError:
            return filler


def lines_of(path):
    """Its whole lines, and the rest of it."""
    with open(path, "rb") as file:
        *whole, rest = file.read().split(b"\n")
    return whole, rest


def lost_at_the_end(a, reason):
    """Standard error says that the log takes nothing, once; and at the end how many lines are lost,
    which is returned."""
    first, last = a.errors().splitlines()
    assert re.fullmatch(rf"hearsayd: log {LOG}: {reason}: \d+ lines wait, 0 are lost", first), first
    said = re.fullmatch(rf"hearsayd: log {LOG}: (\d+) lines are lost: {reason}", last)
    assert said, last
    return int(said[1])


def a_disk_that_stays_full_is_told_of_at_the_end():
    """`written` counted what only waited, the lost lines were not told, and the next start glued
    its first line to the torn one."""
    with Field() as f:
        a = begin(f, disk="64k")
        filler = fill(a)
        chatter(a, 100)
        log = a.ask("status")["log"]
        assert log["written"] == len(lines_of(a.log)[0]), log
        assert log["waiting"] > 50 and log["dropped"] == 0 and log["error"] == FULL, log
        shown = a.tool("status").stdout
        assert f"waiting ({FULL})" in shown, shown
        f.wait(a.errors, 10, "standard error says nothing")
        assert a.stop() == 0
        assert lost_at_the_end(a, FULL) >= log["waiting"]
        whole, rest = lines_of(a.log)
        os.unlink(filler)
        a.start(log=LOG)
        f.wait(lambda: len(lines_of(a.log)[0]) > len(whole) + 1, 10)
        then = lines_of(a.log)[0][len(whole):]
        assert not rest or then.pop(0) == rest, "the torn line is ended and else untouched"
        assert json.loads(then[0])["event"] == "start", then
        os.truncate(a.log, 0)  # which has a torn line, as it must


def lines_wait_for_room():
    with Field() as f:
        a = begin(f, disk="64k")
        filler = fill(a)
        chatter(a, 50)
        assert a.ask("status")["log"]["waiting"] > 0
        os.unlink(filler)
        f.wait(lambda: a.ask("status")["log"]["waiting"] == 0, 10)
        log = a.ask("status")["log"]
        assert log["error"] is None and log["dropped"] == 0, log
        assert len(a.events("member", name="a", reason="updated")) == 50


def a_deleted_file_is_made_again():
    """Everything after it, later only what was written within a second, went to a file that had no
    name."""
    with Field() as f:
        a = begin(f)
        a.events()
        os.unlink(a.log)
        a.offset, a.lines = 0, []
        chatter(a, 2)
        said, = f.wait(lambda: os.path.exists(a.log) and
                       a.events("health", reason="log-deleted"), 10)
        assert said["level"] == "warn", said
        assert len(a.events("member", name="a", reason="updated")) == 2, a.lines


def a_folder_that_vanished_is_waited_for():
    with Field() as f:
        a = begin(f)
        shutil.rmtree(a.path(FOLDER))

        def waits():
            chatter(a, 2)
            return a.ask("status")["log"]["waiting"] > 10
        f.wait(waits, 10)
        f.wait(a.errors, 10, "standard error says nothing")
        log = a.ask("status")["log"]
        assert log["error"] == "No such file or directory" and log["dropped"] == 0, log
        a.offset, a.lines = 0, []
        a.must("mkdir", FOLDER)
        f.wait(lambda: os.path.exists(a.log) and len(a.events("member")) >= log["waiting"], 10)
        shutil.rmtree(a.path(FOLDER))
        f.wait(waits, 10)
        assert a.stop() == 0
        lost_at_the_end(a, "No such file or directory")


def a_line_of_a_killed_agent_is_ended():
    with Field() as f:
        a = begin(f)
        a.kill()
        with open(a.log, "ab") as file:
            file.write(b'{"time":"2026-11-28T03:00:00.000000Z","lev')
        before = len(lines_of(a.log)[0])
        a.start(log=LOG)
        f.wait(lambda: len(lines_of(a.log)[0]) > before + 1, 10)
        torn, first = lines_of(a.log)[0][before:before + 2]
        assert torn.endswith(b'"lev') and json.loads(first)["event"] == "start", (torn, first)
        os.truncate(a.log, 0)


def a_rotated_log_is_reopened_whatever_the_settings_say():
    """A mistake in the file kept `hearsay reload` from the rotated log, and after SIGHUP an `ok`
    followed the error of a log that could not be opened."""
    with Field() as f:
        a = f.host("a")
        a.write("/etc/hearsay.conf", "")
        a.must("mkdir", FOLDER)
        a.log = a.path(LOG)
        a.start("--config", "/etc/hearsay.conf", log=LOG)
        f.wait(lambda: a.events("ready"), 10)
        for text, result in (("", "ok"), ("fanout = many\n", "failed")):
            a.write("/etc/hearsay.conf", text)
            for reload in (lambda: a.tool("reload"), a.reload):
                os.rename(a.log, a.log + ".1")
                a.offset, a.lines = 0, []
                reload()
                f.wait(lambda: os.path.exists(a.log) and a.events("reload"), 10)
                a.ask("status")  # it has come back to its loop
                assert [e["result"] for e in a.events("reload")] == [result], a.events()
        a.write("/etc/hearsay.conf", "")
        os.rename(a.path(FOLDER), a.path(FOLDER + ".away"))
        a.log, mark = a.path(FOLDER + ".away/log"), a.mark()
        a.signal(signal.SIGHUP)
        f.wait(lambda: a.events_since(mark, "reload"), 10)
        a.ask("status")
        failed, = a.events_since(mark, "reload")
        assert failed["result"] == "failed" and LOG in failed["message"], failed


if __name__ == "__main__":
    stories([a_disk_that_stays_full_is_told_of_at_the_end, lines_wait_for_room,
             a_deleted_file_is_made_again, a_folder_that_vanished_is_waited_for,
             a_line_of_a_killed_agent_is_ended,
             a_rotated_log_is_reopened_whatever_the_settings_say])
