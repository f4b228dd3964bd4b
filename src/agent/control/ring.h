/* SPDX-License-Identifier: Apache-2.0 */
/* `ring` and `lookup`; and what all commands about rings are asked for. */
#ifndef HS_AGENT_CONTROL_RING_H
#define HS_AGENT_CONTROL_RING_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "agent/control/client.h"
#include "agent/parts/context.h"

/* What of a ring is to be shown. */
struct hs_ring_view {
    uint32_t n; /* replicas; 0: not asked for */
    bool zones; /* in distinct zones */
    bool ranges;
};

/* Reads n, zones and ranges. False: it has answered that one of them is wrong. */
bool hs_ring_view_parse(struct hs_client *client, const json_t *request, struct hs_ring_view *view);

/* Units of a ring's work that one call of a stream's `more` takes: some tens of microseconds. */
#define HS_RING_ANSWER_UNITS 2048

void hs_command_ring(const struct hs_context *context, struct hs_client *client,
                     const json_t *request);
void hs_command_lookup(const struct hs_context *context, struct hs_client *client,
                       const json_t *request);

#endif
