/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Says in words why a join was refused, and remembers it, so that `status` can say it as long as it
 * is so.
 */
#ifndef HS_AGENT_PARTS_REFUSAL_H
#define HS_AGENT_PARTS_REFUSAL_H

#include <stddef.h>
#include <stdint.h>

#include <hearsay/event.h>

#include "agent/base/identity.h"
#include "service/error_text.h"

/* Writes one sentence, without a full stop, about a JOIN event whose result is REFUSED. */
void hs_refusal_text(const struct hearsay_event *event, const struct hs_identity *identity,
                     char text[HS_ERROR_TEXT_MAX]);

#define HS_REFUSALS_KEPT   8         /* addresses; one more takes the place of the oldest */
#define HS_REFUSAL_LIFE_US 600000000 /* a seed is tried again long before this is over */

struct hs_refusal {
    uint64_t when; /* boot time; 0: a free place */
    struct hearsay_addr addr;
    enum hearsay_refusal reason;
    char name[HEARSAY_NAME_MAX + 1]; /* who refused; "" if not known */
    char text[HS_ERROR_TEXT_MAX];
};

/* The last refusal of each of some addresses. All zero: none. Most agents are never refused, so
 * there is no memory for it before. */
struct hs_refusals {
    struct hs_refusal *items; /* array of HS_REFUSALS_KEPT, or NULL */
};

void hs_refusals_fini(struct hs_refusals *refusals);

/* Notes how an attempt ended. `event` is a JOIN event. `boot`: boot time now, microseconds. Without
 * memory a refusal is not remembered. */
void hs_refusals_note(struct hs_refusals *refusals, const struct hearsay_event *event,
                      const struct hs_identity *identity, uint64_t boot);

/* Returns the next refusal that still holds, or NULL. Set *cursor to 0 before the first call. */
const struct hs_refusal *hs_refusals_next(const struct hs_refusals *refusals, uint64_t boot,
                                          size_t *cursor);

#endif
