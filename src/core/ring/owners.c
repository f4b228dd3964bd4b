/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Preference lists, replicas in zones and bounded loads. All walk over the tokens clockwise and
 * skip members that do not fit. Usually a few tokens are enough. But one member may own a long run
 * of tokens, or a few members may own most of the circle in turn, and a linear walk would read all
 * of it. So after STROLL tokens the walk uses a tree:
 *
 * For each token the position of its owner's previous token is known. For a walk from position s, a
 * token at or after s is the first one of its owner exactly if that previous position is before s.
 * The tree has, for each stretch of tokens, the least previous position in it. So the next stretch
 * with a new owner is found in logarithmic time, and each stretch that is read has at least one.
 *
 *      s = 5:  owner       a b a c b | b b a b a b a b c b a …
 *              position    0 1 2 3 4 | 5 6 7 8 …       13
 *              previous              | 4 5 2 6 7 8 …   3        less than 5: first b, a, c
 *
 * Past zero the positions start again from 0. A previous position that lies before zero is stored
 * less the number of tokens, as a negative number, so the same comparison works. A tree of the same
 * kind over zones finds new zones.
 */
#include <hearsay/ring.h>

#include <string.h>

#include <hearsay/error.h>

#include "ring/owners.h"
#include "ring/ring.h"

/* How many tokens a walk reads one by one before it uses a tree. */
#define STROLL 48

/* Up to this many results, a duplicate is found by a search of the list, beyond it by a filter. */
#define LISTED_MAX 16

/* Bits of the filter: 8 KiB of stack. A ring clears and uses one bit per member. The filter is
 * exact for rings of at most that many members. */
#define FILTER_BITS  65536
#define FILTER_WORDS (FILTER_BITS / 64)

#define NO_STRETCH UINT32_MAX

/* ---- walking ------------------------------------------------------------------------------------
 */

/* The walk reads positions from `at` up to `end`, then those of later stretches with a new
 * label. */
struct walk {
    const struct hearsay_ring *ring;
    const struct hs_ring_tree *tree;
    uint32_t at, end;
    int32_t threshold; /* a token whose previous position is below it is new on this walk */
    bool wrapped;
};

static struct walk walk_from(const struct hearsay_ring *ring, const struct hs_ring_tree *tree,
                             uint32_t at)
{
    uint32_t left = ring->token_count - at;
    return (struct walk){ring, tree, at, at + (left < STROLL ? left : STROLL), (int32_t)at, false};
}

/* Finds the first stretch at or after `from` with a minimum below the threshold. */
static uint32_t next_stretch(const struct hs_ring_tree *tree, uint32_t from, int32_t threshold)
{
    uint32_t node = tree->leaves + from;
    while (tree->nodes[node] >= threshold) {
        while (node & 1) /* a right child: the next stretch is right of its parent */
            node /= 2;
        if (node == 0)
            return NO_STRETCH;
        node++;
    }
    while (node < tree->leaves) {
        node *= 2;
        if (tree->nodes[node] >= threshold)
            node++;
    }
    return node - tree->leaves;
}

static bool walk_jump(struct walk *walk)
{
    uint32_t from = walk->end, count = walk->ring->token_count;
    for (;;) {
        uint32_t stretch = NO_STRETCH;
        if (from < count)
            stretch = next_stretch(walk->tree, from / HS_RING_STRETCH, walk->threshold);
        if (stretch != NO_STRETCH) {
            uint32_t begin = stretch * HS_RING_STRETCH, left = count - begin;
            walk->at = begin > from ? begin : from;
            walk->end = begin + (left < HS_RING_STRETCH ? left : HS_RING_STRETCH);
            return true;
        }
        if (walk->wrapped)
            return false;
        walk->wrapped = true;
        walk->threshold -= (int32_t)count;
        from = 0;
    }
}

/* Returns the owner at the next position, or false if all members were met. */
static inline bool walk_next(struct walk *walk, uint32_t *ret_owner)
{
    if (walk->at == walk->end && !walk_jump(walk))
        return false;
    *ret_owner = walk->ring->owners[walk->at++];
    return true;
}

