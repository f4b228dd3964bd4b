/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Suspicions and their evidence (R18), and the pool that holds them. A member has a suspicion
 * exactly while its status is suspect. The pool grows before a record is applied, so that a change
 * to suspect cannot fail halfway.
 */
#ifndef HS_VIEW_SUSPICION_H
#define HS_VIEW_SUSPICION_H

#include <stdbool.h>
#include <stdint.h>

#include <hearsay/allocator.h>

#include "base/heap.h"
#include "codec/message.h"

/* A suspicion of one member, with its evidence. */
struct hs_suspicion {
    struct hs_timer timer;
    struct hs_suspicion *next_free;
    uint64_t since; /* boot time at which the suspicion began, its age on arrival included */
    uint64_t accusers[HS_ACCUSERS_MAX];
    uint32_t slot;
    uint8_t accuser_count, refused_mask;
};

struct hs_suspicion_chunk;

struct hs_suspicion_pool {
    const struct hearsay_allocator *allocator;
    struct hs_heap *timers; /* has room for `fixed` timers and one for each suspicion */
    uint32_t fixed;
    uint32_t made;
    struct hs_suspicion_chunk *chunks;
    struct hs_suspicion *free; /* the list of unused ones */
};

/* Makes an empty pool; allocates nothing. `timers`, borrowed, has room for `fixed` timers besides
 * those of suspicions. */
void hs_suspicion_pool_init(struct hs_suspicion_pool *pool,
                            const struct hearsay_allocator *allocator, struct hs_heap *timers,
                            uint32_t fixed);
/* Frees all suspicions, those in use included. */
void hs_suspicion_pool_fini(struct hs_suspicion_pool *pool);

/* Makes sure that the next hs_suspicion_take succeeds. 0 or NOMEM. */
int hs_suspicion_pool_reserve(struct hs_suspicion_pool *pool);

/* Takes a suspicion out of the pool, which must not be empty. The caller sets its fields. */
struct hs_suspicion *hs_suspicion_take(struct hs_suspicion_pool *pool);

/* Gives a suspicion back to the pool and disarms its timer. */
void hs_suspicion_give_back(struct hs_suspicion_pool *pool, struct hs_suspicion *suspicion);

/* Adds accusers. Bit i of `refused_mask` says that accuser i found the port closed. Returns true if
 * the evidence has grown. */
bool hs_suspicion_add(struct hs_suspicion *suspicion, const uint64_t *accusers, uint8_t count,
                      uint8_t refused_mask);

#endif
