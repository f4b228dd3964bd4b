/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the owner and the history of verdicts are told of members.
 */
#ifndef HS_VIEW_TELL_H
#define HS_VIEW_TELL_H

#include "view/view.h"

/* The MEMBER event of a change; nothing where only the timestamp is newer. */
void hs_tell_change(struct hs_view *view, const struct hs_change *change);

/* The MEMBER event of a member that is in no list any more, `reason` PRUNED or FORGOTTEN. Nothing where
 * it is hidden: then it has been told. */
void hs_tell_gone(struct hs_view *view, uint32_t slot, enum hearsay_reason reason);

/* A step for hearsay_node_history. */
struct hs_history_note {
    enum hearsay_step step;
    enum hearsay_reason result;
    uint32_t actor; /* a slot, or HS_NO_SLOT */
    uint32_t tries, rtt_us;
    uint64_t timestamp;
};
void hs_history_note(struct hs_view *view, struct hearsay_now now, uint32_t subject,
                     const struct hs_history_note *note);

/* The step of a change. */
void hs_history_note_change(struct hs_view *view, const struct hs_change *change);

#endif
