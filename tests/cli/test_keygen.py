#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""New keys, their files, and fingerprints. No agent is asked."""

import base64
import grp
import hashlib
import hmac
import json
import os
import re
import resource
import shutil
import stat
import subprocess
import tempfile

from fake import contains, equal, main

KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
LINE = re.compile(r"[A-Za-z0-9+/]{43}=\n")


def fingerprint(line, cluster):
    """As docs/protocol.md says."""
    prk = hmac.digest(b"hearsay seal 1", base64.b64decode(line), hashlib.sha256)
    out, last = b"", b""
    for i in (1, 2, 3):
        last = hmac.digest(prk, last + cluster + bytes([i]), hashlib.sha256)
        out += last
    return out[64:68].hex()


class Folder:
    """A folder for key files."""

    def __enter__(self):
        self.path = tempfile.mkdtemp(prefix="hearsay-keygen-")
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.path)

    def file(self, name="key"):
        return os.path.join(self.path, name)

    def write(self, text, name="key"):
        with open(self.file(name), "w", encoding="utf-8") as file:
            file.write(text)
        return self.file(name)

    def read(self, name="key"):
        with open(self.file(name), encoding="ascii") as file:
            return file.read()


def test_a_key_is_one_line_on_stdout(tool, _):
    keys = set()
    for _ in range(5):
        code, out, err = tool.run("keygen", agent="/nonexistent")
        equal((code, err, bool(LINE.fullmatch(out))), (0, "", True))
        equal(len(base64.b64decode(out.rstrip(), validate=True)), 32)
        keys.add(out)
    equal(len(keys), 5)


def test_a_key_as_json(tool, _):
    code, out, err = tool.run("keygen", "--json")
    equal((code, err), (0, ""))
    equal(bool(LINE.fullmatch(json.loads(out)["key"] + "\n")), True)


def test_a_file_is_closed_and_its_fingerprint_is_shown(tool, _):
    for option, cluster in (([], b"hearsay"), (["--cluster", "eu.cache"], b"eu.cache")):
        with Folder() as folder:
            code, out, err = tool.run("keygen", "-o", folder.file(), *option, umask=0)
            equal((code, err), (0, ""))
            equal(bool(LINE.fullmatch(folder.read())), True)
            equal(out, fingerprint(folder.read(), cluster) + "\n")
            status = os.stat(folder.file())
            mode, group = stat.S_IMODE(status.st_mode), status.st_gid
            if os.geteuid() == 0 and "hearsay" in [entry.gr_name for entry in grp.getgrall()]:
                equal((mode, group), (0o640, grp.getgrnam("hearsay").gr_gid))
            else:
                equal(mode, 0o600)
            equal(os.listdir(folder.path), ["key"])


def test_a_strict_umask_does_not_close_it_to_its_owner(tool, _):
    with Folder() as folder:
        equal(tool.run("keygen", "-o", folder.file(), umask=0o777)[0], 0)
        equal(os.stat(folder.file()).st_mode & 0o600, 0o600)


def test_root_gives_it_to_the_group_of_the_agent(tool, _):
    """With a group `hearsay` in a mount namespace of its own."""
    with Folder() as folder:
        with open("/etc/group", encoding="utf-8") as file:
            lines = [line for line in file if not line.startswith("hearsay:")]
        groups = folder.write("".join(lines) + "hearsay:x:54321:\n", "group")
        script = 'mount --bind "$1" /etc/group && exec "$2" keygen -o "$3"'
        try:
            done = subprocess.run(["unshare", "-m", "sh", "-c", script, "sh", groups, tool.program,
                                   folder.file()], capture_output=True, text=True, check=False)
        except OSError:
            return  # no unshare(1)
        if done.returncode != 0 and ("unshare" in done.stderr or "mount" in done.stderr):
            return  # not allowed here
        equal((done.returncode, done.stderr), (0, ""))
        status = os.stat(folder.file())
        equal((stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid), (0o640, 0, 54321))


def test_a_file_is_never_overwritten(tool, _):
    with Folder() as folder:
        folder.write("precious")
        os.symlink("nowhere", folder.file("link"))
        for name in ("key", "link"):
            code, out, err = tool.run("keygen", "-o", folder.file(name))
            equal((code, out), (1, ""))
            contains(err, f"keygen: {folder.file(name)} exists already", "hearsay keygen >>")
        equal(folder.read(), "precious")
        equal(sorted(os.listdir(folder.path)), ["key", "link"])


def test_a_file_that_cannot_be_made_is_told(tool, _):
    with Folder() as folder:
        path = folder.file("none/key")
        equal(tool.run("keygen", "-o", path),
              (1, "", f"hearsay: keygen: {path}: No such file or directory\n"))


def test_a_failed_write_leaves_no_file(tool, _):
    """The kernel takes ten bytes of it, and then no more."""
    with Folder() as folder:
        done = subprocess.run(
            [tool.program, "keygen", "-o", folder.file()], capture_output=True, text=True,
            restore_signals=False, check=False,  # SIGXFSZ stays ignored, as Python has it
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10)))
        equal((done.returncode, done.stdout), (1, ""))
        contains(done.stderr, folder.file(), "File too large", "no file was made")
        equal(os.listdir(folder.path), [])


def test_an_output_that_cannot_be_written_is_told(tool, _):
    with open("/dev/full", "w", encoding="ascii") as full:
        equal(tool.run("keygen", stdout=full)[0], 1)


def test_fingerprints_of_a_file(tool, _):
    with Folder() as folder:
        other = tool.run("keygen")[1]
        path = folder.write(f"# two\n{KEY}\n\n{other}")
        marks = [fingerprint(KEY, b"hearsay"), fingerprint(other, b"hearsay")]
        equal(marks[0], "757217cc")
        equal(tool.run("keygen", "--fingerprint", path), (0, "".join(m + "\n" for m in marks), ""))
        code, out, _ = tool.run("keygen", "--json", "--fingerprint", path)
        equal((code, json.loads(out)), (0, {"cluster": "hearsay", "fingerprints": marks}))
        with open(path, encoding="ascii") as text:
            _, out, _ = tool.run("keygen", "--fingerprint=-", "--cluster", "c", stdin=text)
        equal(out.split(), [fingerprint(KEY, b"c"), fingerprint(other, b"c")])


def test_a_wrong_file_is_told_and_no_key_is_shown(tool, _):
    for text, said in (("", "there is no key in it"), (f"{KEY}\n{KEY[:-2]}\n", ":2: the line is"),
                       ("\n" * 9000, "8192 bytes"), (f"{KEY}\n" * 2, ":2: the same key twice")):
        with Folder() as folder:
            path = folder.write(text)
            code, out, err = tool.run("keygen", "--fingerprint", path)
            equal((code, out, err.count("\n")), (1, "", 1))
            contains(err, f"hearsay: keygen: {path}", said)
            equal(KEY[:8] in err, False)
    equal(tool.run("keygen", "--fingerprint", "/nonexistent"),
          (1, "", "hearsay: keygen: /nonexistent: No such file or directory\n"))


if __name__ == "__main__":
    main([test for name, test in list(globals().items()) if name.startswith("test_")])
