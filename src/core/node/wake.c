/* SPDX-License-Identifier: Apache-2.0 */
/*
 * After an absence (a stopped process, a suspended machine, a wall clock that has jumped) pending
 * probes are no evidence, and suspicions get the time back.
 *
 * After an absence longer than the life of a tombstone, more is needed. A machine that slept over a
 * weekend holds records of members whose deaths all others have forgotten, and would spread them as
 * alive. So its view is dropped and learned anew, as a newcomer's is. It keeps addresses: its
 * seeds, and some of the members it knew, because it may have joined through another address than
 * its seeds'.
 */
#include "node/wake.h"

#include "base/memory.h"
#include "view/probe_list.h"

#define CALLED_ANEW 16u /* members of the old view that are called, at most */

static void call_old_acquaintances(struct hearsay_node *node)
{
    for (uint32_t i = 0; i < HS_CONTACTS_MAX; i++) {
        const struct hs_contact *contact = &node->contacts.items[i];
        if (contact->addr.family && (contact->flags & HS_CONTACT_SEED))
            hs_contacts_call(&node->contacts, &contact->addr, HS_CONTACT_SEED, NULL);
    }
    for (uint32_t i = 0; i < CALLED_ANEW && node->core.view.table.probe_list_count; i++) {
        uint32_t slot = hs_probe_list_random(&node->core.view.table, &node->core.random);
        const struct hs_member *member = hs_member_at(&node->core, slot);
        struct hs_meant meant = hs_meant_of(member);
        hs_contacts_call(&node->contacts, &member->meta->addr, 0, &meant);
    }
}

/* The owner gets an event for each member, and a resync event: the list is to be read again. */
static void forget_all(struct hearsay_node *node)
{
    struct hs_core *core = &node->core;
    hs_sync_drop(&node->sync); /* first, because it ends the attempt to join that waits for it */
    core->exchanged = false;
    hs_contacts_reopen(&node->contacts);
    call_old_acquaintances(node);
    for (uint32_t slot = 0; slot < core->view.table.used; slot++)
        if (hs_member_at(core, slot)->meta && slot != core->view.self)
            hs_view_forget(&core->view, slot);
    hs_conflicts_forget(&node->conflicts);
    hs_ring_update_reset(&node->ring_update);
    hs_events_resync(&core->view.events);
}

static void wake_up(struct hearsay_node *node, uint64_t lost_us)
{
    struct hs_core *core = &node->core;
    hs_probe_void_all(&node->prober);
    hs_suspect_excuse(&node->suspicions, lost_us);
    bool forgets = lost_us >= core->config.tombstone_ttl && !core->leaving;
    struct hearsay_event event = {
        .kind = HEARSAY_EVENT_AWAY,
        .away_us = lost_us,
        .view_dropped = forgets,
    };
    hs_events_push(&core->view.events, &event);
    if (forgets)
        forget_all(node);
}

void hs_node_enter(struct hearsay_node *node, struct hearsay_now now)
{
    struct hs_wake wake = hs_health_enter(&node->health, now);
    if (wake.woke)
        wake_up(node, wake.lost_us);
}
