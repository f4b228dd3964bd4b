/* SPDX-License-Identifier: Apache-2.0 */
/* `hearsay complete`: what may come next, for the completion of shells. */
#ifndef HEARSAY_CLI_COMPLETE_H
#define HEARSAY_CLI_COMPLETE_H

#include "command.h"

int cli_complete_run(struct cli *cli);

#endif
