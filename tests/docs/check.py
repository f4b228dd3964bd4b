#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Pages that say what the code says: constants in docs/protocol.md against the code, rules all
named, links and files that exist, libhearsay(3) against the export map, man pages by mandoc. Words
rot silently; numbers need not.

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
RULES = 31


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


def defined(text, name):
    """The number that a source defines under this name: literals, and products of literals."""
    found = re.search(rf"^#define {name}\s+(.+?)\s*(?:/\*.*)?$", text, re.M)
    if not found:
        return None
    literal = re.sub(r"(?<=\d)[uULl]+\b", "", found.group(1)).strip("()")
    return float(literal) if re.fullmatch(r"[\d.]+", literal) else None


def constant_faults(root, page):
    faults, rows = [], ROW.findall(page)
    for names, values, file in rows:
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
    return faults if rows else ["no table of constants"]


def unlisted_faults(root, page):
    """Bounds and timings of rules/node.h that the page does not have."""
    text = (root / "src/core/rules/node.h").read_text(encoding="utf-8")
    names = re.findall(r"^#define (HS_\w+)\s+\d", text, re.M)
    return [f"{name} is not on the page" for name in names if f"`{name}`" not in page]


def rule_faults(root, page):
    faults = [f"R{n} has no row" for n in range(1, RULES + 1) if f"\n| R{n} | " not in page]
    for row in re.findall(r"^\| R\d+a? \|.*\| ([^|]*) \|$", page, re.M):
        for file in FILE.findall(row):
            places = [root / "src/core" / file, root / file, root / "src/agent" / file]
            if not any(p.exists() for p in places):
                faults.append(f"{file}: no such file")
    return faults


def reason_faults(page, reasons):
    """Rules without a reason, and rules that the two pages call by different names."""
    named = [dict(re.findall(r"^\| (R\d+a?) \| ([^|]+) \|", text, re.M)) for text in (page, reasons)]
    return [f"{rule} is '{named[0].get(rule)}' in protocol.md, '{named[1].get(rule)}' in rationale.md"
            for rule in sorted(named[0].keys() | named[1].keys()) if named[0].get(rule) != named[1].get(rule)]


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
    described = set(re.findall(r"^\.(?:Fn|Vt extern const struct hearsay_seal) (hearsay_\w+)", page,
                               re.M))
    return ([f"{name} is not in libhearsay(3)" for name in sorted(exported - described)] +
            [f"{name} of libhearsay(3) is not exported" for name in sorted(described - exported)])


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
    tap.check("no bound of rules/node.h is missing there", unlisted_faults(root, page))
    tap.check("every rule has a row, and its files exist", rule_faults(root, page))
    reasons = (root / "docs/rationale.md").read_text(encoding="utf-8")
    tap.check("every rule has a reason in docs/rationale.md, under the same name", reason_faults(page, reasons))
    tap.check("links lead somewhere", link_faults(root))
    tap.check("pages are linked and installed, and the changelog is for this release",
              page_faults(root))
    tap.check("libhearsay(3) describes what is exported", manual_faults(root))
    if shutil.which("mandoc"):
        tap.check("man pages are well-formed", mandoc_faults(root))
    tap.check("a wrong constant would be found",
              [] if constant_faults(root, page.replace("| 2048 |", "| 2047 |")) else ["it was not"])
    tap.check("a rule without a reason would be found",
              [] if reason_faults(page, reasons.replace("| R9 |", "| R99 |")) else ["it was not"])
    tap.end()


main()
