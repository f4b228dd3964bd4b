/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Computes what follows from the sorted tokens of a ring: the slots that lookups read, the trees by
 * which lists are found without a scan, the shares, and the checksums (R29: tokens). The result
 * depends only on the tokens. In an empty ring each pass has no items.
 *
 * The previous token of a member's or a zone's first token is its last one. It is known only at the
 * end of the pass, so first tokens are left out of their stretch until then.
 */
#include <string.h>

#include "ring/survey.h"

#define NO_POSITION INT32_MAX

/* The cost of some items. The unit is one token in one pass. Reading for a checksum is cheaper, so
 * SUMMED tokens are one item. */
#define SLOT_UNITS  4
#define LABEL_UNITS 2
#define NAME_UNITS  8
#define SUMMED      64
#define SUM_UNITS   16

/* ---- slots --------------------------------------------------------------------------------------
 */

static uint32_t starts_of(const struct hearsay_ring *ring)
{
    return ring->token_count > 0 ? ring->bucket_count + 1 : 0;
}

/* Starts are found without unpredictable branches. Each token writes that the next bucket begins
 * after it, so the last token of a bucket wins. A bucket without such a token begins where the one
 * before it begins. */
bool hs_ring_clear_starts(struct hearsay_ring_work *work, size_t *units)
{
    struct hearsay_ring *ring = work->ring;
    uint32_t begin = work->at, count = starts_of(ring), end = hs_ring_pass(work, count, 1, units);
    if (begin < end)
        memset(ring->starts + begin, 0, (end - begin) * sizeof(ring->starts[0]));
    return end == count;
}

bool hs_ring_mark_starts(struct hearsay_ring_work *work, size_t *units)
{
    struct hearsay_ring *ring = work->ring;
    uint32_t at = work->at, end = hs_ring_pass(work, ring->token_count, 1, units);
    for (; at < end; at++)
        ring->starts[(hs_ring_spot(ring, ring->points[at]) >> 32) + 1] = at + 1;
    return end == ring->token_count;
}

bool hs_ring_spread_starts(struct hearsay_ring_work *work, size_t *units)
{
    struct hearsay_ring *ring = work->ring;
    uint32_t bucket = work->at, count = starts_of(ring), end = hs_ring_pass(work, count, 1, units);
    uint32_t most = bucket > 0 ? ring->starts[bucket - 1] : 0;
    for (; bucket < end; bucket++) {
        most = ring->starts[bucket] > most ? ring->starts[bucket] : most;
        ring->starts[bucket] = most;
    }
    return end == count;
}

/* Writes the owners from a position on, 16 bits each. */
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

/* A slot whose fractions are all the least value never gives an answer, because they are less than
 * or equal to every fraction.
 */
bool hs_ring_put_owners(struct hearsay_ring_work *work, size_t *units)
{
    struct hearsay_ring *ring = work->ring;
    bool narrow = ring->member_count <= HS_RING_NARROW_MAX;
    const hs_ring_lanes none = hs_ring_spread(narrow ? INT16_MAX : INT16_MIN);
    uint32_t bucket = work->at, end = hs_ring_pass(work, ring->bucket_count, SLOT_UNITS, units);
    for (; bucket < end; bucket++) {
        ring->slots[bucket].fractions = none;
        fill_owners(ring, ring->slots[bucket].owners, ring->starts[bucket]);
    }
    return end == ring->bucket_count;
}

bool hs_ring_put_fractions(struct hearsay_ring_work *work, size_t *units)
{
    struct hearsay_ring *ring = work->ring;
    if (ring->member_count > HS_RING_NARROW_MAX)
        return true;
    uint32_t at = work->at, end = hs_ring_pass(work, ring->token_count, 1, units);
    for (; at < end; at++) {
        uint64_t spot = hs_ring_spot(ring, ring->points[at]);
        uint32_t lane = at - ring->starts[spot >> 32];
        if (lane < HS_RING_LANES)
            ring->slots[spot >> 32].fractions[lane] = hs_ring_fraction(spot);
    }
    return end == ring->token_count;
}

/* ---- shares -------------------------------------------------------------------------------------
 */

