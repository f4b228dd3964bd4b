/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state of a ring that is made in steps. The work is a list of phases (work.c). Each phase is a
 * pass over members, tokens or buckets that can stop after any of them. This struct has all that a
 * phase needs to continue.
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

/* An owner is never UINT32_MAX, because it means "all" in hearsay_ring_ranges and "removed"
 * here. */
#define HS_RING_MEMBERS_MAX (UINT32_MAX - 1)
/* Positions have 31 bits, because a negative position is one before zero (owners.c). */
#define HS_RING_TOKENS_MAX INT32_MAX
#define HS_RING_GONE       UINT32_MAX

/* The names and zones of members that a caller added one by one. */
struct hs_ring_texts {
    struct hs_ring_texts *next;
    size_t used;
    char bytes[];
};
#define HS_RING_TEXTS_SIZE 4096 /* bytes of one block */

struct hearsay_ring_work {
    void *block; /* the allocation; this struct begins at a cache line in it */
    struct hearsay_allocator allocator;
    struct hearsay_ring *old;              /* a reference of ours; NULL: none */
    const struct hearsay_ring_member *add; /* the caller's, or `added` */
    struct hearsay_ring_member *added;     /* ours, with room for `room` */
    struct hs_ring_texts *texts;
    struct hearsay_ring *ring; /* the new ring; NULL until it is allocated */
    uint32_t old_count, add_count, room;
    uint32_t *map;   /* index in the old ring → index in the new one, or HS_RING_GONE */
    uint32_t *order; /* indices into `add`, by name; afterwards the new ring's members, by zone */
    uint64_t members, tokens, tokens_added, strings;
    char *string; /* where the next string is written */
    int err;
    bool zones; /* at least one member has a zone */

    /* progress of the present phase */
    unsigned phase;
    bool begun;                        /* its set-up is done */
    uint32_t at;                       /* the next item of its pass */
    uint32_t old_at, add_at, token_at; /* in passes over several lists */
    uint32_t zone;
    struct hs_text_sort texts_sort;
    struct hs_token_sort tokens_sort;
    XXH3_state_t sum, zones_sum;
};

/* A phase does some work and subtracts the cost from *units. Returns true when the phase has ended.
 * It always makes progress, so it may cost a little more than *units. */
typedef bool hs_ring_phase(struct hearsay_ring_work *work, size_t *units);

/* Takes the next items of a pass over `count` items of `cost` units each. They begin at the old
 * value of work->at and end before the returned value, to which work->at moves. The pass has ended
 * when that value is `count`. */
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
