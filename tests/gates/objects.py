# SPDX-License-Identifier: Apache-2.0
"""What the objects of a build say about its sources: what each file defines, and what it needs of
others.

Calls are read from objects and not from sources, because an include says little: two files that
share a header may call each other without including each other. An address in a table of constants
is told from a call by the section where it stands.
"""

import json
import pathlib
import re
import subprocess
import sys

RECORDS = re.compile(r"^RELOCATION RECORDS FOR \[([^\]]+)\]:")
RECORD = re.compile(r"^[0-9a-f]+ +\S+ +([A-Za-z_]\w*)")
OBJECT = re.compile(r"^(\S.*): +file format ")
NO_CODE = (".debug", ".eh_frame", ".note", ".stab")

known_defined, known_needed = {}, {}  # by object


def output(*command):
    done = subprocess.run([str(c) for c in command], text=True, check=False, capture_output=True)
    if done.returncode != 0:
        sys.exit(done.stderr)
    return done.stdout


def of_build(root, build):
    """{source, relative to the root: its object}. A source that several targets compile has the
    same object for us."""
    root, build, found = pathlib.Path(root).resolve(), pathlib.Path(build).resolve(), {}
    for entry in json.loads((build / "compile_commands.json").read_text(encoding="utf-8")):
        source = (pathlib.Path(entry["directory"]) / entry["file"]).resolve()
        made = build / entry["output"]
        if source.is_relative_to(root) and made.exists():
            found.setdefault(source.relative_to(root), made)
    return found


def read_defined(objects):
    """Fills `known_defined`, by one call for all that are new. A process for each object would
    cost a minute of a processor in a tree like this."""
    new = [made for made in objects if made not in known_defined]
    known_defined.update({made: {} for made in new})
    lines = output("nm", "-P", "-A", "-g", "--defined-only", *new).splitlines() if new else []
    for line in lines:
        file, _, rest = line.partition(": ")
        fields = rest.split()
        if len(fields) >= 2:
            known_defined[pathlib.Path(file)][fields[0]] = fields[1]


def defined(made):
    """{function or variable that other objects may use: its kind}."""
    read_defined([made])
    return known_defined[made]


def read_needed(objects):
    """Fills `known_needed`, by one call."""
    new = [made for made in objects if made not in known_needed]
    known_needed.update({made: (set(), set()) for made in new})
    code = data = into = None
    for line in output("objdump", "-r", *new).splitlines() if new else []:
        file, section, record = OBJECT.match(line), RECORDS.match(line), RECORD.match(line)
        if file:
            code, data = known_needed[pathlib.Path(file.group(1))]
        elif section:
            name = section.group(1)
            into = None if name.startswith(NO_CODE) else code if name.startswith(".text") else data
        elif record and into is not None:
            into.add(record.group(1))


def needed(made):
    """({symbols that its code uses}, {symbols whose address stands in its data})."""
    read_needed([made])
    return known_needed[made]


def graph(sources, tables=()):
    """{source: {sources that it needs}} among these {source: object}. From files that may hold
    tables pointing up only their code counts."""
    read_defined(sources.values())
    read_needed(sources.values())
    owner = {symbol: source for source, made in sources.items() for symbol in defined(made)}
    edges = {}
    for source, made in sources.items():
        code, data = needed(made)
        wanted = code if source in tables else code | data
        edges[source] = {owner[s] for s in wanted if s in owner} - {source}
    return edges


def circles(edges):
    """The sets of nodes that reach each other, each sorted (Tarjan 1972), without recursion."""
    index, low, stack, found = {}, {}, [], []
    for start in sorted(edges):
        work = [(start, iter(sorted(edges[start])))] if start not in index else []
        while work:
            node, rest = work[-1]
            if node not in index:
                index[node] = low[node] = len(index)
                stack.append(node)
            for other in rest:
                if other not in index:
                    work.append((other, iter(sorted(edges[other]))))
                    break
                if other in stack:
                    low[node] = min(low[node], index[other])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    at = stack.index(node)
                    group, stack = stack[at:], stack[:at]
                    if len(group) > 1:
                        found.append(sorted(group))
    return found


def compile_planted(compiler, folder, sources):
    """{path: object} of these {name: text}, for gates that plant what they must find."""
    made = {}
    for name, text in sources.items():
        target = pathlib.Path(folder, name).with_suffix(".o")
        target.parent.mkdir(parents=True, exist_ok=True)
        done = subprocess.run([*compiler, "-x", "c", "-fPIC", "-O0", "-c", "-", "-o", str(target)],
                              input=text,
                              text=True, check=False, capture_output=True)
        if done.returncode != 0:
            sys.exit(done.stderr)
        made[pathlib.PurePath(name)] = target
    return made
