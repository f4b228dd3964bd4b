/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What two rings mean for each member: how much of the circle it holds before and after, what it
 * must get and what it may drop, in hashes, exactly. Counted step by step, because a walk over the
 * rings of a large cluster is longer than the loop may be held up.
 *
 * A count of 2^64, all of the circle, does not fit: it is UINT64_MAX, as everywhere in ring.h.
 */
#ifndef HS_AGENT_PARTS_RING_TALLY_H
#define HS_AGENT_PARTS_RING_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hearsay/ring.h>

enum { HS_LIST = -1, HS_BEFORE, HS_AFTER, HS_SIDES };

struct hs_tally_member {
    struct hearsay_ring_member side[HS_SIDES]; /* borrowed from the rings; no tokens: not in it */
    uint64_t share[HS_SIDES];                  /* hashes of which it holds one of the n copies */
    uint64_t gained, lost;
};

struct hs_tally {
    struct hearsay_ring *rings[HS_SIDES]; /* references of ours */
    uint32_t n;
    bool zones;

    struct hs_tally_member *members; /* of both rings, by name */
    size_t count;
    uint64_t moved;     /* hashes whose owners are others than before */
    uint64_t reordered; /* hashes with the same owners in another order */
    uint64_t pieces;    /* that hearsay_ring_diff_next gives */

    /* the walk */
    struct hearsay_ring *empty;
    uint32_t *places[HS_SIDES]; /* of a ring's members among ours */
    struct hearsay_ring_diff diff;
    uint32_t listed[HS_SIDES]; /* members of a ring that are among ours */
    int stage; /* HS_LIST; a side: its shares are counted; HS_SIDES: the difference; the end */
};

/* Begins to count, for n replicas as in hearsay_ring_diff_begin. Takes references of its own. The
 * same ring twice: only the shares. NULL when memory is out. */
struct hs_tally *hs_tally_new(const struct hearsay_ring *before, const struct hearsay_ring *after,
                              uint32_t n, bool zones);

/* Goes on for some tens of microseconds. False when all is counted. */
bool hs_tally_step(struct hs_tally *tally);

/* NULL is a no-op. */
void hs_tally_free(struct hs_tally *tally);

#endif
