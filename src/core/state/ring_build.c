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
 * whether by one call or by a thousand changes. The checksum is over those bytes (R29).
 */
#include <hearsay/ring.h>

#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <hearsay/error.h>

#include "base/memory.h"
#include "base/name.h"
#include "state/ring_impl.h"

/* An owner is never UINT32_MAX, which means "all" to hearsay_ring_ranges and GONE here. */
#define MEMBERS_MAX (UINT32_MAX - 1)
/* A position and the window behind it are counted in 32 bits. */
#define TOKENS_MAX (UINT32_MAX - HS_RING_WINDOW)
#define GONE       UINT32_MAX

/* A bucket of the index holds two to four tokens on average: 1 to 2 bytes a token well spent. */
#define BUCKET_TOKENS  2
#define INDEX_BITS_MIN 1 /* a shift by all 64 bits is undefined */
#define INDEX_BITS_MAX 30

/* Runs this short are sorted by insertion. */
#define INSERTION_MAX 24

/* Tokens a block, where they are copied out for the checksum. */
#define CHECKSUM_BLOCK 256

/* Everything that one making needs. `map` and `order` share one allocation, dropped at the end. */
struct build {
    const struct hearsay_allocator *allocator;
    const struct hearsay_ring *old; /* NULL: none */
    const struct hearsay_ring_member *add;
    uint32_t old_count, add_count;
    uint32_t *map;   /* a member's index in the old ring → in the new one, or GONE */
    uint32_t *order; /* indices into `add`, by name */
    uint64_t members, tokens, tokens_added, strings;
};

/* The new ring while it may be written. */
struct arrays {
    struct hearsay_ring *ring;
    uint64_t *points;
    struct hs_ring_member *members;
    uint32_t *owners, *index;
    char *strings;
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

static int compare_added(const struct build *build, uint32_t a, uint32_t b)
{
    return strcmp(build->add[build->order[a]].name, build->add[build->order[b]].name);
}

static void swap_added(struct build *build, uint32_t a, uint32_t b)
{
    uint32_t kept = build->order[a];
    build->order[a] = build->order[b];
    build->order[b] = kept;
}

static void sift_added(struct build *build, uint32_t at, uint32_t count)
{
    for (uint32_t child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && compare_added(build, child, child + 1) < 0)
            child++;
        if (compare_added(build, at, child) >= 0)
            return;
        swap_added(build, at, child);
    }
}

/* Heapsort: no order in which names come makes it slow. */
static void sort_added(struct build *build)
{
    for (uint32_t i = 0; i < build->add_count; i++)
        build->order[i] = i;
    for (uint32_t i = build->add_count / 2; i-- > 0;)
        sift_added(build, i, build->add_count);
    for (uint32_t end = build->add_count; end-- > 1;) {
        swap_added(build, 0, end);
        sift_added(build, 0, end);
    }
}

