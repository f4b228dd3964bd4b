/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an answer is worth (R40, R41). It is made in one place and used alike by HTTP, metrics and
 * DNS, so that no two of them can say different things about the same moment.
 */
#ifndef HS_SERVE_WORTH_H
#define HS_SERVE_WORTH_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "mirror/state.h"

#define HS_WORTH_STALE_US 1000000 /* an agent that lives is never silent for so long */
#define HS_WORTH_GONE_US  5000000 /* what is older than this is no answer any more */

struct hs_worth {
    bool ready;        /* the agent has joined */
    bool isolated;     /* nothing comes from those who should answer it */
    bool leaving;      /* it says goodbye */
    bool settling;     /* others that see the same may have another ring (R62) */
    bool gone;         /* it is silent for HS_WORTH_GONE_US, or was never heard: answer 503 */
    uint64_t stale_us; /* how old the view is; 0: it is current, within HS_WORTH_STALE_US */
};

/* `state` is what the mirror shows; `age_us` says how long ago it was known to be the agent's view,
 * UINT64_MAX if it never was. */
struct hs_worth hs_worth_of(const struct hs_mirror_state *state, uint64_t age_us);

/* True if answers may be given as they are: joined, not isolated, current. */
bool hs_worth_is_full(const struct hs_worth *worth);

/* An object with `ready`, `isolated`, `settling` and, if the view is old, `stale_us`, for the
 * caller to add to. NULL: no memory. */
json_t *hs_worth_json(const struct hs_worth *worth);

#endif
