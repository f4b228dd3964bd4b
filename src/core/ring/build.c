/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making a ring. There is one way: take an old ring (none, at first), leave out some members, take
 * in others. Because owners are numbered by the order of names, and that order is kept, the tokens
 * that stay are still sorted when their owners get new numbers. So only the new tokens are sorted,
 * and one pass merges them in (R30):
 *
 *      old    |  a  b  c  d  e  f  g  |         read from the left, skipping what goes
 *      ring   | . . . . . . . . | x  y  z |     new tokens sorted at the end of the new arrays
 *               ^ written from the left; never catches up with x before the old are used up
 *
 * The result depends on the members alone, not on the way to them: the same set is the same bytes,
 * whether by one call or by a thousand changes.
 */
#include <hearsay/ring.h>

#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <hearsay/error.h>

#include "base/memory.h"
#include "base/name.h"
#include "ring/impl.h"

/* An owner is never UINT32_MAX, which means "all" to hearsay_ring_ranges and GONE here. */
#define MEMBERS_MAX (UINT32_MAX - 1)
/* A position is counted in 31 bits, of which the turn before is the negative half. */
#define TOKENS_MAX INT32_MAX
#define GONE       UINT32_MAX

/* Runs this short are sorted by insertion. */
#define INSERTION_MAX 24

/* The block of a ring begins slots at a cache line; the allocator may not. */
#define LINE 64

/* Everything that one making needs. `map` and `order` share one allocation, dropped at the end. */
struct build {
    const struct hearsay_allocator *allocator;
    const struct hearsay_ring *old; /* NULL: none */
    const struct hearsay_ring_member *add;
    uint32_t old_count, add_count;
    uint32_t *map;   /* a member's index in the old ring → in the new one, or GONE */
    uint32_t *order; /* indices into `add`, by name */
    uint64_t members, tokens, tokens_added, strings;
    bool zones;   /* a member has one */
    char *string; /* where the next one goes */
};

/* ---- what was asked for ------------------------------------------------------------------ */

static bool member_valid(const struct hearsay_ring_member *member)
{
    if (!hearsay_name_valid(member->name))
        return false;
    if (member->tokens < 1 || member->tokens > HEARSAY_TOKENS_MAX)
        return false;
    if (member->zone == NULL)
        return true;
    size_t len = strlen(member->zone);
    return len <= HEARSAY_ZONE_MAX && hs_tag_value_valid(member->zone, len);
}

static void mark_removed(struct build *build, const char *const *remove, size_t remove_count)
{
    uint32_t index;
    if (build->old_count > 0)
        memset(build->map, 0, build->old_count * sizeof(*build->map));
    for (size_t i = 0; i < remove_count && build->old_count > 0; i++)
        if (hearsay_ring_find(build->old, remove[i], &index) == 0)
            build->map[index] = GONE;
}

/* What an index of a list to be sorted stands for. */
typedef const char *text_of(const void *list, uint32_t index);

static const char *added_name(const void *list, uint32_t index)
{
    return ((const struct hearsay_ring_member *)list)[index].name;
}

static const char *zone_name(const void *list, uint32_t index)
{
    const char *zone = ((const struct hs_ring_member *)list)[index].zone;
    return zone == NULL ? "" : zone;
}

static void sift(uint32_t *order, text_of *text, const void *list, uint32_t at, uint32_t count)
{
    for (uint32_t child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && strcmp(text(list, order[child]), text(list, order[child + 1])) < 0)
            child++;
        if (strcmp(text(list, order[at]), text(list, order[child])) >= 0)
            return;
        uint32_t kept = order[at];
        order[at] = order[child];
        order[child] = kept;
    }
}

/* Heapsort: no order in which texts come makes it slow. */
static void sort_by_text(uint32_t *order, uint32_t count, text_of *text, const void *list)
{
    for (uint32_t i = 0; i < count; i++)
        order[i] = i;
    for (uint32_t i = count / 2; i-- > 0;)
        sift(order, text, list, i, count);
    for (uint32_t end = count; end-- > 1;) {
        uint32_t kept = order[0];
        order[0] = order[end];
        order[end] = kept;
        sift(order, text, list, 0, end);
    }
}

