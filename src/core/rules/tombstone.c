/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tombstones (R7). A dead record is kept so that stale rumors find it and lose. Its age travels
 * with it, and every holder keeps the greatest age it has heard of and counts on: so all forget it
 * at about the same time, though their clocks agree on nothing, and a record that somebody learned
 * late does not start to live anew.
 */
#include "rules/rules.h"

#define REAP_GAP_US 100000u /* at most so often */

static uint64_t age_us(const struct hearsay_node *node, const struct hs_member *member)
{
    return (uint64_t)((int64_t)node->now.boot - member->age_base);
}

uint32_t hs_tombstone_age(const struct hearsay_node *node, const struct hs_member *member)
{
    return (uint32_t)(age_us(node, member) / 1000000);
}

static void arm_reaper(struct hearsay_node *node, const struct hs_member *member)
{
    uint64_t ttl = node->config.tombstone_ttl, age = age_us(node, member);
    uint64_t life = hs_member_counts(member) ? ttl : 2 * ttl;
    uint64_t left = age < life ? life - age : 0;
    hs_heap_arm_by(&node->timers, &node->reap,
                   node->now.boot + (left > REAP_GAP_US ? left : REAP_GAP_US));
}

static void say_pruned(struct hearsay_node *node, const struct hs_member *member)
{
    struct hearsay_event event = {
        .kind = HEARSAY_EVENT_MEMBER,
        .addr = member->card->addr,
        .id = member->card->id,
        .timestamp = member->stamp,
        .from = HEARSAY_DEAD,
        .to = HEARSAY_NONE,
        .reason = HEARSAY_REASON_PRUNED,
    };
    hs_event_name(event.name, hs_member_name(member), member->card->name_len);
    hs_events_push(&node->events, &event);
}

/* Past its time it is in no list any more. */
void hs_tombstone_hide(struct hearsay_node *node, uint32_t slot)
{
    const struct hs_member *member = hs_table_at(&node->table, slot);
    bool past = age_us(node, member) >= node->config.tombstone_ttl;
    if (past && hs_member_counts(member))
        say_pruned(node, member);
    hs_table_set_hidden(&node->table, slot, past);
    arm_reaper(node, member);
}

void hs_tombstone_set_age(struct hearsay_node *node, uint32_t slot, uint32_t age)
{
    struct hs_member *member = hs_table_at(&node->table, slot);
    int64_t base = (int64_t)node->now.boot - (int64_t)age * 1000000;
    if (base < member->age_base)
        member->age_base = base;
}

static void forget(struct hearsay_node *node, uint32_t slot)
{
    const struct hs_member *member = hs_table_at(&node->table, slot);
    if (member->cause == HEARSAY_CAUSE_FAILED)
        hs_join_remember(node, &member->card->addr, age_us(node, member));
    hs_outbox_drop(&node->outbox, &node->table, slot);
    hs_table_remove(&node->table, slot);
}

/* Hides what is past its time and forgets what is past twice that. A member that still has tokens
 * in the ring stays until the ring has been made anew. */
void hs_tombstone_reap(struct hearsay_node *node)
{
    for (uint32_t at = node->table.gone_count; at-- > 0;) { /* from behind: see hs_order_gone */
        uint32_t slot = hs_order_gone(&node->table, at);
        const struct hs_member *member = hs_table_at(&node->table, slot);
        uint64_t age = age_us(node, member), ttl = node->config.tombstone_ttl;
        if (age >= 2 * ttl && !(member->flags & HS_MEMBER_IN_RING)) {
            forget(node, slot);
            continue;
        }
        hs_tombstone_hide(node, slot);
    }
}
