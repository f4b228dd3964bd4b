/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A rumor says what this node holds at the moment of sending, including age and evidence. So
 * nothing is encoded earlier.
 */
#include "view/record.h"

#include "base/assert.h"

void hs_rumor_of(const struct hs_view *view, uint64_t boot, uint32_t slot, bool with_blob,
                 struct hs_rumor *ret_rumor)
{
    const struct hs_member *member = hs_table_at(&view->table, slot);
    HS_ASSERT(member->meta);
    /* Set field by field: clearing `decoded`, which only readers need, would double the cost. */
    ret_rumor->blob = with_blob ? member->meta->blob : NULL;
    ret_rumor->blob_len = with_blob ? member->meta->len : 0;
    ret_rumor->id = member->meta->id;
    ret_rumor->blob_check = (uint32_t)member->meta->hash;
    ret_rumor->timestamp = member->timestamp;
    ret_rumor->status = (enum hearsay_status)member->status;
    ret_rumor->cause = (enum hearsay_cause)member->cause;
    ret_rumor->age =
        member->status == HEARSAY_STATUS_DEAD ? hs_member_age_us(member, boot) / 1000 : 0;
    ret_rumor->ended = member->flags & HS_MEMBER_ENDED;
    ret_rumor->accuser_count = ret_rumor->refused_mask = 0;
    const struct hs_suspicion *suspicion = hs_member_suspicion(member);
    if (!suspicion)
        return;
    ret_rumor->age = (boot - suspicion->since) / 1000;
    ret_rumor->accuser_count = suspicion->accuser_count;
    ret_rumor->refused_mask = suspicion->refused_mask;
    for (uint32_t i = 0; i < HS_ACCUSERS_MAX; i++)
        ret_rumor->accusers[i] = suspicion->accusers[i];
}