/* One name is one member: a second one would own the same tokens twice. */
static int check_names(const struct build *build)
{
    uint32_t index;
    for (uint32_t i = 0; i < build->add_count; i++) {
        const char *name = build->add[build->order[i]].name;
        if (i > 0 && strcmp(build->add[build->order[i - 1]].name, name) == 0)
            return HEARSAY_ERR_EXISTS;
        if (build->old_count > 0 && hearsay_ring_find(build->old, name, &index) == 0 &&
            build->map[index] != GONE)
            return HEARSAY_ERR_EXISTS;
    }
    return 0;
}

static size_t string_size(const char *string)
{
    return string == NULL ? 0 : strlen(string) + 1;
}

static void count_member(struct build *build, const char *name, const char *zone, uint32_t tokens)
{
    build->members++;
    build->tokens += tokens;
    build->strings += string_size(name) + string_size(zone);
    build->zones = build->zones || (zone != NULL && zone[0] != '\0');
}

static void count_all(struct build *build)
{
    for (uint32_t i = 0; i < build->add_count; i++)
        count_member(build, build->add[i].name, build->add[i].zone, build->add[i].tokens);
    build->tokens_added = build->tokens;
    for (uint32_t i = 0; i < build->old_count; i++) {
        const struct hs_ring_member *member = &build->old->members[i];
        if (build->map[i] != GONE)
            count_member(build, member->name, member->zone, member->tokens);
    }
}

/* ---- the allocation ---------------------------------------------------------------------- */

/* Arrays follow each other from the widest items to the narrowest, and so without gaps. */
static void *take(char **block, uint64_t count, size_t size)
{
    void *taken = *block;
    *block += count * size;
    return taken;
}

static void place(struct hearsay_ring *ring, char *block, const struct build *build)
{
    uint64_t tokens = build->tokens, members = build->members;
    ring->slots = take(&block, ring->bucket_count, sizeof(*ring->slots));
    ring->points = take(&block, tokens, sizeof(*ring->points));
    ring->members = take(&block, members, sizeof(*ring->members));
    ring->owners = take(&block, tokens, sizeof(*ring->owners));
    ring->starts = take(&block, ring->bucket_count + UINT64_C(1), sizeof(*ring->starts));
    ring->by_owner.nodes = take(&block, 2 * (uint64_t)ring->by_owner.leaves, sizeof(int32_t));
    if (!build->zones)
        return;
    ring->by_zone.nodes = take(&block, 2 * (uint64_t)ring->by_zone.leaves, sizeof(int32_t));
    ring->zones = take(&block, members, sizeof(*ring->zones));
}

/* Bytes of everything behind the header and before the strings. */
static uint64_t arrays_size(const struct build *build, uint64_t buckets, uint64_t leaves)
{
    uint64_t size = buckets * (sizeof(struct hs_ring_slot) + sizeof(uint32_t)) + sizeof(uint32_t);
    size += build->tokens * (sizeof(uint64_t) + sizeof(uint32_t));
    size += build->members * (sizeof(struct hs_ring_member) + (build->zones ? 4 : 0));
    return size + leaves * 2 * sizeof(int32_t) * (build->zones ? 2 : 1);
}

static int ring_alloc(struct hearsay_ring **ret_ring, struct build *build)
{
    if (build->tokens > TOKENS_MAX)
        return HEARSAY_ERR_TOOBIG;
    uint32_t buckets = build->tokens > 0 ? (uint32_t)build->tokens / HS_RING_BUCKET + 1 : 0;
    uint32_t leaves = hs_ring_leaves(build->tokens);
    uint64_t size = arrays_size(build, buckets, leaves);
    uint64_t head = sizeof(struct hearsay_ring) + LINE - 1;
    if (head + size + build->strings > PTRDIFF_MAX)
        return HEARSAY_ERR_TOOBIG;
    char *block = hs_alloc(build->allocator, (size_t)(head + size + build->strings));
    if (block == NULL)
        return HEARSAY_ERR_NOMEM;
    struct hearsay_ring *ring = (void *)block;
    *ring = (struct hearsay_ring){
        .token_count = (uint32_t)build->tokens,
        .member_count = (uint32_t)build->members,
        .bucket_count = buckets,
        .by_owner.leaves = leaves,
        .by_zone.leaves = build->zones ? leaves : 0,
        .allocator = *build->allocator,
    };
    atomic_init(&ring->refs, 1);
    block += sizeof(*ring);
    block += -(uintptr_t)block % LINE;
    place(ring, block, build);
    build->string = block + size;
    *ret_ring = ring;
    return 0;
}

