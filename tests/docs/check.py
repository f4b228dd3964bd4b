#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Pages that say what the code says: constants in docs/protocol.md and bounds in
docs/architecture.md against the code, files that exist, rules all named, links, libhearsay(3)
against the export map, commands and events of the tool wherever they are listed, man pages by
mandoc.

usage: check.py SOURCE_ROOT
"""

import pathlib
import re
import shutil
import subprocess
import sys

ROW = re.compile(r"^\| (`[A-Z][A-Z_0-9`, ]+`) \| ([\d., ]+) \| (\S+\.[ch]) \|$", re.M)
FILE = re.compile(r"\b(?:[\w*]+/)+(?:[\w-]+\.[ch])\b|\b[\w]+\.[ch]\b")
LINK = re.compile(r"\]\(([^)#\s]+)?(?:#([\w-]+))?\)")
CONSTANTS = "\n## Constants\n"
BOUNDS = "\n## Bounds\n"
UNITS = {"KiB": 1024, "MiB": 1024 * 1024, "ms": 1000, "s": 1000000}
RULES = 31

# What a file's path may be relative to.
PLACES = ["src/core", "src/agent", "src", "include", "include/hearsay", "tests", "."]


class Tap:
    """One point a check; what is wrong follows as comments."""

    def __init__(self):
        self.points = self.failed = 0

    def check(self, name, faults):
        self.points += 1
        self.failed += bool(faults)
        print(f"{'not ok' if faults else 'ok'} {self.points} - {name}")
        for fault in faults:
            print(f"# {fault}")

    def end(self):
        print(f"1..{self.points}")
        sys.exit(1 if self.failed else 0)


def number(text, words):
    """The number that these words of a source mean, as float: a literal, a name that the source
    defines, or a product or shift of two; None for anything else."""
    words = re.sub(r"UINT64_C\((\d+)\)", r"\1", words).strip("()")
    two = re.fullmatch(r"(\w+) (\*|<<) (\w+)", words)
    if two:
        left, right = number(text, two[1]), number(text, two[3])
        if left is None or right is None:
            return None
        return left * right if two[2] == "*" else left * 2 ** right
    literal = re.fullmatch(r"(?:(0x[0-9a-fA-F]+)|(\d[\d.]*))[uUlL]*", words)
    if literal:
        return float(int(literal[1], 16)) if literal[1] else float(literal[2])
    return defined(text, words) if re.fullmatch(r"[A-Z]\w+", words) else None


def defined(text, name):
    """The number that a source defines under this name, or None."""
    found = re.search(rf"^#define {name}[ \t]+(.+?)[ \t]*(?:/\*.*)?$", text.replace("\\\n", " "),
                      re.M)
    return number(text, found[1]) if found else None


def constant_faults(root, page):
    faults, table = [], ROW.findall(page)
    for names, values, file in table:
        path = next((p for p in (root / file, root / "src/core" / file) if p.exists()), None)
        if path is None:
            faults.append(f"{file}: no such file")
            continue
        names, values = re.findall(r"[A-Z][A-Z_0-9]+", names), values.replace(" ", "").split(",")
        if len(names) != len(values):
            faults.append(f"{names}: {len(values)} values")
        for name, value in zip(names, values):
            real = defined(path.read_text(encoding="utf-8"), name)
            if real != float(value):
                faults.append(f"{name} is {real} in {file}, {value} on the page")
    return faults if table else ["no table of constants"]


def rows(page, heading):
    """The rows of the tables of this section."""
    section = page.split(heading, 1)[1].split("\n## ", 1)[0] if heading in page else ""
    return "\n".join(line for line in section.splitlines() if line.startswith("|"))


def bounds(header):
    """What a header calls a maximum and, in a header of a rule, every number."""
    text = header.read_text(encoding="utf-8").replace("\\\n", " ")
    names = re.findall(r"^#define (HS_\w+_MAX)[ \t]", text, re.M)
    if header.parent.name == "rules":
        names += re.findall(r"^#define (HS_\w+)[ \t]+\(?(?:UINT64_C\()?\d", text, re.M)
    return sorted(set(names))


def unlisted_faults(root, page, house):
    """Bounds of src/core that are neither among the constants of docs/protocol.md nor among the
    bounds of docs/architecture.md."""
    listed = set(re.findall(r"\bHS_\w+", rows(page, CONSTANTS) + rows(house, BOUNDS)))
    return [f"{name} of {header.relative_to(root)} is in neither table"
            for header in sorted((root / "src/core").rglob("*.h"))
            for name in bounds(header) if name not in listed]


def bound_faults(root, house):
    """Numbers in the bounds of docs/architecture.md that are not those of the code."""
    faults = []
    sources = [path.read_text(encoding="utf-8") for top in ("src", "include")
               for path in (root / top).rglob("*.[ch]")]
    for name, value, unit in re.findall(r"\b(HS_\w+|HEARSAY_\w+)(?: ([\d,.]+)(?: (\w+))?)?",
                                        rows(house, BOUNDS)):
        real = [defined(text, name) for text in sources if f"#define {name} " in text]
        stated = value and float(value.rstrip(",.").replace(",", "")) * UNITS.get(unit, 1)
        if len(real) != 1:
            faults.append(f"{name} is defined in {len(real)} files")
        elif value and stated != real[0]:
            faults.append(f"{name} is {real[0]}, {stated} on the page")
    return faults


def rule_faults(root, page):
    faults = [f"R{n} has no row" for n in range(1, RULES + 1) if f"\n| R{n} | " not in page]
    for row in re.findall(r"^\| R\d+a? \|.*\| ([^|]*) \|$", page, re.M):
        for file in FILE.findall(row):
            if not any((root / place / file).exists() for place in PLACES):
                faults.append(f"{file}: no such file")
    return faults


def file_faults(root, house):
    """Files that docs/architecture.md names, by path or by name alone, and that do not exist."""
    names = {path.name for top in ("src", "include", "tools", "tests")
             for path in (root / top).rglob("*.[ch]")} | {"X.c", "X.h"}
    return [f"{file}: no such file" for file in sorted(set(FILE.findall(house)))
            if "NAME" not in file and file not in names
            and not any((root / place / file).exists() for place in PLACES)]


def reason_faults(page, reasons):
    """Rules without a reason, and rules that the two pages call by different names."""
    named = [dict(re.findall(r"^\| (R\d+a?) \| ([^|]+) \|", text, re.M))
             for text in (page, reasons)]
    names = {rule: [one.get(rule) for one in named] for rule in named[0].keys() | named[1].keys()}
    return [f"{rule} is '{here}' in protocol.md, '{there}' in rationale.md"
            for rule, (here, there) in sorted(names.items()) if here != there]


def anchors(text):
    """Anchors of headings, as they are made on the usual sites."""
    text = re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)
    return {re.sub(r"[^\w\- ]", "", h.lower()).strip().replace(" ", "-")
            for h in re.findall(r"^#+ (.+)$", text, re.M)}


def link_faults(root):
    faults = []
    for page in [root / "README.md", *sorted((root / "docs").glob("*.md"))]:
        text = page.read_text(encoding="utf-8")
        for target, anchor in LINK.findall(text):
            if "://" in target:
                continue
            path = (page.parent / target) if target else page
            if not path.exists():
                faults.append(f"{page.name}: {target} does not exist")
            elif anchor and anchor not in anchors(path.read_text(encoding="utf-8")):
                faults.append(f"{page.name}: {target}#{anchor} is no heading")
    return faults


def page_faults(root):
    """Pages that no other page leads to, releases that the changelog leaves out, man pages that
    nobody installs."""
    pages = [root / "README.md", *sorted((root / "docs").glob("*.md"))]
    linked = set()
    for page in pages:
        targets = {target for target, _ in LINK.findall(page.read_text(encoding="utf-8"))
                   if "://" not in target}
        linked |= {(page.parent / target).resolve() for target in targets} - {page.resolve()}
    faults = [f"docs/{page.name} is linked from nowhere" for page in pages[1:]
              if page.resolve() not in linked]
    changes = (root / "docs/CHANGELOG.md").read_text(encoding="utf-8")
    version = re.search(r"^  version: '([\d.]+)'",
                        (root / "meson.build").read_text(encoding="utf-8"), re.M).group(1)
    first = re.search(r"^## (.*)$", changes, re.M).group(1)
    if first != "Unreleased" and not first.startswith(version):
        faults.append(f"docs/CHANGELOG.md begins with {first}: neither Unreleased nor {version}")
    installed = (root / "docs/meson.build").read_text(encoding="utf-8")
    return faults + [f"man/{page.name} is not installed"
                     for page in sorted((root / "docs/man").iterdir())
                     if f"'man/{page.name}'" not in installed]


def manual_faults(root):
    exported = set(re.findall(r"\b(hearsay_\w+);",
                              (root / "src/hearsay.map").read_text(encoding="utf-8")))
    # the page has the inline function in front of it
    exported = {name.removesuffix("_sized") for name in exported}
    page = (root / "docs/man/libhearsay.3").read_text(encoding="utf-8")
    described = set(re.findall(
        r"^\.(?:Fn|Vt extern const struct hearsay_(?:seal|cipher)) (hearsay_\w+)", page, re.M))
    events = set(re.findall(r"^    (HEARSAY_EVENT_[A-Z]+)\b",
                            (root / "include/hearsay/event.h").read_text(encoding="utf-8"), re.M))
    told = set(re.findall(r"\bHEARSAY_EVENT_[A-Z]+\b", page))
    return ([f"{name} is not in libhearsay(3)" for name in sorted(exported - described)] +
            [f"{name} is not in libhearsay(3)" for name in sorted(events - told)] +
            [f"{name} of libhearsay(3) is not exported" for name in sorted(described - exported)])


def tool_faults(root, table):
    """Commands of the tool and events of the log that its table of commands, hearsay(1) or the
    schema of the log leaves out or invents."""
    commands = set(re.findall(r'^    \{"([a-z-]+)", "', table, re.M))
    lines = (root / "src/agent/parts/report.h").read_text(encoding="utf-8")
    events = set(re.findall(r'^    X\([A-Z]+, "([a-z-]+)"\)', lines, re.M))
    manual = (root / "docs/man/hearsay.1").read_text(encoding="utf-8")
    listed = manual.partition("\nEvents:\n")[2].partition("\nWith\n")[0]
    schema = (root / "docs/log-schema.json").read_text(encoding="utf-8")

    monitor = re.search(r"cli_monitor_run,\s*\.words = ((?:\"[^\"]*\"\s*)+)\}", table)
    words = "".join(re.findall(r'"([^"]*)"', monitor[1])) if monitor else ""

    both = [("commands of hearsay(1)",
             set(re.findall(r"^\.It (?:Xo )?Ic ([a-z-]+)", manual, re.M)), commands),
            ("events that monitor completes", set(words.split()) - {"..."}, events),
            ("events of hearsay(1)", set(re.findall(r"[a-z-]+", re.sub(r"\.Cm", "", listed))),
             events),
            ("events of log-schema.json", set(re.findall(r'#/\$defs/event-([a-z-]+)"', schema)),
             events)]
    return [f"{what}: {word}" for what, here, there in both for word in sorted(here ^ there)]


def mandoc_faults(root):
    faults = []
    for page in sorted((root / "docs/man").iterdir()):
        run = subprocess.run(["mandoc", "-Tlint", "-W", "warning", page], capture_output=True,
                             text=True, check=False)
        faults += (run.stdout + run.stderr).splitlines()
    return faults


def main():
    root, tap = pathlib.Path(sys.argv[1]), Tap()
    page = (root / "docs/protocol.md").read_text(encoding="utf-8")
    tap.check("constants of docs/protocol.md are those of the code", constant_faults(root, page))
    house = (root / "docs/architecture.md").read_text(encoding="utf-8")
    tap.check("bounds of docs/architecture.md are those of the code", bound_faults(root, house))
    tap.check("no bound of src/core is missing in both", unlisted_faults(root, page, house))
    tap.check("files that docs/architecture.md names exist", file_faults(root, house))
    tap.check("every rule has a row, and its files exist", rule_faults(root, page))
    reasons = (root / "docs/rationale.md").read_text(encoding="utf-8")
    tap.check("every rule has a reason in docs/rationale.md, under the same name",
              reason_faults(page, reasons))
    tap.check("links lead somewhere", link_faults(root))
    tap.check("pages are linked and installed, and the changelog is for this release",
              page_faults(root))
    tap.check("libhearsay(3) describes what is exported, and all events", manual_faults(root))
    table = (root / "tools/cli/commands.c").read_text(encoding="utf-8")
    tap.check("commands and events are listed alike everywhere", tool_faults(root, table))
    if shutil.which("mandoc"):
        tap.check("man pages are well-formed", mandoc_faults(root))
    tap.check("a wrong constant would be found",
              [] if constant_faults(root, page.replace("| 2048 |", "| 2047 |")) else ["it was not"])
    tap.check("a wrong bound would be found",
              [] if bound_faults(root, house.replace("_MAX 2,048 ", "_MAX 2,047 ")) else ["not"])
    tap.check("a bound in neither table would be found",
              [] if unlisted_faults(root, page.replace("HS_TRANSMIT_MAX", ""), house) else ["not"])
    tap.check("a file that does not exist would be found",
              [] if file_faults(root, house.replace("view/view.c", "view/sight.c")) else ["not"])
    tap.check("a rule without a reason would be found",
              [] if reason_faults(page, reasons.replace("| R9 |", "| R99 |")) else ["it was not"])
    tap.check("an event that the completion leaves out would be found",
              [] if tool_faults(root, table.replace("library ", "")) else ["it was not"])
    tap.end()


main()
