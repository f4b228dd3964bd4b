/* SPDX-License-Identifier: Apache-2.0 */
/* `hearsay why`. */
#ifndef HEARSAY_CLI_WHY_H
#define HEARSAY_CLI_WHY_H

#include "command.h"

json_t *cli_why_request(const struct cli *cli);
void cli_why_show(const struct cli *cli, const json_t *answer);

#endif
