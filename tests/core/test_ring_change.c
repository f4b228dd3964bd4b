/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Changing a ring (R29: tokens, R30: ring change). The ring depends only on the set of members.
 * Only the keys that must move do so. A change that fails changes nothing.
 */
#include "ring_model.h"

#include <pthread.h>

/* ---- add, delete, refuse ----------------------------------------------------------------- */

START_TEST(test_members_come_and_go)
{
    struct memory memory = {0};
    struct hearsay_ring *empty = ring_of(&memory, NULL, 0);
    struct hearsay_ring *one = ring_with(empty, "n2", 4);
    struct hearsay_ring *two = ring_with(one, "n1", 8);
    uint32_t index;
    ck_assert_uint_eq(hearsay_ring_members(two), 2);
    ck_assert_uint_eq(hearsay_ring_tokens(two), 12);
    ck_assert_int_eq(hearsay_ring_find(two, "n2", &index), 0);
    ck_assert_uint_eq(index, 1);
    ck_assert_str_eq(hearsay_ring_member_at(two, 0).name, "n1");
    ck_assert_uint_eq(hearsay_ring_member_at(two, 0).tokens, 8);
    ck_assert_uint_eq(hearsay_ring_member_at(two, 1).tokens, 4);

    struct hearsay_ring *back = ring_without(two, "n1");
    ck_assert_uint_eq(hearsay_ring_checksum(back), hearsay_ring_checksum(one));
    ck_assert_int_eq(hearsay_ring_find(back, "n1", &index), HEARSAY_ERR_NOTFOUND);
    struct hearsay_ring *none = ring_without(back, "n2");
    ck_assert_uint_eq(hearsay_ring_members(none), 0);
    ck_assert_uint_eq(hearsay_ring_checksum(none), 0);
    /* The older ones are as they were. */
    ck_assert_uint_eq(hearsay_ring_members(two), 2);
    ck_assert_uint_eq(hearsay_ring_members(empty), 0);
    struct hearsay_ring *all[] = {empty, one, two, back, none};
    for (size_t i = 0; i < 5; i++)
        hearsay_ring_unref(all[i]);
    ck_assert_uint_eq(memory.live, 0);
}
END_TEST

START_TEST(test_removing_who_is_not_there_changes_nothing)
{
    struct memory memory = {0};
    struct hearsay_ring *ring = ring_of_many(&memory, 3, 4), *same = NULL;
    const char *const remove[] = {"m9", "m1", "", "m1", "zzz"};
    struct hearsay_ring *without = ring_without(ring, "m1");
    ck_assert_int_eq(hearsay_ring_change(&same, ring, remove, 5, NULL, 0), 0);
    ck_assert_uint_eq(hearsay_ring_checksum(same), hearsay_ring_checksum(without));
    hearsay_ring_unref(same);
    ck_assert_int_eq(hearsay_ring_change(&same, ring, remove, 1, NULL, 0), 0);
    ck_assert_uint_eq(hearsay_ring_checksum(same), hearsay_ring_checksum(ring));
    hearsay_ring_unref(same);
    hearsay_ring_unref(without);
    hearsay_ring_unref(ring);
    ck_assert_uint_eq(memory.live, 0);
}
END_TEST

START_TEST(test_a_name_removed_and_added_is_replaced)
{
    struct memory memory = {0};
    struct hearsay_ring *ring = ring_of_many(&memory, 3, 4), *next = NULL;
    const char *name = "m1";
    const struct hearsay_ring_member again = {"m1", "zone-b", 9};
    ck_assert_int_eq(hearsay_ring_change(&next, ring, &name, 1, &again, 1), 0);
    ck_assert_uint_eq(hearsay_ring_members(next), 3);
    ck_assert_uint_eq(hearsay_ring_tokens(next), 4 + 9 + 4);
    ck_assert_uint_eq(hearsay_ring_member_at(next, 1).tokens, 9);
    ck_assert_str_eq(hearsay_ring_member_at(next, 1).zone, "zone-b");
    hearsay_ring_unref(ring);
    ck_assert_str_eq(hearsay_ring_member_at(next, 1).name, "m1");
    hearsay_ring_unref(next);
    ck_assert_uint_eq(memory.live, 0);
}
END_TEST

