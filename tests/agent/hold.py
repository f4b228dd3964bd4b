#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds a process that crashes where its core would be dumped next: hold.py PID SIGNAL.

A handler of the signal gets it first. If the signal comes once more, nothing but the dump is left
to do, and the process is held there: for others, this is a dump that takes for ever. Says
"watching", then "held" or "gone"; a line of the standard input lets it go.
"""
import ctypes
import os
import sys

PTRACE_CONT, PTRACE_DETACH, PTRACE_SEIZE = 7, 17, 0x4206

libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
libc.ptrace.restype = ctypes.c_long


def ptrace(request, pid, data=0):
    if libc.ptrace(request, pid, None, data) < 0:
        sys.exit(os.strerror(ctypes.get_errno()))


def main():
    pid, number = map(int, sys.argv[1:])
    ptrace(PTRACE_SEIZE, pid)
    print("watching", flush=True)
    seen = 0
    while True:
        status = os.waitpid(pid, 0)[1]
        if not os.WIFSTOPPED(status):
            print("gone", flush=True)
            return
        stopped_by = os.WSTOPSIG(status)
        seen += stopped_by == number
        if seen == 2:
            break
        ptrace(PTRACE_CONT, pid, stopped_by)
    print("held", flush=True)
    sys.stdin.readline()
    ptrace(PTRACE_DETACH, pid, number)


if __name__ == "__main__":
    main()
