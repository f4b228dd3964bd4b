/* SPDX-License-Identifier: Apache-2.0 */
/* `hearsay ring` with its verbs. */
#ifndef HEARSAY_CLI_RING_H
#define HEARSAY_CLI_RING_H

#include "command.h"

int cli_ring_run(struct cli *cli);

#endif
