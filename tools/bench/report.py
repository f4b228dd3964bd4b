# SPDX-License-Identifier: Apache-2.0
"""docs/benchmarks.md and its pictures, written from figures and by nobody's hand.

Whoever doubts a line runs the command beside it. What the report says in words is how it is
measured, never how it came out: that is for the numbers.
"""
import copy
import os
import textwrap

import plot
import results
from scenarios import AGREE_LIMIT, FORM_RUNS, PAUSED, SETTLE, STRIDE, VERDICT_LIMIT

DOCS = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..",
                                     "docs"))
SIZES, QUICK_SIZES = [10, 30, 60, 100], [10, 30]
QUICK_VICTIMS, QUICK_SECONDS, QUICK_LOSS = 3, 24, [20]
BY_SIZE = ["form", "kill", "restart", "silent", "idle"]
BAD_TIMES = ["loss", "pause", "blink"]

def stopped(scenario):
    stop, run = PAUSED[scenario]
    return f"{stop:g} s and run for {run:g} s"


SECTIONS = [
    ("form", "Start", f"""
        All agents at once, the seed a moment before them: seconds from the start of the last
        process to the last word of any agent before all held all for alive; {FORM_RUNS} clusters.
        For hearsay all digests and ring checksums were equal, too. *Never*: not within
        {AGREE_LIMIT:.0f} s."""),
    ("kill", "A killed process", f"""
        `kill -9`: seconds until **all** survivors said dead. Victims in turn, {STRIDE} apart, never
        the seed, each started again before the next. *Never*: not within {VERDICT_LIMIT:.0f} s.
        *Others called dead*: members that nobody had touched."""),
    ("silent", "A dead host", """
        The same, but all packets from and to the victim are dropped from the moment on: nobody is
        told that its port is closed."""),
    ("restart", "Back again", """
        A process that all had said dead is started again: seconds until all others said alive."""),
    ("idle", "Idle", f"""
        Nothing happens, {SETTLE:.0f} s after the last start: mean of all agents. What is sent is
        counted by the packet filter; bytes are of all packets, Serf's TCP included, from the IP
        header on. Of datagrams more are not worse: they are what finds the dead. *The bare
        exchange*: as many processes that do nothing but send two datagrams of that length a second
        and answer those that come: the machine's price. Where processors are virtual, most of it is
        their coming back from a halt, and it changes from minute to minute; *processors awake*: the
        same while a loop of the lowest priority keeps each of them from halting."""),
    ("loss", "Lost datagrams", """
        So many of a hundred received datagrams are dropped, by chance; a member is killed in the
        middle. *Words of that*: how often any agent said dead of a healthy member. *Agreement
        afterwards*: seconds from the end of the loss to the last word of all, after which all
        agreed again."""),
    ("pause", "Processes that are stopped", f"""
        Some agents are stopped (SIGSTOP) for {stopped("pause")}, together, again and again; a
        healthy member is killed in the middle. Being called dead is right for the stopped ones and
        wrong for all others, whoever says it. Other numbers as above."""),
    ("blink", "Processes that hardly run", f"""
        The same, but stopped for {stopped("blink")}."""),
]

CHARTS = {
    "form": [("Start until all agree", "s", "form", ("median", "max"))],
    "kill": [("kill -9 until all say dead", "s", "kill", ("median", "max")),
             ("Dead host until all say dead", "s", "silent", ("median", "max"))],
    "restart": [("Restart until all say alive", "s", "restart", ("median", "max"))],
    "idle": [("Bytes sent, with headers", "/s", "idle", ("bytes with headers",)),
             ("CPU", "s/min", "idle", ("CPU", "CPU, processors awake")),
             ("Memory (PSS)", "MiB", "idle", ("memory (PSS)",))],
}
WRAP = 116
DASHES = ("none", "4 3")


def parts(options):
    """What a report runs: everything over the sizes, bad times at one size each."""
    by_size, bad = copy.copy(options), copy.copy(options)
    by_size.scenarios, bad.scenarios = BY_SIZE, BAD_TIMES
    by_size.agents = options.agents or (QUICK_SIZES if options.quick else SIZES)
    bad.agents = [30] if options.quick else None
    if options.quick:
        by_size.victims, bad.loss = QUICK_VICTIMS, QUICK_LOSS
        by_size.seconds = bad.seconds = QUICK_SECONDS
    return [by_size, bad]