/* field-seed.md, fault 9: there, the same id twice loops for ever. */
START_TEST(test_the_same_name_twice_is_refused)
{
    struct memory memory = {0};
    struct hearsay_allocator allocator = memory_allocator(&memory);
    const struct hearsay_ring_member twice[] = {{"n1", NULL, 4}, {"n2", NULL, 4}, {"n1", NULL, 5}};
    struct hearsay_ring *ring = ring_of(&memory, twice, 2), *ret = ring;
    const char *gone = "n2";
    ck_assert_int_eq(hearsay_ring_new(&ret, &allocator, twice, 3), HEARSAY_ERR_EXISTS);
    ck_assert_int_eq(hearsay_ring_change(&ret, ring, NULL, 0, &twice[2], 1), HEARSAY_ERR_EXISTS);
    ck_assert_int_eq(hearsay_ring_change(&ret, ring, &gone, 1, &twice[2], 1), HEARSAY_ERR_EXISTS);
    ck_assert_ptr_eq(ret, ring);
    ck_assert_uint_eq(memory.live, 1);
    hearsay_ring_unref(ring);
}
END_TEST

START_TEST(test_what_is_no_member_is_refused)
{
    char long_name[HEARSAY_NAME_MAX + 2] = {0}, long_zone[HEARSAY_ZONE_MAX + 2] = {0};
    memset(long_name, 'n', HEARSAY_NAME_MAX + 1);
    memset(long_zone, 'z', HEARSAY_ZONE_MAX + 1);
    const struct hearsay_ring_member bad[] = {
        {NULL, NULL, 1},      {"", NULL, 1},  {"a b", NULL, 1},
        {long_name, NULL, 1}, {"n", NULL, 0}, {"n", NULL, HEARSAY_TOKENS_MAX + 1},
        {"n", long_zone, 1},  {"n", "\n", 1},
    };
    struct memory memory = {0};
    struct hearsay_allocator allocator = memory_allocator(&memory);
    struct hearsay_ring *ring = ring_of_many(&memory, 2, 2), *ret = ring;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ck_assert_int_eq(hearsay_ring_new(&ret, &allocator, &bad[i], 1), HEARSAY_ERR_INVALID);
        ck_assert_int_eq(hearsay_ring_change(&ret, ring, NULL, 0, &bad[i], 1), HEARSAY_ERR_INVALID);
    }
    ck_assert_ptr_eq(ret, ring);
    long_name[HEARSAY_NAME_MAX] = long_zone[HEARSAY_ZONE_MAX] = 0;
    const struct hearsay_ring_member greatest = {long_name, long_zone, HEARSAY_TOKENS_MAX};
    struct hearsay_ring *most = ring_of(&memory, &greatest, 1);
    ck_assert_str_eq(hearsay_ring_member_at(most, 0).name, long_name);
    ck_assert_str_eq(hearsay_ring_member_at(most, 0).zone, long_zone);
    hearsay_ring_unref(most);
    hearsay_ring_unref(ring);
    ck_assert_uint_eq(memory.live, 0);
}
END_TEST

START_TEST(test_more_members_than_can_be_counted_are_refused)
{
    struct memory memory = {0};
    struct hearsay_ring *ring = ring_of_many(&memory, 2, 2), *ret = ring;
    struct hearsay_ring full = *ring;
    const struct hearsay_ring_member more = {"n", NULL, 1};
    full.member_count = UINT32_MAX - 1;
    ck_assert_int_eq(hearsay_ring_change(&ret, &full, NULL, 0, &more, 1), HEARSAY_ERR_TOOBIG);
    ck_assert_ptr_eq(ret, ring);
    hearsay_ring_unref(ring);
}
END_TEST