_Static_assert(LINE % _Alignof(struct hs_ring_slot) == 0, "slots are aligned");
_Static_assert(_Alignof(struct hs_ring_member) <= sizeof(uint64_t), "members are aligned");
_Static_assert(sizeof(struct hs_ring_member) % sizeof(uint64_t) == 0, "owners are aligned");

/* ---- members ----------------------------------------------------------------------------- */

static const char *put_string(struct build *build, const char *string)
{
    if (string == NULL)
        return NULL;
    size_t size = strlen(string) + 1;
    char *copy = memcpy(build->string, string, size);
    build->string += size;
    return copy;
}

static struct hs_ring_member put_member(struct build *build, const char *name, const char *zone,
                                        uint32_t tokens)
{
    return (struct hs_ring_member){
        .name = put_string(build, name),
        .zone = put_string(build, zone),
        .tokens = tokens,
        .name_len = (uint32_t)strlen(name),
    };
}

/* Token `i` of a name (R29). */
static uint64_t token_point(uint8_t *bytes, uint32_t name_len, uint32_t i)
{
    for (uint32_t k = 0; k < 4; k++)
        bytes[name_len + k] = (uint8_t)(i >> (8 * k));
    return XXH3_64bits(bytes, name_len + 4);
}

/* Appends the tokens of member `owner` at position `at` and returns the position behind them. */
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

/* Merges the two lists of names, and so fills in the map and the new tokens, not yet sorted. */
static void put_members(struct hearsay_ring *ring, struct build *build)
{
    uint32_t at = ring->token_count - (uint32_t)build->tokens_added, old = 0, added = 0;
    for (uint32_t owner = 0;; owner++) {
        while (old < build->old_count && build->map[old] == GONE)
            old++;
        const struct hs_ring_member *stays =
            old < build->old_count ? &build->old->members[old] : NULL;
        const struct hearsay_ring_member *comes =
            added < build->add_count ? &build->add[build->order[added]] : NULL;
        if (stays != NULL && (comes == NULL || strcmp(stays->name, comes->name) < 0)) {
            ring->members[owner] = put_member(build, stays->name, stays->zone, stays->tokens);
            build->map[old++] = owner;
        } else if (comes != NULL) {
            ring->members[owner] = put_member(build, comes->name, comes->zone, comes->tokens);
            at = put_tokens(ring, at, owner);
            added++;
        } else {
            return;
        }
    }
}

/* Numbers the zones in byte order of their names. The map has done its work and lends its room. */
static void put_zones(struct hearsay_ring *ring, const struct build *build)
{
    ring->zone_count = ring->member_count > 0;
    if (!build->zones)
        return;
    uint32_t *order = build->map, zone = 0;
    sort_by_text(order, ring->member_count, zone_name, ring->members);
    for (uint32_t i = 0; i < ring->member_count; i++) {
        if (i > 0 &&
            strcmp(zone_name(ring->members, order[i - 1]), zone_name(ring->members, order[i])) != 0)
            zone++;
        ring->zones[order[i]] = zone;
    }
    ring->zone_count = zone + 1;
}

/* ---- tokens ------------------------------------------------------------------------------ */

static void insertion_sort(uint64_t *points, uint32_t *owners, uint32_t count)
{
    for (uint32_t i = 1; i < count; i++) {
        uint64_t point = points[i];
        uint32_t owner = owners[i], at = i;
        for (; at > 0; at--) {
            if (points[at - 1] < point || (points[at - 1] == point && owners[at - 1] <= owner))
                break;
            points[at] = points[at - 1];
            owners[at] = owners[at - 1];
        }
        points[at] = point;
        owners[at] = owner;
    }
}

/* Moves each token into the run of its byte at `shift`: into the next free place of that run,
 * taking on the token that lay there, until one comes that belongs where the first was taken. On
 * return ends[b] is the end of run b. */
static void distribute(uint64_t *points, uint32_t *owners, uint32_t count, unsigned shift,
                       uint32_t ends[256])
{
    uint32_t sizes[256] = {0};
    for (uint32_t i = 0; i < count; i++)
        sizes[points[i] >> shift & 255]++;
    uint32_t *next = ends, begin = 0;
    for (unsigned b = 0; b < 256; b++) {
        next[b] = begin;
        begin += sizes[b];
        sizes[b] = begin; /* from here on: the run's end */
    }
    for (unsigned b = 0; b < 256; b++) {
        while (next[b] < sizes[b]) {
            uint64_t point = points[next[b]];
            uint32_t owner = owners[next[b]];
            for (unsigned to; (to = point >> shift & 255) != b; next[to]++) {
                uint64_t other_point = points[next[to]];
                uint32_t other_owner = owners[next[to]];
                points[next[to]] = point;
                owners[next[to]] = owner;
                point = other_point;
                owner = other_owner;
            }
            points[next[b]] = point;
            owners[next[b]++] = owner;
        }
    }
}

