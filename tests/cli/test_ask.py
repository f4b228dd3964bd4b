#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What an answer is worth, keys of any bytes, tags that cannot be taken for others, and whom the
tool asks."""

import os
import shutil
import socket
import subprocess
import tempfile
import threading

from fake import HANG, Agent, contains, equal, lacks, main

NOBODY = 65534  # a user that owns nothing here
JOINING = "hearsay: this agent has not joined yet: it knows no more than itself\n"
ISOLATED = "hearsay: this agent is isolated: it hears nobody, and shows what was before\n"


def worth(ready=True, isolated=False, **fields):
    return {"ok": True, "ready": ready, "isolated": isolated, **fields}


def owners(**more):
    return {**worth(key="k", key_hex="6b", hash="a" * 16,
                    owners=[{"name": "n1", "addr": "127.0.0.1:1", "status": "alive"}]), **more}


# ---- what an answer is worth ---------------------------------------------------------------------

QUESTIONS = {"members": (["members"], {"members": []}), "status": (["status"], {}),
             "keys": (["keys"], {"keys": []}),
             "ring": (["ring"], {"members": []}), "why": (["why", "n1"], {"member": {}}),
             "ring-history": (["ring", "history"], {"versions": []}),
             "ring-diff": (["ring", "diff"], {"members": []}),
             "ring-plan": (["ring", "plan", "--remove", "n1"], {"members": []})}


def test_text_warns_and_json_does_not(tool, _):
    for command, (args, fields) in QUESTIONS.items():
        for state, warning in (({"ready": False}, JOINING), ({"isolated": True}, ISOLATED),
                               ({"ready": False, "isolated": True}, JOINING + ISOLATED), ({}, "")):
            with Agent({command: worth(**fields, **state)}) as agent:
                code, _, err = tool.run(*args, agent=agent)
                equal((args, code, err), (args, 0, warning))
                code, out, err = tool.run(*args, "--json", agent=agent)
                equal((code, err), (0, ""))
                contains(out, '"ready":', '"isolated":')


def test_lookup_of_an_agent_that_cannot_know_is_exit_4(tool, _):
    for state, code, warning in (({}, 0, ""), ({"ready": False}, 4, JOINING),
                                 ({"isolated": True}, 4, ISOLATED)):
        with Agent({"lookup": {**owners(), **state}}) as agent:
            got, out, err = tool.run("lookup", "k", agent=agent)
            equal((got, err), (code, warning))
            contains(out, "n1")
            got, out, err = tool.run("lookup", "k", "--json", agent=agent)
            equal((got, err), (code, ""))


def test_an_older_agent_that_says_nothing_of_it_is_believed(tool, _):
    answer = owners()
    del answer["ready"], answer["isolated"]
    with Agent({"lookup": answer}) as agent:
        code, _, err = tool.run("lookup", "k", agent=agent)
        equal((code, err), (0, ""))


# ---- keys ----------------------------------------------------------------------------------------

def test_a_key_on_standard_input_is_all_of_its_bytes(tool, _):
    warning = "hearsay: lookup: the key ends in a newline, which counts (printf '%s' makes none)\n"
    for given, args, request, said in (
            (b"user:42", [], {"key": "user:42"}, ""), (b"", [], {"key": ""}, ""),
            (b"a\n", [], {"key": "a\n"}, warning),
            (b"\xff\0\n", [], {"key_hex": "ff000a"}, warning),
            (b"a\0b", [], {"key_hex": "610062"}, ""),
            (b"FF00\n", ["--hex"], {"key_hex": "FF00"}, ""),
            (b"\xc3\xa9", [], {"key": "\u00e9"}, ""), (b"\xe9", [], {"key_hex": "e9"}, "")):
        with Agent({"lookup": owners()}) as agent:
            code, _, err = tool.run("lookup", "-", *args, agent=agent, input=given)
            equal((given, code, err), (given, 0, said))
            equal(agent.requests, [{"cmd": "lookup", **request, "n": 1}])


def test_a_key_that_is_too_long_is_not_cut(tool, _):
    code, _, err = tool.run("lookup", "-", agent="/nonexistent", input=b"k" * 65537)
    equal((code, err), (2, "hearsay: lookup: the key on standard input is longer than a request, "
                           "65536 bytes\n"))


def test_a_key_that_is_no_text_shows_as_hex(tool, _):
    answer = owners(key_hex="fffe")
    del answer["key"]
    with Agent({"lookup": answer}) as agent:
        contains(tool.run("lookup", b"\xff\xfe", agent=agent)[1], "key        fffe (hex)\n",
                 "hash       " + "a" * 16)


# ---- tags ----------------------------------------------------------------------------------------

def shown_tags(tool, tags):
    member = {"name": "n1", "addr": "127.0.0.1:1", "status": "alive", "cause": "none", "tags": tags}
    with Agent({"members": worth(members=[member])}) as agent:
        out = tool.run("members", agent=agent)[1]
    equal(out.count("\n"), 2)
    return out.splitlines()[1].split("  ")[-1]


def test_a_value_cannot_be_taken_for_another_tag(tool, _):
    for value, shown in (("x", "x"), ("", ""), ("x,role=db", '"x,role\\x3ddb"'),
                         ("x role=db", '"x role\\x3ddb"'), ("x\nrole=db", '"x\\x0arole\\x3ddb"'),
                         ('x",role=db', '"x\\",role\\x3ddb"'), ("a\\", '"a\\\\"'),
                         ("\u00e9", "\u00e9"), ("a\u00a0b", '"a\u00a0b"'),
                         ("a\u202eb", '"a\\u202eb"'), ("\x1b[2J", '"\\x1b[2J"'), ("'", '"\'"')):
        equal(shown_tags(tool, {"note": value}), "note=" + shown)
        lacks(shown_tags(tool, {"note": value, "z": "1"}), "role=db")
    equal(shown_tags(tool, {"role": "db", "dc": "eu"}), "role=db,dc=eu")


def test_json_has_tags_as_they_are(tool, _):
    member = {"name": "n1", "tags": {"note": "x,role=db"}}
    with Agent({"members": worth(members=[member])}) as agent:
        contains(tool.run("members", "--json", agent=agent)[1], '"note":"x,role=db"')


def test_a_zone_cannot_be_taken_for_a_column(tool, _):
    zoned = {"name": "n1", "tokens": 1, "share": 1.0, "zone": "z1  4096"}
    with Agent({"ring": worth(members=[zoned])}) as agent:
        contains(tool.run("ring", agent=agent)[1], 'n1      "z1  4096"  ')


# ---- whom the tool asks --------------------------------------------------------------------------

class Place:
    """A world in which the tool finds sockets: namespaces of its own, in which /run and /tmp are
    empty, so that no agent of this machine is met, and whose processes end with the tool."""

    def __init__(self, tool):
        self.tool = tool
        self.folder = tempfile.mkdtemp(prefix="hearsay-ask-")
        os.chmod(self.folder, 0o755)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.folder)

    def run(self, script, env=None):
        """(exit code, stderr) of `$HEARSAY members`, run by NOBODY after the script."""
        whole = ("mount -t tmpfs -o mode=755 none /run && mount -t tmpfs -o mode=1777 none /tmp && "
                 "mkdir -p /run/user/65534 /run/hearsay && chown 65534 /run/user/65534 && "
                 "chmod 700 /run/user/65534\n" + script +
                 f"\nexec setpriv --reuid {NOBODY} --regid {NOBODY} --clear-groups "
                 f"{self.tool} members")
        env = {**{k: v for k, v in os.environ.items() if k not in
                  ("HEARSAY_CONTROL", "XDG_RUNTIME_DIR")}, "LC_ALL": "C.UTF-8", **(env or {})}
        done = subprocess.run(["unshare", "--mount", "--propagation", "private", "--pid", "--fork",
                               "sh", "-ec", whole], env=env, capture_output=True, timeout=30,
                              check=False)
        return done.returncode, done.stdout.decode() + done.stderr.decode()


# Listens at PATH as USER, for one client, and answers `members` with one member of that name.
LISTENER = """python3 - >/dev/null 2>&1 <<'END' &
import os, socket
s = socket.socket(socket.AF_UNIX)
os.umask({umask})
s.bind("{path}")
os.chown("{path}", {user}, {user})
os.setgid({user}); os.setuid({user})
s.listen(1)
c, _ = s.accept()
c.makefile("rb").readline()
c.sendall(b'{{"ok":true,"members":[{{"name":"{name}","addr":"-","status":"alive"}}]}}\\n')
END
for i in $(seq 500); do [ -S {path} ] && break; sleep 0.01; done; sleep 0.1
"""


def listener(path, user, name, umask="0"):
    return LISTENER.format(path=path, user=user, name=name, umask=umask)


def namespaces_work():
    done = subprocess.run(["unshare", "--mount", "--pid", "--fork", "true"], capture_output=True,
                          check=False)
    return os.getuid() == 0 and done.returncode == 0


def place(test):
    """Only root can make such a place; without that there is nothing to be tried."""
    def run(tool, root):
        if namespaces_work():
            with Place(tool.program) as made:
                test(made, root)
    run.__name__ = test.__name__
    return run


@place
def test_the_systems_socket_is_tried_after_the_users(made, _):
    system = listener("/run/hearsay/hearsayd.sock", 2, "system")
    code, out = made.run(system)
    equal(code, 0)
    contains(out, "system")
    own = listener("/run/user/65534/hearsayd.sock", NOBODY, "own")
    code, out = made.run(system + own, {"XDG_RUNTIME_DIR": "/run/user/65534"})
    equal(code, 0)
    contains(out, "own")


@place
def test_all_that_were_tried_are_named(made, _):
    tried = ["/run/user/65534/hearsayd.sock (No such file or directory)",
             "/tmp/hearsayd-65534.sock (No such file or directory)",
             "/run/hearsay/hearsayd.sock (No such file or directory)"]
    code, out = made.run("")
    equal((code, out), (3, "hearsay: no agent at " + " or ".join(tried) + " (is hearsayd running? "
                           "--control or HEARSAY_CONTROL names another socket)\n"))
    code, out = made.run(listener("/run/hearsay/hearsayd.sock", 2, "system", "0o177"))
    equal((code, out), (3, "hearsay: not allowed to use /run/hearsay/hearsayd.sock: Permission "
                           "denied (be the agent's user or root, or a member of its "
                           "control-group or control-read-group)"
                           "; no agent at " + " or ".join(tried[:2]) + "\n"))


@place
def test_an_agent_that_is_gone_is_told_even_if_another_answers(made, _):
    stale = ("python3 -c 'import socket; s = socket.socket(socket.AF_UNIX); "
             's.bind("/run/user/65534/hearsayd.sock")\'; chown 65534 /run/user/65534/*.sock\n')
    code, out = made.run(stale + listener("/run/hearsay/hearsayd.sock", 2, "system"))
    equal(code, 0)
    contains(out, "system", "hearsay: no agent at /run/user/65534/hearsayd.sock: Connection refused"
             "; asking the one at /run/hearsay/hearsayd.sock\n")


@place
def test_a_socket_of_somebody_else_in_tmp_is_not_believed(made, _):
    path = "/tmp/hearsayd-65534.sock"
    foreign = (f"hearsay: the socket {path} is of user 2, and in a directory that others may write "
               "only one of root or of your own is believed (--control or HEARSAY_CONTROL names "
               "another)")
    code, out = made.run(listener(path, 2, "forged"))
    equal(code, 3)
    contains(out, foreign + "; no agent at /run/user/65534/hearsayd.sock (No such")
    lacks(out, "forged")
    code, out = made.run(listener(path, 2, "forged"), {"HEARSAY_CONTROL": path})
    equal((code, out), (3, foreign + "\n"))
    for user, name in ((0, "roots"), (NOBODY, "own")):
        code, out = made.run(listener(path, user, name))
        equal((name, code), (name, 0))
        contains(out, name)
    code, out = made.run(listener(path, 2, "forged") +
                         listener("/run/hearsay/hearsayd.sock", 2, "system"))
    equal(code, 0)
    contains(out, "system", f"hearsay: passed over the socket {path}: user 2 has made it\n")


@place
def test_a_path_is_believed_as_far_as_its_directories_are(made, _):
    """Others' directories in /tmp, and links of others', lead to others' sockets."""
    for prepare, path, believed in (
            ("mkdir /tmp/d; chown 2 /tmp/d", "/tmp/d/s", False),
            ("mkdir /tmp/d", "/tmp/d/s", True),
            ("mkdir -m 1777 /run/open", "/run/open/s", False),
            ("mkdir -m 777 /run/open", "/run/open/s", False),
            ("mkdir /run/agent; chown 2 /run/agent", "/run/agent/s", True),
            ("mkdir /run/two; chown 2 /run/two; ln -s /run/two /tmp/l; chown -h 2 /tmp/l",
             "/tmp/l/s", False),
            ("mkdir /run/two; chown 2 /run/two; ln -s /run/two /tmp/l", "/tmp/l/s", True)):
        code, out = made.run(prepare + "\n" + listener(path, 2, "there"),
                             {"HEARSAY_CONTROL": path})
        equal((prepare, code, "there" in out), (prepare, 0 if believed else 3, believed))


