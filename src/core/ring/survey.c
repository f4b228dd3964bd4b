/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All of a ring that follows from its sorted tokens: the slots that lookups read, the trees by which
 * lists are found without a scan, shares, and the checksum (R29). Whatever the way to a set of
 * tokens, what is written here is the same.
 *
 * Each member's and each zone's first token is the one whose previous token lies on the turn before.
 * Which that is, only the end of the pass tells; so first tokens are left out of their stretch until
 * then.
 */
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "ring/impl.h"

#define NO_POSITION INT32_MAX

/* ---- slots --------------------------------------------------------------------------------------
 */

/* Without a branch that could be guessed wrong: each token says that the next bucket begins behind it,
 * the last one of a bucket stands, and a bucket that nobody spoke of begins where the one before. */
static void fill_starts(struct hearsay_ring *ring)
{
    memset(ring->starts, 0, (ring->bucket_count + (size_t)1) * sizeof(ring->starts[0]));
    for (uint32_t at = 0; at < ring->token_count; at++)
        ring->starts[(hs_ring_spot(ring, ring->points[at]) >> 32) + 1] = at + 1;
    for (uint32_t bucket = 0, most = 0; bucket <= ring->bucket_count; bucket++) {
        most = ring->starts[bucket] > most ? ring->starts[bucket] : most;
        ring->starts[bucket] = most;
    }
}

/* The owners from a position on, by 16 bits. */
static void fill_owners(const struct hearsay_ring *ring, uint16_t *owners, uint32_t at)
{
    if (ring->token_count - at >= HS_RING_LANES) {
        for (uint32_t i = 0; i < HS_RING_LANES; i++)
            owners[i] = (uint16_t)ring->owners[at + i];
        return;
    }
    for (uint32_t i = 0; i < HS_RING_LANES; i++) {
        at = at < ring->token_count ? at : 0;
        owners[i] = (uint16_t)ring->owners[at++];
    }
}

/* A slot of least fractions leaves every question open: all are less than, or equal to, any other.
 */
static void fill_slots(struct hearsay_ring *ring)
{
    bool narrow = ring->member_count <= HS_RING_NARROW_MAX;
    const hs_ring_lanes none = hs_ring_spread(narrow ? INT16_MAX : INT16_MIN);
    for (uint32_t bucket = 0; bucket < ring->bucket_count; bucket++) {
        ring->slots[bucket].fractions = none;
        fill_owners(ring, ring->slots[bucket].owners, ring->starts[bucket]);
    }
    for (uint32_t at = 0; narrow && at < ring->token_count; at++) {
        uint64_t spot = hs_ring_spot(ring, ring->points[at]);
        uint32_t lane = at - ring->starts[spot >> 32];
        if (lane < HS_RING_LANES)
            ring->slots[spot >> 32].fractions[lane] = hs_ring_fraction(spot);
    }
}

/* ---- shares -------------------------------------------------------------------------------------
 */

static void add_shares(struct hearsay_ring *ring)
{
    uint64_t before = ring->points[ring->token_count - 1];
    for (uint32_t at = 0; at < ring->token_count; at++) {
        uint64_t point = ring->points[at];
        ring->members[ring->owners[at]].share += point - before;
        before = point;
    }
    /* The first position always owns something: a sum of 0 there has wrapped, and means all. */
    if (ring->members[ring->owners[0]].share == 0)
        ring->members[ring->owners[0]].share = UINT64_MAX;
}

/* ---- trees --------------------------------------------------------------------------------------
 */

uint32_t hs_ring_leaves(uint64_t tokens)
{
    uint32_t leaves = 1;
    while ((uint64_t)leaves * HS_RING_STRETCH < tokens)
        leaves *= 2;
    return leaves;
}

/* The least previous position of the tokens in one stretch. A label's first token has none. */
static int32_t least_previous(const struct hearsay_ring *ring, const uint32_t *label_of,
                              uint32_t begin, uint32_t end)
{
    int32_t least = NO_POSITION;
    for (uint32_t at = begin; at < end; at++) {
        uint32_t owner = ring->owners[at];
        struct hs_ring_member *seen = &ring->members[label_of ? label_of[owner] : owner];
        if (seen->last == NO_POSITION)
            seen->first = (int32_t)at;
        least = seen->last < least ? seen->last : least;
        seen->last = (int32_t)at;
    }
    return least;
}

