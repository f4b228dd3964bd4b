/* SPDX-License-Identifier: Apache-2.0 */
/* `hearsay lookup`. */
#ifndef HEARSAY_CLI_LOOKUP_H
#define HEARSAY_CLI_LOOKUP_H

#include "command.h"

json_t *cli_lookup_request(const struct cli *cli);
int cli_lookup_judge(const json_t *answer);
void cli_lookup_show(const struct cli *cli, const json_t *answer);

#endif
