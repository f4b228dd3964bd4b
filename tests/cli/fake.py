# SPDX-License-Identifier: Apache-2.0
"""An agent that plays scripted answers, and ways to run the tool against it.

The agent listens on a Unix socket in a directory of its own. Its script maps a command to what it
answers: an object, bytes to send as they are, a list of these with pauses (numbers of seconds), or
a function of the connection. Every request is kept.
"""

import fcntl
import json
import os
import pathlib
import pty
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
import traceback

DEADLINE = 60  # seconds for anything that should end by itself
HANG = object()  # in a script: say nothing more and keep the connection


class Agent:
    def __init__(self, script=None, greeting=None):
        self.script, self.greeting, self.requests = script or {}, greeting, []
        self.folder = tempfile.mkdtemp(prefix="hearsay-cli-")
        self.path = os.path.join(self.folder, "control.sock")
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listener.bind(self.path)
        self.listener.listen(8)
        self.open = []
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for connection in self.open:
            connection.close()
        shutil.rmtree(self.folder)

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.open.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        try:
            if self.greeting is not None:
                connection.sendall(encode(self.greeting))
                connection.close()
                return
            for line in connection.makefile("rb"):
                request = json.loads(line)
                self.requests.append(request)
                if play(connection, self.script.get(request["cmd"], {"ok": True})) is HANG:
                    return
        except OSError:
            pass  # the tool has gone: some tests are about that


def encode(answer):
    return answer if isinstance(answer, bytes) else json.dumps(answer).encode() + b"\n"


def play(connection, answer):
    """Sends one scripted answer; None closes the connection."""
    for part in answer if isinstance(answer, list) else [answer]:
        if part is HANG:
            return HANG
        if part is None:
            connection.shutdown(socket.SHUT_RDWR)
            connection.close()
            return HANG
        if isinstance(part, (int, float)):
            time.sleep(part)
        else:
            connection.sendall(encode(part))
    return None


class Tool:
    """Runs the tool under test."""

    def __init__(self, program):
        self.program = program

    def environment(self, agent, extra):
        env = {k: v for k, v in os.environ.items()
               if k not in ("HEARSAY_CONTROL", "NO_COLOR", "XDG_RUNTIME_DIR")}
        env.update(LC_ALL="C.UTF-8", TERM="xterm")
        if agent is not None:
            env["HEARSAY_CONTROL"] = agent if isinstance(agent, str) else agent.path
        env.update(extra or {})
        return env

    def run(self, *args, agent=None, env=None, **popen):
        """(exit code, stdout, stderr) with stdout a pipe."""
        popen.setdefault("stdout", subprocess.PIPE)
        done = subprocess.run([self.program, *args], stderr=subprocess.PIPE, timeout=DEADLINE,
                              env=self.environment(agent, env), check=False, **popen)
        out = done.stdout.decode() if done.stdout is not None else ""
        return done.returncode, out, done.stderr.decode()

    def start(self, *args, agent=None, env=None):
        return subprocess.Popen([self.program, *args], stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, env=self.environment(agent, env), bufsize=0)

    def on_terminal(self, *args, agent=None, env=None, columns=80):
        """(exit code, output) with stdout a terminal."""
        parent, child = pty.openpty()
        fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        attributes = termios.tcgetattr(child)
        attributes[1] &= ~termios.OPOST
        termios.tcsetattr(child, termios.TCSANOW, attributes)
        process = subprocess.Popen([self.program, *args], stdout=child, stderr=subprocess.PIPE,
                                   env=self.environment(agent, env))
        os.close(child)
        out = b""
        end = time.monotonic() + DEADLINE
        while (time.monotonic() < end and select.select([parent], [], [], 1)[0] or
               process.poll() is None):
            try:
                chunk = os.read(parent, 65536)
            except OSError:  # EIO: the other side is closed
                break
            if not chunk:
                break
            out += chunk
        os.close(parent)
        process.communicate(timeout=DEADLINE)
        return process.returncode, out.decode()


def read_line(process):
    """The next line of a running tool, or an error after the deadline."""
    if not select.select([process.stdout], [], [], DEADLINE)[0]:
        raise AssertionError("no line came")
    return process.stdout.readline().decode()


def stop(process, number=signal.SIGINT):
    process.send_signal(number)
    _, err = process.communicate(timeout=DEADLINE)
    return process.returncode, err.decode()


def main(tests):
    """Runs the functions as TAP test points; each takes the tool and the source root."""
    tool, root = Tool(sys.argv[1]), pathlib.Path(sys.argv[2])
    failed = 0
    print(f"1..{len(tests)}")
    for number, test in enumerate(tests, 1):
        try:
            test(tool, root)
            print(f"ok {number} - {test.__name__}")
        except Exception:  # a test's failure, whatever it is, is this test point's
            failed += 1
            print(f"not ok {number} - {test.__name__}")
            for line in traceback.format_exc().splitlines():
                print(f"# {line}")
    sys.exit(1 if failed else 0)


def equal(got, wanted):
    if got != wanted:
        raise AssertionError(f"got {got!r}, wanted {wanted!r}")


def contains(text, *parts):
    for part in parts:
        if part not in text:
            raise AssertionError(f"no {part!r} in {text!r}")


def lacks(text, *parts):
    for part in parts:
        if part in text:
            raise AssertionError(f"{part!r} in {text!r}")