bool hs_ring_add_shares(struct hearsay_ring_work *work, size_t *units)
{
    struct hearsay_ring *ring = work->ring;
    if (ring->token_count == 0)
        return true;
    uint32_t at = work->at, end = hs_ring_pass(work, ring->token_count, 1, units);
    uint64_t before = ring->points[at > 0 ? at - 1 : ring->token_count - 1];
    for (; at < end; at++) {
        uint64_t point = ring->points[at];
        ring->members[ring->owners[at]].share += point - before;
        before = point;
    }
    if (end < ring->token_count)
        return false;
    /* The first position always owns hashes. A share of 0 there has wrapped and means all of
     * them. */
    if (ring->members[ring->owners[0]].share == 0)
        ring->members[ring->owners[0]].share = UINT64_MAX;
    return true;
}

/* ---- trees --------------------------------------------------------------------------------------
 */

/* A tree distinguishes owners or, with `label_of`, their zones. */
struct labels {
    struct hs_ring_tree *tree;
    const uint32_t *label_of; /* NULL: a member is its own label */
    uint32_t count;           /* 0: there is no such tree */
};

static struct labels owner_labels(struct hearsay_ring *ring)
{
    return (struct labels){&ring->by_owner, NULL, ring->token_count > 0 ? ring->member_count : 0};
}

static struct labels zone_labels(struct hearsay_ring *ring)
{
    return (struct labels){&ring->by_zone, ring->zones, ring->zones ? ring->zone_count : 0};
}

/* The members' first and last fields also serve for zones, because there are not more zones than
 * members. */
static bool clear_labels(struct hearsay_ring_work *work, struct labels labels, size_t *units)
{
    uint32_t i = work->at, end = hs_ring_pass(work, labels.count, LABEL_UNITS, units);
    for (; i < end; i++)
        work->ring->members[i].last = NO_POSITION;
    return end == labels.count;
}

/* The least previous position of the tokens in one stretch, without first tokens of labels. */
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

static bool fill_leaves(struct hearsay_ring_work *work, struct labels labels, size_t *units)
{
    const struct hearsay_ring *ring = work->ring;
    const struct hs_ring_tree *tree = labels.tree;
    uint32_t count = labels.count > 0 ? tree->leaves : 0;
    uint32_t i = work->at, last = hs_ring_pass(work, count, HS_RING_STRETCH, units);
    for (; i < last; i++) {
        uint32_t begin = i * HS_RING_STRETCH, end = begin + HS_RING_STRETCH;
        end = end < ring->token_count ? end : ring->token_count;
        tree->nodes[tree->leaves + i] = least_previous(ring, labels.label_of, begin, end);
    }
    return last == count;
}

/* Adds the first tokens: the last token of each label, its previous one, is known now. */
static bool fill_firsts(struct hearsay_ring_work *work, struct labels labels, size_t *units)
{
    const struct hearsay_ring *ring = work->ring;
    uint32_t i = work->at, end = hs_ring_pass(work, labels.count, LABEL_UNITS, units);
    for (; i < end; i++) {
        uint32_t stretch = (uint32_t)ring->members[i].first / HS_RING_STRETCH;
        int32_t *leaf = &labels.tree->nodes[labels.tree->leaves + stretch];
        int32_t previous = ring->members[i].last - (int32_t)ring->token_count;
        *leaf = previous < *leaf ? previous : *leaf;
    }
    return end == labels.count;
}

/* Fills the inner nodes from the leaves up to node 1, the root. */
static bool fill_nodes(struct hearsay_ring_work *work, struct labels labels, size_t *units)
{
    int32_t *nodes = labels.tree->nodes;
    uint32_t count = labels.count > 0 ? labels.tree->leaves - 1 : 0;
    uint32_t i = work->at, end = hs_ring_pass(work, count, 1, units);
    for (; i < end; i++) {
        uint32_t node = count - i;
        int32_t left = nodes[2 * node], right = nodes[2 * node + 1];
        nodes[node] = left < right ? left : right;
    }
    return end == count;
}

bool hs_ring_owner_labels(struct hearsay_ring_work *work, size_t *units)
{
    return clear_labels(work, owner_labels(work->ring), units);
}

bool hs_ring_owner_leaves(struct hearsay_ring_work *work, size_t *units)
{
    return fill_leaves(work, owner_labels(work->ring), units);
}