START_TEST(test_a_zone_is_kept_and_moves_nothing)
{
    struct memory memory = {0};
    const struct hearsay_ring_member plain[] = {{"n1", NULL, 8}, {"n2", NULL, 8}};
    const struct hearsay_ring_member zoned[] = {{"n1", "eu", 8}, {"n2", NULL, 8}};
    struct hearsay_ring *a = ring_of(&memory, plain, 2), *b = ring_of(&memory, zoned, 2);
    struct hearsay_ring *c = ring_with(b, "n3", 1);
    ck_assert_uint_eq(hearsay_ring_checksum(a), hearsay_ring_checksum(b));
    ck_assert_ptr_null(hearsay_ring_member_at(a, 0).zone);
    ck_assert_str_eq(hearsay_ring_member_at(b, 0).zone, "eu");
    ck_assert_str_eq(hearsay_ring_member_at(c, 0).zone, "eu");
    ck_assert_ptr_null(hearsay_ring_member_at(c, 1).zone);
    hearsay_ring_unref(a);
    hearsay_ring_unref(b);
    hearsay_ring_unref(c);
}
END_TEST

/* ---- the same set, the same ring --------------------------------------------------------- */

/* Equal to the last byte of everything that is looked at. */
static void ensure_same(const struct hearsay_ring *a, const struct hearsay_ring *b)
{
    ENSURE(a->checksum == b->checksum);
    ENSURE(a->token_count == b->token_count && a->member_count == b->member_count);
    ENSURE(a->bucket_count == b->bucket_count && a->zone_count == b->zone_count);
    ENSURE(memcmp(a->points, b->points, a->token_count * sizeof(a->points[0])) == 0);
    ENSURE(memcmp(a->owners, b->owners, a->token_count * sizeof(a->owners[0])) == 0);
    ENSURE(memcmp(a->slots, b->slots, a->bucket_count * sizeof(a->slots[0])) == 0);
    ENSURE(memcmp(a->starts, b->starts, (a->bucket_count + 1) * sizeof(a->starts[0])) == 0);
    ENSURE(a->by_owner.leaves == b->by_owner.leaves);
    if (a->token_count > 0)
        ENSURE(memcmp(a->by_owner.nodes, b->by_owner.nodes,
                      2 * a->by_owner.leaves * sizeof(a->by_owner.nodes[0])) == 0);
    for (uint32_t i = 0; i < a->member_count; i++) {
        ENSURE(strcmp(a->members[i].name, b->members[i].name) == 0);
        ENSURE(a->members[i].tokens == b->members[i].tokens);
        ENSURE(a->members[i].share == b->members[i].share);
    }
    ENSURE(hearsay_ring_moved(a, b) == 0);
}

#define POOL 40

/* Names of which one is the other's beginning, and tokens by turns few and many. */
struct pool {
    char names[POOL][16];
    uint32_t tokens[POOL]; /* 0: not in the ring */
};

static struct hearsay_ring *pool_rebuild(struct memory *memory, const struct pool *pool,
                                         uint64_t *random)
{
    struct hearsay_ring_member members[POOL];
    size_t count = 0;
    for (size_t i = 0; i < POOL; i++) {
        if (pool->tokens[i] == 0)
            continue;
        size_t at = harness_below(random, count + 1); /* in any order */
        members[count++] = members[at];
        members[at] = (struct hearsay_ring_member){pool->names[i], NULL, pool->tokens[i]};
    }
    return ring_of(memory, members, count);
}

/* A change of some members at once, noted in the pool. */
static struct hearsay_ring *pool_change(struct pool *pool, const struct hearsay_ring *ring,
                                        uint64_t *random)
{
    const char *remove[2 * POOL];
    struct hearsay_ring_member add[POOL];
    size_t removed = 0, added = 0, changes = harness_below(random, 6);
    bool touched[POOL] = {false};
    for (size_t i = 0; i < changes; i++) {
        size_t who = harness_below(random, POOL);
        bool comes = harness_below(random, 2) == 0;
        if (touched[who])
            continue;
        touched[who] = true;
        if (pool->tokens[who] != 0 || harness_below(random, 4) == 0)
            remove[removed++] = pool->names[who];
        pool->tokens[who] = comes ? 1 + (uint32_t)harness_below(random, who % 2 ? 5 : 300) : 0;
        if (comes)
            add[added++] = (struct hearsay_ring_member){pool->names[who], NULL, pool->tokens[who]};
    }
    struct hearsay_ring *next = NULL;
    ENSURE(hearsay_ring_change(&next, ring, remove, removed, add, added) == 0);
    return next;
}

