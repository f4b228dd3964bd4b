/* SPDX-License-Identifier: Apache-2.0 */
/* The command line of the tool. */
#ifndef HEARSAY_CLI_ARGS_H
#define HEARSAY_CLI_ARGS_H

#include "command.h"

/* Parses the arguments in place. Returns 0, or HS_CTL_EXIT_USAGE after saying what is wrong. */
int cli_parse(struct cli *cli, int argc, char **argv);

/* The options that may stand behind this command; NULL: before one. */
uint64_t cli_options_allowed(const struct cli_command *command);

/* The command of that name, or NULL after saying that there is none. */
const struct cli_command *cli_find_command(const struct cli *cli, const char *name);

#endif
