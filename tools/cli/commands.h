/* SPDX-License-Identifier: Apache-2.0 */
/* The table of commands. */
#ifndef HEARSAY_CLI_COMMANDS_H
#define HEARSAY_CLI_COMMANDS_H

#include <stddef.h>

#include "command.h"

extern const struct cli_command cli_commands[];
extern const size_t cli_command_count;

#endif
