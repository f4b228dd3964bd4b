/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The layout of a ring in memory: one allocation with the header, the arrays below and the strings.
 * So making a ring can fail in only one place, and freeing it is one call.
 *
 *   slots    bucket_count      what a lookup reads, two to a cache line (below)
 *   points   token_count       the tokens, ascending
 *   members  member_count      in byte order of their names; an owner is an index here, so
 *                              comparing owners of one ring is comparing names
 *   owners   token_count       whose each point is
 *   starts   bucket_count + 1  starts[b]: the first position whose point is in bucket b or later
 *   trees    2 × leaves each   which stretches of the ring hold somebody new (owners.c)
 *   zones    member_count      a number for each member's zone, where any member has one
 *
 * The circle is cut into equal buckets of about three tokens. A hash times the number of buckets
 * has the bucket in its upper half. The lower half is the fraction: how far into the bucket the
 * hash lies. A slot has the fractions of its bucket's tokens, 16 bits each. It also has the owners
 * of eight tokens, beginning with the bucket's first; the later ones may lie in other buckets. So a
 * lookup reads half of a cache line. One vector comparison counts the fractions below that of the
 * hash, and the count is the index of the owner:
 *
 *      bucket      . a     b        c   |   d    e          16 bits
 *      fractions     a     b        c       -    -    -    -    -      (- : greatest)
 *      owners        A     B        C       D    E    F    G    H      16 bits
 *      hash              ^ one fraction below: B
 *
 * The slot does not give the answer if a fraction is equal, if all eight are smaller, or if the
 * ring has more members than 16 bits can number. Then the points of the bucket are searched. This
 * happens about once in 300 lookups.
 */
#ifndef HS_RING_IMPL_H
#define HS_RING_IMPL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hearsay/allocator.h>
#include <hearsay/ring.h>

#define HS_RING_LANES      8          /* fractions and owners in a slot */
#define HS_RING_BUCKET     3          /* average tokens per bucket */
#define HS_RING_UNSURE     UINT32_MAX /* no rank: the slot does not give the answer */
#define HS_RING_NARROW_MAX 65536      /* most members whose indices fit a slot */
#define HS_RING_STRETCH    32         /* tokens under one leaf of a tree */

typedef int16_t hs_ring_lanes __attribute__((vector_size(2 * HS_RING_LANES)));
typedef uint64_t hs_ring_halves __attribute__((vector_size(2 * HS_RING_LANES)));

/* Fractions are shifted by half their range, because some machines compare vectors as signed
 * numbers only. */
struct hs_ring_slot {
    hs_ring_lanes fractions;
    uint16_t owners[HS_RING_LANES];
};
_Static_assert(sizeof(struct hs_ring_slot) == 32, "two slots to a cache line");

struct hs_ring_member {
    const char *name;
    const char *zone; /* NULL: none */
    uint64_t share;   /* hashes owned; UINT64_MAX for all 2^64 */
    uint32_t tokens;
    uint32_t name_len;
    int32_t first, last; /* used by survey.c only */
};

/* A binary tree of minima over stretches of tokens; node 1 is the root, leaf i is leaves + i. */
struct hs_ring_tree {
    int32_t *nodes;
    uint32_t leaves; /* a power of two */
};

struct hearsay_ring {
    atomic_size_t refs;
    uint32_t token_count, member_count;
    struct hs_ring_slot *slots;
    uint32_t bucket_count, zone_count;
    uint32_t *starts, *owners;
    uint64_t *points;
    struct hs_ring_member *members;
    struct hs_ring_tree by_owner, by_zone;
    uint32_t *zones; /* NULL: no member has one */
    uint64_t checksum, zones_checksum;
    size_t size; /* of the allocation; 0: it is being freed, `left` bytes remain */
    size_t left;
    struct hearsay_allocator allocator;
};

/* The bucket of a hash in the upper half and its fraction in bits 16 to 31. It grows with the
 * hash. */
static inline uint64_t hs_ring_spot(const struct hearsay_ring *ring, uint64_t hash)
{
    return (hash >> 32) * ring->bucket_count;
}

static inline int16_t hs_ring_fraction(uint64_t spot)
{
    return (int16_t)((spot >> 16 & 0xffff) ^ 0x8000);
}

static inline hs_ring_lanes hs_ring_spread(int16_t fraction)
{
    return (hs_ring_lanes){fraction, fraction, fraction, fraction,
                           fraction, fraction, fraction, fraction};
}

/* How many fractions are less than `fraction` (they are the first ones), or HS_RING_UNSURE. This
 * version is plain C. A lane that compares true has 16 one bits. One bit of each lane is kept, and
 * a multiplication adds them up. */
static inline uint32_t hs_ring_rank_plain(hs_ring_lanes fractions, int16_t fraction)
{
    const uint64_t ones = UINT64_C(0x0001000100010001);
    hs_ring_lanes all = hs_ring_spread(fraction);
    hs_ring_halves less = (hs_ring_halves)(fractions < all);
    hs_ring_halves equal = (hs_ring_halves)(fractions == all);
    uint32_t rank = (uint32_t)(((less[0] & ones) + (less[1] & ones)) * ones >> 48);
    return (equal[0] | equal[1]) != 0 || rank == HS_RING_LANES ? HS_RING_UNSURE : rank;
}

/* The same for machines that can gather the signs of a vector into a word. */
static inline uint32_t hs_ring_rank(hs_ring_lanes fractions, int16_t fraction)
{
#ifdef __SSE2__
    typedef char bytes __attribute__((vector_size(2 * HS_RING_LANES)));
    hs_ring_lanes all = hs_ring_spread(fraction);
    uint32_t less = (uint32_t)__builtin_ia32_pmovmskb128((bytes)(fractions < all));
    uint32_t equal = (uint32_t)__builtin_ia32_pmovmskb128((bytes)(fractions == all));
    uint32_t twice = (uint32_t)__builtin_ctz(~less); /* two bits per lane */
    if (__builtin_expect((equal | (twice & 2 * HS_RING_LANES)) != 0, 0))
        return HS_RING_UNSURE;
    return twice / 2;
#else
    return hs_ring_rank_plain(fractions, fraction);
#endif
}

#endif