START_TEST(test_merging_makes_what_building_anew_makes)
{
    struct memory memory = {0};
    uint64_t random = 11;
    struct pool pool = {0};
    for (size_t i = 0; i < POOL; i++)
        snprintf(pool.names[i], sizeof pool.names[i], "%.*s%zu", (int)(i % 5), "aZ._", i / 5);
    struct hearsay_ring *ring = ring_of(&memory, NULL, 0);
    for (int round = 0; round < 1500; round++) {
        struct hearsay_ring *next = pool_change(&pool, ring, &random);
        struct hearsay_ring *anew = pool_rebuild(&memory, &pool, &random);
        ensure_same(next, anew);
        hearsay_ring_unref(anew);
        hearsay_ring_unref(ring);
        ring = next;
    }
    hearsay_ring_unref(ring);
    ck_assert_uint_eq(memory.live, 0);
}
END_TEST

START_TEST(test_tokens_are_sorted_whatever_their_number)
{
    struct memory memory = {0};
    for (uint32_t count = 1; count < 3000; count = count * 3 / 2 + 1) {
        struct hearsay_ring *ring = ring_of_many(&memory, count, 7);
        struct model model = model_of(ring);
        uint64_t sum = 0;
        for (uint32_t i = 0; i < ring->token_count; i++) {
            ENSURE(i == 0 || ring->points[i - 1] < ring->points[i]);
            sum += ring->points[i] * (ring->owners[i] + 1);
        }
        for (size_t i = 0; i < model.token_count; i++)
            sum -= model.points[i] * (model.owners[i] + 1);
        ENSURE(sum == 0);
        model_fini(&model);
        hearsay_ring_unref(ring);
    }
}
END_TEST

/* ---- equal tokens ------------------------------------------------------------------------ */

/* A true collision of XXH3-64, found by search: token 1655 of one is token 1873 of the other. */
#define GREATER_NAME  "J.d"
#define LESSER_NAME   ".Cf."
#define COMMON_TOKEN  UINT64_C(0x6fe22f7b461a3f3f)
#define COMMON_TOKENS 2000

START_TEST(test_of_equal_tokens_the_lesser_name_owns)
{
    struct memory memory = {0};
    struct hearsay_ring *empty = ring_of(&memory, NULL, 0);
    struct hearsay_ring *greater = ring_with(empty, GREATER_NAME, COMMON_TOKENS);
    struct hearsay_ring *lesser = ring_with(empty, LESSER_NAME, COMMON_TOKENS);
    struct hearsay_ring *a = ring_with(greater, LESSER_NAME, COMMON_TOKENS);
    struct hearsay_ring *b = ring_with(lesser, GREATER_NAME, COMMON_TOKENS);
    ensure_same(a, b);
    ck_assert_str_eq(ring_owner_name(a, COMMON_TOKEN), LESSER_NAME);
    uint32_t owners[2];
    ck_assert_uint_eq(hearsay_ring_owners(a, COMMON_TOKEN, owners, 2), 2);
    ck_assert_str_eq(hearsay_ring_member_at(a, owners[1]).name, GREATER_NAME);

    uint32_t at = 0;
    while (a->points[at] != COMMON_TOKEN)
        at++;
    ck_assert_uint_eq(a->points[at + 1], COMMON_TOKEN);
    ck_assert_uint_eq(hearsay_ring_share(a, 0) + hearsay_ring_share(a, 1), 0);

    struct hearsay_ring *left = ring_without(a, LESSER_NAME);
    ck_assert_str_eq(ring_owner_name(left, COMMON_TOKEN), GREATER_NAME);
    ck_assert_uint_eq(hearsay_ring_moved(a, left), hearsay_ring_share(a, 0));
    struct hearsay_ring *all[] = {empty, greater, lesser, a, b, left};
    for (size_t i = 0; i < 6; i++)
        hearsay_ring_unref(all[i]);
    ck_assert_uint_eq(memory.live, 0);
}
END_TEST

