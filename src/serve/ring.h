/* SPDX-License-Identifier: Apache-2.0 */
/* /v1/ring and /v1/lookup: the answers of `ring` and `lookup` (docs/control.md), from the ring of
 * the mirror. */
#ifndef HS_SERVE_RING_H
#define HS_SERVE_RING_H

#include "serve/request.h"

#define HS_RING_RANGES_MAX 16384 /* tokens of a ring whose pieces are told: 1.2 MB of them */

/* The present ring, with `ranges` its pieces, too. Shares of replicas are a walk over all of it, so
 * they are asked of the agent, which does it in steps. */
void hs_ring_present(const struct hs_request *request, struct hs_reply *reply);

/* The owners of a key. */
void hs_ring_lookup(const struct hs_request *request, struct hs_reply *reply);

#endif