def lines_of(figures, scenario, names):
    """For the chart: one line a system and number."""
    found = []
    for system in results.SYSTEMS:
        some = [f for f in figures if f.scenario == scenario and f.system == system]
        for name, dash in zip(names, DASHES):
            points = [(f.agents, f.values[name][0]) for f in some]
            label = f"{system} {name}" if len(names) > 1 else system
            if points:
                found.append((system, label, dash, points))
    return found


def draw(figures):
    """{file name: svg} of those charts for which there are figures."""
    files = {}
    for name, charts in CHARTS.items():
        panels = [plot.Panel(title, unit, lines_of(figures, scenario, names))
                  for title, unit, scenario, names in charts]
        panels = [p for p in panels if p.lines]
        if panels:
            files[f"bench-{name}.svg"] = plot.picture(panels, "; ".join(p.title for p in panels))
    return files


def table(pairs):
    """One row a number; the command on the first of its run."""
    text = ["| agents | setting | | hearsay | Serf | Serf ÷ hearsay | command |",
            "|--:|---|---|--:|--:|--:|---|"]
    for pair in pairs:
        some = pair[0] or pair[1]
        head, run = (str(some.agents), some.setting), f"`{some.command}`"
        for name, ours, theirs, times in results.rows(pair):
            text.append(f"| {head[0]} | {head[1]} | {name} | {ours} | {theirs} | {times} | {run} |")
            head, run = ("", ""), ""
    return text


def each(pairs):
    """What a table can't show: single times and wrong verdicts."""
    text = []
    for figure in (f for pair in pairs for f in pair if f and (f.times or f.notes)):
        told = ([" ".join("never" if t is None else f"{t:.2f}" for t in figure.times)]
                if figure.times else [])
        text.append(f"- {figure.system}, {figure.agents} agents, {figure.setting}: "
                    f"{'; '.join(told + figure.notes)}")
    return ["", "<details><summary>each</summary>", "", *text, "", "</details>"] if text else []


def section(scenario, title, words, figures, files):
    pairs = results.pairs([f for f in figures if f.scenario == scenario])
    if not pairs:
        return []
    text = ["", f"## {title}", "", fill(words), ""]
    if f"bench-{scenario}.svg" in files:
        text += [f"![{title}](img/bench-{scenario}.svg)", ""]
    return text + table(pairs) + each(pairs)


def fill(words):
    return textwrap.fill(" ".join(words.split()), WRAP, break_on_hyphens=False)


def page(where, figures, files):
    versions = where["versions"]
    present = ", ".join(f"{name} {version}" for name, version in versions.items())
    runs = where.get("runs", 1)
    parts = (f" Put together from {runs} runs of the bench; load and date are the last one's."
             if runs > 1 else "")
    text = ["<!-- SPDX-License-Identifier: Apache-2.0 -->",
            "<!-- Made by `tools/bench/bench report`: change that, not this. -->",
            "# Benchmarks", "",
            fill(f"""
                Real processes on the loopback of one machine: {where["cpu"]},
                {where["cores"]} cores, {where["kernel"]}, load {where["load at the start"]}
                before the start; {where["date"]}.
                {present}.{"" if "Serf" in versions else " Serf was not installed there."}{parts}
                """), "",
            fill("""
                Both run in turn, with their default (lan) profile, the same number of agents and
                one seed, in a network namespace that the bench makes. Times are those of the
                agents' own words: hearsay's from its log, Serf's stamped when its log line comes.
                Less is better. `tools/bench/bench report` makes this page; the command beside a
                row, that row.""")]
    for scenario, title, words in SECTIONS:
        text += section(scenario, title, words, figures, files)
    return "\n".join(text) + "\n"


def write(folder, where, figures):
    """Page and pictures; returns their paths."""
    files = draw(figures)
    os.makedirs(os.path.join(folder, "img"), exist_ok=True)
    contents = {os.path.join("img", name): svg for name, svg in files.items()}
    contents["benchmarks.md"] = page(where, figures, files)
    for name, content in contents.items():
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.write(content)
    return [os.path.join(folder, name) for name in contents]