/* Both in one batch, among ever more tokens, so that the sort meets them in either order. */
START_TEST(test_equal_tokens_of_one_change_are_in_order_too)
{
    struct memory memory = {0};
    struct hearsay_ring *empty = ring_of(&memory, NULL, 0);
    for (uint32_t tokens = 1874; tokens < 1974; tokens++) {
        const struct hearsay_ring_member both[] = {{GREATER_NAME, NULL, tokens},
                                                   {LESSER_NAME, NULL, tokens}};
        struct hearsay_ring *at_once = ring_of(&memory, both, 2);
        struct hearsay_ring *first = ring_with(empty, GREATER_NAME, tokens);
        struct hearsay_ring *second = ring_with(first, LESSER_NAME, tokens);
        ensure_same(at_once, second);
        hearsay_ring_unref(second);
        hearsay_ring_unref(first);
        hearsay_ring_unref(at_once);
    }
    hearsay_ring_unref(empty);
}
END_TEST

/* ---- minimal movement -------------------------------------------------------------------- */

/* R31: who loses nothing keeps all; the leaver's keys go to whom they would have gone to next. */
static void ensure_minimal(const struct hearsay_ring *before, const struct hearsay_ring *after,
                           uint32_t gone, uint64_t hash)
{
    uint32_t was[8], is[8];
    size_t count = hearsay_ring_owners(before, hash, was, 8);
    size_t left = hearsay_ring_owners(after, hash, is, 7), at = 0;
    for (size_t i = 0; i < count; i++) {
        if (was[i] == gone)
            continue;
        if (at == left)
            break;
        ENSURE(strcmp(hearsay_ring_member_at(before, was[i]).name,
                      hearsay_ring_member_at(after, is[at++]).name) == 0);
    }
    ENSURE(at == left);
}

START_TEST(test_only_the_leavers_keys_move_and_to_the_next)
{
    struct memory memory = {0};
    uint64_t random = 5;
    for (uint32_t members = 2; members <= 9; members++) {
        struct hearsay_ring *ring = ring_of_many(&memory, members, 16);
        for (uint32_t gone = 0; gone < members; gone++) {
            const char *name = hearsay_ring_member_at(ring, gone).name;
            struct hearsay_ring *after = ring_without(ring, name);
            for (uint32_t i = 0; i < ring->token_count; i++)
                for (uint64_t near = 0; near < 3; near++)
                    ensure_minimal(ring, after, gone, ring->points[i] + near - 1);
            for (int i = 0; i < 1000; i++)
                ensure_minimal(ring, after, gone, harness_random(&random));
            /* And so the same the other way, when it comes back. */
            ck_assert_uint_eq(hearsay_ring_moved(ring, after), hearsay_ring_share(ring, gone));
            ck_assert_uint_eq(hearsay_ring_moved(after, ring), hearsay_ring_share(ring, gone));
            hearsay_ring_unref(after);
        }
        hearsay_ring_unref(ring);
    }
}
END_TEST

/* field-seed.md, fault 13: the range that wraps past zero moves like any other. */
START_TEST(test_the_range_that_wraps_moves_too)
{
    struct memory memory = {0};
    struct hearsay_ring *ring = ring_of_many(&memory, 4, 4);
    const char *first = ring_owner_name(ring, 0);
    ck_assert_str_eq(ring_owner_name(ring, UINT64_MAX), first);
    struct hearsay_ring *after = ring_without(ring, first);
    uint32_t next[2];
    hearsay_ring_owners(ring, 0, next, 2);
    ck_assert_str_eq(ring_owner_name(after, 0), hearsay_ring_member_at(ring, next[1]).name);
    ck_assert_str_eq(ring_owner_name(after, UINT64_MAX), ring_owner_name(after, 0));
    hearsay_ring_unref(after);
    hearsay_ring_unref(ring);
}
END_TEST

