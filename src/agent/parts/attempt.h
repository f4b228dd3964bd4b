/* SPDX-License-Identifier: Apache-2.0 */
/* An attempt on a seed: its name is looked up, and its addresses are called, some at a time. */
#ifndef HS_AGENT_PARTS_ATTEMPT_H
#define HS_AGENT_PARTS_ATTEMPT_H

#include <stdbool.h>

#include <hearsay/event.h>

#include "agent/parts/seed.h"

#define HS_SEED_WINDOW_MAX   16     /* addresses of one seed that are called at once */
#define HS_SEED_AGAIN_MAX    4      /* of a seed that has joined, after one lookup (R26) */
#define HS_SEEDS_CALLS_MAX   32     /* calls of all seeds that are names, at once */
#define HS_SEED_STEP_MEMBERS 4096   /* members that are looked at in one turn: about 0.6 ms */
#define HS_SEED_ROOM_US      500000 /* until a seed looks again for room among these calls */

/* Begins an attempt on a seed that is not busy. It may end, and free a seed of a request, before
 * this returns. */
void hs_attempt_begin(struct hs_seed *seed);

/* The callback of the timer of a seed, which is the context. */
void hs_attempt_retry(evutil_socket_t fd, short what, void *context);

/* A call has ended. Returns false if it was none of this seed's. It may free the seed. */
bool hs_attempt_ended(struct hs_seed *seed, const struct hearsay_event *event);

/* The ends of calls under way may have been lost: they count as unanswered. It may free the
 * seed. */
void hs_attempt_lost(struct hs_seed *seed);

#endif
