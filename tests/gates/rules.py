# SPDX-License-Identifier: Apache-2.0
"""The rooms of the tree and what is granted to some of them: read by the gates `calls` and `order`,
and by reviewers. Each grant is one line with its reason.
"""

# In which no file may need a file that needs it. A room holds its folders, too.
ROOMS = ["src/core", "src/agent", "src/conf", "src/serve", "src/service", "src/keep", "src/handle",
         "src/ctl", "src/mirror", "src/link", "src/dns", "src/seal", "tools/cli", "tools/sim",
         "tools/swarm"]

# Files that may hold tables of constants pointing up: the only way up that there is.
TABLES = []

# Small rooms with one header that all their files include. It declares what files without a header
# of their own define.
ONE_HEADER = {"src/ctl": "ctl.h"}
