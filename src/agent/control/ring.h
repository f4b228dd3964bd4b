/* SPDX-License-Identifier: Apache-2.0 */
/* What the commands about rings share: which replicas are asked for, and the answer that says what
 * differs between two rings, be they remembered or planned. */
#ifndef HS_AGENT_CONTROL_RING_H
#define HS_AGENT_CONTROL_RING_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include <hearsay/ring.h>

#include "agent/control/client.h"
#include "agent/ring_tally.h"

/* What of a ring is to be shown. */
struct hs_ring_view {
    uint32_t n; /* replicas; 0: not asked for */
    bool zones; /* in distinct zones */
    bool ranges;
};

/* Reads n, zones and ranges. False: it has answered that one of them is wrong. */
bool hs_ring_view_parse(struct hs_client *client, const json_t *request, struct hs_ring_view *view);

/* One side of a comparison: a remembered ring, or, with version 0, one that is only planned. */
struct hs_ring_side {
    const struct hearsay_ring *ring;
    uint64_t version, wall;
};

/* Answers with the difference, streamed. It takes references of its own to the rings. */
void hs_answer_diff(struct hs_client *client, const struct hs_ring_side sides[HS_SIDES],
                    const struct hs_ring_view *view);

#endif
