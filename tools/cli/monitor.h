/* SPDX-License-Identifier: Apache-2.0 */
/* `hearsay monitor`. */
#ifndef HEARSAY_CLI_MONITOR_H
#define HEARSAY_CLI_MONITOR_H

#include "command.h"

int cli_monitor_run(struct cli *cli);

#endif
