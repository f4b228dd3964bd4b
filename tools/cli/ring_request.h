/* SPDX-License-Identifier: Apache-2.0 */
/* What all questions about the ring and their answers have in common: replicas and zones. */
#ifndef HEARSAY_CLI_RING_REQUEST_H
#define HEARSAY_CLI_RING_REQUEST_H

#include "command.h"

/* A request with -n, --zones and --ranges, or NULL after saying what is wrong. */
json_t *cli_ring_request(const struct cli *cli, enum hs_ctl_command command);

/* The field of an answer that was asked about replicas. */
void cli_put_replicas(const json_t *answer);

/* The fields about members that are dead and keep their keys, and about a ring that settles; none
 * if there is nothing to say (R62: ring hold). */
void cli_put_held(const json_t *answer);

#endif
