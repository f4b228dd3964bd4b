/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes a ring from an old one: some members are removed and others are added. The first ring is
 * made from nothing in the same way. Owners are numbered in the order of their names. The change
 * keeps that order, so the tokens that stay are still sorted after their owners get new numbers. So
 * only the new tokens are sorted, and one pass merges them in (R30: ring change):
 *
 *      old    |  a  b  c  d  e  f  g  |         read from the left, skipping what goes
 *      ring   | . . . . . . . . | x  y  z |     new tokens sorted at the end of the new arrays
 *               ^ written from the left; never catches up with x before the old are used up
 *
 * The result depends only on the members. One set of members makes the same bytes, in one call or
 * by a thousand changes, in one step or in many.
 */

#include <string.h>

#include <hearsay/error.h>

#include "base/memory.h"
#include "ring/build.h"
#include "ring/ring.h"
#include "ring/sort.h"

/* The slots must begin at a cache line, and the allocator may return memory that does not. */
#define LINE 64

/* The cost of a search among the old names, and of a member's strings. The unit is one token in one
 * pass. */
#define SEARCH_UNITS 32
#define MEMBER_UNITS 8

/* ---- what was asked for ------------------------------------------------------------------ */

static const char *added_name(const void *list, uint32_t index)
{
    return ((const struct hearsay_ring_member *)list)[index].name;
}

static const char *zone_name(const void *list, uint32_t index)
{
    const char *zone = ((const struct hs_ring_member *)list)[index].zone;
    return zone == NULL ? "" : zone;
}

static void build_fail(struct hearsay_ring_work *work, int err)
{
    work->err = err;
}

/* The list is used twice: for the names that are added, then for the zones of all members. */
bool hs_ring_sort_names(struct hearsay_ring_work *work, size_t *units)
{
    size_t room = (size_t)work->old_count + work->add_count;
    if (room == 0)
        return true;
    if (!work->begun) {
        if (room > PTRDIFF_MAX / sizeof(uint32_t)) {
            build_fail(work, HEARSAY_ERR_TOOBIG);
            return false;
        }
        work->order = hs_alloc(&work->allocator, room * sizeof(uint32_t));
        if (!work->order) {
            build_fail(work, HEARSAY_ERR_NOMEM);
            return false;
        }
        work->texts_sort =
            (struct hs_text_sort){work->order, work->add_count, added_name, work->add, 0};
        work->begun = true;
    }
    return hs_text_sort_step(&work->texts_sort, units);
}

/* A name must be unique, because a second member of that name would have the same tokens. */
static bool name_is_free(const struct hearsay_ring_work *work, uint32_t i)
{
    const char *name = work->add[work->order[i]].name;
    uint32_t index;
    if (i > 0 && strcmp(work->add[work->order[i - 1]].name, name) == 0)
        return false;
    return work->old_count == 0 || hearsay_ring_find(work->old, name, &index) != 0 ||
           work->map[index] == HS_RING_GONE;
}

bool hs_ring_check_names(struct hearsay_ring_work *work, size_t *units)
{
    uint32_t i = work->at, end = hs_ring_pass(work, work->add_count, SEARCH_UNITS, units);
    for (; i < end; i++) {
        if (name_is_free(work, i))
            continue;
        build_fail(work, HEARSAY_ERR_EXISTS);
        return false;
    }
    return end == work->add_count;
}

static size_t string_size(const char *string)
{
    return string == NULL ? 0 : strlen(string) + 1;
}

static void count_member(struct hearsay_ring_work *work, const char *name, const char *zone,
                         uint32_t tokens)
{
    work->members++;
    work->tokens += tokens;
    work->strings += string_size(name) + string_size(zone);
    work->zones = work->zones || (zone != NULL && zone[0] != '\0');
}

bool hs_ring_count_added(struct hearsay_ring_work *work, size_t *units)
{
    uint32_t i = work->at, end = hs_ring_pass(work, work->add_count, MEMBER_UNITS, units);
    for (; i < end; i++)
        count_member(work, work->add[i].name, work->add[i].zone, work->add[i].tokens);
    work->tokens_added = work->tokens;
    return end == work->add_count;
}

bool hs_ring_count_old(struct hearsay_ring_work *work, size_t *units)
{
    uint32_t i = work->at, end = hs_ring_pass(work, work->old_count, MEMBER_UNITS, units);
    for (; i < end; i++) {
        const struct hs_ring_member *member = &work->old->members[i];
        if (work->map[i] != HS_RING_GONE)
            count_member(work, member->name, member->zone, member->tokens);
    }
    return end == work->old_count;
}

/* ---- the allocation ---------------------------------------------------------------------- */

/* Arrays are placed in the order of their items' sizes, the largest first, so that there are no
 * gaps. */
static void *build_take(char **block, uint64_t count, size_t size)
{
    void *taken = *block;
    *block += count * size;
    return taken;
}

