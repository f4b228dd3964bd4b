#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`hearsay top` at terminals, with real agents: sizes, keys, an agent that dies and comes back, and
that however it ends the terminal is as it was."""

import os
import signal
import socket
import subprocess
import tempfile
import termios
import time

from agents import Cluster, run_tests, wait_until
from terminal import Terminal

FAST = ["--profile", "local"]
TOOL = os.environ.get("HEARSAY", "hearsay")


def environment(**more):
    env = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "HEARSAY_CONTROL")}
    return {**env, "LC_ALL": "C.UTF-8", "TERM": "xterm", **more}


def top(agent, *args, width=80, height=24, **env):
    control = agent if isinstance(agent, str) else agent.control
    return Terminal([TOOL, "--control", control, "top", *args], environment(**env), width, height)


def batch(agent, *args, limit=30):
    done = subprocess.run([TOOL, "--control", agent.control, "top", *args], env=environment(),
                          capture_output=True, text=True, timeout=limit, check=False)
    return done.returncode, done.stdout, done.stderr


def three(cluster):
    agents = cluster.start(3)
    cluster.wait_agreed()
    return agents


# ---- what is seen ------------------------------------------------------------------------------


def it_fits_screens_of_all_sizes():
    with Cluster(FAST) as cluster:
        one = three(cluster)[0]
        for width, height in ((40, 10), (80, 24), (200, 60)):
            with top(one, width=width, height=height) as seen:
                lines = seen.wait("3 alive", "n3 ", "? help")
                assert lines[0].startswith("n1") and lines[0].endswith("UTC"), lines
                assert lines[3].startswith(">n1") and "self" in lines[3], lines
                assert lines[height - 1].startswith("1-3 of 3 by trouble"), lines
                assert ("ADDRESS" in lines[2]) == (width == 200), lines
                seen.type("q")
                assert seen.ended() == 0 and seen.is_restored()


def a_new_size_is_drawn_at_once():
    with Cluster(FAST) as cluster:
        one = three(cluster)[0]
        with top(one) as seen:
            seen.wait("3 alive", "TAGS")
            for width, height in ((200, 60), (40, 10), (41, 11), (120, 30), (20, 4), (80, 24)):
                began = time.monotonic()
                seen.resize(width, height)
                seen.wait("n1")
                if height >= 10:
                    seen.wait("3 alive", ">n1", "1-3 of 3")
                assert time.monotonic() - began < 5
            assert len(seen.wait("LATELY")[0]) == 80


def keys_move_filter_and_order():
    with Cluster(FAST) as cluster:
        one = three(cluster)[0]
        with top(one) as seen:
            seen.wait(">n1", "1-3 of 3 by trouble")
            seen.type("\x1b[B")
            seen.wait(">n2")
            seen.type("\x1bOB")
            seen.wait(">n3")
            seen.type("\x1b[H")
            seen.wait(">n1")
            seen.type("\x1b[6~")
            seen.wait(">n3")
            seen.type("\x1b[5")  # a key that comes in two pieces
            time.sleep(0.01)
            seen.type("~")
            seen.wait(">n1")
            seen.type("o")
            seen.wait("by name")
            seen.type("s")
            seen.wait("0-0 of 0 by name, not alive", absent=[">n1"])
            seen.type("\x1b")  # the key Escape, alone
            seen.wait("1-3 of 3 by name", ">n1")
            seen.type("/N2\r")
            seen.wait("1-1 of 1 by name, /N2", ">n2", absent=["\n n1", "\n>n1"])
            seen.type("\x1b")
            seen.wait("1-3 of 3")
            seen.type("?")
            seen.wait("another member")
            seen.type("x")
            seen.wait("1-3 of 3", absent=["another member"])
            seen.type("\x1b[Bw")
            seen.wait("n2 (127.0.0.1:", "has been alive for")
            seen.type("\x1b[24~")  # a function key is any other key
            seen.wait("1-3 of 3")
            seen.type("q")
            assert seen.ended() == 0 and seen.is_restored()


def it_begins_as_it_was_told():
    with Cluster(FAST) as cluster:
        one = three(cluster)[0]
        with top(one, "--sort", "share", "--filter", "n3", "--status", "alive") as seen:
            seen.wait("1-1 of 1 by share, alive, /n3", ">n3")


def what_changes_is_shown_with_its_reason():
    with Cluster(FAST) as cluster:
        one, _, last = three(cluster)
        with top(one) as seen:
            seen.wait("3 alive")
            last.kill_both()
            seen.wait("1 suspect", "n3 alive -> suspect (refused, says n")
            lines = seen.wait("1 dead", "n3 suspect -> dead (failed", "of all keys moved")
            assert lines[3].split()[:3] == [">n3", "dead", "failed"], lines


def who_is_dead_and_keeps_its_keys_is_marked():
    """R62: until the hold ends, or the member is back."""
    with Cluster([*FAST, "--ring-hold", "30s"]) as cluster:
        one, _, last = three(cluster)
        with top(one) as seen:
            seen.wait("3 alive", absent=["held"])
            last.kill()
            lines = seen.wait("1 dead, 1 held", "* keeps its keys until its death is 30s old")
            row = next(line for line in lines if line.startswith(">n3"))
            assert row.split()[1:3] == ["dead*", "failed"] and "%" in row, lines
            last.start(join=[one.addr])
            seen.wait("3 alive", absent=["held", "*"])
            last.kill()
            seen.wait("1 dead, 1 held", "dead*")
            answer = one.ask("force-leave", name="n3")  # it ends the hold before its time
            assert answer["ok"], answer
            seen.wait("1 dead", "forced", absent=["held", "*"])
    with Cluster([*FAST, "--ring-hold", "6s"]) as cluster:
        one, _, last = three(cluster)
        with top(one) as seen:
            seen.wait("3 alive")
            last.kill()
            seen.wait("1 dead, 1 held", "dead*", "death is 6.0s old")
            seen.wait("1 dead", "of all keys moved", absent=["held", "*"])


def colours_are_left_out_where_they_are_not_wanted():
    with Cluster(FAST) as cluster:
        one = three(cluster)[0]
        for args, env, color in (([], {}, True), (["--no-color"], {}, False),
                                 ([], {"NO_COLOR": "1"}, False)):
            with top(one, *args, **env) as seen:
                raw = []
                feed = seen.screen.feed
                seen.screen.feed = lambda text, raw=raw, feed=feed: (raw.append(text), feed(text))
                seen.wait("3 alive")
                assert ("\x1b[32m" in "".join(raw)) == color, (args, env)


def tags_that_try_to_break_the_terminal_do_not():
    with Cluster(FAST) as cluster:
        one = three(cluster)[0]
        answer = one.ask("tags-set", tags={"t": "\u202ex", "w": "\u6f22" * 40})
        assert answer["ok"], answer
        for width in (80, 100, 200):
            with top(one, width=width, height=24) as seen:
                lines = seen.wait("\\u202ex", "3 alive")
                assert lines[3].startswith(">n1"), lines


# ---- the agent ---------------------------------------------------------------------------------


def it_waits_for_an_agent_and_finds_it_again():
    with Cluster(FAST) as cluster:
        one = cluster.agent("n1")
        with top(one) as seen:
            seen.wait("no agent", f"no agent at {one.control}")
            one.start()
            seen.wait("1 alive", "ready", absent=["no agent"])
            one.kill()
            seen.wait("gone", "the agent is gone, this was", ">n1")
            one.start()
            seen.wait("ready", ">n1", absent=["gone"])
            seen.type("q")
            assert seen.ended() == 0 and seen.is_restored()


def an_agent_that_hangs_is_said_to_be_stale():
    with Cluster(FAST) as cluster:
        one = three(cluster)[0]
        with top(one) as seen:
            seen.wait("3 alive")
            one.signal(signal.SIGSTOP)
            seen.wait("stale", "the agent has been silent for")
            seen.type("w")  # it cannot be asked, and that is said, too
            seen.wait("does not answer")
            seen.type("x")
            one.signal(signal.SIGCONT)
            seen.wait("ready", absent=["stale"])


def what_is_not_joined_or_isolated_is_said():
    with Cluster(FAST) as cluster:
        one = cluster.agent("n1").start(join=["127.0.0.9:9"])
        with top(one) as seen:
            seen.wait("not joined", "not joined yet: it knows no more than itself")


# ---- the end -----------------------------------------------------------------------------------


def every_end_gives_the_terminal_back():
    with Cluster(FAST) as cluster:
        one = three(cluster)[0]
        for number, code in ((signal.SIGINT, 0), (signal.SIGTERM, -signal.SIGTERM),
                             (signal.SIGHUP, -signal.SIGHUP), (signal.SIGQUIT, -signal.SIGQUIT),
                             (signal.SIGABRT, -signal.SIGABRT), (signal.SIGSEGV, -signal.SIGSEGV)):
            with top(one) as seen:
                seen.wait("3 alive", "? help")
                assert seen.screen.alternate and not seen.screen.cursor
                seen.proc.send_signal(number)
                ended = seen.ended()
                # the sanitizers end in their own way after a crash
                assert ended == code or number in (signal.SIGABRT, signal.SIGSEGV), (number, ended)
                assert seen.is_restored(), number
        with top(one) as seen:
            seen.wait("3 alive")
            seen.type("\x03")  # Control-C, by the terminal
            assert seen.ended() == 0 and seen.is_restored()


def control_z_stops_it_and_it_comes_back():
    with Cluster(FAST) as cluster:
        one = three(cluster)[0]
        with top(one) as seen:
            seen.wait("3 alive")
            for _ in range(2):
                seen.proc.send_signal(signal.SIGTSTP)
                pid, status = os.waitpid(seen.proc.pid, os.WUNTRACED)
                assert pid and os.WIFSTOPPED(status)
                seen.read(0.1)
                assert seen.is_restored()
                seen.screen.clear()
                seen.proc.send_signal(signal.SIGCONT)
                seen.wait("3 alive", "? help")
                assert seen.screen.alternate and not seen.screen.cursor
            seen.type("q")
            assert seen.ended() == 0 and seen.is_restored()


def a_stop_that_it_does_not_hear_of_is_no_end_either():
    """After SIGSTOP a shell sets its own modes; when it goes on, the terminal is taken anew."""
    with Cluster(FAST) as cluster:
        one = three(cluster)[0]
        with top(one) as seen:
            seen.wait("3 alive")
            raw = termios.tcgetattr(seen.child)
            assert raw != seen.before
            seen.proc.send_signal(signal.SIGSTOP)
            os.waitpid(seen.proc.pid, os.WUNTRACED)
            termios.tcsetattr(seen.child, termios.TCSANOW, seen.before)
            seen.screen.feed("\x1b[?1049l\x1b[?25h$ ")
            seen.screen.clear()
            seen.proc.send_signal(signal.SIGCONT)
            seen.wait("3 alive", "? help")
            assert seen.screen.alternate and not seen.screen.cursor
            assert termios.tcgetattr(seen.child) == raw
            seen.type("q")
            assert seen.ended() == 0 and seen.is_restored()


def a_terminal_that_is_gone_ends_it():
    with Cluster(FAST) as cluster:
        one = three(cluster)[0]
        with top(one) as seen:
            seen.wait("3 alive")
            os.close(seen.child)
            os.close(seen.parent)
            wait_until(lambda: seen.proc.poll() is not None, 10)


def a_terminal_that_does_not_read_can_be_ended():
    """SIGTERM is heard while it waits for a terminal that takes nothing."""
    with Cluster(FAST) as cluster:
        one = three(cluster)[0]
        with top(one, width=200, height=60) as seen:
            seen.wait("3 alive")

            def written():
                with open(f"/proc/{seen.proc.pid}/io", encoding="ascii") as file:
                    return int(file.read().split("wchar: ")[1].split()[0])

            def is_stuck():  # each new size is a whole frame, until the terminal is full
                before = written()
                for width in (200, 199) * 20:
                    seen.size(width, 60)
                    time.sleep(0.01)
                return written() - before <= 40  # a byte for each signal
            wait_until(is_stuck, 30)
            seen.proc.send_signal(signal.SIGTERM)
            wait_until(lambda: seen.proc.poll() is not None, 10)


# ---- for scripts -------------------------------------------------------------------------------


def frames_are_printed_for_scripts():
    with Cluster(FAST) as cluster:
        one = three(cluster)[0]
        code, out, err = batch(one, "-b")
        assert (code, err) == (0, "") and "\x1b" not in out, (code, out, err)
        lines = out.splitlines()
        assert lines[0].startswith("n1 in hearsay  ready") and lines[1].startswith("3 alive"), out
        assert [line.split()[0] for line in lines[2:6]] == ["NAME", "n1", "n2", "n3"], out
        began = time.monotonic()
        code, out, _ = batch(one, "-n", "3", "-d", "1", "--sort", "name", "--filter", "n2")
        assert code == 0 and out.count("3 alive,") == 3 and out.count("\nn2  ") == 3, out
        assert 2 <= time.monotonic() - began < 10 and "n3  " not in out
        with top(one, "-b") as seen:  # on a terminal, too
            assert seen.ended() == 0
            assert "3 alive" in seen.screen.text() and not seen.screen.alternate
        with top(one, "-b", TERM="dumb") as seen:
            assert seen.ended() == 0
        with top(one, TERM="dumb") as seen:  # it cannot be drawn on
            assert seen.ended() == 0 and "3 alive" in seen.screen.text()


def a_script_hears_of_an_agent_that_is_not_there():
    with Cluster(FAST) as cluster:
        one = cluster.agent("n1")
        code, out, err = batch(one, "-b")
        assert (code, out) == (3, "") and err.startswith(f"hearsay: no agent at {one.control}"), err
        one.start()
        wait_until(lambda: one.try_ask("status"), 10)
        proc = subprocess.Popen([TOOL, "--control", one.control, "top", "-b", "-n", "4"],
                                env=environment(), stdout=subprocess.PIPE, text=True)
        assert "1 alive" in proc.stdout.readline() + proc.stdout.readline()
        one.kill()
        out, _ = proc.communicate(timeout=30)
        assert proc.returncode == 3 and "the agent is gone" in out, out
        one.start()
        wait_until(lambda: one.try_ask("status"), 10)
        one.signal(signal.SIGSTOP)
        code, out, err = batch(one, "-b", "--timeout", "1")
        assert code == 3 and "does not answer" in err, (code, out, err)
        one.signal(signal.SIGCONT)


def mistakes_are_told():
    with Cluster(FAST) as cluster:
        one = cluster.agent("n1")
        for args, words in ((["-n", "0"], "-n must be 1 to 1000000, not 0"),
                            (["-d", "x"], "-d must be 1 to 3600 seconds, not x"),
                            (["--sort", "age"], "--sort must be trouble, name, newest, rtt or "
                                                "share, not age"),
                            (["--status", "up"], "--status must be alive, suspect or dead, not up"),
                            (["--filter", "x" * 64], "--filter has at most 63 bytes"),
                            (["--json"], "shows what members, ring and monitor print with --json")):
            assert batch(one, *args) == (2, "", f"hearsay: top: {words}\n"), args
        with top(one, "-n", "2") as seen:
            assert seen.ended() == 2 and "say -b, too" in seen.screen.text()


def a_stranger_that_listens_is_not_believed():
    """Whoever has put a socket into a directory that all may write is not asked, and not shown."""
    if os.getuid() != 0:
        return
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o1777)
        path = os.path.join(folder, "s")
        with socket.socket(socket.AF_UNIX) as sock:
            sock.bind(path)
            os.chown(path, 2, 2)
            os.chmod(path, 0o777)
            pid = os.fork()
            if pid == 0:
                os.setgid(2)
                os.setuid(2)
                sock.listen(4)
                signal.pause()
            try:
                with top(path) as seen:
                    seen.wait("no agent", "is of user 2")
            finally:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)


if __name__ == "__main__":
    run_tests([it_fits_screens_of_all_sizes, a_new_size_is_drawn_at_once,
               keys_move_filter_and_order, it_begins_as_it_was_told,
               what_changes_is_shown_with_its_reason, who_is_dead_and_keeps_its_keys_is_marked,
               colours_are_left_out_where_they_are_not_wanted,
               tags_that_try_to_break_the_terminal_do_not,
               it_waits_for_an_agent_and_finds_it_again, an_agent_that_hangs_is_said_to_be_stale,
               what_is_not_joined_or_isolated_is_said, every_end_gives_the_terminal_back,
               control_z_stops_it_and_it_comes_back,
               a_stop_that_it_does_not_hear_of_is_no_end_either, a_terminal_that_is_gone_ends_it,
               a_terminal_that_does_not_read_can_be_ended, frames_are_printed_for_scripts,
               a_script_hears_of_an_agent_that_is_not_there, mistakes_are_told,
               a_stranger_that_listens_is_not_believed])
