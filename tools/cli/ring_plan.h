/* SPDX-License-Identifier: Apache-2.0 */
/* How the changes of a plan are spelled. */
#ifndef HEARSAY_CLI_RING_PLAN_H
#define HEARSAY_CLI_RING_PLAN_H

#include "command.h"

/* Fills in --add, --remove and --set. Returns false after saying what is wrong. */
bool cli_plan_fill(const struct cli *cli, json_t *request);

#endif