static void build_place(struct hearsay_ring *ring, char *block,
                        const struct hearsay_ring_work *work)
{
    uint64_t tokens = work->tokens, members = work->members;
    ring->slots = build_take(&block, ring->bucket_count, sizeof(*ring->slots));
    ring->points = build_take(&block, tokens, sizeof(*ring->points));
    ring->members = build_take(&block, members, sizeof(*ring->members));
    ring->owners = build_take(&block, tokens, sizeof(*ring->owners));
    ring->starts = build_take(&block, ring->bucket_count + UINT64_C(1), sizeof(*ring->starts));
    ring->by_owner.nodes = build_take(&block, 2 * (uint64_t)ring->by_owner.leaves, sizeof(int32_t));
    if (!work->zones)
        return;
    ring->by_zone.nodes = build_take(&block, 2 * (uint64_t)ring->by_zone.leaves, sizeof(int32_t));
    ring->zones = build_take(&block, members, sizeof(*ring->zones));
}

/* The size in bytes of all arrays between the header and the strings. */
static uint64_t arrays_size(const struct hearsay_ring_work *work, uint64_t buckets, uint64_t leaves)
{
    uint64_t size = buckets * (sizeof(struct hs_ring_slot) + sizeof(uint32_t)) + sizeof(uint32_t);
    size += work->tokens * (sizeof(uint64_t) + sizeof(uint32_t));
    size += work->members * (sizeof(struct hs_ring_member) + (work->zones ? 4 : 0));
    return size + leaves * 2 * sizeof(int32_t) * (work->zones ? 2 : 1);
}

uint32_t hs_ring_leaves(uint64_t tokens)
{
    uint32_t leaves = 1;
    while ((uint64_t)leaves * HS_RING_STRETCH < tokens)
        leaves *= 2;
    return leaves;
}

static int ring_alloc(struct hearsay_ring_work *work)
{
    if (work->tokens > HS_RING_TOKENS_MAX)
        return HEARSAY_ERR_TOOBIG;
    uint32_t buckets = work->tokens > 0 ? (uint32_t)work->tokens / HS_RING_BUCKET + 1 : 0;
    uint32_t leaves = hs_ring_leaves(work->tokens);
    uint64_t size = arrays_size(work, buckets, leaves);
    uint64_t head = sizeof(struct hearsay_ring) + LINE - 1;
    if (head + size + work->strings > PTRDIFF_MAX)
        return HEARSAY_ERR_TOOBIG;
    char *block = hs_alloc(&work->allocator, (size_t)(head + size + work->strings));
    if (block == NULL)
        return HEARSAY_ERR_NOMEM;
    struct hearsay_ring *ring = (void *)block;
    *ring = (struct hearsay_ring){
        .token_count = (uint32_t)work->tokens,
        .member_count = (uint32_t)work->members,
        .bucket_count = buckets,
        .by_owner.leaves = leaves,
        .by_zone.leaves = work->zones ? leaves : 0,
        .allocator = work->allocator,
        .size = (size_t)(head + size + work->strings),
    };
    atomic_init(&ring->refs, 1);
    block += sizeof(*ring);
    block += -(uintptr_t)block % LINE;
    build_place(ring, block, work);
    work->string = block + size;
    work->ring = ring;
    return 0;
}

bool hs_ring_allocate(struct hearsay_ring_work *work, size_t *units)
{
    *units -= 1; /* the system maps pages when they are written */
    work->err = ring_alloc(work);
    return work->err == 0;
}

_Static_assert(LINE % _Alignof(struct hs_ring_slot) == 0, "slots are aligned");
_Static_assert(_Alignof(struct hs_ring_member) <= sizeof(uint64_t), "members are aligned");
_Static_assert(sizeof(struct hs_ring_member) % sizeof(uint64_t) == 0, "owners are aligned");

/* ---- members ----------------------------------------------------------------------------- */

static const char *put_string(struct hearsay_ring_work *work, const char *string)
{
    if (string == NULL)
        return NULL;
    size_t size = strlen(string) + 1;
    char *copy = memcpy(work->string, string, size);
    work->string += size;
    return copy;
}

static struct hs_ring_member put_member(struct hearsay_ring_work *work, const char *name,
                                        const char *zone, uint32_t tokens)
{
    return (struct hs_ring_member){
        .name = put_string(work, name),
        .zone = put_string(work, zone),
        .tokens = tokens,
        .name_len = (uint32_t)strlen(name),
    };
}

/* The point of token `i` of a name (R29: tokens). */
static uint64_t token_point(uint8_t *bytes, uint32_t name_len, uint32_t i)
{
    for (uint32_t k = 0; k < 4; k++)
        bytes[name_len + k] = (uint8_t)(i >> (8 * k));
    return XXH3_64bits(bytes, name_len + 4);
}

/* Writes the tokens of member `owner` from position `at` on and returns the position after them. */
static uint32_t put_tokens(struct hearsay_ring *ring, uint32_t at, uint32_t owner)
{
    const struct hs_ring_member *member = &ring->members[owner];
    uint8_t bytes[HEARSAY_NAME_MAX + 4];
    memcpy(bytes, member->name, member->name_len);
    for (uint32_t i = 0; i < member->tokens; i++, at++) {
        ring->points[at] = token_point(bytes, member->name_len, i);
        ring->owners[at] = owner;
    }
    return at;
}