/* The hashes in a range of one ring that are another's in the other ring. */
static uint64_t overlap(const struct hearsay_ring_range *a, const struct hearsay_ring_range *b)
{
    uint64_t first = a->first > b->first ? a->first : b->first;
    uint64_t last = a->last < b->last ? a->last : b->last;
    return first <= last ? last - first + 1 : 0;
}

/* Ranges with the one that wraps cut in two at zero. */
static size_t flat_ranges(const struct hearsay_ring *ring, struct hearsay_ring_range *ranges,
                          size_t room)
{
    size_t count = hearsay_ring_ranges(ring, UINT32_MAX, ranges, room);
    ENSURE(count < room);
    if (ranges[0].first > ranges[0].last) {
        ranges[count++] = (struct hearsay_ring_range){ranges[0].first, UINT64_MAX, ranges[0].owner};
        ranges[0].first = 0;
    }
    return count;
}

static uint64_t sum_of_changed(const struct hearsay_ring *before, const struct hearsay_ring *after)
{
    static struct hearsay_ring_range a[4096], b[4096];
    size_t count_a = flat_ranges(before, a, 4096), count_b = flat_ranges(after, b, 4096);
    uint64_t sum = 0;
    for (size_t i = 0; i < count_a; i++)
        for (size_t k = 0; k < count_b; k++)
            if (strcmp(hearsay_ring_member_at(before, a[i].owner).name,
                       hearsay_ring_member_at(after, b[k].owner).name) != 0)
                sum += overlap(&a[i], &b[k]);
    return sum;
}

START_TEST(test_moved_is_the_sum_of_the_ranges_that_changed)
{
    struct memory memory = {0};
    uint64_t random = 12;
    struct pool pool = {0};
    for (size_t i = 0; i < POOL; i++)
        snprintf(pool.names[i], sizeof pool.names[i], "p%zu", i);
    pool.tokens[0] = 3;
    struct hearsay_ring *ring = pool_rebuild(&memory, &pool, &random);
    for (int round = 0; round < 150; round++) {
        struct hearsay_ring *next = pool_change(&pool, ring, &random);
        uint64_t moved = hearsay_ring_moved(ring, next);
        ENSURE(hearsay_ring_moved(next, ring) == moved);
        if (ring->token_count > 0 && next->token_count > 0 && moved != UINT64_MAX)
            ENSURE(moved == sum_of_changed(ring, next));
        hearsay_ring_unref(ring);
        ring = next;
    }
    hearsay_ring_unref(ring);
}
END_TEST

START_TEST(test_everything_moves_or_nothing)
{
    struct memory memory = {0};
    struct hearsay_ring *empty = ring_of(&memory, NULL, 0), *none = ring_of(&memory, NULL, 0);
    struct hearsay_ring *a = ring_with(empty, "a", 1), *b = ring_with(empty, "b", 3);
    struct hearsay_ring *more = ring_with(b, "c", 3), *both = ring_with(a, "b", 1);
    struct hearsay_ring *again = ring_without(both, "b");
    ck_assert_uint_eq(hearsay_ring_moved(empty, none), 0);
    ck_assert_uint_eq(hearsay_ring_moved(empty, a), UINT64_MAX);
    ck_assert_uint_eq(hearsay_ring_moved(a, empty), UINT64_MAX);
    ck_assert_uint_eq(hearsay_ring_moved(a, b), UINT64_MAX);
    ck_assert_uint_eq(hearsay_ring_moved(a, more), UINT64_MAX);
    ck_assert_uint_eq(hearsay_ring_moved(a, a), 0);
    ck_assert_uint_eq(hearsay_ring_moved(a, again), 0);
    struct hearsay_ring *all[] = {empty, none, a, b, more, both, again};
    for (size_t i = 0; i < 7; i++)
        hearsay_ring_unref(all[i]);
    ck_assert_uint_eq(memory.live, 0);
}
END_TEST

