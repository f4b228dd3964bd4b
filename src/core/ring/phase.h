/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The making of a ring, in steps. It is a list of phases (work.c), each a pass over members, tokens
 * or buckets that can stop after any of them. What a phase has to know to go on is here.
 */
#ifndef HS_RING_PHASE_H
#define HS_RING_PHASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <hearsay/allocator.h>
#include <hearsay/ring.h>

#include "ring/impl.h"
#include "ring/sort.h"

/* An owner is never UINT32_MAX, which means "all" to hearsay_ring_ranges and GONE here. */
#define HS_RING_MEMBERS_MAX (UINT32_MAX - 1)
/* A position is counted in 31 bits, of which the turn before is the negative half. */
#define HS_RING_TOKENS_MAX INT32_MAX
#define HS_RING_GONE       UINT32_MAX

/* Names and zones of members that a caller added one by one. */
struct hs_ring_texts {
    struct hs_ring_texts *next;
    size_t used;
    char bytes[];
};
#define HS_RING_TEXTS_SIZE 16384 /* bytes of one block of them */

struct hearsay_ring_work {
    void *block; /* what was allocated: we begin at a cache line in it */
    struct hearsay_allocator allocator;
    struct hearsay_ring *old;              /* a reference of ours; NULL: none */
    const struct hearsay_ring_member *add; /* the caller's, or `added` */
    struct hearsay_ring_member *added;     /* ours, with room for `room` */
    struct hs_ring_texts *texts;
    struct hearsay_ring *ring; /* the new one, from its allocation on */
    uint32_t old_count, add_count, room;
    uint32_t *map;   /* a member's index in the old ring → in the new one, or HS_RING_GONE */
    uint32_t *order; /* indices into `add`, by name; afterwards the new ring's members, by zone */
    uint64_t members, tokens, tokens_added, strings;
    char *string; /* where the next one goes */
    int err;
    bool zones; /* a member has one */

    /* where the present phase is */
    unsigned phase;
    bool begun;                        /* it has set up what it needs */
    uint32_t at;                       /* the next of what it goes over */
    uint32_t old_at, add_at, token_at; /* in passes over several lists */
    uint32_t zone;
    struct hs_text_sort texts_sort;
    struct hs_token_sort tokens_sort;
    XXH3_state_t sum, zones_sum;
};

/* A phase does some work, takes what that costs from *units, and returns whether it has ended. It
 * may cost a little more than there was, but does something in any case. */
typedef bool hs_ring_phase(struct hearsay_ring_work *work, size_t *units);

/* A pass over `count` items of `cost` units each: the next ones are those from work->at, which
 * moves on, up to the value returned. The pass has ended when that is `count`. */
static inline uint32_t hs_ring_pass(struct hearsay_ring_work *work, uint32_t count, uint32_t cost,
                                    size_t *units)
{
    size_t fit = *units / cost > 0 ? *units / cost : 1;
    uint32_t n = fit < count - work->at ? (uint32_t)fit : count - work->at;
    size_t spent = (size_t)n * cost;
    *units -= spent < *units ? spent : *units;
    return work->at += n;
}

#endif
