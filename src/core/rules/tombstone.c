/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tombstones (R7). A dead record is kept so that older rumors about the member do not bring it
 * back. Its age travels with it. Every holder keeps the greatest age it has heard and counts on
 * from there. So all members forget it at about the same time, even if their clocks differ, and a
 * record that arrives late does not begin to age anew.
 */
#include "rules/tombstone.h"

#include "base/assert.h"
#include "view/probe_list.h"

#define REAP_GAP_US 100000u /* interval of the timer, microseconds, at least */

void hs_tombstones_init(struct hs_tombstones *tombstones, struct hs_core *core,
                        struct hs_contacts *contacts)
{
    *tombstones =
        (struct hs_tombstones){.core = core, .contacts = contacts, .reap.kind = HS_TIMER_REAP};
}

static void arm_reaper(struct hs_tombstones *tombstones, const struct hs_member *member)
{
    uint64_t ttl = tombstones->core->config.tombstone_ttl,
             age = hs_member_age_us(member, tombstones->core->now.boot);
    uint64_t life = hs_member_in_digest(member) ? ttl : 2 * ttl;
    uint64_t left = age < life ? life - age : 0;
    hs_heap_arm_by(&tombstones->core->timers, &tombstones->reap,
                   tombstones->core->now.boot + (left > REAP_GAP_US ? left : REAP_GAP_US));
}

void hs_tombstone_hide(struct hs_tombstones *tombstones, uint32_t slot)
{
    const struct hs_member *member = hs_member_at(tombstones->core, slot);
    if (hs_member_age_us(member, tombstones->core->now.boot) >=
        tombstones->core->config.tombstone_ttl)
        hs_view_hide(&tombstones->core->view, slot);
    arm_reaper(tombstones, member);
}

void hs_tombstone_set_age(struct hs_tombstones *tombstones, uint32_t slot, uint32_t age)
{
    struct hs_member *member = hs_member_at(tombstones->core, slot);
    HS_ASSERT(member->status == HEARSAY_STATUS_DEAD);
    int64_t base = (int64_t)tombstones->core->now.boot - (int64_t)age * 1000000;
    if (base < member->age_base)
        member->age_base = base;
}

static void tombstone_forget(struct hs_tombstones *tombstones, uint32_t slot)
{
    struct hs_core *core = tombstones->core;
    const struct hs_member *member = hs_member_at(core, slot);
    HS_ASSERT(member->status == HEARSAY_STATUS_DEAD);
    if (member->cause == HEARSAY_CAUSE_FAILED)
        hs_contacts_remember(tombstones->contacts, member);
    hs_view_forget(&core->view, slot);
}

/* Hides tombstones that are past their time and forgets those past twice that. A member that still
 * has tokens in the ring stays until a new ring has been made. */
void hs_tombstone_reap(struct hs_tombstones *tombstones)
{
    for (uint32_t at = tombstones->core->view.table.gone_count;
         at-- > 0;) { /* backwards: see hs_probe_list_gone */
        uint32_t slot = hs_probe_list_gone(&tombstones->core->view.table, at);
        const struct hs_member *member = hs_member_at(tombstones->core, slot);
        uint64_t age = hs_member_age_us(member, tombstones->core->now.boot),
                 ttl = tombstones->core->config.tombstone_ttl;
        if (age >= 2 * ttl && !(member->flags & HS_MEMBER_IN_RING)) {
            tombstone_forget(tombstones, slot);
            continue;
        }
        hs_tombstone_hide(tombstones, slot);
    }
}
