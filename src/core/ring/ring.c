/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads a ring: references, members, and the owner of a key. Points are hashes and so are spread
 * evenly. The top bits of a hash give its place among the sorted points to within a few positions.
 * So a lookup needs no search: one slot of 32 bytes has all that it needs (impl.h). Its branches
 * are predicted well, except in the rare case that the slot does not give the answer.
 *
 * Lookups of many keys work in blocks. First all keys of a block are hashed and their slots
 * prefetched, then all are looked up. By then the slots are in the cache, even if the ring is
 * large.
 */
#include <hearsay/ring.h>

#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <hearsay/error.h>

#include "base/memory.h"
#include "ring/ring.h"

/* How many slots are prefetched before the first is read. */
#define LOOKUP_BLOCK 64

#define CIRCLE 18446744073709551616.0 /* 2^64 */

/* ---- references -------------------------------------------------------------------------- */

/* Readers have const rings. The reference count is the only field that changes. */
static struct hearsay_ring *writable(const struct hearsay_ring *ring)
{
    return (struct hearsay_ring *)(uintptr_t)ring;
}

struct hearsay_ring *hearsay_ring_ref(const struct hearsay_ring *ring)
{
    if (ring == NULL)
        return NULL;
    atomic_fetch_add_explicit(&writable(ring)->refs, 1, memory_order_relaxed);
    return writable(ring);
}

/* The thread that drops the last reference must see that all reads of other threads are done. */
bool hs_ring_drop(struct hearsay_ring *ring)
{
    return atomic_fetch_sub_explicit(&ring->refs, 1, memory_order_acq_rel) == 1;
}

void hearsay_ring_unref(const struct hearsay_ring *ring)
{
    if (ring == NULL || !hs_ring_drop(writable(ring)))
        return;
    struct hearsay_allocator allocator = ring->allocator;
    hs_release(&allocator, writable(ring));
}

/* ---- members ----------------------------------------------------------------------------- */

size_t hearsay_ring_members(const struct hearsay_ring *ring)
{
    return ring->member_count;
}

size_t hearsay_ring_tokens(const struct hearsay_ring *ring)
{
    return ring->token_count;
}

uint64_t hearsay_ring_checksum(const struct hearsay_ring *ring)
{
    return ring->checksum;
}

uint64_t hearsay_ring_zones_checksum(const struct hearsay_ring *ring)
{
    return ring->zones_checksum;
}

struct hearsay_ring_member hearsay_ring_member_at(const struct hearsay_ring *ring, uint32_t index)
{
    const struct hs_ring_member *member = &ring->members[index];
    return (struct hearsay_ring_member){member->name, member->zone, member->tokens};
}

int hearsay_ring_find(const struct hearsay_ring *ring, const char *name, uint32_t *ret_index)
{
    uint32_t low = 0, high = ring->member_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = strcmp(ring->members[middle].name, name);
        if (order == 0) {
            *ret_index = middle;
            return 0;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return HEARSAY_ERR_NOTFOUND;
}

uint64_t hearsay_ring_share(const struct hearsay_ring *ring, uint32_t index)
{
    return ring->members[index].share;
}

double hearsay_ring_fraction(uint64_t hashes)
{
    return hashes == UINT64_MAX ? 1.0 : (double)hashes / CIRCLE;
}

uint64_t hearsay_ring_token(const struct hearsay_ring *ring, size_t at, uint32_t *ret_owner)
{
    if (ret_owner != NULL)
        *ret_owner = ring->owners[at];
    return ring->points[at];
}

size_t hearsay_ring_zones(const struct hearsay_ring *ring)
{
    return ring->zone_count;
}

/* ---- lookup ------------------------------------------------------------------------------ */

uint64_t hearsay_ring_hash(const void *key, size_t len)
{
    return XXH3_64bits(key, len);
}

/* Somebody may choose names that crowd a bucket. A binary search keeps the time logarithmic. The
 * points of the bucket are those between two starts. After them comes the next bucket's first. */
uint32_t hs_ring_search(const struct hearsay_ring *ring, uint64_t hash)
{
    const uint32_t *start = &ring->starts[hs_ring_spot(ring, hash) >> 32];
    uint32_t low = start[0], high = start[1];
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (ring->points[middle] < hash)
            low = middle + 1;
        else
            high = middle;
    }
    return low < ring->token_count ? low : 0;
}

