/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Linear probing at a load of up to 0.8, deletion by shifting back (Knuth 6.4, algorithm R): no
 * tombstones, so a table that lives for months with coming and going keys stays as fast as a new
 * one.
 *
 * A place holds the slot and, in the bits that no slot needs, the top bits of its key:
 *
 *     31         20 19                       0
 *    +-------------+--------------------------+
 *    | key >> 52   |          slot            |      all ones: empty
 *    +-------------+--------------------------+
 *
 * A lookup passes over a neighbour with other top bits without reading its member. In a view of
 * thousands each such read is a cache miss.
 */
#include "view/index.h"

#include <hearsay/error.h>

#include "base/assert.h"
#include "base/memory.h"

#define PLACES_MIN 16u
#define SLOT_MASK  (HS_INDEX_SLOTS_MAX - 1)
#define TAG_SHIFT  52 /* of a 64-bit key: keeps the 12 bits that fit beside a slot */
#define EMPTY      UINT32_MAX

_Static_assert(HS_INDEX_SLOTS_MAX == 1u << (32 - (64 - TAG_SHIFT)), "slot and tag fill a place");

static uint32_t tag_of(uint64_t key)
{
    return (uint32_t)(key >> TAG_SHIFT) * HS_INDEX_SLOTS_MAX;
}

static uint64_t key_at(const struct hs_index *index, uint32_t place)
{
    return index->key(index->owner, place & SLOT_MASK);
}

static uint32_t places_for(uint32_t entries)
{
    uint32_t places = PLACES_MIN;
    while (UINT64_C(4) * places < UINT64_C(5) * entries)
        places *= 2;
    return places;
}

static void index_put(struct hs_index *index, uint64_t key, uint32_t slot)
{
    uint32_t at = (uint32_t)key & index->mask;
    while (index->places[at] != EMPTY)
        at = (at + 1) & index->mask;
    index->places[at] = tag_of(key) | slot;
}

static uint32_t *new_places(const struct hearsay_allocator *allocator, uint32_t places)
{
    uint32_t *empty = hs_alloc(allocator, places * sizeof(*empty));
    if (empty)
        memset(empty, 0xff, places * sizeof(*empty));
    return empty;
}

int hs_index_init(struct hs_index *index, const struct hearsay_allocator *allocator,
                  uint32_t entries, hs_index_key *key, const void *owner)
{
    uint32_t count = places_for(entries);
    uint32_t *places = new_places(allocator, count);
    if (!places)
        return HEARSAY_ERR_NOMEM;
    *index = (struct hs_index){.places = places, .mask = count - 1, .key = key, .owner = owner};
    return 0;
}

void hs_index_fini(struct hs_index *index, const struct hearsay_allocator *allocator)
{
    hs_release(allocator, index->places);
    *index = (struct hs_index){0};
}

int hs_index_reserve(struct hs_index *index, const struct hearsay_allocator *allocator,
                     uint32_t entries)
{
    uint32_t count = places_for(entries);
    if (count <= index->mask + 1)
        return 0;
    uint32_t *places = new_places(allocator, count);
    if (!places)
        return HEARSAY_ERR_NOMEM;
    struct hs_index old = *index;
    index->places = places;
    index->mask = count - 1;
    for (uint32_t at = 0; at <= old.mask; at++)
        if (old.places[at] != EMPTY)
            index_put(index, key_at(&old, old.places[at]), old.places[at] & SLOT_MASK);
    hs_release(allocator, old.places);
    return 0;
}

static uint32_t find_place(const struct hs_index *index, uint64_t key)
{
    uint32_t at = (uint32_t)key & index->mask, tag = tag_of(key);
    for (; index->places[at] != EMPTY; at = (at + 1) & index->mask)
        if ((index->places[at] & ~SLOT_MASK) == tag && key_at(index, index->places[at]) == key)
            return at;
    return HS_NO_SLOT;
}

uint32_t hs_index_find(const struct hs_index *index, uint64_t key)
{
    uint32_t at = find_place(index, key);
    return at == HS_NO_SLOT ? HS_NO_SLOT : index->places[at] & SLOT_MASK;
}

void hs_index_add(struct hs_index *index, uint64_t key, uint32_t slot)
{
    HS_ASSERT(slot < HS_INDEX_SLOTS_MAX - 1 && index->used < index->mask);
    HS_ASSERT(index->key(index->owner, slot) == key);
    index_put(index, key, slot);
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
        uint32_t place = index->places[at];
        if (place == EMPTY)
            break;
        uint32_t home = (uint32_t)key_at(index, place) & index->mask;
        if (may_move(hole, home, at, index->mask)) {
            index->places[hole] = place;
            hole = at;
        }
    }
    index->places[hole] = EMPTY;
    index->used--;
}