/* Radix sort in place ("American flag", McIlroy, Bostic, McIlroy 1993): tokens are hashes, so two
 * levels leave runs of a few. Goes at most eight levels deep, one a byte, whatever the names. */
static void sort_tokens(uint64_t *points, uint32_t *owners, uint32_t count, unsigned shift)
{
    if (count <= INSERTION_MAX) {
        insertion_sort(points, owners, count);
        return;
    }
    uint32_t ends[256];
    distribute(points, owners, count, shift, ends);
    for (uint32_t b = 0, begin = 0; b < 256; begin = ends[b++]) {
        if (shift > 0)
            sort_tokens(points + begin, owners + begin, ends[b] - begin, shift - 8);
        else
            insertion_sort(points + begin, owners + begin, ends[b] - begin);
    }
}

/* R30: one pass; of equal points the lesser name's comes first (R29). */
static void merge_tokens(struct hearsay_ring *ring, const struct build *build)
{
    uint64_t *points = ring->points;
    uint32_t *owners = ring->owners;
    uint32_t total = ring->token_count, at = 0;
    uint32_t added = total - (uint32_t)build->tokens_added;
    sort_tokens(points + added, owners + added, total - added, 56);
    for (uint32_t i = 0; build->old_count > 0 && i < build->old->token_count; i++) {
        uint64_t point = build->old->points[i];
        uint32_t owner = build->map[build->old->owners[i]];
        if (owner == GONE)
            continue;
        for (; added < total &&
               (points[added] < point || (points[added] == point && owners[added] < owner));
             at++, added++) {
            points[at] = points[added];
            owners[at] = owners[added];
        }
        points[at] = point;
        owners[at++] = owner;
    }
}

/* ---- all together ------------------------------------------------------------------------ */

static int make(struct hearsay_ring **ret_ring, struct build *build, const char *const *remove,
                size_t remove_count)
{
    struct hearsay_ring *ring;
    mark_removed(build, remove, remove_count);
    sort_by_text(build->order, build->add_count, added_name, build->add);
    int error = check_names(build);
    if (error != 0)
        return error;
    count_all(build);
    error = ring_alloc(&ring, build);
    if (error != 0)
        return error;
    put_members(ring, build);
    merge_tokens(ring, build);
    put_zones(ring, build);
    hs_ring_survey(ring);
    *ret_ring = ring;
    return 0;
}

static int change(struct hearsay_ring **ret_ring, const struct hearsay_allocator *allocator,
                  const struct hearsay_ring *old, const char *const *remove, size_t remove_count,
                  const struct hearsay_ring_member *add, size_t add_count)
{
    uint32_t old_count = old != NULL ? old->member_count : 0;
    for (size_t i = 0; i < add_count; i++)
        if (!member_valid(&add[i]))
            return HEARSAY_ERR_INVALID;
    if (add_count > MEMBERS_MAX - old_count ||
        old_count + add_count > PTRDIFF_MAX / sizeof(uint32_t))
        return HEARSAY_ERR_TOOBIG;
    struct build build = {
        .allocator = allocator,
        .old = old,
        .add = add,
        .old_count = old_count,
        .add_count = (uint32_t)add_count,
    };
    if (old_count + add_count > 0) {
        build.map = hs_alloc(allocator, (old_count + add_count) * sizeof(uint32_t));
        if (build.map == NULL)
            return HEARSAY_ERR_NOMEM;
        build.order = build.map + old_count;
    }
    int error = make(ret_ring, &build, remove, remove_count);
    hs_release(allocator, build.map);
    return error;
}

int hearsay_ring_new(struct hearsay_ring **ret_ring, const struct hearsay_allocator *allocator,
                     const struct hearsay_ring_member *members, size_t count)
{
    return change(ret_ring, allocator, NULL, NULL, 0, members, count);
}

int hearsay_ring_change(struct hearsay_ring **ret_ring, const struct hearsay_ring *ring,
                        const char *const *remove, size_t remove_count,
                        const struct hearsay_ring_member *add, size_t add_count)
{
    struct hearsay_allocator allocator = ring->allocator;
    return change(ret_ring, &allocator, ring, remove, remove_count, add, add_count);
}
