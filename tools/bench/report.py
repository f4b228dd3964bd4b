# SPDX-License-Identifier: Apache-2.0
"""docs/benchmarks.md and its pictures, made from the figures of a run.

Each line of the page can be measured again with the command beside it. The text of the page says
how things are measured. It does not comment on the results.
"""
import copy
import os
import textwrap

import plot
import results
from scenarios import AGREE_LIMIT, PAUSED, SETTLE, STARTS, STRIDE, VERDICT_LIMIT

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
        The seed is started first, then all other agents at once. Seconds from the start of the
        last process until every agent said that every other one is alive; {STARTS} clusters, unless
        the row says another number. For hearsay all digests and ring checksums were equal then,
        too. *Never*: not within {AGREE_LIMIT:.0f} s."""),
    ("kill", "A killed process", f"""
        `kill -9` of the agent: seconds until **all** survivors said that the victim is dead. For
        hearsay it is what the agent's witness tells them. The victims are taken in turn, {STRIDE}
        apart and never the seed; each is started again before the next is killed. *Never*: not
        within {VERDICT_LIMIT:.0f} s. *Others called dead*: members that nothing was done to."""),
    ("silent", "A dead host", """
        The same, but from that moment on all packets from and to the victim are dropped, so nobody
        learns that its port is closed."""),
    ("restart", "Back again", """
        A process is started again after all others have said that it is dead: seconds until all of
        them said that it is alive."""),
    ("idle", "Idle", f"""
        Nothing happens, from {SETTLE:.0f} s after the last start on: mean of all agents, each with
        its witness. The packet filter counts what is sent. Bytes are those of all packets, Serf's
        TCP included, from the IP header on. More datagrams are not worse, because they are what
        finds the dead. *The bare exchange*: the same number of processes that only send two
        datagrams of that length per second and answer those that come. It shows what the machine
        itself costs. Where processors are virtual, most of it is their return from a halt, and it
        changes from minute to minute. *Processors awake*: the same while a loop of the lowest
        priority keeps each processor from halting."""),
    ("loss", "Lost datagrams", """
        The given share of received datagrams is dropped at random. A member is killed in the
        middle. *Words of that*: how often any agent said that a healthy member is dead. *Agreement
        afterwards*: seconds from the end of the loss until all agreed again and nobody said
        anything new."""),
    ("pause", "Processes that are stopped", f"""
        Some agents are stopped (SIGSTOP) for {stopped("pause")}, together, again and again. A
        healthy member is killed in the middle. It is right to call the stopped ones dead, and wrong
        to call any other one dead, whichever agent does so. Other numbers as above."""),
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
    """For the chart: one line for each system and number."""
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
    """One row for each number. The first row of a run has the command."""
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
    """What a table cannot show: single times and wrong verdicts."""
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
    parts = (f" Put together from {runs} runs of the bench; "
             "load and date are those of the last run."
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
                Both run one after the other, with their default (lan) profile, the same number of
                agents and one seed, in a network namespace that the bench makes. A time is the time
                of a log line: for hearsay the one in the line, for Serf the one at which the line
                comes. Less is better. `tools/bench/bench report` makes this page, and the command
                beside a row makes that row.""")]
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