/* R31: ring questions. `spot` is hs_ring_spot of the hash. */
static inline uint32_t owner_at(const struct hearsay_ring *ring, uint64_t spot, uint64_t hash)
{
    const struct hs_ring_slot *slot = &ring->slots[spot >> 32];
    uint32_t rank = hs_ring_rank(slot->fractions, hs_ring_fraction(spot));
    if (__builtin_expect(rank == HS_RING_UNSURE, 0))
        return ring->owners[hs_ring_search(ring, hash)];
    return slot->owners[rank];
}

int hearsay_ring_owner(const struct hearsay_ring *ring, uint64_t hash, uint32_t *ret_index)
{
    if (ring->token_count == 0)
        return HEARSAY_ERR_EMPTY;
    *ret_index = owner_at(ring, hs_ring_spot(ring, hash), hash);
    return 0;
}

int hearsay_ring_lookup(const struct hearsay_ring *ring, const void *key, size_t len,
                        uint32_t *ret_index)
{
    if (ring->token_count == 0)
        return HEARSAY_ERR_EMPTY;
    uint64_t hash = XXH3_64bits(key, len);
    *ret_index = owner_at(ring, hs_ring_spot(ring, hash), hash);
    return 0;
}

/* A block of keys: the slot and the fraction of each. */
struct block {
    uint64_t spots[LOOKUP_BLOCK], hashes[LOOKUP_BLOCK];
};

static inline void call_for(const struct hearsay_ring *ring, struct block *block, size_t i,
                            uint64_t hash)
{
    uint64_t spot = hs_ring_spot(ring, hash);
    __builtin_prefetch(&ring->slots[spot >> 32]);
    block->spots[i] = spot;
    block->hashes[i] = hash;
}

static inline void ring_answer(const struct hearsay_ring *ring, const struct block *block,
                               size_t count, uint32_t *ret_indices)
{
    for (size_t i = 0; i < count; i++)
        ret_indices[i] = owner_at(ring, block->spots[i], block->hashes[i]);
}

/* Flattened, so that the hash is inlined as well. */
__attribute__((flatten)) int hearsay_ring_lookup_many(const struct hearsay_ring *ring,
                                                      const struct hearsay_ring_key *keys,
                                                      size_t count, uint32_t *ret_indices)
{
    struct block block;
    if (ring->token_count == 0)
        return HEARSAY_ERR_EMPTY;
    for (size_t n; count > 0; count -= n, keys += n, ret_indices += n) {
        n = count < LOOKUP_BLOCK ? count : LOOKUP_BLOCK;
        for (size_t i = 0; i < n; i++)
            call_for(ring, &block, i, XXH3_64bits(keys[i].bytes, keys[i].len));
        ring_answer(ring, &block, n, ret_indices);
    }
    return 0;
}

int hearsay_ring_owner_many(const struct hearsay_ring *ring, const uint64_t *hashes, size_t count,
                            uint32_t *ret_indices)
{
    struct block block;
    if (ring->token_count == 0)
        return HEARSAY_ERR_EMPTY;
    for (size_t n; count > 0; count -= n, hashes += n, ret_indices += n) {
        n = count < LOOKUP_BLOCK ? count : LOOKUP_BLOCK;
        for (size_t i = 0; i < n; i++)
            call_for(ring, &block, i, hashes[i]);
        ring_answer(ring, &block, n, ret_indices);
    }
    return 0;
}
