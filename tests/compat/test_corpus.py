#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every datagram of the release before is read as it was meant: its kind, its checksum and all its
fields. record.py made the corpus.

usage: test_corpus.py DUMP CORPUS
"""
import pathlib
import subprocess
import sys

DUMP, CORPUS = sys.argv[1:3]
KINDS = {"gossip", "ack", "probe-request", "nack", "challenge", "join", "refusal", "sync-buckets",
         "sync-differ", "sync-list", "sync-records", "sync-fine", "sync-finer"}
# What each kind shows, so that a field that is passed over is seen.
FIELDS = {"gossip": "own timestamp", "ack": "acked", "probe-request": "target", "nack": "finding",
          "challenge": "echo", "join": "record", "refusal": "holder", "sync-buckets": "sums",
          "sync-differ": "marked", "sync-list": "entries", "sync-records": "wanted",
          "sync-fine": "entries", "sync-finer": "entries"}


def fault_of(path):
    kind, length, receiver = path.name.split(".")
    data = path.read_bytes()
    done = subprocess.run([DUMP, "--raw", "--to", receiver, "--cluster", "hearsay"], input=data,
                          capture_output=True, timeout=20, check=False)
    out = done.stdout.decode()
    word = kind.split("-", maxsplit=1)[0] if kind.startswith("sync") else kind
    if len(data) != int(length):
        return f"{len(data)} bytes"
    for wanted in (f"  {word}, version 1", f"  {FIELDS[kind]}"):
        if wanted not in out:
            return f"no {wanted!r} in {out}"
    if done.returncode != 0 or "refused:" in out or "origin" in out:
        return out + done.stderr.decode()
    return None


def main():
    paths = sorted(pathlib.Path(CORPUS).iterdir())
    print(f"1..{len(paths) + 1}")
    missing = KINDS - {path.name.split(".")[0] for path in paths}
    print(f"{'not ok' if missing else 'ok'} 1 - there is each kind {sorted(missing)}")
    failed = bool(missing)
    for number, path in enumerate(paths, 2):
        fault = fault_of(path)
        failed = failed or bool(fault)
        print(f"{'not ok' if fault else 'ok'} {number} - {path.name}")
        if fault:
            print("# " + fault.replace("\n", "\n# "))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