/* ---- distinct ones ------------------------------------------------------------------------------
 */

/* What must be distinct in a list: the member, or its zone. */
static inline uint32_t label_of(const struct hearsay_ring *ring, bool zones, uint32_t owner)
{
    return zones ? ring->zones[owner] : owner;
}

static inline bool is_listed(const struct hearsay_ring *ring, bool zones, const uint32_t *indices,
                             uint32_t count, uint32_t wanted)
{
    for (uint32_t i = 0; i < count; i++)
        if (label_of(ring, zones, indices[i]) == wanted)
            return true;
    return false;
}

/* Continues a list of `found` entries until it has `wanted`. The ring has at least that many. */
static inline void collect_few(struct walk *walk, bool zones, uint32_t *ret_indices, uint32_t found,
                               uint32_t wanted)
{
    uint32_t owner;
    while (found < wanted && walk_next(walk, &owner))
        if (!is_listed(walk->ring, zones, ret_indices, found, label_of(walk->ring, zones, owner)))
            ret_indices[found++] = owner;
}

/* A clear bit says that the label is new. A set bit says that it is not, or, in rings of more
 * members than bits, that the list must be read to know. */
static void collect_many(struct walk *walk, bool zones, uint32_t *ret_indices, uint32_t found,
                         uint32_t wanted)
{
    const struct hearsay_ring *ring = walk->ring;
    uint64_t filter[FILTER_WORDS];
    bool exact = ring->member_count <= FILTER_BITS;
    memset(filter, 0, exact ? (ring->member_count + 63) / 64 * sizeof(filter[0]) : sizeof(filter));
    for (uint32_t i = 0; i < found; i++)
        filter[ret_indices[i] / 64 % FILTER_WORDS] |= UINT64_C(1) << ret_indices[i] % 64;
    uint32_t owner;
    while (found < wanted && walk_next(walk, &owner)) {
        uint32_t what = label_of(ring, zones, owner);
        uint64_t *word = &filter[what / 64 % FILTER_WORDS], bit = UINT64_C(1) << what % 64;
        if ((*word & bit) && (exact || is_listed(ring, zones, ret_indices, found, what)))
            continue;
        *word |= bit;
        ret_indices[found++] = owner;
    }
}

static void owners_collect(struct walk *walk, bool zones, uint32_t *ret_indices, uint32_t found,
                           uint32_t wanted)
{
    if (wanted > LISTED_MAX)
        collect_many(walk, zones, ret_indices, found, wanted);
    else if (zones)
        collect_few(walk, true, ret_indices, found, wanted);
    else
        collect_few(walk, false, ret_indices, found, wanted);
}

/* Zones make a difference where there are several, and fewer than members. */
static bool owners_zoned(const struct hearsay_ring *ring)
{
    return ring->zone_count > 1 && ring->zone_count < ring->member_count;
}

/* R31: ring questions. First one member of each zone, then the members that are not in the list
 * yet. */
uint32_t hs_ring_list(const struct hearsay_ring *ring, uint32_t at, bool zones,
                      uint32_t *ret_indices, uint32_t n)
{
    uint32_t wanted = n < ring->member_count ? n : ring->member_count, found = 0;
    if (zones && owners_zoned(ring)) {
        found = wanted < ring->zone_count ? wanted : ring->zone_count;
        struct walk walk = walk_from(ring, &ring->by_zone, at);
        owners_collect(&walk, true, ret_indices, 0, found);
    }
    struct walk walk = walk_from(ring, &ring->by_owner, at);
    owners_collect(&walk, false, ret_indices, found, wanted);
    return wanted;
}

static uint32_t at_most_all(const struct hearsay_ring *ring, size_t n)
{
    return n < ring->member_count ? (uint32_t)n : ring->member_count;
}

