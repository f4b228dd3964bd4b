/* SPDX-License-Identifier: Apache-2.0 */
/* `ring-history` and `ring-diff`; and the answer that says what differs between two rings. */
#ifndef HS_AGENT_CONTROL_DIFF_H
#define HS_AGENT_CONTROL_DIFF_H

#include <jansson.h>

#include "agent/context.h"
#include "agent/control/client.h"
#include "agent/control/ring.h"
#include "agent/ring_tally.h"

/* One side of a comparison: a remembered ring, or, with version 0, one that is only planned. */
struct hs_ring_side {
    const struct hearsay_ring *ring;
    uint64_t version, wall;
};

/* Answers with the difference, streamed. It takes references of its own to the rings. */
void hs_answer_diff(struct hs_client *client, const struct hs_ring_side sides[HS_SIDES],
                    const struct hs_ring_view *view);

void hs_command_ring_history(const struct hs_context *context, struct hs_client *client,
                             const json_t *request);
void hs_command_ring_diff(const struct hs_context *context, struct hs_client *client,
                          const json_t *request);

#endif
