/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading a ring. Points are hashes and so spread evenly: their top bits alone say, within a few
 * places, where in the sorted array a point must be. A small index over those bits replaces all
 * but the last steps of a binary search, which at 128,000 tokens are mostly cache misses and
 * branches guessed wrong. Those last steps are a count of the points below the hash, in a window of
 * fixed width: no branch, so lookups that follow each other overlap. A bucket longer than the
 * window is halved first, so that names chosen by an enemy cost a logarithm and no more.
 *
 * Every function here walks positions in ring order. Of equal points only the first position owns
 * hashes: the others, whose range is empty, count for the preference list alone.
 */
#include <hearsay/ring.h>

#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <hearsay/error.h>

#include "base/memory.h"
#include "state/ring_impl.h"

/* Up to this many owners are told apart by reading the list of those found, more by a filter. */
#define LISTED_MAX 16

/* Bits of the filter: 8 KiB of stack, of which a ring clears and uses one bit a member; exact for
 * rings of up to as many members. */
#define FILTER_BITS  65536
#define FILTER_WORDS (FILTER_BITS / 64)

/* ---- references -------------------------------------------------------------------------- */

/* Rings are const to all who read them; the count is the one field that changes. */
static struct hearsay_ring *writable(const struct hearsay_ring *ring)
{
    return (struct hearsay_ring *)(uintptr_t)ring;
}

struct hearsay_ring *hearsay_ring_ref(const struct hearsay_ring *ring)
{
    if (ring == NULL)
        return NULL;
    atomic_fetch_add_explicit(&writable(ring)->refs, 1, memory_order_relaxed);
    return writable(ring);
}

void hearsay_ring_unref(const struct hearsay_ring *ring)
{
    if (ring == NULL)
        return;
    /* Whoever drops the last reference must see all reads of the others done. */
    if (atomic_fetch_sub_explicit(&writable(ring)->refs, 1, memory_order_acq_rel) != 1)
        return;
    struct hearsay_allocator allocator = ring->allocator;
    hs_release(&allocator, writable(ring));
}

/* ---- members ----------------------------------------------------------------------------- */

size_t hearsay_ring_members(const struct hearsay_ring *ring)
{
    return ring->member_count;
}

size_t hearsay_ring_tokens(const struct hearsay_ring *ring)
{
    return ring->token_count;
}

uint64_t hearsay_ring_checksum(const struct hearsay_ring *ring)
{
    return ring->checksum;
}

struct hearsay_ring_member hearsay_ring_member_at(const struct hearsay_ring *ring, uint32_t index)
{
    const struct hs_ring_member *member = &ring->members[index];
    return (struct hearsay_ring_member){member->name, member->zone, member->tokens};
}