def test_the_first_socket_that_is_hung_is_not_passed_over(tool, _):
    with tempfile.TemporaryDirectory() as folder:
        hung = socket.socket(socket.AF_UNIX)
        hung.bind(folder + "/hearsayd.sock")
        hung.listen(0)
        waiting = []
        full = threading.Event()

        def fill():
            while not full.is_set():
                one = socket.socket(socket.AF_UNIX)
                one.setblocking(False)
                try:
                    one.connect(folder + "/hearsayd.sock")
                    waiting.append(one)
                except BlockingIOError:
                    full.set()
        fill()
        code, _, err = tool.run("members", "--timeout", "1s", agent=folder + "/hearsayd.sock")
        equal(code, 3)
        contains(err, "does not answer: silent for 1 s")
        for one in waiting:
            one.close()
        hung.close()


# ---- waiting -------------------------------------------------------------------------------------

def status(ready=True, isolated=False, alive=1):
    return worth(ready, isolated, members={"alive": alive, "suspect": 0, "dead": 0})


def test_wait_follows_events_and_does_not_poll(tool, _):
    with Agent({"monitor": [{"ok": True}, HANG], "status": status(ready=False)}) as agent:
        code, out, err = tool.run("wait", "--ready", "--timeout", "2", agent=agent)
        equal((code, out, err), (1, "", "hearsay: wait: not so after 2 s: the agent has not joined "
                                        "yet\n"))
        equal([r["cmd"] for r in agent.requests], ["monitor", "status", "status"])