/* ---- memory ------------------------------------------------------------------------------ */

/* Fails the first allocation, then the second, … until a call needs no more than there are. */
START_TEST(test_any_allocation_may_fail)
{
    struct memory memory = {0};
    struct hearsay_allocator allocator = memory_allocator(&memory);
    const struct hearsay_ring_member members[] = {{"n1", "eu", 64}, {"n2", NULL, 1}};
    const struct hearsay_ring_member add = {"n3", NULL, 64};
    const char *remove = "n1";
    struct hearsay_ring *ring = ring_of(&memory, members, 2), *ret = ring;
    uint64_t checksum = hearsay_ring_checksum(ring);
    for (int which = 0; which < 2; which++) {
        int error;
        do {
            memory.calls = 0;
            memory.fail_at++;
            error = which == 0 ? hearsay_ring_new(&ret, &allocator, members, 2)
                               : hearsay_ring_change(&ret, ring, &remove, 1, &add, 1);
            if (error == 0)
                break;
            ck_assert_int_eq(error, HEARSAY_ERR_NOMEM);
            ck_assert_ptr_eq(ret, ring);
            ck_assert_uint_eq(memory.live, 1);
            ck_assert_uint_eq(hearsay_ring_checksum(ring), checksum);
        } while (true);
        ck_assert_uint_ge(memory.fail_at, 3); /* two did fail */
        ck_assert_uint_eq(memory.live, 2);
        hearsay_ring_unref(ret);
        ret = ring;
        memory.fail_at = 0;
    }
    hearsay_ring_unref(ring);
    ck_assert_uint_eq(memory.live, 0);
}
END_TEST

START_TEST(test_the_last_reference_frees)
{
    struct memory memory = {0};
    struct hearsay_ring *ring = ring_of_many(&memory, 2, 2);
    ck_assert_ptr_null(hearsay_ring_ref(NULL));
    hearsay_ring_unref(NULL);
    ck_assert_ptr_eq(hearsay_ring_ref(ring), ring);
    hearsay_ring_unref(ring);
    ck_assert_uint_eq(memory.live, 1);
    ck_assert_uint_eq(hearsay_ring_members(ring), 2);
    hearsay_ring_unref(ring);
    ck_assert_uint_eq(memory.live, 0);
}
END_TEST

static void *use_a_ring(void *ring)
{
    for (uint32_t i = 0; i < 100000; i++) {
        struct hearsay_ring *own = hearsay_ring_ref(ring);
        if (ring_owner_name(own, i)[0] != 'm')
            abort();
        hearsay_ring_unref(own);
    }
    hearsay_ring_unref(ring);
    return NULL;
}

START_TEST(test_threads_may_share_a_ring)
{
    struct memory memory = {0};
    struct hearsay_ring *ring = ring_of_many(&memory, 5, 5);
    pthread_t threads[4];
    for (size_t i = 0; i < 4; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, use_a_ring, hearsay_ring_ref(ring)), 0);
    hearsay_ring_unref(ring);
    for (size_t i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    ck_assert_uint_eq(memory.live, 0);
}
END_TEST

HARNESS_MAIN("ring_change", test_members_come_and_go,
             test_removing_who_is_not_there_changes_nothing,
             test_a_name_removed_and_added_is_replaced, test_the_same_name_twice_is_refused,
             test_what_is_no_member_is_refused, test_more_members_than_can_be_counted_are_refused,
             test_a_zone_is_kept_and_moves_nothing, test_merging_makes_what_building_anew_makes,
             test_tokens_are_sorted_whatever_their_number,
             test_of_equal_tokens_the_lesser_name_owns,
             test_equal_tokens_of_one_change_are_in_order_too,
             test_only_the_leavers_keys_move_and_to_the_next, test_the_range_that_wraps_moves_too,
             test_moved_is_the_sum_of_the_ranges_that_changed, test_everything_moves_or_nothing,
             test_any_allocation_may_fail, test_the_last_reference_frees,
             test_threads_may_share_a_ring)
