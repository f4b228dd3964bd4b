/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Away for longer than tombstones live (R20): a machine that slept over a weekend holds records of
 * members whose deaths everybody else has forgotten, and would bring the dead back to life. So its
 * view is dropped and learned anew, like a newcomer's. What it keeps is addresses: its seeds, and
 * some of those that it knew, for they may have let it in under another address than its seeds'.
 */
#include "rules/rules.h"

#include "base/memory.h"

#define CALLED_ANEW 16u /* members of the old view that are asked, at most */

static void call_old_acquaintances(struct hearsay_node *node)
{
    for (uint32_t i = 0; i < HS_CONTACTS_MAX; i++) {
        const struct hs_contact *contact = &node->contacts[i];
        if (contact->addr.family && (contact->flags & HS_CONTACT_SEED))
            hs_join_start(node, &contact->addr, HS_CONTACT_SEED);
    }
    for (uint32_t i = 0; i < CALLED_ANEW && node->table.order_count; i++) {
        uint32_t slot = hs_order_random(&node->table, &node->random);
        hs_join_start(node, &hs_table_at(&node->table, slot)->card->addr, 0);
    }
}

/* The owner hears of each that was not hidden before; of those that its queue does not hold it hears
 * by RESYNC. */
static void say_forgotten(struct hearsay_node *node, uint32_t slot)
{
    const struct hs_member *member = hs_table_at(&node->table, slot);
    if (!hs_member_counts(member))
        return;
    struct hearsay_event event = {
        .kind = HEARSAY_EVENT_MEMBER,
        .addr = member->card->addr,
        .id = member->card->id,
        .timestamp = member->stamp,
        .from = (enum hearsay_status)member->status,
        .to = HEARSAY_NONE,
        .reason = HEARSAY_REASON_FORGOTTEN,
    };
    hs_event_name(event.name, hs_member_name(member), member->card->name_len);
    hs_events_push(&node->events, &event);
}

static void forget(struct hearsay_node *node, uint32_t slot)
{
    say_forgotten(node, slot);
    if (hs_member_suspicion(hs_table_at(&node->table, slot)))
        hs_suspect_end(node, slot);
    hs_probe_end_all(node, slot);
    hs_outbox_drop(&node->outbox, &node->table, slot);
    hs_table_remove(&node->table, slot);
}

void hs_absence_forget(struct hearsay_node *node)
{
    hs_sync_drop(node); /* first: it ends the attempt to join that waits for it */
    call_old_acquaintances(node);
    for (uint32_t slot = 0; slot < node->table.used; slot++)
        if (hs_table_at(&node->table, slot)->card && slot != node->self)
            forget(node, slot);
    memset(node->contests, 0, sizeof(node->contests));
    hs_placement_anew(node);
    hs_events_resync(&node->events);
}
