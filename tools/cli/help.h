/* SPDX-License-Identifier: Apache-2.0 */
/* `hearsay help` and the usage. */
#ifndef HEARSAY_CLI_HELP_H
#define HEARSAY_CLI_HELP_H

#include <stdio.h>

#include "command.h"

void cli_help(FILE *out, const struct cli *cli);
void cli_help_command(FILE *out, const struct cli_command *command);

int cli_help_run(struct cli *cli);

#endif
