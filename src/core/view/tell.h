/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reports changes of members to the owner (events) and to the history. They are together because
 * both must agree on what is news and on whose word it rests.
 */
#ifndef HS_VIEW_TELL_H
#define HS_VIEW_TELL_H

#include "view/view.h"

/* Queues the MEMBER event of a change. Nothing if only the timestamp is newer. */
void hs_tell_change(struct hs_view *view, const struct hs_change *change);

/* Queues the MEMBER event of a member that leaves the member list; `reason` is PRUNED or FORGOTTEN.
 * Nothing if the member is hidden: then the event was sent earlier. */
void hs_tell_gone(struct hs_view *view, uint32_t slot, enum hearsay_reason reason);

/* A step for hearsay_node_history. */
struct hs_history_note {
    enum hearsay_step step;
    enum hearsay_reason result;
    uint32_t actor; /* a slot, or HS_NO_SLOT */
    uint32_t tries, rtt_us;
    uint64_t timestamp;
};
/* Adds a step about the member at slot `subject` to the history. */
void hs_history_note(struct hs_view *view, struct hearsay_now now, uint32_t subject,
                     const struct hs_history_note *note);

/* Adds the step of a change to the history. Nothing if only the timestamp is newer. */
void hs_history_note_change(struct hs_view *view, const struct hs_change *change);

#endif
