/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A seal keeps strangers from making a datagram, but not from sending one again: tomorrow, from
 * elsewhere, to a process that was restarted and has forgotten what it saw. So a sealed datagram is
 * heard only if it was made after one that is known to be fresh, because that one answered us
 * (R11a). The creation time of the first fresh one is the member's floor. What is at or under the
 * floor, or comes before there is one, is a repeat or looks like one: its sender is challenged, and
 * the answer to the challenge is fresh.
 *
 * Between floor and present the cache of ids knows repeats (view/dedup.h). An id that leaves the
 * cache raises the floor.
 *
 * A fresh datagram under the floor lowers it: a process that was restored from a snapshot counts
 * its creation times from an earlier one on, and must be heard again.
 *
 * Plain datagrams are not held to this. Anybody can make them, so they neither set nor move a
 * floor: one forged plain datagram from the future would mute a member for good.
 */
#include "node/fresh.h"

#include "node/impl.h"

#define STRAY_GAP_US 1000000u /* between two challenges to addresses that are no member's */

/* The same for a member's own address: no longer than between two tries of a probe (R17). Otherwise
 * one challenge that is lost leaves several tries without an answer, and a member that has just got
 * a key is suspected. */
#define OWN_GAP_US 100000u

/* Returns true if the datagram answers one of ours that still waits for it. */
static bool answers_us(const struct hearsay_node *node, uint32_t slot,
                       const struct hs_message *message)
{
    switch (message->kind) {
    case HEARSAY_KIND_ACK:
        return hs_in_flight_addressee(&node->in_flight, message->acked) == slot ||
               hs_probes_await(&node->prober, slot, message->acked);
    case HEARSAY_KIND_NACK:
        return hs_probes_await(&node->prober, slot, message->acked);
    case HEARSAY_KIND_SYNC:
        return hs_sync_is_answer(&node->sync, slot, message);
    default:
        return false;
    }
}

/* The datagrams of the handshake have nonces, and change nothing without a valid one. */
static bool has_nonce(const struct hs_message *message)
{
    return message->kind == HEARSAY_KIND_JOIN || message->kind == HEARSAY_KIND_CHALLENGE ||
           message->kind == HEARSAY_KIND_REFUSAL;
}

/* An answer must not be challenged: its sender waits for nothing. */
static bool is_question(const struct hs_message *message)
{
    return message->kind != HEARSAY_KIND_ACK && message->kind != HEARSAY_KIND_NACK;
}

/* A member's own address has a budget of its own, because replays from elsewhere must not use it
 * up. */
static bool may_challenge(struct hearsay_node *node, struct hs_member *member,
                          const struct hearsay_addr *from)
{
    uint64_t boot = node->core.now.boot;
    if (hearsay_addr_equal(&member->meta->addr, from)) {
        uint8_t gap = (uint8_t)(boot / OWN_GAP_US);
        bool may = member->challenged_at != gap;
        member->challenged_at = gap;
        return may;
    }
    if (node->stray_challenged_at && boot - node->stray_challenged_at < STRAY_GAP_US)
        return false;
    node->stray_challenged_at = boot;
    return true;
}

static void set_floor(struct hs_member *member, uint64_t created)
{
    if (member->floor == 0 || created < member->floor)
        member->floor = created;
}

static void remember(struct hearsay_node *node, const struct hs_message *message)
{
    const struct hs_datagram_id id = {message->sender, message->created};
    struct hs_datagram_id evicted;
    if (!hs_dedup_add(&node->dedup, id, message->key != HS_KEY_PLAIN, &evicted))
        return;
    uint32_t slot = hs_table_find_id(&node->core.view.table, evicted.sender);
    if (slot == HS_NO_SLOT)
        return;
    struct hs_member *member = hs_member_at(&node->core, slot);
    if (member->floor && member->floor < evicted.created)
        member->floor = evicted.created;
}

/* R11a: freshness. Returns false if a sealed datagram may be a repeat. */
static bool is_fresh_enough(struct hearsay_node *node, uint32_t slot,
                            const struct hs_message *message)
{
    struct hs_member *member = hs_member_at(&node->core, slot);
    if (message->key == HS_KEY_PLAIN || has_nonce(message) ||
        (member->floor && message->created > member->floor))
        return true;
    if (!answers_us(node, slot, message))
        return false;
    set_floor(member, message->created);
    return true;
}

/* R11: identity. Returns true, and counts it, if this very datagram was heard before. */
static bool is_repeat(struct hearsay_node *node, const struct hs_message *message)
{
    if (!hs_dedup_seen(&node->dedup, (struct hs_datagram_id){message->sender, message->created}))
        return false;
    hs_drop(&node->core, HEARSAY_DROP_DUPLICATE);
    return true;
}

bool hs_fresh_is_first(struct hearsay_node *node, const struct hs_message *message)
{
    if (message->kind != HEARSAY_KIND_CHALLENGE)
        return true; /* what answers it is no longer than it is (R28: no amplification) */
    if (message->key == HS_KEY_PLAIN)
        return true; /* anybody could fill the cache */
    if (is_repeat(node, message))
        return false;
    remember(node, message);
    return true;
}

bool hs_fresh_hears(struct hearsay_node *node, uint32_t slot, const struct hearsay_addr *from,
                    const struct hs_message *message, size_t len)
{
    if (is_repeat(node, message))
        return false;
    if (!is_fresh_enough(node, slot, message)) {
        /* The first datagram between any two members is refused: without a floor, no news. */
        bool has_floor = hs_member_at(&node->core, slot)->floor != 0;
        hs_drop(&node->core, has_floor ? HEARSAY_DROP_REPLAYED : HEARSAY_DROP_STRANGER);
        if (is_question(message) && may_challenge(node, hs_member_at(&node->core, slot), from))
            hs_contacts_challenge(&node->contacts, from, message->sender, message->created, 0, len,
                                  false, message->key);
        return false;
    }
    remember(node, message);
    return true;
}

void hs_fresh_proven(struct hearsay_node *node, const struct hs_message *message)
{
    uint32_t slot = hs_table_find_id(&node->core.view.table, message->sender);
    if (message->key == HS_KEY_PLAIN || slot == HS_NO_SLOT)
        return;
    hs_health_heard(&node->health);
    set_floor(hs_member_at(&node->core, slot), message->created);
    if (!hs_dedup_seen(&node->dedup, (struct hs_datagram_id){message->sender, message->created}))
        remember(node, message);
}
