#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Includes point one way: node → rules → view → codec → base inside the core, and ring → base;
agent, cli and sim stand on the public headers and, where they talk to each other, on ctl; pictures
of cli and sim on svg. The core knows none of them.

usage: includes.py SOURCE_ROOT
"""

import pathlib
import re
import sys
import tempfile

import gate

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)
LAYERS = ["base", "codec", "view", "rules", "node"]
# Rooms of the core beside the layers, and whose headers they may use. The others use such a room by
# its public header alone: a program can have a ring without a node.
CORE_ROOMS = {"ring": ["base"]}

# What the core may take from outside: the language, bytes, the hash and the packer. No <stdio.h>,
# no <stdlib.h>, nothing of a system.
CORE_SYSTEM = {"limits.h", "stdalign.h", "stdatomic.h", "stdbool.h", "stddef.h", "stdint.h",
               "string.h", "xxhash.h",
               "msgpack.h", "msgpack/pack.h", "uthash.h"}
# <hearsay/host.h> is a Unix's, and <hearsay/hearsay.h> includes it.
CORE_REFUSED_PUBLIC = {"hearsay/host.h", "hearsay/hearsay.h"}
# Headers of include/hearsay-tree: what is installed does not see them, nor does a program that a
# user could write.
TREE_HEADERS = {"hearsay-tree/many.h"}
TREE_ROOMS = {"sim", "swarm"}
PUBLIC_SYSTEM = {"stdbool.h", "stddef.h", "stdint.h"}

# Rooms outside the core: folder, the name of its own headers' folder, rooms it may use.
ROOMS = [
    ("src/agent", "agent", {"conf", "ctl", "keep", "service"}),
    ("src/conf", "conf", {"ctl", "service"}),
    ("src/serve", "serve", {"conf", "ctl", "dns", "link", "mirror", "service"}),
    ("src/service", "service", set()),
    ("src/keep", "keep", {"ctl"}),
    ("src/handle", "handle", {"ctl", "keep", "link", "mirror", "service"}),
    ("src/ctl", "ctl", set()),
    ("src/mirror", "mirror", {"ctl"}),
    ("src/link", "link", {"ctl", "mirror"}),
    ("src/dns", "dns", {"ctl", "mirror"}),
    ("src/host", "host", set()),
    ("src/seal", "seal", set()),
    ("tools/svg", "svg", set()),
    ("tools/cli", "cli", {"ctl", "handle", "mirror", "link", "service", "svg"}),
    ("tools/dump", "dump", {"base", "codec"}),
    ("tools/sim", "sim", {"svg"}),
    ("tools/swarm", "swarm", set()),
]


def core_fault(layer, quoted, target):
    top = target.split("/")[0]
    if quoted:
        if top == layer and "/" in target:
            return None
        if layer in CORE_ROOMS:
            return None if top in CORE_ROOMS[layer] else f"is not for {layer}"
        if top in CORE_ROOMS:
            return f"is {top}'s own"
        if top not in LAYERS or "/" not in target:
            return "is no part of the core"
        if LAYERS.index(top) > LAYERS.index(layer):
            return f"is above {layer}"
        return None
    if target in TREE_HEADERS:
        return None
    if target.startswith("hearsay/"):
        return "is not for the core" if target in CORE_REFUSED_PUBLIC else None
    return None if target in CORE_SYSTEM else "is not for the core"


def room_fault(own, allowed, quoted, target):
    top = target.split("/")[0]
    inside = "/" not in target or top == own or top in allowed
    if quoted:
        return None if inside else "reaches into another room"
    if top == "hearsay-tree":
        return None if own in TREE_ROOMS else "is for simulators of this tree"
    rooms = LAYERS + list(CORE_ROOMS) + ["core", "agent", "ctl", "mirror", "link", "dns", "host",
                                         "seal", "serve", "service", "keep", "handle"]
    return "reaches into another room" if top in rooms else None


def public_fault(name, quoted, target):
    if quoted:
        return "is not <hearsay/…>"
    if target.startswith("hearsay/") or target in PUBLIC_SYSTEM:
        return None
    return None if (name, target) == ("host.h", "sys/socket.h") else "is not for a public header"


def judge(path):
    """The function that judges includes of this file, or None when there is no rule for it."""
    parts = path.parts
    if parts[:2] == ("include", "hearsay"):
        return lambda quoted, target: public_fault(path.name, quoted, target)
    if parts[:2] == ("src", "core"):
        layer = parts[2] if parts[2] in LAYERS or parts[2] in CORE_ROOMS else LAYERS[-1]
        return lambda quoted, target: core_fault(layer, quoted, target)
    for folder, own, allowed in ROOMS:
        if path.is_relative_to(folder):
            return lambda quoted, target: room_fault(own, allowed, quoted, target)
    return None


def faults(root):
    found = []
    for file in gate.files(root, ".c", ".h"):
        path = file.relative_to(root)
        rule = judge(path)
        if rule is None:
            continue
        for mark, target in INCLUDE.findall(file.read_text(encoding="utf-8")):
            why = "climbs out of its folder" if ".." in target else rule(mark == '"', target)
            if why is not None:
                found.append(f"{path}: {target} {why}")
    return found


def planted(path, line):
    with tempfile.TemporaryDirectory() as root:
        file = pathlib.Path(root, path)
        file.parent.mkdir(parents=True)
        file.write_text(line + "\n", encoding="utf-8")
        return faults(pathlib.Path(root))


PLANTED = [
    ("src/core/base/a.c", '#include "codec/message.h"'),
    ("src/core/codec/a.c", '#include "view/table.h"'),
    ("src/core/view/a.h", '#include "rules/core.h"'),
    ("src/core/rules/a.c", '#include "agent/udp.h"'),
    ("src/core/rules/a.c", '#include "ring/impl.h"'),
    ("src/core/ring/a.c", '#include "view/member.h"'),
    ("src/core/ring/a.c", '#include "codec/hash.h"'),
    ("src/agent/a.c", '#include "ring/impl.h"'),
    ("src/core/rules/a.c", '#include "ctl/ctl.h"'),
    ("src/core/rules/a.c", "#include <hearsay/host.h>"),
    ("src/core/rules/a.c", "#include <stdlib.h>"),
    ("src/core/rules/a.c", '#include "../../agent/udp.h"'),
    ("src/agent/a.c", '#include "view/table.h"'),
    ("src/agent/a.c", "#include <codec/message.h>"),
    ("src/agent/a.c", "#include <hearsay-tree/many.h>"),
    ("tools/cli/a.c", "#include <hearsay-tree/many.h>"),
    ("include/hearsay/a.h", "#include <hearsay-tree/many.h>"),
    ("src/ctl/a.c", '#include "agent/udp.h"'),
    ("src/seal/a.c", '#include "codec/wire.h"'),
    ("src/core/codec/a.c", '#include "seal/keyring.h"'),
    ("src/core/codec/a.c", "#include <nettle/aes.h>"),
    ("src/agent/a.c", '#include "seal/keyring.h"'),
    ("tools/cli/a.c", '#include "agent/udp.h"'),
    ("tools/sim/a.c", '#include "rules/core.h"'),
    ("tools/svg/a.c", '#include "cli/cli.h"'),
    ("src/agent/a.c", '#include "svg/svg.h"'),
    ("tools/swarm/a.c", '#include "codec/wire.h"'),
    ("src/mirror/a.c", '#include "link/link.h"'),
    ("src/agent/a.c", '#include "mirror/mirror.h"'),
    ("src/dns/a.c", '#include "link/link.h"'),
    ("src/agent/a.c", '#include "serve/worth.h"'),
    ("src/serve/a.c", '#include "agent/base/json.h"'),
    ("src/service/a.c", '#include "ctl/ctl.h"'),
    ("src/keep/a.c", '#include "handle/kept.h"'),
    ("src/handle/a.c", '#include "agent/base/json.h"'),
    ("tools/dump/a.c", '#include "rules/core.h"'),
    ("include/hearsay/a.h", '#include "addr.h"'),
    ("include/hearsay/a.h", "#include <stdio.h>"),
]
FINE = [
    ("src/core/rules/a.c",
     '#include "view/table.h"\n#include "rules/core.h"\n#include <string.h>'),
    ("src/core/ring/a.c",
     '#include "ring/impl.h"\n#include "base/memory.h"\n#include <hearsay/ring.h>'),
    ("src/agent/a.c", '#include "ctl/ctl.h"\n#include "udp.h"\n#include <event2/event.h>'),
    ("tools/sim/a.c", "#include <hearsay-tree/many.h>"),
    ("tests/a.c", '#include "view/table.h"'),
]


def main():
    tap = gate.Tap()
    tap.check("includes point one way", faults(pathlib.Path(sys.argv[1])))
    for path, line in PLANTED:
        tap.caught(f"{line} in {path}".replace("#", ""), planted(path, line))
    for path, line in FINE:
        tap.check(f"lets the right ones of {path} through", planted(path, line))
    tap.end()


main()