bool hs_ring_owner_firsts(struct hearsay_ring_work *work, size_t *units)
{
    return fill_firsts(work, owner_labels(work->ring), units);
}

bool hs_ring_owner_nodes(struct hearsay_ring_work *work, size_t *units)
{
    return fill_nodes(work, owner_labels(work->ring), units);
}

bool hs_ring_zone_labels(struct hearsay_ring_work *work, size_t *units)
{
    return clear_labels(work, zone_labels(work->ring), units);
}

bool hs_ring_zone_leaves(struct hearsay_ring_work *work, size_t *units)
{
    return fill_leaves(work, zone_labels(work->ring), units);
}

bool hs_ring_zone_firsts(struct hearsay_ring_work *work, size_t *units)
{
    return fill_firsts(work, zone_labels(work->ring), units);
}

bool hs_ring_zone_nodes(struct hearsay_ring_work *work, size_t *units)
{
    return fill_nodes(work, zone_labels(work->ring), units);
}

/* ---- checksums ----------------------------------------------------------------------------------
 */

/* The checksum takes all numbers as little-endian, so that it is the same on every machine. */
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
static void sum_points(XXH3_state_t *sum, const uint64_t *points, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        uint64_t point = __builtin_bswap64(points[i]);
        XXH3_64bits_update(sum, &point, sizeof(point));
    }
}

static void sum_owners(XXH3_state_t *sum, const uint32_t *owners, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        uint32_t owner = __builtin_bswap32(owners[i]);
        XXH3_64bits_update(sum, &owner, sizeof(owner));
    }
}
#else
static void sum_points(XXH3_state_t *sum, const uint64_t *points, uint32_t count)
{
    XXH3_64bits_update(sum, points, count * sizeof(points[0]));
}

static void sum_owners(XXH3_state_t *sum, const uint32_t *owners, uint32_t count)
{
    XXH3_64bits_update(sum, owners, count * sizeof(owners[0]));
}
#endif

/* Takes the next tokens for a checksum, from *ret_begin on. */
static uint32_t survey_sum(struct hearsay_ring_work *work, size_t *units, uint32_t *ret_begin)
{
    uint32_t tokens = work->ring->token_count, items = (tokens + SUMMED - 1) / SUMMED;
    *ret_begin = work->at * SUMMED;
    uint32_t end = hs_ring_pass(work, items, SUM_UNITS, units);
    return end < items ? end * SUMMED : tokens;
}

bool hs_ring_sum_points(struct hearsay_ring_work *work, size_t *units)
{
    const struct hearsay_ring *ring = work->ring;
    uint32_t begin, end = survey_sum(work, units, &begin);
    if (!work->begun)
        XXH3_64bits_reset(&work->sum);
    work->begun = true;
    sum_points(&work->sum, ring->points + begin, end - begin);
    return end == ring->token_count;
}

bool hs_ring_sum_owners(struct hearsay_ring_work *work, size_t *units)
{
    const struct hearsay_ring *ring = work->ring;
    uint32_t begin, end = survey_sum(work, units, &begin);
    sum_owners(&work->sum, ring->owners + begin, end - begin);
    return end == ring->token_count;
}

bool hs_ring_sum_names(struct hearsay_ring_work *work, size_t *units)
{
    struct hearsay_ring *ring = work->ring;
    if (ring->token_count == 0)
        return true;
    if (!work->begun)
        XXH3_64bits_reset(&work->zones_sum);
    work->begun = true;
    uint32_t i = work->at, end = hs_ring_pass(work, ring->member_count, NAME_UNITS, units);
    for (; i < end; i++) {
        const struct hs_ring_member *member = &ring->members[i];
        XXH3_64bits_update(&work->sum, member->name, member->name_len + 1);
        if (!ring->zones)
            continue;
        const char *zone = member->zone ? member->zone : "";
        XXH3_64bits_update(&work->zones_sum, zone, strlen(zone) + 1);
    }
    if (end < ring->member_count)
        return false;
    ring->checksum = XXH3_64bits_digest(&work->sum);
    ring->zones_checksum = ring->zones ? XXH3_64bits_digest(&work->zones_sum) : 0;
    return true;
}
