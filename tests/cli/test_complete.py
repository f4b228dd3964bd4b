#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Completion: what the tool says may come next, and bash, zsh and fish that ask it. The scripts
are run by the shells themselves. Each shell must offer all that the tool's help knows, and once, at
a prompt with keys that are pressed, complete a name.
"""

import fcntl
import os
import pathlib
import pty
import re
import select
import shutil
import struct
import subprocess
import termios
import time

from fake import DEADLINE, HANG, Agent, contains, equal, main
from test_usage import COMMANDS

MEMBERS = {"ok": True, "members": [{"name": "n1", "status": "alive"},
                                   {"name": "n2:a", "status": "suspect"},
                                   {"name": "web-1", "status": "dead"}]}
SCRIPT = {"members": MEMBERS,
          "keys": {"ok": True, "keys": [{"key": "a1b2c3d4", "ours": True},
                                        {"key": "b2c4d5e6", "ours": False}]},
          "ring-history": {"ok": True, "versions": [{"version": 7, "time": "2026-01-31T23:59:59Z"},
                                                    {"version": 8, "time": ""}]}}


def complete(tool, *words, agent="/nonexistent"):
    """(first line, [words]) of the tool itself."""
    code, out, err = tool.run("complete", "--", *words, agent=agent)
    equal((code, err), (0, ""))
    first, *rest = out.splitlines()
    return first, [line.split("\t")[0] for line in rest]


def options_of(tool, command):
    return sorted(set(re.findall(r"^ .*(--[a-z-]+)", tool.run("help", command)[1], re.M)))


# ---- the tool --------------------------------------------------------------------------------

def test_all_commands_and_all_options_are_offered(tool, _):
    equal(complete(tool, ""), ("words", COMMANDS))
    for command in COMMANDS:
        equal((command, sorted(complete(tool, command, "--")[1])),
              (command, options_of(tool, command)))
    equal(complete(tool, "--ver"), ("words", ["--version"]))


def test_what_is_typed_limits_what_is_offered(tool, _):
    equal(complete(tool, "w")[1], ["wait", "weight", "why"])
    equal(complete(tool, "--json", "mem")[1], ["members"])
    equal(complete(tool, "members", "--st")[1], ["--status"])
    equal(complete(tool, "members", "--status", "s")[1], ["suspect"])
    equal(complete(tool, "members", "--status=s")[1], ["--status=suspect"])
    equal(complete(tool, "members", "--status", "dead", "--")[1].count("--status"), 0)
    equal(complete(tool, "ring", "plan", "--add", "n9", "--a")[1], ["--add"])
    equal(complete(tool, "nonsense", ""), ("words", []))
    equal(complete(tool, "members", "--", "--st"), ("words", []))
    equal(complete(tool, "tags", "set", "a")[1], [])
    equal(complete(tool, "tags", "")[1], ["set", "delete"])
    equal(complete(tool, "monitor", "member", "re")[1],
          ["ready", "refute", "resolve", "refuse", "reload"])
    equal(complete(tool, "help", "wh")[1], ["why"])
    equal(sorted(complete(tool, "help", "why", "")[1]), options_of(tool, "help"))


def test_files_are_left_to_the_shell(tool, _):
    for words in (["--control", ""], ["ring", "--svg", "x"], ["ring", "--svg=x"],
                  ["keygen", "-o", ""], ["keygen", "--fingerprint", ""]):
        equal((words, complete(tool, *words)), (words, ("files", [])))


def test_the_agent_says_which_members_keys_and_rings_there_are(tool, _):
    with Agent(SCRIPT) as agent:
        for words, offered in ((["why", "n"], ["n1", "n2:a"]), (["force-leave", ""],
                                ["n1", "n2:a", "web-1"]),
                               (["wait", "--alive", "web"], ["web-1"]),
                               (["ring", "plan", "--remove", "n1"], ["n1"]),
                               (["keys", "check", "--remove", ""], ["a1b2c3d4", "b2c4d5e6"]),
                               (["wait", "--keys=b"], ["--keys=b2c4d5e6"]),
                               (["ring", "diff", ""], ["7", "8"]),
                               (["ring", "diff", "7", ""], ["7", "8"])):
            equal((words, complete(tool, *words, agent=agent)[1]), (words, offered))
        equal(complete(tool, "--control", agent.path, "why", "w")[1], ["web-1"])
        equal(complete(tool, f"--control={agent.path}", "why", "w")[1], ["web-1"])
        equal(tool.run("complete", "--", "why", "n2", agent=agent)[1], "words\nn2:a\tsuspect\n")


def test_an_agent_that_is_gone_or_hangs_offers_nothing_soon(tool, _):
    equal(complete(tool, "why", ""), ("words", []))
    with Agent({"members": HANG}) as agent:
        began = time.monotonic()
        equal(complete(tool, "why", "", agent=agent), ("words", []))
        equal(time.monotonic() - began < 5, True)


def test_what_an_agent_says_does_not_reach_the_terminal_as_it_is(tool, _):
    evil = {"ok": True, "members": [{"name": "n\x1b[2J\nx", "status": "\x1b]0;"}]}
    with Agent({"members": evil}) as agent:
        equal(tool.run("complete", "--", "why", "", agent=agent)[1],
              "words\nn\\x1b[2J\\x0ax\t\\x1b]0;\n")


# ---- shells ------------------------------------------------------------------------------------

# Prints what is offered for the words $@, one a line.
BASH = r"""
source "$SCRIPT"
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE="$*" COMP_POINT=${#COMP_LINE}
_hearsay
printf '%s\n' "${COMPREPLY[@]}"
"""
ZSH = r"""
compdef() { : }
compadd() { local -a found; found=("${(@P)argv[-1]}"); print -rl -- "${(M@)found:#$PREFIX*}" }
_files() { print -r -- "FILES $PREFIX" }
compset() { [[ $1 == -P ]] && PREFIX=${PREFIX#${~2}} }
source "$SCRIPT"
words=("$@") CURRENT=$# PREFIX=${@[-1]}
_hearsay
"""
FISH = r"""
source $SCRIPT
complete -C (string join -- ' ' $argv) | string replace -r '\t.*' ''
"""
COMMAND = {"bash": ["bash", "--norc", "-c", BASH, "bash"], "zsh": ["zsh", "-f", "-c", ZSH, "zsh"],
           "fish": ["fish", "--no-config", "-c", FISH, "--"]}


def environment(tool, root, shell, agent):
    env = tool.environment(agent, {"SCRIPT": str(root / f"tools/cli/completion.{shell}")})
    env["PATH"] = os.path.dirname(tool.program) + ":" + env["PATH"]
    return env


def offered(tool, root, shell, *words, agent="/nonexistent"):
    done = subprocess.run([*COMMAND[shell], "hearsay", *words], capture_output=True, text=True,
                          env=environment(tool, root, shell, agent), timeout=DEADLINE, check=False)
    equal((words, done.stderr), (words, ""))
    return sorted(done.stdout.split())


def in_each_shell(test):
    """Shells that are not installed have nothing to be tried."""
    def run(tool, root):
        for shell in COMMAND:
            if shutil.which(shell):
                test(tool, root, shell)
            else:
                print(f"# no {shell} here")
    run.__name__ = test.__name__
    return run


@in_each_shell
def test_every_command_and_option_is_in_each_shell(tool, root, shell):
    equal((shell, offered(tool, root, shell, "")), (shell, sorted(COMMANDS)))
    for command in COMMANDS:
        equal((shell, command, offered(tool, root, shell, command, "--")),
              (shell, command, options_of(tool, command)))


@in_each_shell
def test_values_names_and_files_are_in_each_shell(tool, root, shell):
    with Agent(SCRIPT) as agent:
        def at(*words):
            return offered(tool, root, shell, *words, agent=agent)
        equal((shell, at("members", "--status", "")), (shell, ["alive", "dead", "suspect"]))
        equal((shell, at("members", "--status", "al")), (shell, ["alive"]))
        equal((shell, at("why", "web")), (shell, ["web-1"]))
        equal((shell, at("keys", "check", "--first", "")), (shell, ["a1b2c3d4", "b2c4d5e6"]))
    file = pathlib.Path(os.environ.get("TMPDIR", "/tmp"), f"hearsay-complete-{os.getpid()}.svg")
    file.write_text("", encoding="utf-8")
    try:
        found = offered(tool, root, shell, "ring", "--svg", str(file)[:-3])
        contains(f"{shell}: " + " ".join(found), str(file)[:-3])
    finally:
        file.unlink()


# Begins a shell with a prompt in which Control-X prints the line that is being typed.
PROMPT = {
    "bash": (["bash", "--norc", "-i"],
             'PS1="REA""DY> "; source "$SCRIPT"; '
             'bind -x \'"\\C-x": printf "LI%s=<%s>\\n" NE "$READLINE_LINE"\'\n'),
    "zsh": (["zsh", "-f", "-i"],
            'PS1="REA""DY> "; autoload -U compinit && compinit -u -D; source "$SCRIPT"; '
            'show() { print -r -- "LI""NE=<$BUFFER>" }; zle -N show; bindkey "^X" show\n'),
    "fish": (["fish", "--no-config", "-i"],
             'function fish_prompt; echo "REA""DY> "; end; source $SCRIPT; '
             'bind \\cx \'echo "LI""NE=<"(commandline)">"\'\n'),
}


class Prompt:
    """A shell at a terminal."""

    def __init__(self, tool, root, shell, agent):
        command, begin = PROMPT[shell]
        self.shell, self.seen = shell, ""
        self.parent, child = pty.openpty()
        fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 200, 0, 0))
        self.process = subprocess.Popen(command, stdin=child, stdout=child, stderr=child,
                                        env=environment(tool, root, shell, agent),
                                        start_new_session=True, preexec_fn=lambda: fcntl.ioctl(
                                            0, termios.TIOCSCTTY, 0))
        os.close(child)
        self.type(begin)
        self.wait("READY> ")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        os.close(self.parent)

    def type(self, text):
        os.write(self.parent, text.encode())

    def wait(self, part):
        end = time.monotonic() + DEADLINE
        while not re.search(part, self.seen):
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.parent], [], [], left)[0]:
                raise AssertionError(f"{self.shell}: no {part!r} in {self.seen!r}")
            self.seen += os.read(self.parent, 65536).decode(errors="replace")
        return re.search(part, self.seen)

    def line(self, typed):
        """What stands there after these keys."""
        self.seen = ""
        self.type(typed + "\x18")
        return self.wait(r"LINE=<([^>\n]*)>")[1]


@in_each_shell
def test_a_tab_at_the_prompt_completes(tool, root, shell):
    with Agent(SCRIPT) as agent, Prompt(tool, root, shell, agent) as prompt:
        for typed, line in (("hearsay weig\t", "hearsay weight "),
                            ("hearsay members --sta\tsus\t", "hearsay members --status suspect "),
                            ("hearsay members --status=sus\t", "hearsay members --status=suspect "),
                            ("hearsay why n2\t", "hearsay why n2:a "),
                            ("hearsay why n2:\t", "hearsay why n2:a ")):
            equal((shell, prompt.line(typed)), (shell, line))
            prompt.type("\x15")  # Control-U: the line is gone


if __name__ == "__main__":
    main([test for name, test in list(globals().items()) if name.startswith("test_")])
