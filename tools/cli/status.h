/* SPDX-License-Identifier: Apache-2.0 */
/* `hearsay status` and `hearsay version`. */
#ifndef HEARSAY_CLI_STATUS_H
#define HEARSAY_CLI_STATUS_H

#include "command.h"

json_t *cli_status_request(const struct cli *cli);
void cli_status_show(const struct cli *cli, const json_t *answer);
int cli_version_run(struct cli *cli);

#endif
