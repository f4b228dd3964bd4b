# SPDX-License-Identifier: Apache-2.0
"""A program at a terminal of its own, and what a person sees there: a screen that knows as much of
ANSI as `hearsay top` uses, and fails on anything else."""

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
import unicodedata

DEADLINE = 30  # seconds for anything that must come
TOKEN = re.compile(r"\x1b\[(\?)?([0-9;]*)([A-Za-z])|([^\x1b])", re.S)


class Screen:
    """The cells of a terminal."""

    def __init__(self, width, height):
        self.alternate, self.cursor, self.wraps = False, True, True
        self.rest, self.writes = "", 0
        self.resize(width, height)

    def resize(self, width, height):
        self.width, self.height, self.x, self.y = width, height, 0, 0
        self.clear()

    def clear(self):
        self.cells = [[" "] * self.width for _ in range(self.height)]

    def feed(self, text):
        self.rest += text
        at = 0
        while at < len(self.rest):
            token = TOKEN.match(self.rest, at)
            if token is None:  # a sequence that is not whole yet
                assert len(self.rest) - at < 16, repr(self.rest[at:at + 40])
                break
            at = token.end()
            if token[4] is not None:
                self.put(token[4])
            else:
                self.obey(token[1], token[2], token[3])
        self.rest = self.rest[at:]

    def put(self, char):
        if char == "\r":
            self.x = 0
        elif char == "\n":
            self.y = min(self.y + 1, self.height - 1)
        elif char >= " ":
            wide = 2 if unicodedata.east_asian_width(char) in "WF" else 1
            assert not self.alternate or self.x + wide <= self.width, "written past the edge"
            if self.y < self.height and self.x < self.width:
                self.cells[self.y][self.x:self.x + wide] = [char] + [""] * (wide - 1)
            self.x += wide

    def obey(self, private, numbers, letter):
        if private:
            on = letter == "h"
            for number in numbers.split(";"):
                name = {"1049": "alternate", "25": "cursor", "7": "wraps"}.get(number)
                if name:
                    setattr(self, name, on)
        elif letter == "H":
            row, column = (int(n or 1) for n in (numbers or "1;1").split(";"))
            self.y, self.x = row - 1, column - 1
            assert row <= self.height or not self.alternate, "written below the screen"
        elif letter == "J" and numbers == "2":
            self.clear()
        elif letter == "J":
            for row in range(self.y, self.height):
                self.cells[row] = [" "] * self.width
        elif letter == "K":
            self.cells[self.y][self.x:] = [" "] * (self.width - self.x)
        else:
            assert letter == "m", f"a sequence that is not known: {numbers}{letter}"

    def lines(self):
        return ["".join(row).rstrip() for row in self.cells]

    def text(self):
        return "\n".join(self.lines())


class Terminal:
    """A program that runs at a terminal."""

    def __init__(self, command, env, width=80, height=24):
        self.parent, self.child = pty.openpty()
        self.screen = Screen(width, height)
        self.size(width, height)
        self.before = termios.tcgetattr(self.child)
        self.proc = subprocess.Popen(command, stdin=self.child, stdout=self.child,
                                     stderr=self.child, env=env, start_new_session=True,
                                     preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with contextlib.suppress(ProcessLookupError):
            self.proc.send_signal(signal.SIGCONT)
        self.proc.kill()
        self.proc.wait()
        for fd in (self.parent, self.child):
            with contextlib.suppress(OSError):
                os.close(fd)

    def size(self, width, height):
        fcntl.ioctl(self.child, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))

    def resize(self, width, height):
        self.read(0)
        self.screen.resize(width, height)
        self.size(width, height)  # the kernel sends SIGWINCH

    def type(self, text):
        os.write(self.parent, text.encode())

    def read(self, seconds):
        """Takes what has come, waiting for it. Returns the number of reads."""
        count = 0
        while select.select([self.parent], [], [], seconds if count == 0 else 0)[0]:
            try:
                data = os.read(self.parent, 65536)
            except OSError:  # all other ends are closed
                break
            self.screen.feed(data.decode(errors="replace"))
            count += 1
        return count

    def wait(self, *parts, absent=(), limit=DEADLINE):
        """Until all of these can be seen, and none of those."""
        end = time.monotonic() + limit
        while (any(p not in self.screen.text() for p in parts) or
               any(p in self.screen.text() for p in absent)):
            assert time.monotonic() < end, f"no {parts} without {absent}:\n{self.screen.text()}"
            self.read(0.1)
        return self.screen.lines()

    def ended(self, limit=DEADLINE):
        """The exit code, once the program has ended."""
        end = time.monotonic() + limit
        while self.proc.poll() is None:
            assert time.monotonic() < end, "it does not end"
            self.read(0.05)
        self.read(0)
        return self.proc.returncode

    def is_restored(self):
        """The terminal is as it was before the program began."""
        screen = self.screen
        return (not screen.alternate and screen.cursor and screen.wraps and
                termios.tcgetattr(self.child) == self.before)