def test_wait_looks_once_after_a_burst_of_events(tool, _):
    burst = [{"event": "member"}] * 500
    with Agent({"monitor": [{"ok": True}, 0.3, *burst, HANG], "status": status()}) as agent:
        equal(tool.run("wait", "--members", "2", "--timeout", "2", agent=agent)[0], 1)
        equal(len([r for r in agent.requests if r["cmd"] == "status"]) <= 6, True)


def test_wait_is_not_content_with_an_isolated_agent(tool, _):
    script = {"monitor": [{"ok": True}, HANG], "status": status(isolated=True, alive=3),
              "why": worth(member={"status": "alive"})}
    with Agent(script) as agent:
        for args in (["--ready"], ["--members", "2"], ["--alive", "n1"]):
            code, _, err = tool.run("wait", *args, "--timeout", "1", agent=agent)
            equal((code, err), (1, "hearsay: wait: not so after 1 s: the agent is isolated: it "
                                   "hears nobody\n"))


def keys_answer(*lacking):
    names = [{"name": n, "status": "alive", "cause": "none"} for n in lacking]
    return worth(seal="on", present=3, failed=1, keys=[
        {"key": "b2c4d5e6", "ours": True, "has": 3 - len(names), "has_failed": 0, "seals": 0,
         "lacking": len(names), "lacking_failed": 1,
         "lacks": names + [{"name": "n9", "status": "dead", "cause": "failed"}]}])


