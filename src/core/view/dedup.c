/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All senders share one FIFO, so a busy sender can push out the ids of others. A repeat of a
 * forgotten datagram is harmless, because merging is idempotent. The cache saves work; views are
 * correct because of the order of records (R3).
 */
#include "view/dedup.h"

#include "base/assert.h"
#include "base/memory.h"

#include <hearsay/error.h>

static uint64_t key_of(struct hs_datagram_id id)
{
    uint64_t mixed = (id.created + 0x9e3779b97f4a7c15u) * 0xbf58476d1ce4e5b9u;
    return id.sender ^ (mixed ^ (mixed >> 29));
}

static uint64_t key_at(const void *owner, uint32_t slot)
{
    const struct hs_dedup *dedup = owner;
    return key_of(dedup->ids[slot]);
}

int hs_dedup_init(struct hs_dedup *dedup, const struct hearsay_allocator *allocator)
{
    *dedup = (struct hs_dedup){0};
    dedup->ids = hs_alloc(allocator, HS_DEDUP_SIZE * sizeof(*dedup->ids));
    if (!dedup->ids)
        return HEARSAY_ERR_NOMEM;
    int err = hs_index_init(&dedup->index, allocator, HS_DEDUP_SIZE, key_at, dedup);
    if (err)
        hs_dedup_fini(dedup, allocator);
    return err;
}

void hs_dedup_fini(struct hs_dedup *dedup, const struct hearsay_allocator *allocator)
{
    hs_release(allocator, dedup->ids);
    dedup->ids = NULL;
    hs_index_fini(&dedup->index, allocator);
}

/* Two ids whose 64-bit keys collide are taken for the same. This loses one datagram in 2^52, as if
 * the network had lost it. */
bool hs_dedup_seen(const struct hs_dedup *dedup, struct hs_datagram_id id)
{
    return hs_index_find(&dedup->index, key_of(id)) != HS_NO_SLOT;
}

bool hs_dedup_add(struct hs_dedup *dedup, struct hs_datagram_id id, bool is_sealed,
                  struct hs_datagram_id *ret_evicted)
{
    HS_ASSERT(!hs_dedup_seen(dedup, id));
    uint32_t slot = dedup->next;
    uint8_t bit = (uint8_t)(1u << slot % 8);
    bool evicts = dedup->sealed[slot / 8] & bit;
    if (dedup->count == HS_DEDUP_SIZE) {
        *ret_evicted = dedup->ids[slot];
        hs_index_remove(&dedup->index, key_of(dedup->ids[slot]));
    } else {
        dedup->count++;
    }
    dedup->ids[slot] = id;
    dedup->sealed[slot / 8] &= (uint8_t)~bit;
    if (is_sealed)
        dedup->sealed[slot / 8] |= bit;
    dedup->next = (slot + 1) % HS_DEDUP_SIZE;
    hs_index_add(&dedup->index, key_of(id), slot);
    return evicts;
}
