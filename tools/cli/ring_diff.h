/* SPDX-License-Identifier: Apache-2.0 */
/* `ring history`, `ring diff` and `ring plan`. */
#ifndef HEARSAY_CLI_RING_DIFF_H
#define HEARSAY_CLI_RING_DIFF_H

#include "command.h"

/* Exit codes. */
int cli_ring_history(struct cli *cli);
int cli_ring_diff(struct cli *cli);
int cli_ring_plan(struct cli *cli);

#endif
