/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Linear probing at half load, deletion by shifting back (Knuth 6.4, algorithm R): no tombstones,
 * so a table that lives for months with coming and going keys stays as fast as a new one.
 */
#include "state/index.h"

#include <hearsay/error.h>

#include "base/memory.h"

#define PLACES_MIN 16u

static uint32_t places_for(uint32_t entries)
{
    uint32_t places = PLACES_MIN;
    while (places < 2 * entries)
        places *= 2;
    return places;
}

static void put(struct hs_index *index, uint64_t key, uint32_t slot)
{
    uint32_t at = (uint32_t)key & index->mask;
    while (index->slots[at] != HS_NO_SLOT)
        at = (at + 1) & index->mask;
    index->slots[at] = slot;
}

static uint32_t *new_places(const struct hearsay_allocator *allocator, uint32_t places)
{
    uint32_t *slots = hs_alloc(allocator, places * sizeof(*slots));
    if (slots)
        memset(slots, 0xff, places * sizeof(*slots));
    return slots;
}

int hs_index_init(struct hs_index *index, const struct hearsay_allocator *allocator,
                  uint32_t entries, hs_index_key *key, const void *owner)
{
    uint32_t places = places_for(entries);
    uint32_t *slots = new_places(allocator, places);
    if (!slots)
        return HEARSAY_ERR_NOMEM;
    *index = (struct hs_index){.slots = slots, .mask = places - 1, .key = key, .owner = owner};
    return 0;
}

void hs_index_fini(struct hs_index *index, const struct hearsay_allocator *allocator)
{
    hs_release(allocator, index->slots);
    *index = (struct hs_index){0};
}

int hs_index_reserve(struct hs_index *index, const struct hearsay_allocator *allocator,
                     uint32_t entries)
{
    uint32_t places = places_for(entries);
    if (places <= index->mask + 1)
        return 0;
    uint32_t *slots = new_places(allocator, places);
    if (!slots)
        return HEARSAY_ERR_NOMEM;
    struct hs_index old = *index;
    index->slots = slots;
    index->mask = places - 1;
    for (uint32_t at = 0; at <= old.mask; at++)
        if (old.slots[at] != HS_NO_SLOT)
            put(index, index->key(index->owner, old.slots[at]), old.slots[at]);
    hs_release(allocator, old.slots);
    return 0;
}

static uint32_t find_place(const struct hs_index *index, uint64_t key)
{
    uint32_t at = (uint32_t)key & index->mask;
    for (; index->slots[at] != HS_NO_SLOT; at = (at + 1) & index->mask)
        if (index->key(index->owner, index->slots[at]) == key)
            return at;
    return HS_NO_SLOT;
}

uint32_t hs_index_find(const struct hs_index *index, uint64_t key)
{
    uint32_t at = find_place(index, key);
    return at == HS_NO_SLOT ? HS_NO_SLOT : index->slots[at];
}

void hs_index_add(struct hs_index *index, uint64_t key, uint32_t slot)
{
    put(index, key, slot);
    index->used++;
}

/* True when the entry at `at`, whose home is `home`, may move back to the hole at `hole`: home is
 * not within (hole, at] on the circle. */
static bool may_move(uint32_t hole, uint32_t home, uint32_t at, uint32_t mask)
{
    return ((at - home) & mask) >= ((at - hole) & mask);
}

void hs_index_remove(struct hs_index *index, uint64_t key)
{
    uint32_t hole = find_place(index, key);
    if (hole == HS_NO_SLOT)
        return;
    uint32_t at = hole;
    for (;;) {
        at = (at + 1) & index->mask;
        uint32_t slot = index->slots[at];
        if (slot == HS_NO_SLOT)
            break;
        uint32_t home = (uint32_t)index->key(index->owner, slot) & index->mask;
        if (may_move(hole, home, at, index->mask)) {
            index->slots[hole] = slot;
            hole = at;
        }
    }
    index->slots[hole] = HS_NO_SLOT;
    index->used--;
}
