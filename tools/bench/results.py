# SPDX-License-Identifier: Apache-2.0
"""Figures of both systems side by side: writes them to a terminal or a file, and reads the file."""
import dataclasses
import json
import math
import os
import time

from scenarios import Figure

SYSTEMS = ("hearsay", "Serf")
FORMAT = 1  # of the file


def machine(versions):
    """The machine and the date, without which figures mean little."""
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        models = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    with open("/proc/loadavg", encoding="ascii") as file:
        load = float(file.read().split()[0])
    return {"cpu": models[0] if models else os.uname().machine, "cores": os.cpu_count(),
            "kernel": f"{os.uname().sysname} {os.uname().release}", "load at the start": load,
            "date": time.strftime("%Y-%m-%d", time.gmtime()), "versions": versions}


def save(path, where, figures):
    """Writes the file completely or not at all, so that a full disk or Ctrl-C loses no old
    figures."""
    def plain(number):
        return None if number == math.inf else number
    rows = []
    for figure in figures:
        row = dataclasses.asdict(figure)
        row["values"] = {name: [plain(number), unit]
                         for name, (number, unit) in figure.values.items()}
        rows.append(row)
    with open(path + ".new", "w", encoding="utf-8") as file:
        json.dump({"format": FORMAT, "machine": where, "figures": rows}, file, indent=1)
        file.write("\n")
    os.replace(path + ".new", path)


def load(path):
    with open(path, encoding="utf-8") as file:
        data = json.load(file)
    if data.get("format") != FORMAT:
        raise ValueError(f"{path} is no file of this bench")
    figures = []
    for row in data["figures"]:
        values = {name: (math.inf if number is None else number, unit)
                  for name, (number, unit) in row.pop("values").items()}
        figures.append(Figure(values=values, **row))
    return data["machine"], figures


def merge(figures):
    """Keeps the last of each kind, at the place of the first."""
    return list({(f.scenario, f.setting, f.system, f.agents): f for f in figures}.values())


def pairs(figures, systems=SYSTEMS):
    """[(figure of one system or None, of the other or None)], in the order of their first."""
    found = {}
    for figure in figures:
        found.setdefault((figure.scenario, figure.agents,
                          figure.setting), {})[figure.system] = figure
    return [tuple(pair.get(system) for system in systems) for pair in found.values()]


def number(value):
    """`1.62 s`; a verdict that did not come is `never`: none came while we waited."""
    if value is None:
        return "-"
    amount, unit = value
    if amount == math.inf:
        return "never"
    if not unit:
        return f"{amount:.0f}"
    digits = 3 if amount < 0.1 else 2 if amount < 100 else 0
    return f"{amount:.{digits}f} {unit}"


def ratio(ours, theirs):
    """The other's figure divided by ours."""
    if ours is None or theirs is None or not ours[0] or math.inf in (ours[0], theirs[0]):
        return "-"
    return f"{theirs[0] / ours[0]:.1f}"


def rows(pair):
    """[(name of the number, ours, theirs, ratio)], as text."""
    ours, theirs = (figure.values if figure else {} for figure in pair)
    return [(name, number(ours.get(name)), number(theirs.get(name)),
             ratio(ours.get(name), theirs.get(name)))
            for name in {**ours, **theirs}]


def show(pair, systems=SYSTEMS):
    """The text of one pair."""
    some = pair[0] or pair[1]
    lines = [f"{some.scenario}, {some.agents} agents, {some.setting}",
             f"    {'':42} {systems[0]:>14} {systems[1]:>14} {'ratio':>7}"]
    lines += [f"    {name:42} {ours:>14} {theirs:>14} {times:>7}"
              for name, ours, theirs, times in rows(pair)]
    for figure in filter(None, pair):
        if figure.times:
            each = " ".join("never" if t is None else f"{t:.3f}" for t in figure.times)
            lines.append(f"    {figure.system}: {each}")
        lines += [f"    {figure.system}: {note}" for note in figure.notes]
    return "\n".join(lines)