def test_wait_for_keys_names_who_lacks_them(tool, _):
    script = {"monitor": [{"ok": True}, HANG], "status": status(), "keys": keys_answer("n2")}
    with Agent(script) as agent:
        def wait(key, *more):
            return tool.run("wait", "--keys", key, *more, "--timeout", "1", agent=agent)
        equal(wait("B2C4D5E6"), (1, "", "hearsay: wait: not so after 1 s: 1 of 3 members lacks the "
                                        "key b2c4d5e6: n2\n"))
        equal(wait("00000000", "--members", "2")[2], "hearsay: wait: not so after 1 s: 1 of 2 "
              "members are alive; no member has a key 00000000\n")
        agent.script["keys"] = keys_answer()  # one that failed lacks it, and does not count
        equal(wait("b2c4d5e6" + "0" * 24), (0, "", ""))
        agent.script["status"] = status(ready=False)  # then it knows no keys but its own
        equal(wait("b2c4d5e6")[0], 1)


def test_wait_says_what_for_where_it_is_asked_to(tool, _):
    script = {"monitor": [{"ok": True}, 0.3, {"event": "member"}, HANG], "status": status()}
    with Agent(script) as agent:
        code, out, err = tool.run("wait", "-v", "--members", "2", "--timeout", "1", agent=agent)
        equal((code, out, err.splitlines()), (1, "", [
            "hearsay: wait: not yet (0 of 1 s): 1 of 2 members are alive",
            "hearsay: wait: not so after 1 s: 1 of 2 members are alive"]))
        agent.script["status"] = status(alive=2)
        equal(tool.run("wait", "-v", "--members", "2", "--timeout", "1", agent=agent), (0, "", ""))


