#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""--svg: pictures that are complete and well-formed, or the old file and a reason."""

import os
import re
import resource
import signal
import stat
import subprocess
import tempfile
import xml.etree.ElementTree as ET

from fake import Agent, contains, equal, lacks, main

# Checksums and shares are from the reference implementation of the ring.
SHARES = {"n1": 0.363335, "n2": 0.320728, "n3": 0.315937}
RING = {"ok": True, "version": 3, "checksum": "354ddccc889145c1", "tokens": 384, "members": [
    {"name": n, "tokens": 128, "share": s} for n, s in SHARES.items()]}
DIFF = {"ok": True, "before": {"version": 3, "time": "2026-03-01T03:00:00.123456Z",
                               "checksum": "354ddccc889145c1", "tokens": 384, "members": 3},
        "after": {"checksum": "940a0fe9f228a2dc", "tokens": 256, "members": 2}, "n": 1,
        "zones": False, "moved": 0.363335, "reordered": 0, "pieces": 90, "members": [
            {"name": "n1", "before": {"tokens": 128, "share": 0.363335}, "gained": 0,
             "lost": 0.363335},
            {"name": "n2", "before": {"tokens": 128, "share": 0.320728},
             "after": {"tokens": 128, "share": 0.520009}, "gained": 0.199281, "lost": 0},
            {"name": "n3", "before": {"tokens": 128, "share": 0.315937},
             "after": {"tokens": 128, "share": 0.479991}, "gained": 0.164054, "lost": 0}]}
EMPTY = {"ok": True, "version": 1, "checksum": "0" * 16, "tokens": 0, "members": []}
NAMESPACE = "{http://www.w3.org/2000/svg}"


def draw(tool, answer, *args, **how):
    """(exit code, errors, the picture or None) of one command with --svg."""
    with tempfile.TemporaryDirectory() as folder, Agent({"ring": answer,
                                                         "ring-diff": answer}) as agent:
        path = os.path.join(folder, "ring.svg")
        code, _, err = tool.run("ring", *args, "--svg", path, agent=agent, **how)
        equal([f for f in os.listdir(folder) if f != "ring.svg"], [])
        if not os.path.exists(path):
            return code, err, None
        with open(path, encoding="utf-8") as file:
            return code, err, file.read()


def texts(picture):
    return [t.text for t in ET.fromstring(picture).iter(NAMESPACE + "text")]


def paths_of(picture, name):
    return [p.get("d") for p in ET.fromstring(picture).iter(NAMESPACE + "path")
            for t in p.iter(NAMESPACE + "title") if t.text.startswith(name)]


def test_a_ring_is_a_circle_with_a_legend(tool, _):
    code, err, picture = draw(tool, RING)
    equal((code, err), (0, ""))
    words = texts(picture)
    for word in ("n1", "36.33 %", "32.07 %", "31.59 %", "Ring, version 3",
                 "384 tokens, checksum 354ddccc889145c1"):
        equal(word in words, True)
    for name in SHARES:
        band, sector = paths_of(picture, name)
        equal((band.count("M") > 50, sector.count("M")), (True, 1))
    lacks(picture, "stroke='#444'")


def test_zones_are_outlined_and_named(tool, _):
    zoned = {**RING, "n": 2, "zones": True, "members": [
        {**m, "zone": z, "replicas": 0.5}
        for m, z in zip(RING["members"], ("west<&>", "east", "east"))]}
    _, _, picture = draw(tool, zoned, "-n", "2", "--zones")
    equal(picture.count("stroke='#444'"), 2)
    equal(sorted(t for t in texts(picture) if t in ("west<&>", "east")),
          ["east", "east", "west<&>", "west<&>"])
    contains(picture, "2 replicas of a key, in distinct zones", "50.00 %")


def test_a_change_shows_what_moves_from_whom_to_whom(tool, _):
    code, err, picture = draw(tool, DIFF, "diff")
    equal((code, err), (0, ""))
    words = texts(picture)
    for word in ("36.33 %", "of all keys change their owner", "version 3, 2026-03-01 03:00:00 UTC",
                 "as planned"):
        equal(word in words, True)
    titles = [t.text for t in ET.fromstring(picture).iter(NAMESPACE + "title")]
    equal(sum(t.startswith("n1 to n2") for t in titles), 1)
    equal(sum(t.startswith("n1 to n3") for t in titles), 1)
    equal([t for t in titles if t.startswith(("n2 to", "n3 to"))], [])


def test_a_long_legend_ends_with_how_many_are_left_out(tool, _):
    """60 members in 3 zones: the legend has room for about 25 of them, the circle for all."""
    tokens = {f"n{i:02}": 8 for i in range(60)}
    zones = {name: f"zone{i % 3}" for i, name in enumerate(tokens)}
    ring = {"ok": True, "version": 9, "checksum": "6a6d39a85b8a47b1", "tokens": 480, "members": [
        {"name": n, "tokens": 8, "share": 1 / 60, "zone": zones[n]} for n in tokens]}
    code, err, picture = draw(tool, ring)
    equal((code, err), (0, ""))
    words = texts(picture)
    listed = sum(name in words for name in tokens)
    equal((20 < listed < 60, f"and {60 - listed} more" in words), (True, True))


