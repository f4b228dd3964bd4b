/* SPDX-License-Identifier: Apache-2.0 */
/* `ring-history`, `ring-diff`, and the answer about the difference of two rings. */
#ifndef HS_AGENT_CONTROL_DIFF_H
#define HS_AGENT_CONTROL_DIFF_H

#include <jansson.h>

#include "agent/control/client.h"
#include "agent/control/ring.h"
#include "agent/parts/context.h"
#include "agent/parts/ring_tally.h"
#include "agent/parts/rings.h"

/* Answers with the difference as a stream. Takes over both sides. Their rings need not be made yet.
 * A side is a remembered ring or, with `about.version` 0, a planned one. */
void hs_answer_diff(const struct hs_context *context, struct hs_client *client,
                    struct hs_ring_again sides[HS_SIDES], const struct hs_ring_view *view);

void hs_command_ring_history(const struct hs_context *context, struct hs_client *client,
                             const json_t *request);
void hs_command_ring_diff(const struct hs_context *context, struct hs_client *client,
                          const json_t *request);

#endif