/* Writes the next member of the new ring in byte order of names: one that stays, or one that is
 * added. Fills in the map, and writes new tokens, which are not sorted yet. Returns the cost. */
static uint32_t put_next_member(struct hearsay_ring *ring, struct hearsay_ring_work *work)
{
    uint32_t owner = work->at++;
    while (work->old_at < work->old_count && work->map[work->old_at] == HS_RING_GONE)
        work->old_at++;
    bool stay = work->old_at < work->old_count, come = work->add_at < work->add_count;
    if (stay && come) {
        const char *name = work->old->members[work->old_at].name;
        stay = strcmp(name, work->add[work->order[work->add_at]].name) < 0;
    }
    if (stay) {
        const struct hs_ring_member *member = &work->old->members[work->old_at];
        ring->members[owner] = put_member(work, member->name, member->zone, member->tokens);
        work->map[work->old_at++] = owner;
        return MEMBER_UNITS;
    }
    const struct hearsay_ring_member *member = &work->add[work->order[work->add_at++]];
    ring->members[owner] = put_member(work, member->name, member->zone, member->tokens);
    work->token_at = put_tokens(ring, work->token_at, owner);
    return MEMBER_UNITS + member->tokens;
}

bool hs_ring_put_members(struct hearsay_ring_work *work, size_t *units)
{
    struct hearsay_ring *ring = work->ring;
    if (!work->begun) {
        work->begun = true;
        work->token_at = ring->token_count - (uint32_t)work->tokens_added;
        work->old_at = work->add_at = 0;
    }
    while (work->at<ring->member_count && * units> 0) {
        uint32_t cost = put_next_member(ring, work);
        *units -= cost < *units ? cost : *units;
    }
    return work->at == ring->member_count;
}

/* Numbers the zones in byte order of their names. */
bool hs_ring_sort_zones(struct hearsay_ring_work *work, size_t *units)
{
    struct hearsay_ring *ring = work->ring;
    ring->zone_count = ring->member_count > 0;
    if (!work->zones)
        return true;
    if (!work->begun)
        work->texts_sort =
            (struct hs_text_sort){work->order, ring->member_count, zone_name, ring->members, 0};
    work->begun = true;
    return hs_text_sort_step(&work->texts_sort, units);
}

bool hs_ring_number_zones(struct hearsay_ring_work *work, size_t *units)
{
    struct hearsay_ring *ring = work->ring;
    const uint32_t *order = work->order;
    if (!work->zones)
        return true;
    uint32_t i = work->at, end = hs_ring_pass(work, ring->member_count, MEMBER_UNITS, units);
    for (; i < end; i++) {
        if (i > 0 &&
            strcmp(zone_name(ring->members, order[i - 1]), zone_name(ring->members, order[i])) != 0)
            work->zone++;
        ring->zones[order[i]] = work->zone;
    }
    ring->zone_count = work->zone + 1;
    return end == ring->member_count;
}

/* ---- tokens ------------------------------------------------------------------------------ */

bool hs_ring_sort_tokens(struct hearsay_ring_work *work, size_t *units)
{
    struct hearsay_ring *ring = work->ring;
    uint32_t added = (uint32_t)work->tokens_added, first = ring->token_count - added;
    if (!work->begun && added > HS_TOKENS_AT_ONCE) {
        work->tokens_sort.levels =
            hs_alloc(&work->allocator, HS_TOKEN_LEVELS * sizeof(struct hs_token_level));
        if (!work->tokens_sort.levels) {
            build_fail(work, HEARSAY_ERR_NOMEM);
            return false;
        }
    }
    if (!work->begun)
        hs_token_sort_begin(&work->tokens_sort, ring->points + first, ring->owners + first, added);
    work->begun = true;
    return hs_token_sort_step(&work->tokens_sort, units);
}

/* R30: ring change. Merges in one pass. Of equal points that of the lesser name comes first (R29:
 * tokens). Each turn of the loop writes one token or skips one that is removed. */
bool hs_ring_merge_tokens(struct hearsay_ring_work *work, size_t *units)
{
    struct hearsay_ring *ring = work->ring;
    uint64_t *points = ring->points;
    uint32_t *owners = ring->owners, total = ring->token_count;
    uint32_t old_count = work->old_count > 0 ? work->old->token_count : 0;
    if (!work->begun) {
        work->begun = true;
        work->old_at = 0;
        work->add_at = total - (uint32_t)work->tokens_added;
    }
    uint32_t at = work->at, old = work->old_at, added = work->add_at;
    size_t left = *units;
    for (; old < old_count && left > 0; left--) {
        uint64_t point = work->old->points[old];
        uint32_t owner = work->map[work->old->owners[old]];
        if (owner == HS_RING_GONE) {
            old++;
            continue;
        }
        if (added < total &&
            (points[added] < point || (points[added] == point && owners[added] < owner))) {
            point = points[added];
            owner = owners[added++];
        } else {
            old++;
        }
        points[at] = point;
        owners[at++] = owner;
    }
    work->at = at;
    work->old_at = old;
    work->add_at = added;
    *units = left;
    return old == old_count;
}
