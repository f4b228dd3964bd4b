/* SPDX-License-Identifier: Apache-2.0 */
/* `ring` and `lookup`, and the fields that all requests about rings share. */
#ifndef HS_AGENT_CONTROL_RING_H
#define HS_AGENT_CONTROL_RING_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "agent/control/client.h"
#include "agent/parts/context.h"

/* What a request asks to see of a ring. */
struct hs_ring_view {
    uint32_t n; /* replicas; 0: not requested */
    bool zones; /* in distinct zones */
    bool ranges;
};

/* Reads n, zones and ranges. Returns false if it has answered with an error. */
bool hs_ring_view_parse(struct hs_client *client, const json_t *request, struct hs_ring_view *view);

/* Units of ring work in one call of a stream's `more`. They take some tens of microseconds. */
#define HS_RING_ANSWER_UNITS 2048

void hs_command_ring(const struct hs_context *context, struct hs_client *client,
                     const json_t *request);
void hs_command_lookup(const struct hs_context *context, struct hs_client *client,
                       const json_t *request);

#endif