def test_wait_says_what_changes_quickly_once_a_second(tool, _):
    counts = iter(range(1, 1000))
    script = {"monitor": [{"ok": True}, *([0.06, {"event": "member"}] * 25), HANG]}
    with Agent(script) as agent:
        agent.script = Counted(script, lambda: status(alive=next(counts)))
        _, _, err = tool.run("wait", "-v", "--members", "1000", "--timeout", "4", agent=agent)
        lines = err.splitlines()
        equal(3 <= len(lines) <= 5, True)
        last = lines[-1].split(": ")[-1]
        equal((lines[-1][:32], lines[-2].endswith(last)), ("hearsay: wait: not so after 4 s:"[:32],
                                                           True))


class Counted(dict):
    """A script whose answer to `status` is another one each time."""

    def __init__(self, script, answer):
        super().__init__(script)
        self.answer = answer

    def get(self, key, default=None):
        return self.answer() if key == "status" else super().get(key, default)


def test_wait_says_all_that_is_missing(tool, _):
    script = {"monitor": [{"ok": True}, HANG], "status": status(ready=False, alive=2),
              "why": worth(member={"status": "suspect"})}
    with Agent(script) as agent:
        equal(tool.run("wait", "--ready", "--members", "3", "--alive", "n7", "--timeout", "1",
                       agent=agent)[2],
              "hearsay: wait: not so after 1 s: the agent has not joined yet; 2 of 3 members are "
              "alive; n7 is suspect\n")


def test_wait_goes_on_where_no_events_can_be_followed(tool, _):
    full = {"ok": False, "error": "refused", "message": "48 monitors are served already"}
    with Agent({"monitor": full, "status": status(ready=False)}) as agent:
        equal(tool.run("wait", "--ready", "--timeout", "1", agent=agent)[0], 1)
        agent.script["status"] = status()
        equal(tool.run("wait", "--ready", "--timeout", "1", agent=agent), (0, "", ""))


if __name__ == "__main__":
    main([test for name, test in list(globals().items()) if name.startswith("test_")])