/* One name is one member: a second one would own the same tokens twice. */
static int check_names(const struct build *build)
{
    uint32_t index;
    for (uint32_t i = 0; i < build->add_count; i++) {
        if (i > 0 && compare_added(build, i - 1, i) == 0)
            return HEARSAY_ERR_EXISTS;
        if (build->old_count > 0 &&
            hearsay_ring_find(build->old, build->add[build->order[i]].name, &index) == 0 &&
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

static uint32_t index_bits(uint64_t tokens)
{
    uint32_t bits = INDEX_BITS_MIN;
    while (bits < INDEX_BITS_MAX && tokens >> (bits + 1) >= BUCKET_TOKENS)
        bits++;
    return bits;
}

static int arrays_new(struct arrays *ret_arrays, const struct build *build)
{
    uint32_t bits = index_bits(build->tokens);
    uint64_t points = sizeof(struct hearsay_ring);
    uint64_t members = points + (build->tokens + HS_RING_WINDOW) * sizeof(uint64_t);
    uint64_t owners = members + build->members * sizeof(struct hs_ring_member);
    uint64_t index = owners + build->tokens * sizeof(uint32_t);
    uint64_t strings = index + ((UINT64_C(1) << bits) + 1) * sizeof(uint32_t);
    if (build->tokens > TOKENS_MAX || strings + build->strings > PTRDIFF_MAX)
        return HEARSAY_ERR_TOOBIG;
    char *block = hs_alloc(build->allocator, (size_t)(strings + build->strings));
    if (block == NULL)
        return HEARSAY_ERR_NOMEM;
    struct arrays arrays = {(void *)block,
                            (void *)(block + points),
                            (void *)(block + members),
                            (void *)(block + owners),
                            (void *)(block + index),
                            block + strings};
    *arrays.ring = (struct hearsay_ring){
        .token_count = (uint32_t)build->tokens,
        .member_count = (uint32_t)build->members,
        .points = arrays.points,
        .owners = arrays.owners,
        .index = arrays.index,
        .shift = 64 - bits,
        .members = arrays.members,
        .allocator = *build->allocator,
    };
    atomic_init(&arrays.ring->refs, 1);
    memset(arrays.points + build->tokens, 0xff, HS_RING_WINDOW * sizeof(uint64_t));
    *ret_arrays = arrays;
    return 0;
}

/* The arrays follow each other without padding. */
_Static_assert(sizeof(struct hearsay_ring) % sizeof(uint64_t) == 0, "points are aligned");
_Static_assert(_Alignof(struct hs_ring_member) <= sizeof(uint64_t), "members are aligned");
_Static_assert(sizeof(struct hs_ring_member) % sizeof(uint32_t) == 0, "owners are aligned");

/* ---- members ----------------------------------------------------------------------------- */

static const char *put_string(struct arrays *arrays, const char *string)
{
    if (string == NULL)
        return NULL;
    size_t size = strlen(string) + 1;
    char *copy = memcpy(arrays->strings, string, size);
    arrays->strings += size;
    return copy;
}

static void put_member(struct arrays *arrays, uint32_t at, const char *name, const char *zone,
                       uint32_t tokens)
{
    arrays->members[at] = (struct hs_ring_member){
        .name = put_string(arrays, name),
        .zone = put_string(arrays, zone),
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
static uint32_t put_tokens(struct arrays *arrays, uint32_t at, uint32_t owner)
{
    const struct hs_ring_member *member = &arrays->members[owner];
    uint8_t bytes[HEARSAY_NAME_MAX + 4];
    memcpy(bytes, member->name, member->name_len);
    for (uint32_t i = 0; i < member->tokens; i++, at++) {
        arrays->points[at] = token_point(bytes, member->name_len, i);
        arrays->owners[at] = owner;
    }
    return at;
}

/* Merges the two lists of names, and so fills in the map and the new tokens, not yet sorted. */
static void put_members(struct arrays *arrays, const struct build *build)
{
    uint32_t at = arrays->ring->token_count - (uint32_t)build->tokens_added, old = 0, added = 0;
    for (uint32_t owner = 0;; owner++) {
        while (old < build->old_count && build->map[old] == GONE)
            old++;
        const struct hs_ring_member *stays =
            old < build->old_count ? &build->old->members[old] : NULL;
        const struct hearsay_ring_member *comes =
            added < build->add_count ? &build->add[build->order[added]] : NULL;
        if (stays != NULL && (comes == NULL || strcmp(stays->name, comes->name) < 0)) {
            put_member(arrays, owner, stays->name, stays->zone, stays->tokens);
            build->map[old++] = owner;
        } else if (comes != NULL) {
            put_member(arrays, owner, comes->name, comes->zone, comes->tokens);
            at = put_tokens(arrays, at, owner);
            added++;
        } else {
            return;
        }
    }
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
static void merge_tokens(struct arrays *arrays, const struct build *build)
{
    uint64_t *points = arrays->points;
    uint32_t *owners = arrays->owners;
    uint32_t total = arrays->ring->token_count, at = 0;
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

/* Fills the index and adds up the shares. */
static void survey(struct arrays *arrays)
{
    const struct hearsay_ring *ring = arrays->ring;
    uint64_t before = ring->token_count > 0 ? ring->points[ring->token_count - 1] : 0;
    uint64_t buckets = UINT64_C(1) << (64 - ring->shift), bucket = 0;
    for (uint32_t at = 0; at < ring->token_count; at++) {
        uint64_t point = ring->points[at];
        for (; bucket <= point >> ring->shift; bucket++)
            arrays->index[bucket] = at;
        arrays->members[ring->owners[at]].share += point - before;
        before = point;
    }
    for (; bucket <= buckets; bucket++)
        arrays->index[bucket] = ring->token_count;
    /* The first position always owns something: a sum of 0 there has wrapped, and means all. */
    if (ring->token_count > 0 && ring->members[ring->owners[0]].share == 0)
        arrays->members[ring->owners[0]].share = UINT64_MAX;
}

/* ---- checksum ---------------------------------------------------------------------------- */

/* The checksum reads all numbers as little-endian, so that it is the same on every machine. */
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define LE64(x) __builtin_bswap64(x)
#define LE32(x) __builtin_bswap32(x)
#else
#define LE64(x) (x)
#define LE32(x) (x)
#endif

static void checksum_tokens(XXH3_state_t *state, const struct hearsay_ring *ring)
{
    uint64_t points[CHECKSUM_BLOCK];
    uint32_t owners[CHECKSUM_BLOCK], n;
    for (uint32_t i = 0; i < ring->token_count; i += n) {
        for (n = 0; n < CHECKSUM_BLOCK && n < ring->token_count - i; n++)
            points[n] = LE64(ring->points[i + n]);
        XXH3_64bits_update(state, points, n * sizeof(points[0]));
    }
    for (uint32_t i = 0; i < ring->token_count; i += n) {
        for (n = 0; n < CHECKSUM_BLOCK && n < ring->token_count - i; n++)
            owners[n] = LE32(ring->owners[i + n]);
        XXH3_64bits_update(state, owners, n * sizeof(owners[0]));
    }
}

static uint64_t checksum(const struct hearsay_ring *ring)
{
    XXH3_state_t state;
    if (ring->token_count == 0)
        return 0;
    XXH3_64bits_reset(&state);
    checksum_tokens(&state, ring);
    for (uint32_t i = 0; i < ring->member_count; i++)
        XXH3_64bits_update(&state, ring->members[i].name, ring->members[i].name_len + 1);
    return XXH3_64bits_digest(&state);
}

/* ---- all together ------------------------------------------------------------------------ */

static int make(struct hearsay_ring **ret_ring, struct build *build, const char *const *remove,
                size_t remove_count)
{
    struct arrays arrays;
    mark_removed(build, remove, remove_count);
    sort_added(build);
    int error = check_names(build);
    if (error != 0)
        return error;
    count_all(build);
    error = arrays_new(&arrays, build);
    if (error != 0)
        return error;
    put_members(&arrays, build);
    merge_tokens(&arrays, build);
    survey(&arrays);
    arrays.ring->checksum = checksum(arrays.ring);
    *ret_ring = arrays.ring;
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
