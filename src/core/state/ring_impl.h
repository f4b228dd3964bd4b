/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a ring lies in memory: one allocation, header first, then the arrays below from the widest
 * elements to the narrowest, then the strings. So making a ring has one way to fail, dropping it is
 * one call, and the words "points[i]" and "owners[i]" cost 12 bytes a token: a search reads points
 * only, eight to a cache line.
 *
 *   points   token_count    the tokens, ascending; behind them HS_RING_WINDOW times UINT64_MAX,
 *                           so that a search may read a window of fixed width from any position
 *   members  member_count   in byte order of their names; an owner is an index here, so comparing
 *                           owners of one ring is comparing names
 *   owners   token_count    whose each point is
 *   index    buckets + 1    index[b]: the first position whose point is in bucket b or later, where
 *                           a point's bucket is its top bits, point >> shift
 */
#ifndef HS_STATE_RING_IMPL_H
#define HS_STATE_RING_IMPL_H

#include <stdatomic.h>
#include <stdint.h>

#include <hearsay/allocator.h>
#include <hearsay/ring.h>

#define HS_RING_WINDOW 8 /* points that a search compares at once: one cache line's worth */

struct hs_ring_member {
    const char *name;
    const char *zone; /* NULL: none */
    uint64_t share;   /* hashes owned; UINT64_MAX for all 2^64 */
    uint32_t tokens;
    uint32_t name_len;
};

struct hearsay_ring {
    atomic_size_t refs;
    uint32_t token_count, member_count;
    const uint64_t *points;
    const uint32_t *owners;
    const uint32_t *index;
    uint32_t shift;
    const struct hs_ring_member *members;
    uint64_t checksum;
    struct hearsay_allocator allocator;
};

#endif