int hearsay_ring_find(const struct hearsay_ring *ring, const char *name, uint32_t *ret_index)
{
    uint32_t low = 0, high = ring->member_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = strcmp(ring->members[middle].name, name);
        if (order == 0) {
            *ret_index = middle;
            return 0;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return HEARSAY_ERR_NOTFOUND;
}

uint64_t hearsay_ring_share(const struct hearsay_ring *ring, uint32_t index)
{
    return ring->members[index].share;
}

/* ---- lookup ------------------------------------------------------------------------------ */

uint64_t hearsay_ring_hash(const void *key, size_t len)
{
    return XXH3_64bits(key, len);
}

/* R31. The position of the first point at or clockwise after `hash`, in a ring that is not empty.
 * What the window sees behind its bucket is not below the hash: later points, or the padding. */
static uint32_t locate(const struct hearsay_ring *ring, uint64_t hash)
{
    const uint64_t *points = ring->points;
    const uint32_t *bucket = &ring->index[hash >> ring->shift];
    uint32_t low = bucket[0], high = bucket[1];
    while (high - low > HS_RING_WINDOW) {
        uint32_t middle = low + (high - low) / 2;
        if (points[middle] < hash)
            low = middle + 1;
        else
            high = middle;
    }
    uint32_t below = 0;
    for (uint32_t i = 0; i < HS_RING_WINDOW; i++)
        below += points[low + i] < hash;
    low += below;
    return low < ring->token_count ? low : 0;
}

static uint32_t clockwise(const struct hearsay_ring *ring, uint32_t at)
{
    return at + 1 < ring->token_count ? at + 1 : 0;
}

int hearsay_ring_owner(const struct hearsay_ring *ring, uint64_t hash, uint32_t *ret_index)
{
    if (ring->token_count == 0)
        return HEARSAY_ERR_EMPTY;
    *ret_index = ring->owners[locate(ring, hash)];
    return 0;
}

static bool listed(const uint32_t *indices, size_t count, uint32_t owner)
{
    for (size_t i = 0; i < count; i++)
        if (indices[i] == owner)
            return true;
    return false;
}

static void collect_few(const struct hearsay_ring *ring, uint32_t at, uint32_t *ret_indices,
                        size_t wanted)
{
    for (size_t found = 0; found < wanted; at = clockwise(ring, at))
        if (!listed(ret_indices, found, ring->owners[at]))
            ret_indices[found++] = ring->owners[at];
}

/* A clear bit says that the owner is new. A set bit says that it is not, or, in rings of more
 * members than bits, that the list must be read to know. */
static void collect_many(const struct hearsay_ring *ring, uint32_t at, uint32_t *ret_indices,
                         size_t wanted)
{
    uint64_t filter[FILTER_WORDS];
    bool exact = ring->member_count <= FILTER_BITS;
    memset(filter, 0, exact ? (ring->member_count + 63) / 64 * sizeof(filter[0]) : sizeof(filter));
    for (size_t found = 0; found < wanted; at = clockwise(ring, at)) {
        uint32_t owner = ring->owners[at];
        uint64_t *word = &filter[owner / 64 % FILTER_WORDS];
        uint64_t bit = UINT64_C(1) << owner % 64;
        if ((*word & bit) && (exact || listed(ret_indices, found, owner)))
            continue;
        *word |= bit;
        ret_indices[found++] = owner;
    }
}

/* Ends as soon as enough are found. It always does: every member has a token. */
size_t hearsay_ring_owners(const struct hearsay_ring *ring, uint64_t hash, uint32_t *ret_indices,
                           size_t n)
{
    size_t wanted = n < ring->member_count ? n : ring->member_count;
    if (wanted == 0)
        return 0;
    if (wanted <= LISTED_MAX)
        collect_few(ring, locate(ring, hash), ret_indices, wanted);
    else
        collect_many(ring, locate(ring, hash), ret_indices, wanted);
    return wanted;
}

/* ---- ranges ------------------------------------------------------------------------------ */

/* The next position with another point than `at` has; token_count at the end. */
static uint32_t skip_equal(const struct hearsay_ring *ring, uint32_t at)
{
    uint64_t point = ring->points[at++];
    while (at < ring->token_count && ring->points[at] == point)
        at++;
    return at;
}

/* The piece that wraps past zero belongs to the first position's owner, and so may pieces before
 * it: the position where they begin; 0 when all of the circle is one piece. */
static uint32_t wrap_begin(const struct hearsay_ring *ring)
{
    uint32_t begin = ring->token_count;
    while (begin > 0) {
        uint32_t at = begin - 1;
        while (at > 0 && ring->points[at - 1] == ring->points[at])
            at--;
        if (ring->owners[at] != ring->owners[0])
            break;
        begin = at;
    }
    return begin;
}

size_t hearsay_ring_ranges(const struct hearsay_ring *ring, uint32_t owner,
                           struct hearsay_ring_range *ret_ranges, size_t room)
{
    if (ring->token_count == 0)
        return 0;
    uint32_t end = wrap_begin(ring);
    bool whole = end == 0;
    struct hearsay_ring_range range = {0, UINT64_MAX, ring->owners[0]};
    if (!whole)
        range.first = ring->points[end - 1] + 1;
    size_t count = 0;
    uint32_t at = 0;
    do {
        for (range.owner = ring->owners[at]; at < end && ring->owners[at] == range.owner;
             at = skip_equal(ring, at))
            range.last = ring->points[at];
        if (owner == UINT32_MAX || owner == range.owner) {
            if (count < room)
                ret_ranges[count] = range;
            count++;
        }
        range.first = range.last + 1;
    } while (at < end);
    return count;
}

/* ---- what moved -------------------------------------------------------------------------- */

static bool same_name(const struct hs_ring_member *a, const struct hs_ring_member *b)
{
    return a->name_len == b->name_len && memcmp(a->name, b->name, a->name_len) == 0;
}

/* One ring in the merge pass. Behind its last position stands its first: the circle. */
struct side {
    const struct hearsay_ring *ring;
    uint32_t at;
};

static const struct hs_ring_member *side_owner(const struct side *side)
{
    uint32_t at = side->at < side->ring->token_count ? side->at : 0;
    return &side->ring->members[side->ring->owners[at]];
}

static void side_pass(struct side *side, uint64_t point)
{
    while (side->at < side->ring->token_count && side->ring->points[side->at] == point)
        side->at++;
}

/* The lesser of the points that the two stand at. One of them is not at its end. */
static uint64_t sides_next(const struct side *a, const struct side *b)
{
    if (a->at == a->ring->token_count)
        return b->ring->points[b->at];
    if (b->at == b->ring->token_count)
        return a->ring->points[a->at];
    uint64_t point_a = a->ring->points[a->at], point_b = b->ring->points[b->at];
    return point_a < point_b ? point_a : point_b;
}

/* Between two neighbouring points of either ring nobody's owner changes: one comparison a piece.
 * The first piece is the one that wraps. */
static uint64_t sum_moved(const struct hearsay_ring *before, const struct hearsay_ring *after)
{
    struct side a = {before, 0}, b = {after, 0};
    uint64_t last_a = before->points[before->token_count - 1];
    uint64_t last_b = after->points[after->token_count - 1];
    uint64_t from = last_a > last_b ? last_a : last_b, moved = 0;
    bool all = true;
    while (a.at < before->token_count || b.at < after->token_count) {
        uint64_t to = sides_next(&a, &b);
        if (same_name(side_owner(&a), side_owner(&b)))
            all = false;
        else
            moved += to - from;
        side_pass(&a, to);
        side_pass(&b, to);
        from = to;
    }
    return all ? UINT64_MAX : moved;
}

uint64_t hearsay_ring_moved(const struct hearsay_ring *before, const struct hearsay_ring *after)
{
    if (before->token_count == 0 || after->token_count == 0)
        return before->token_count == after->token_count ? 0 : UINT64_MAX;
    return sum_moved(before, after);
}
