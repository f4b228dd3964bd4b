/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of `ring`, by file. Each takes the answer of the agent apart on its own. */
#ifndef HEARSAY_CLI_RING_H
#define HEARSAY_CLI_RING_H

#include "cli.h"

/* ring.c: a request with -n, --zones and --ranges, or NULL after saying what is wrong. */
json_t *cli_ring_request(const struct cli *cli, enum hs_ctl_command command);

/* ring_diff.c: the field of an answer that was asked about replicas. */
void cli_put_replicas(const json_t *answer);

/* ring_diff.c: what `ring history`, `ring diff` and `ring plan` run. Exit codes. */
int cli_ring_history(struct cli *cli);
int cli_ring_diff(struct cli *cli);
int cli_ring_plan(struct cli *cli);

/* ring_plan.c: fills in --add, --remove and --set. False after saying what is wrong. */
bool cli_plan_fill(const struct cli *cli, json_t *request);

/* ring_picture.c: --svg. The rings are made anew from the members of the answer, which is proved by
 * their checksums. Exit codes. */
int cli_draw_ring(const struct cli *cli, const json_t *answer);
int cli_draw_diff(const struct cli *cli, const json_t *answer);

#endif
