/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One list for each number of transmissions makes every operation O(1), without heap, sort or
 * allocation. The links are in the members themselves, so the queue can hold every member and needs
 * no other bound.
 */
#include "view/rumor_queue.h"

#include "base/assert.h"
#include "base/memory.h"

/* Entry i is the greatest N for which 4 log10(N + 1), rounded up, is at most i + 1. */
static const uint32_t limit_table[HS_TRANSMIT_MAX] = {
    0,    2,    4,    9,    16,    30,    55,    99,    176,    315,    561,    999,
    1777, 3161, 5622, 9999, 17781, 31621, 56233, 99999, 177826, 316226, 562340, 999999,
};

uint32_t hs_transmit_limit(uint32_t members)
{
    uint32_t limit = 1;
    while (limit < HS_TRANSMIT_MAX - 1 && members > limit_table[limit])
        limit++;
    return limit + 1;
}

void hs_rumor_queue_init(struct hs_rumor_queue *queue)
{
    memset(queue->head, 0xff, sizeof(queue->head));
    queue->count = 0;
}

static unsigned family_of(const struct hs_member *member)
{
    return member->status == HEARSAY_STATUS_ALIVE ? 0 : 1;
}

static void link_first(struct hs_rumor_queue *queue, struct hs_table *table, uint32_t slot,
                       uint32_t list)
{
    struct hs_member *member = hs_table_at(table, slot);
    uint32_t next = queue->head[list];
    member->rumor_list = (uint8_t)(list + 1);
    member->rumor_prev = HS_NO_SLOT;
    member->rumor_next = next;
    if (next != HS_NO_SLOT)
        hs_table_at(table, next)->rumor_prev = slot;
    queue->head[list] = slot;
    queue->count++;
}

void hs_rumor_queue_drop(struct hs_rumor_queue *queue, struct hs_table *table, uint32_t slot)
{
    struct hs_member *member = hs_table_at(table, slot);
    if (!member->rumor_list)
        return;
    if (member->rumor_prev != HS_NO_SLOT)
        hs_table_at(table, member->rumor_prev)->rumor_next = member->rumor_next;
    else
        queue->head[member->rumor_list - 1] = member->rumor_next;
    if (member->rumor_next != HS_NO_SLOT)
        hs_table_at(table, member->rumor_next)->rumor_prev = member->rumor_prev;
    member->rumor_list = 0;
    member->rumor_next = member->rumor_prev = HS_NO_SLOT;
    member->flags &= (uint16_t)~HS_MEMBER_BLOB_NEWS;
    queue->count--;
}

void hs_rumor_queue_push(struct hs_rumor_queue *queue, struct hs_table *table, uint32_t slot,
                         bool blob_news)
{
    struct hs_member *member = hs_table_at(table, slot);
    HS_ASSERT(member->meta);
    bool with_blob = blob_news || (member->flags & HS_MEMBER_BLOB_NEWS);
    hs_rumor_queue_drop(queue, table, slot);
    link_first(queue, table, slot, family_of(member) * HS_TRANSMIT_MAX);
    member->rumor_version++;
    if (with_blob)
        member->flags |= HS_MEMBER_BLOB_NEWS;
}

void hs_rumor_queue_credit(struct hs_rumor_queue *queue, struct hs_table *table, uint32_t slot,
                           uint16_t version, uint32_t limit)
{
    struct hs_member *member = hs_table_at(table, slot);
    if (!member->rumor_list || member->rumor_version != version)
        return;
    uint32_t list = member->rumor_list - 1u;
    bool with_blob = member->flags & HS_MEMBER_BLOB_NEWS;
    hs_rumor_queue_drop(queue, table, slot);
    if (list % HS_TRANSMIT_MAX + 1 >= limit)
        return;
    link_first(queue, table, slot, list + 1);
    if (with_blob)
        member->flags |= HS_MEMBER_BLOB_NEWS;
}

void hs_rumor_queue_take_back(struct hs_rumor_queue *queue, struct hs_table *table, uint32_t slot,
                              uint16_t version, uint32_t limit, bool with_blob)
{
    struct hs_member *member = hs_table_at(table, slot);
    if (member->rumor_version != version)
        return;
    uint32_t told = member->rumor_list ? (member->rumor_list - 1u) % HS_TRANSMIT_MAX : limit;
    hs_rumor_queue_drop(queue, table, slot);
    link_first(queue, table, slot, family_of(member) * HS_TRANSMIT_MAX + (told ? told - 1 : 0));
    if (with_blob)
        member->flags |= HS_MEMBER_BLOB_NEWS;
}

static void enter_level(struct hs_rumor_queue_walk *walk, const struct hs_rumor_queue *queue)
{
    walk->next[0] = queue->head[walk->level];
    walk->next[1] = queue->head[HS_TRANSMIT_MAX + walk->level];
}

void hs_rumor_queue_walk_init(struct hs_rumor_queue_walk *walk, const struct hs_rumor_queue *queue)
{
    *walk = (struct hs_rumor_queue_walk){0};
    enter_level(walk, queue);
}

uint32_t hs_rumor_queue_walk_next(struct hs_rumor_queue_walk *walk,
                                  const struct hs_rumor_queue *queue, const struct hs_table *table)
{
    while (walk->next[0] == HS_NO_SLOT && walk->next[1] == HS_NO_SLOT) {
        if (++walk->level >= HS_TRANSMIT_MAX)
            return HS_NO_SLOT;
        enter_level(walk, queue);
    }
    if (walk->next[walk->family] == HS_NO_SLOT)
        walk->family ^= 1;
    uint32_t slot = walk->next[walk->family];
    walk->next[walk->family] = hs_table_at(table, slot)->rumor_next;
    walk->family ^= 1;
    return slot;
}