def test_a_change_of_replicas_says_so(tool, _):
    code, err, picture = draw(tool, {**DIFF, "n": 2, "zones": True}, "diff", "-n", "2", "--zones")
    equal((code, err), (0, ""))
    contains(picture, "of all keys get other owners", "2 replicas of a key, in distinct zones")


def test_small_and_empty_rings_are_drawn(tool, _):
    one = {"ok": True, "version": 1, "checksum": "a222351f3d4d1cd2", "tokens": 128,
           "members": [{"name": "n1", "tokens": 128, "share": 1.0}]}
    for answer, members in ((EMPTY, 0), (one, 1)):
        code, err, picture = draw(tool, answer)
        equal((code, err, len(paths_of(picture, "n1"))), (0, "", 2 * members))
        lacks(picture, "nan", "inf")


def test_text_of_others_stays_text(tool, _):
    odd = {**DIFF, "before": {**DIFF["before"], "time": "</svg>&'\u0001\u202e"}}
    code, _, picture = draw(tool, odd, "diff")
    equal(code, 0)
    contains(picture, "&lt;/svg&gt;&amp;&#39;")
    equal("</svg>" in picture[:-10], False)
    ET.fromstring(picture)


def test_a_ring_of_another_checksum_is_not_drawn(tool, _):
    for answer, args in (({**RING, "checksum": "0" * 15 + "1"}, []), ({"ok": True}, []),
                         ({"ok": True}, ["diff"]),
                         ({**RING, "members": [{"name": "a b", "tokens": 1}]}, []),
                         ({**RING, "members": [{"name": "a", "tokens": 0}]}, []),
                         ({**DIFF, "after": {"checksum": "1" * 16}}, ["diff"])):
        code, err, picture = draw(tool, answer, *args)
        equal((code, picture), (1, None))
        contains(err, "cannot draw the ring")


def test_the_picture_takes_its_place_when_it_is_complete(tool, _):
    with tempfile.TemporaryDirectory() as folder, Agent({"ring": RING}) as agent:
        real, link = os.path.join(folder, "real.svg"), os.path.join(folder, "link.svg")
        with open(real, "w", encoding="utf-8") as file:
            file.write("old")
        os.symlink("real.svg", link)
        old = os.umask(0o027)
        try:
            equal(tool.run("ring", "--svg", link, agent=agent)[0], 0)
        finally:
            os.umask(old)
        equal(os.readlink(link), "real.svg")
        equal(sorted(os.listdir(folder)), ["link.svg", "real.svg"])
        equal(stat.S_IMODE(os.stat(real).st_mode), 0o640)
        with open(real, encoding="utf-8") as file:
            contains(file.read(), "</svg>")


def small_files():
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))


def test_a_full_disk_leaves_the_old_picture(tool, _):
    with tempfile.TemporaryDirectory() as folder, Agent({"ring": RING}) as agent:
        path = os.path.join(folder, "ring.svg")
        with open(path, "w", encoding="utf-8") as file:
            file.write("old")
        code, _, err = tool.run("ring", "--svg", path, agent=agent, preexec_fn=small_files)
        equal((code, err), (1, f"hearsay: cannot write {path}: File too large\n"))
        equal(os.listdir(folder), ["ring.svg"])
        with open(path, encoding="utf-8") as file:
            equal(file.read(), "old")


def test_what_cannot_be_written_is_exit_1(tool, _):
    with Agent({"ring": RING}) as agent:
        for path, why in (("/dev/full", "No space left on device"),
                          ("/nonexistent/a.svg", "No such file or directory"),
                          ("/proc/a.svg", "")):
            code, out, err = tool.run("ring", "--svg", path, agent=agent)
            equal(code, 1)
            contains(err, f"hearsay: cannot write {path}: {why}")
            contains(out, "version    3")


def test_a_device_stays_one(tool, _):
    with Agent({"ring": RING}) as agent:
        equal(tool.run("ring", "--svg", "/dev/null", agent=agent)[0], 0)
        equal(stat.S_ISCHR(os.stat("/dev/null").st_mode), True)
        with tempfile.TemporaryDirectory() as folder:
            pipe = os.path.join(folder, "pipe")
            os.mkfifo(pipe)
            with subprocess.Popen(["cat", pipe], stdout=subprocess.PIPE, text=True) as reader:
                equal(tool.run("ring", "--svg", pipe, agent=agent)[0], 0)
                equal(bool(re.search(r"<svg .*</svg>\n$", reader.stdout.read(), re.S)), True)


if __name__ == "__main__":
    main([test for name, test in list(globals().items()) if name.startswith("test_")])