/* Labels are members, or zones; there are no more of these, so members' scratch does for both. */
static void fill_leaves(struct hearsay_ring *ring, struct hs_ring_tree *tree,
                        const uint32_t *label_of, uint32_t labels)
{
    int32_t *leaves = tree->nodes + tree->leaves, count = (int32_t)ring->token_count;
    for (uint32_t i = 0; i < labels; i++)
        ring->members[i].last = NO_POSITION;
    for (uint32_t i = 0; i < tree->leaves; i++) {
        uint32_t begin = i * HS_RING_STRETCH, end = begin + HS_RING_STRETCH;
        end = end < ring->token_count ? end : ring->token_count;
        leaves[i] = least_previous(ring, label_of, begin, end);
    }
    for (uint32_t i = 0; i < labels; i++) {
        int32_t *leaf = &leaves[ring->members[i].first / HS_RING_STRETCH];
        int32_t previous = ring->members[i].last - count;
        *leaf = previous < *leaf ? previous : *leaf;
    }
}

static void fill_tree(struct hearsay_ring *ring, struct hs_ring_tree *tree,
                      const uint32_t *label_of, uint32_t labels)
{
    fill_leaves(ring, tree, label_of, labels);
    for (uint32_t node = tree->leaves - 1; node > 0; node--) {
        int32_t left = tree->nodes[2 * node], right = tree->nodes[2 * node + 1];
        tree->nodes[node] = left < right ? left : right;
    }
}

/* ---- checksum -----------------------------------------------------------------------------------
 */

/* The checksum reads all numbers as little-endian, so that it is the same on every machine. */
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
static void checksum_tokens(XXH3_state_t *state, const struct hearsay_ring *ring)
{
    for (uint32_t i = 0; i < ring->token_count; i++) {
        uint64_t point = __builtin_bswap64(ring->points[i]);
        XXH3_64bits_update(state, &point, sizeof(point));
    }
    for (uint32_t i = 0; i < ring->token_count; i++) {
        uint32_t owner = __builtin_bswap32(ring->owners[i]);
        XXH3_64bits_update(state, &owner, sizeof(owner));
    }
}
#else
static void checksum_tokens(XXH3_state_t *state, const struct hearsay_ring *ring)
{
    XXH3_64bits_update(state, ring->points, ring->token_count * sizeof(ring->points[0]));
    XXH3_64bits_update(state, ring->owners, ring->token_count * sizeof(ring->owners[0]));
}
#endif

static uint64_t checksum(const struct hearsay_ring *ring)
{
    XXH3_state_t state;
    XXH3_64bits_reset(&state);
    checksum_tokens(&state, ring);
    for (uint32_t i = 0; i < ring->member_count; i++)
        XXH3_64bits_update(&state, ring->members[i].name, ring->members[i].name_len + 1);
    return XXH3_64bits_digest(&state);
}

static uint64_t zones_checksum(const struct hearsay_ring *ring)
{
    XXH3_state_t state;
    XXH3_64bits_reset(&state);
    for (uint32_t i = 0; i < ring->member_count; i++) {
        const char *zone = ring->members[i].zone != NULL ? ring->members[i].zone : "";
        XXH3_64bits_update(&state, zone, strlen(zone) + 1);
    }
    return XXH3_64bits_digest(&state);
}

void hs_ring_survey(struct hearsay_ring *ring)
{
    if (ring->token_count == 0)
        return;
    fill_starts(ring);
    fill_slots(ring);
    add_shares(ring);
    fill_tree(ring, &ring->by_owner, NULL, ring->member_count);
    if (ring->zones != NULL) {
        fill_tree(ring, &ring->by_zone, ring->zones, ring->zone_count);
        ring->zones_checksum = zones_checksum(ring);
    }
    ring->checksum = checksum(ring);
}
