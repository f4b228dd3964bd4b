/* SPDX-License-Identifier: Apache-2.0 */
/* `hearsay why`. */
#ifndef HEARSAY_CLI_WHY_H
#define HEARSAY_CLI_WHY_H

#include <stdio.h>

#include "command.h"

json_t *cli_why_request(const struct cli *cli);
/* Writes it as it is shown, made to fit this many columns (table.h). */
void cli_why_write(FILE *out, const json_t *answer, unsigned width);
void cli_why_show(const struct cli *cli, const json_t *answer);

#endif
