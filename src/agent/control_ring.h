/* SPDX-License-Identifier: Apache-2.0 */
/* What the commands about rings share: which replicas are asked for, and the answer that says what
 * differs between two rings, be they remembered or planned. */
#ifndef HS_AGENT_CONTROL_RING_H
#define HS_AGENT_CONTROL_RING_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include <hearsay/ring.h>

#include "agent/control.h"
#include "agent/ring_tally.h"
#include "agent/rings.h"

/* What of a ring is to be shown. */
struct hs_ring_view {
    uint32_t n; /* replicas; 0: not asked for */
    bool zones; /* in distinct zones */
    bool ranges;
};

/* Reads n, zones and ranges. False: it has answered that one of them is wrong. */
bool hs_ring_view_parse(struct hs_client *client, const json_t *request, struct hs_ring_view *view);

/* Answers with the difference, streamed. Takes over both sides, be they made or not: remembered
 * rings, or, with `about.version` 0, one that is only planned. */
void hs_answer_diff(struct hs_client *client, struct hs_rings *rings,
                    struct hs_ring_again sides[HS_SIDES], const struct hs_ring_view *view);

/* Units of a ring's work that one call of a stream's `more` takes: some tens of microseconds. */
#define HS_RING_ANSWER_UNITS 2048

#endif
