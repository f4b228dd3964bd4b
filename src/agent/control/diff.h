/* SPDX-License-Identifier: Apache-2.0 */
/* `ring-history` and `ring-diff`; and the answer that says what differs between two rings. */
#ifndef HS_AGENT_CONTROL_DIFF_H
#define HS_AGENT_CONTROL_DIFF_H

#include <jansson.h>

#include "agent/control/client.h"
#include "agent/control/ring.h"
#include "agent/parts/context.h"
#include "agent/parts/ring_tally.h"
#include "agent/parts/rings.h"

/* Answers with the difference, streamed. Takes over both sides, be they made or not: remembered
 * rings, or, with `about.version` 0, one that is only planned. */
void hs_answer_diff(struct hs_client *client, struct hs_rings *rings,
                    struct hs_ring_again sides[HS_SIDES], const struct hs_ring_view *view);

void hs_command_ring_history(const struct hs_context *context, struct hs_client *client,
                             const json_t *request);
void hs_command_ring_diff(const struct hs_context *context, struct hs_client *client,
                          const json_t *request);

#endif
