/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Suspicions are allocated in chunks and reused: most of the time no member is suspect, but when a
 * switch fails many become suspect at once.
 */
#include "view/suspicion.h"

#include <hearsay/error.h>

#include "base/assert.h"
#include "base/memory.h"

#define CHUNK_SUSPICIONS 32u

struct hs_suspicion_chunk {
    struct hs_suspicion_chunk *next;
    struct hs_suspicion items[CHUNK_SUSPICIONS];
};

void hs_suspicion_pool_init(struct hs_suspicion_pool *pool,
                            const struct hearsay_allocator *allocator, struct hs_heap *timers,
                            uint32_t fixed)
{
    *pool = (struct hs_suspicion_pool){.allocator = allocator, .timers = timers, .fixed = fixed};
}

void hs_suspicion_pool_fini(struct hs_suspicion_pool *pool)
{
    while (pool->chunks) {
        struct hs_suspicion_chunk *chunk = pool->chunks;
        pool->chunks = chunk->next;
        hs_release(pool->allocator, chunk);
    }
    pool->free = NULL;
}

int hs_suspicion_pool_reserve(struct hs_suspicion_pool *pool)
{
    if (pool->free)
        return 0;
    uint32_t made = pool->made + CHUNK_SUSPICIONS;
    if (hs_heap_reserve(pool->timers, pool->allocator, pool->fixed + made))
        return HEARSAY_ERR_NOMEM;
    struct hs_suspicion_chunk *chunk = hs_alloc_zeroed(pool->allocator, sizeof(*chunk));
    if (!chunk)
        return HEARSAY_ERR_NOMEM;
    pool->made = made;
    chunk->next = pool->chunks;
    pool->chunks = chunk;
    for (uint32_t i = 0; i < CHUNK_SUSPICIONS; i++) {
        chunk->items[i].next_free = pool->free;
        pool->free = &chunk->items[i];
    }
    return 0;
}

struct hs_suspicion *hs_suspicion_take(struct hs_suspicion_pool *pool)
{
    struct hs_suspicion *suspicion = pool->free;
    HS_ASSERT(suspicion);
    pool->free = suspicion->next_free;
    return suspicion;
}

void hs_suspicion_give_back(struct hs_suspicion_pool *pool, struct hs_suspicion *suspicion)
{
    hs_heap_disarm(pool->timers, &suspicion->timer);
    suspicion->next_free = pool->free;
    pool->free = suspicion;
}

/* ---- evidence ---------------------------------------------------------------------------- */

static bool add_accuser(struct hs_suspicion *suspicion, uint64_t id, bool refused)
{
    uint8_t bit = 0;
    for (; bit < suspicion->accuser_count; bit++)
        if (suspicion->accusers[bit] == id)
            break;
    bool known = bit < suspicion->accuser_count;
    if (!known && bit == HS_ACCUSERS_MAX)
        return false;
    bool said = known && (suspicion->refused_mask >> bit & 1u);
    suspicion->accusers[bit] = id;
    if (!known)
        suspicion->accuser_count++;
    if (refused)
        suspicion->refused_mask |= (uint8_t)(1u << bit);
    return !known || (refused && !said);
}

bool hs_suspicion_add(struct hs_suspicion *suspicion, const uint64_t *accusers, uint8_t count,
                      uint8_t refused_mask)
{
    HS_ASSERT(count <= HS_ACCUSERS_MAX);
    bool grown = false;
    for (uint8_t i = 0; i < count; i++)
        grown |= add_accuser(suspicion, accusers[i], refused_mask >> i & 1u);
    return grown;
}
