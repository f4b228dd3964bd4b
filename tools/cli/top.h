/* SPDX-License-Identifier: Apache-2.0 */
/* `hearsay top`. */
#ifndef HEARSAY_CLI_TOP_H
#define HEARSAY_CLI_TOP_H

#include "command.h"

int cli_top_run(struct cli *cli);

#endif