/* The slot also has the owners of the next tokens. If they are enough, no other memory is read. */
static uint32_t list_by_slot(const struct hearsay_ring *ring, uint64_t hash, uint32_t *ret_indices,
                             uint32_t wanted)
{
    uint64_t spot = hs_ring_spot(ring, hash);
    const struct hs_ring_slot *slot = &ring->slots[spot >> 32];
    uint32_t rank = hs_ring_rank(slot->fractions, hs_ring_fraction(spot)), found = 0;
    for (; rank < HS_RING_LANES && found < wanted; rank++) {
        uint32_t owner = slot->owners[rank], i = 0;
        while (i < found && ret_indices[i] != owner)
            i++;
        if (i == found)
            ret_indices[found++] = owner;
    }
    return found;
}

size_t hearsay_ring_owners(const struct hearsay_ring *ring, uint64_t hash, uint32_t *ret_indices,
                           size_t n)
{
    uint32_t wanted = at_most_all(ring, n);
    if (wanted == 0)
        return 0;
    if (wanted <= HS_RING_LANES && list_by_slot(ring, hash, ret_indices, wanted) == wanted)
        return wanted;
    return hs_ring_list(ring, hs_ring_locate(ring, hash), false, ret_indices, wanted);
}

size_t hearsay_ring_replicas(const struct hearsay_ring *ring, uint64_t hash, uint32_t *ret_indices,
                             size_t n)
{
    uint32_t wanted = at_most_all(ring, n);
    if (wanted == 0)
        return 0;
    return hs_ring_list(ring, hs_ring_locate(ring, hash), true, ret_indices, wanted);
}

/* ---- bounded loads ------------------------------------------------------------------------------
 */

struct wide {
    uint64_t high, low;
};

static struct wide multiply(uint64_t a, uint64_t b)
{
    uint64_t a_low = (uint32_t)a, a_high = a >> 32, b_low = (uint32_t)b, b_high = b >> 32;
    uint64_t low = a_low * b_low, cross = a_high * b_low + (low >> 32);
    uint64_t carry = a_low * b_high + (uint32_t)cross;
    return (struct wide){a_high * b_high + (cross >> 32) + (carry >> 32),
                         carry << 32 | (uint32_t)low};
}

/* The numerator of a member's bound. All members have the same divisor. A load is below the
 * rounded-up bound exactly if load × divisor is below the numerator. */
static struct wide dividend(const struct hearsay_ring *ring, uint32_t index, uint64_t total,
                            uint32_t percent)
{
    return multiply(total, (uint64_t)percent * ring->members[index].tokens);
}

static uint64_t owners_divisor(const struct hearsay_ring *ring)
{
    return UINT64_C(100) * ring->token_count;
}

/* Divides by shifting and subtracting, because the compiler would call a library for numbers of
 * this width. */
uint64_t hearsay_ring_bound(const struct hearsay_ring *ring, uint32_t index, uint64_t total,
                            uint32_t percent)
{
    struct wide left = dividend(ring, index, total, percent);
    uint64_t by = owners_divisor(ring), rest = 0, quotient = 0;
    if (left.high >= by)
        return UINT64_MAX;
    rest = left.high;
    for (int bit = 63; bit >= 0; bit--) { /* rest < by < 2^40: doubling it fits */
        rest = rest << 1 | (left.low >> bit & 1);
        quotient = quotient << 1 | (rest >= by);
        rest -= rest >= by ? by : 0;
    }
    return rest > 0 && quotient < UINT64_MAX ? quotient + 1 : quotient;
}

/* Mirrokni, Thorup, Zadimoghaddam 2016: the first member clockwise that has room. */
int hearsay_ring_owner_bounded(const struct hearsay_ring *ring, uint64_t hash,
                               const uint64_t *loads, uint64_t total, uint32_t percent,
                               uint32_t *ret_index)
{
    if (ring->token_count == 0)
        return HEARSAY_ERR_EMPTY;
    struct walk walk = walk_from(ring, &ring->by_owner, hs_ring_locate(ring, hash));
    uint32_t owner;
    while (walk_next(&walk, &owner)) {
        struct wide load = multiply(loads[owner], owners_divisor(ring));
        struct wide bound = dividend(ring, owner, total, percent);
        if (load.high < bound.high || (load.high == bound.high && load.low < bound.low)) {
            *ret_index = owner;
            return 0;
        }
    }
    return HEARSAY_ERR_FULL;
}
