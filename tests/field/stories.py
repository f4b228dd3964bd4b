# SPDX-License-Identifier: Apache-2.0
"""Runs stories as TAP. Most of a story is waiting, so several are told at once, each in a process
of its own, which is ended when it takes too long.

HEARSAY_FIELD=slow runs those marked slow alone, =all runs all; words behind the program choose by
name, whatever the mark. HEARSAY_FIELD_JOBS says how many at once.
"""
import os
import selectors
import shutil
import signal
import subprocess
import sys
import time
import traceback

from agents import Skip

JOBS = 4
LIMIT = 120.0  # seconds of a story; of a slow one five times that
EXPECTED = "TO" + "DO"  # TAP's word for what may fail; the tree has no such marks of its own
PATIENCE = 10.0  # seconds for its end after SIGTERM


def slow(story):
    """Takes so long that it is told with --all only."""
    story.slow = True
    return story


def known(story):
    """Older builds do this right too, and so it stays."""
    story.known = True
    return story


def todo(reason):
    """Not mended yet: it may fail, and is reported either way."""
    def mark(story):
        story.todo = reason
        return story
    return mark


def chosen(tests):
    wanted = sys.argv[1:]
    if wanted:
        unknown = set(wanted) - {t.__name__ for t in tests}
        if unknown:
            sys.exit(f"no such story: {' '.join(sorted(unknown))}")
        return [t for t in tests if t.__name__ in wanted]
    which = os.environ.get("HEARSAY_FIELD", "quick")
    return [t for t in tests if which == "all" or getattr(t, "slow", False) == (which == "slow")]


def go_inside(tests):
    """Who is not root becomes root of a user namespace, where machines can be made."""
    if os.geteuid() == 0:
        return
    words = [shutil.which("unshare") or "unshare", "--user", "--map-root-user", "--net", "--mount"]
    try:
        allowed = subprocess.run([*words, "true"], capture_output=True, check=False).returncode == 0
    except OSError:
        allowed = False
    if not allowed:
        print(f"1..{len(tests)}")
        for number, test in enumerate(tests, 1):
            print(f"ok {number} - {test.__name__} # SKIP no root, and no user namespaces here")
        sys.exit(0)
    os.environ["HEARSAY_FIELD_INSIDE"] = "1"
    os.execv(words[0], [*words, sys.executable, *sys.argv])


class Telling:
    """A story that is being told in a process of its own."""

    def __init__(self, test):
        self.test, self.began, self.said, self.told = test, time.monotonic(), b"", False
        self.limit = LIMIT * (5 if getattr(test, "slow", False) else 1)
        sys.stdout.flush()
        self.pipe, there = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self.pipe)
            os.dup2(there, 1)
            self.tell()
        os.close(there)

    def tell(self):
        """In the child: the outcome is the exit code, the reason goes to the pipe."""
        os.setsid()
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
        code = 1
        try:
            self.test()
            code = 0
        except Skip as reason:
            print(f"SKIP {reason}")
            code = 77
        except BaseException as error:  # whatever it is, it is why the story failed
            print(f"{type(error).__name__}: {error}")
            for frame in traceback.extract_tb(error.__traceback__)[1:]:
                print(f"  {os.path.basename(frame.filename)}:{frame.lineno}: {frame.line}")
        finally:
            sys.stdout.flush()
            os._exit(code)

    def hear(self):
        """Reads what it says; False once it has ended."""
        data = os.read(self.pipe, 65536)
        self.said += data
        return bool(data)

    def late(self):
        return time.monotonic() - self.began > self.limit

    def stop(self):
        """It has a moment to tidy up, then it is ended, and with it all that it has started."""
        if not self.told:
            self.told = True
            self.limit += PATIENCE
            os.kill(self.pid, signal.SIGTERM)
        else:
            os.killpg(self.pid, signal.SIGKILL)

    def line(self, number):
        """Its TAP lines, and whether it counts as a failure."""
        os.close(self.pipe)
        code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        words = self.said.decode(errors="replace").splitlines()
        name, took = self.test.__name__, f"{time.monotonic() - self.began:.1f} s"
        if code == 77:
            return [f"ok {number} - {name} # {words[-1]}"], False
        comment = ["# " + word.removeprefix("# ") for word in words]
        if code == 0:
            return [f"ok {number} - {name} # {took}", *comment], False
        reason = getattr(self.test, "todo", None)
        mark = f" # {EXPECTED} {reason}" if reason else ""
        return [f"not ok {number} - {name}{mark}", f"# after {took}", *comment], not reason


def stories(tests):
    """Tells all that are wanted; ends the program with exit code 1 if one failed."""
    tests = chosen(tests)
    go_inside(tests)
    print(f"1..{len(tests)}", flush=True)
    jobs = int(os.environ.get("HEARSAY_FIELD_JOBS", JOBS))
    ready, waiting, number, failed = selectors.DefaultSelector(), list(tests), 0, False
    running = []
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        while waiting or running:
            while waiting and len(running) < jobs:
                running.append(Telling(waiting.pop(0)))
                ready.register(running[-1].pipe, selectors.EVENT_READ, running[-1])
            for key, _ in ready.select(1.0):
                if not key.data.hear():
                    ready.unregister(key.fd)
                    running.remove(key.data)
                    number += 1
                    lines, bad = key.data.line(number)
                    failed = failed or bad
                    print("\n".join(lines), flush=True)
            for one in running:
                if one.late():
                    one.stop()
    finally:
        for one in running:
            os.kill(one.pid, signal.SIGTERM)
    sys.exit(1 if failed else 0)
