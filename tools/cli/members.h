/* SPDX-License-Identifier: Apache-2.0 */
/* `hearsay members`. */
#ifndef HEARSAY_CLI_MEMBERS_H
#define HEARSAY_CLI_MEMBERS_H

#include "command.h"

json_t *cli_members_request(const struct cli *cli);
void cli_members_show(const struct cli *cli, const json_t *answer);

#endif
