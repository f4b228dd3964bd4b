/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds a position in a ring, and drops references to rings.
 */
#ifndef HS_RING_RING_H
#define HS_RING_RING_H

#include "ring/impl.h"

/* The position of the first point at or clockwise after `hash`, found by a search of the bucket's
 * points. The ring must not be empty. */
__attribute__((cold)) uint32_t hs_ring_search(const struct hearsay_ring *ring, uint64_t hash);

/* The same, by the slot if it gives the answer. */
static inline uint32_t hs_ring_locate(const struct hearsay_ring *ring, uint64_t hash)
{
    uint64_t spot = hs_ring_spot(ring, hash);
    uint32_t rank = hs_ring_rank(ring->slots[spot >> 32].fractions, hs_ring_fraction(spot));
    if (rank == HS_RING_UNSURE)
        return hs_ring_search(ring, hash);
    uint32_t at = ring->starts[spot >> 32] + rank;
    return at < ring->token_count ? at : 0;
}

/* Drops a reference. Returns true if it was the last one. */
bool hs_ring_drop(struct hearsay_ring *ring);

#endif
