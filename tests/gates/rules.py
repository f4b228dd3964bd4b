# SPDX-License-Identifier: Apache-2.0
"""The rooms of the tree and what is granted to some of them: read by the gates `calls` and `order`,
and by reviewers.

Each grant is one line with its reason. A grant that nothing needs any more is a fault.
"""

import pathlib


def paths(*names):
    return [pathlib.PurePath(name) for name in names]


# In which no file may need a file that needs it. A room holds its folders, too.
ROOMS = ["src/core", "src/agent", "src/ctl", "tools/cli", "tools/sim", "tools/swarm"]

# Files that may hold tables of constants pointing up: the only way up that there is.
TABLES = paths()

# Rooms in which circles of calls are still to be untied.
CALLS_NOT_YET = paths()

# Rooms whose files docs/architecture.md does not list yet.
ORDER_NOT_YET = paths()

# Where lines of more than 100 columns are left, and in which kinds of files.
COLUMNS_NOT_YET = []

# Small rooms with one header that all their files include. It declares what files without a header
# of their own define.
ONE_HEADER = {"src/ctl": "ctl.h"}
