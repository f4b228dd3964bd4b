# SPDX-License-Identifier: Apache-2.0
"""The witness of an agent (R60: last words), as the kernel shows it."""
import os

NAME = "hearsay-witness"


def children(pid):
    """The processes whose parent is `pid`."""
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/stat", encoding="utf-8", errors="replace") as stat:
                    after = stat.read().rpartition(")")[2].split()
            except OSError:
                continue  # it has ended meanwhile
            if int(after[1]) == pid:
                found.append(int(entry))
    return found


def witness_of(agent):
    """The pid of an agent's witness, or None."""
    pids = children(agent.proc.pid)
    assert len(pids) <= 1, pids
    return pids[0] if pids else None


def is_gone(pid):
    """True if there is no such process any more, or it waits for its parent to take note of it."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as stat:
            return stat.read().rpartition(")")[2].split()[0] in ("Z", "X")
    except OSError:
        return True


def title(pid):
    """What ps shows, or "" if it has ended."""
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as cmdline:
            return cmdline.read().rstrip(b"\0").decode(errors="replace")
    except OSError:
        return ""


def left_behind(prefix):
    """Pids of all witnesses of members whose names begin so."""
    return [int(entry) for entry in os.listdir("/proc")
            if entry.isdigit() and title(int(entry)).startswith(f"{NAME} of {prefix}")]


def anonymous_kib(pid):
    """Its share of memory that is no file's, KiB. Its share of files depends on who else on the
    machine uses them."""
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as rollup:
        for line in rollup:
            if line.startswith("Pss_Anon:"):
                return int(line.split()[1])
    raise AssertionError("no Pss_Anon")


def is_sanitized(pid):
    """A sanitizer maps terabytes, and keeps much of them."""
    with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as status:
        return any(line.startswith("VmPeak:") and int(line.split()[1]) > 1 << 30
                   for line in status)
