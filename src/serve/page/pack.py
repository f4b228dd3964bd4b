#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Puts the page into one file without outside assets, as bytes for C, with the policy that lets a
browser run exactly these bytes.

The scripts are modules: each says what it imports, and from where. Here they are put behind one
another in the order of these imports, which are then checked and taken away. No module may need one
that needs it, and no name may stand for two things.

usage: pack.py SOURCE_DIR OUTPUT.c [OUTPUT.html]
"""

import base64
import hashlib
import pathlib
import re
import sys

FIRST = "main.js"
IMPORT = re.compile(r"^import \{([^}]*)\} from '\./([\w.]+)';\n", re.M)
EXPORT = re.compile(r"^export (?=(?:async )?(?:function|class|const|let) )", re.M)
EXPORTED = re.compile(r"^export (?:async )?(?:function|class|const|let) (\w+)", re.M)
DECLARED = re.compile(r"^(?:export )?(?:async )?(?:function|class|const|let) (\w+)", re.M)
LEFT = re.compile(r"^\s*(?:import|export)\b.*", re.M)
BYTES_A_LINE = 20

POLICY = ("default-src 'none'; script-src {script}; style-src {style}; img-src data:; "
          "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
          "require-trusted-types-for 'script'; trusted-types 'none'")


class Fault(Exception):
    """What is wrong with the sources, in a sentence."""


def read_modules(folder):
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.js"))}


def in_order(modules):
    """Names of modules: each behind those that it imports from."""
    done, under_way = [], []

    def visit(name):
        if name in done:
            return
        if name in under_way:
            raise Fault(f"{' needs '.join(under_way + [name])}: a circle")
        if name not in modules:
            raise Fault(f"{under_way[-1]} imports from {name}, which is not there")
        under_way.append(name)
        for _, source in IMPORT.findall(modules[name]):
            visit(source)
        done.append(under_way.pop())

    visit(FIRST)
    unused = sorted(set(modules) - set(done))
    if unused:
        raise Fault(f"nothing imports {', '.join(unused)}")
    return done


def check_imports(name, modules):
    text = modules[name]
    body = IMPORT.sub("", text)
    for words, source in IMPORT.findall(text):
        offered = EXPORTED.findall(modules[source])
        for word in (w.strip() for w in words.split(",")):
            if word not in offered:
                raise Fault(f"{name} imports {word}, which {source} does not export")
            if not re.search(rf"\b{word}\b", body):
                raise Fault(f"{name} imports {word} and does not use it")


def check_names(order, modules):
    owners = {}
    for name in order:
        for word in DECLARED.findall(modules[name]):
            if word in owners:
                raise Fault(f"{word} stands in {owners[word]} and in {name}")
            owners[word] = name


def bundle(modules):
    order = in_order(modules)
    parts = []
    for name in order:
        check_imports(name, modules)
        body = EXPORT.sub("", IMPORT.sub("", modules[name]))
        left = LEFT.search(body)
        if left:
            raise Fault(f"{name}: this import or export is not understood: {left.group().strip()}")
        parts.append(body.strip())
    check_names(order, modules)
    return "\n\n".join(parts)


def put_in(html, mark, text):
    if html.count(mark) != 1:
        raise Fault(f"index.html has {mark} {html.count(mark)} times")
    return html.replace(mark, f"\n{text.strip()}\n")


def hash_of(html, tag):
    """The hash by which a policy allows the content of the only element of this kind."""
    contents = re.findall(rf"<{tag}\b[^>]*>(.*?)</{tag}>", html, re.S)
    if len(contents) != 1:
        raise Fault(f"the page has {len(contents)} elements {tag}: is one closed in a text?")
    digest = hashlib.sha256(contents[0].encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def make_page(folder):
    """(the page, its policy)."""
    html = (folder / "index.html").read_text(encoding="utf-8")
    html = put_in(html, "@style@", (folder / "style.css").read_text(encoding="utf-8"))
    html = put_in(html, "@script@", bundle(read_modules(folder)))
    return html, POLICY.format(script=hash_of(html, "script"), style=hash_of(html, "style"))


def as_c(page, policy):
    data = page.encode()
    lines = [", ".join(str(b) for b in data[i:i + BYTES_A_LINE]) + ","
             for i in range(0, len(data), BYTES_A_LINE)]
    return "\n".join([
        "/* Made by pack.py. */", '#include "serve/page.h"', "",
        "const struct hs_page hs_page = {", f'    .policy = "{policy}",',
        f"    .size = {len(data)},",
        "    .bytes = (const unsigned char[]){", *lines, "    },", "};", ""])


def main():
    folder = pathlib.Path(sys.argv[1])
    try:
        page, policy = make_page(folder)
    except Fault as fault:
        sys.exit(f"pack.py: {fault}")
    pathlib.Path(sys.argv[2]).write_text(as_c(page, policy), encoding="ascii")
    if len(sys.argv) > 3:
        pathlib.Path(sys.argv[3]).write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
