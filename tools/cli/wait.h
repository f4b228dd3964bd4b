/* SPDX-License-Identifier: Apache-2.0 */
/* The command that waits until something is so. */
#ifndef HEARSAY_CLI_WAIT_H
#define HEARSAY_CLI_WAIT_H

#include "command.h"

int cli_wait_run(struct cli *cli);

#endif
