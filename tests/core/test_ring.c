/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading a ring (R29, R31). Every answer is compared with a model that reads all tokens, at every
 * point where the answer can change. Between two neighbouring tokens it does not change. So each
 * token, the point before it and the point after it are enough.
 *
 * Rings with tokens at chosen places, which no name hashes to, are put together by hand.
 */
#include "ring/build.h"
#include "ring/work.h"
#include "ring_model.h"

/* ---- a ring against the model ------------------------------------------------------------ */

static void check_point(const struct hearsay_ring *ring, const struct model *model, uint64_t hash)
{
    uint32_t owner = UINT32_MAX;
    ENSURE(hearsay_ring_owner(ring, hash, &owner) == 0);
    ENSURE(owner == model_owner(model, hash));

    uint32_t expected[64], found[64];
    size_t members = model->member_count;
    ENSURE(members < 60);
    const size_t wanted[] = {0, 1, 2, 3, members, members + 3};
    model_owners(model, hash, expected, members);
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        size_t count = wanted[i] < members ? wanted[i] : members;
        memset(found, 0xee, sizeof found);
        ENSURE(hearsay_ring_owners(ring, hash, found, wanted[i]) == count);
        ENSURE(memcmp(found, expected, count * sizeof found[0]) == 0);
        ENSURE(found[count] == 0xeeeeeeee);
    }
}

static void check_points(const struct hearsay_ring *ring, const struct model *model)
{
    uint64_t random = 7;
    check_point(ring, model, 0);
    check_point(ring, model, UINT64_MAX);
    for (size_t i = 0; i < model->token_count; i++)
        for (uint64_t near = 0; near < 3; near++)
            check_point(ring, model, model->points[i] + near - 1);
    for (int i = 0; i < 20; i++)
        check_point(ring, model, harness_random(&random));
}

/* The pieces follow each other all around, change owner at each seam, and belong to whom
 * they say. */
static void check_cover(const struct model *model, const struct hearsay_ring_range *ranges,
                        size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct hearsay_ring_range *range = &ranges[i], *next = &ranges[(i + 1) % count];
        ENSURE(next->first == range->last + 1);
        ENSURE(count == 1 || next->owner != range->owner);
        ENSURE(i == 0 || range->first <= range->last);
        ENSURE(range->owner == model_owner(model, range->first));
        ENSURE(range->owner == model_owner(model, range->last));
    }
    ENSURE(ranges[0].first == 0 || ranges[0].first > ranges[0].last);
    for (size_t i = 0; i < model->token_count; i++) {
        size_t holding = 0;
        for (size_t k = 0; k < count; k++) {
            uint64_t inside = model->points[i] - ranges[k].first;
            holding += inside <= ranges[k].last - ranges[k].first;
        }
        ENSURE(holding == 1);
    }
}

static void check_filtered(const struct hearsay_ring *ring, const struct hearsay_ring_range *ranges,
                           size_t count, bool shares)
{
    struct hearsay_ring_range *own = calloc(count + 1, sizeof(*own));
    for (uint32_t owner = 0; owner < hearsay_ring_members(ring); owner++) {
        size_t own_count = hearsay_ring_ranges(ring, owner, own, count), at = 0;
        uint64_t share = 0;
        for (size_t i = 0; i < count; i++) {
            if (ranges[i].owner != owner)
                continue;
            ENSURE(at < own_count);
            ENSURE(own[at].first == ranges[i].first);
            ENSURE(own[at].last == ranges[i].last);
            ENSURE(own[at++].owner == owner);
            share += ranges[i].last - ranges[i].first + 1;
        }
        ENSURE(at == own_count);
        if (shares)
            ENSURE(hearsay_ring_share(ring, owner) ==
                   (count == 1 && own_count == 1 ? UINT64_MAX : share));
    }
    free(own);
}

static void check_ranges(const struct hearsay_ring *ring, const struct model *model, bool shares)
{
    size_t count = hearsay_ring_ranges(ring, UINT32_MAX, NULL, 0);
    ENSURE(count >= 1);
    ENSURE(count <= model->token_count + 1);
    struct hearsay_ring_range *ranges = calloc(count, sizeof(*ranges));
    /* Little room: what fits is written and not a piece more, the number is the same. */
    ENSURE(hearsay_ring_ranges(ring, UINT32_MAX, ranges, count - 1) == count);
    ENSURE(ranges[count - 1].first == 0 && ranges[count - 1].last == 0);
    ENSURE(hearsay_ring_ranges(ring, UINT32_MAX, ranges, count) == count);
    check_cover(model, ranges, count);
    check_filtered(ring, ranges, count, shares);
    free(ranges);
}

static void check_ring(const struct hearsay_ring *ring)
{
    struct model model = model_of(ring);
    check_points(ring, &model);
    check_ranges(ring, &model, true);
    model_fini(&model);
}

/* ---- small rings ------------------------------------------------------------------------- */

START_TEST(test_an_empty_ring_owns_nothing)
{
    struct memory memory = {0};
    struct hearsay_ring *ring = ring_of(&memory, NULL, 0);
    uint32_t index = 77;
    ck_assert_uint_eq(hearsay_ring_members(ring), 0);
    ck_assert_uint_eq(hearsay_ring_tokens(ring), 0);
    ck_assert_uint_eq(hearsay_ring_checksum(ring), 0);
    ck_assert_int_eq(hearsay_ring_owner(ring, 5, &index), HEARSAY_ERR_EMPTY);
    ck_assert_int_eq(hearsay_ring_find(ring, "n1", &index), HEARSAY_ERR_NOTFOUND);
    ck_assert_uint_eq(hearsay_ring_owners(ring, 5, &index, 1), 0);
    ck_assert_uint_eq(hearsay_ring_ranges(ring, UINT32_MAX, NULL, 0), 0);
    ck_assert_uint_eq(index, 77);
    hearsay_ring_unref(ring);
    ck_assert_uint_eq(memory.live, 0);
}
END_TEST

START_TEST(test_a_sole_member_owns_all)
{
    struct memory memory = {0};
    for (uint32_t tokens = 1; tokens <= 64; tokens *= 4) {
        struct hearsay_ring *ring = ring_of_many(&memory, 1, tokens);
        struct hearsay_ring_range range = {1, 1, 1};
        check_ring(ring);
        ck_assert_uint_eq(hearsay_ring_ranges(ring, UINT32_MAX, &range, 1), 1);
        ck_assert_uint_eq(range.first, 0);
        ck_assert_uint_eq(range.last, UINT64_MAX);
        ck_assert_uint_eq(range.owner, 0);
        ck_assert_uint_eq(hearsay_ring_share(ring, 0), UINT64_MAX);
        hearsay_ring_unref(ring);
    }
}
END_TEST

START_TEST(test_random_rings_answer_as_the_model)
{
    struct memory memory = {0};
    uint64_t random = 2024;
    for (int round = 0; round < 60; round++) {
        struct hearsay_ring_member members[12];
        char names[12][32];
        size_t count = 1 + harness_below(&random, 12);
        for (size_t i = 0; i < count; i++) {
            snprintf(names[i], sizeof names[i], "%c%zu-%d", (int)('a' + harness_below(&random, 26)),
                     i, round);
            members[i] = (struct hearsay_ring_member){
                names[i], NULL, 1 + (uint32_t)harness_below(&random, round % 2 ? 40 : 3)};
        }
        struct hearsay_ring *ring = ring_of(&memory, members, count);
        check_ring(ring);
        hearsay_ring_unref(ring);
    }
    ck_assert_uint_eq(memory.live, 0);
}
END_TEST

/* ---- rings by hand ----------------------------------------------------------------------- */

#define HAND_TOKENS  64
#define HAND_MEMBERS 4

#define HAND_BUCKETS 4
#define HAND_LEAVES  2

/* A ring whose tokens lie where a test wants them. */
struct hand {
    struct hearsay_ring ring;
    struct hs_ring_slot slots[HAND_BUCKETS];
    uint64_t points[HAND_TOKENS];
    uint32_t owners[HAND_TOKENS], starts[HAND_BUCKETS + 1];
    int32_t nodes[2 * HAND_LEAVES];
    struct hs_ring_member members[HAND_MEMBERS];
};

/* Tokens are given sorted. Where the members that have tokens are not a, b, … without gap, as a
 * true ring has it, the ring says that it has none, and must not be asked for lists. */
static const struct hearsay_ring *hand_ring(struct hand *hand, const uint64_t *points,
                                            const uint32_t *owners, uint32_t count)
{
    static const char *const names[HAND_MEMBERS] = {"a", "b", "c", "d"};
    memset(hand, 0, sizeof *hand);
    memcpy(hand->points, points, count * sizeof points[0]);
    memcpy(hand->owners, owners, count * sizeof owners[0]);
    for (uint32_t i = 0; i < HAND_MEMBERS; i++)
        hand->members[i] = (struct hs_ring_member){.name = names[i], .name_len = 1};
    for (uint32_t i = 0; i < count; i++)
        hand->members[owners[i]].tokens++;
    while (hand->ring.member_count < HAND_MEMBERS &&
           hand->members[hand->ring.member_count].tokens > 0)
        hand->ring.member_count++;
    for (uint32_t i = hand->ring.member_count; i < HAND_MEMBERS; i++)
        hand->ring.member_count *= hand->members[i].tokens == 0;
    hand->ring.token_count = count;
    hand->ring.bucket_count = HAND_BUCKETS;
    hand->ring.zone_count = 1;
    hand->ring.slots = hand->slots;
    hand->ring.points = hand->points;
    hand->ring.owners = hand->owners;
    hand->ring.starts = hand->starts;
    hand->ring.members = hand->members;
    hand->ring.by_owner = (struct hs_ring_tree){hand->nodes, hs_ring_leaves(count)};
    hs_ring_survey(&hand->ring);
    return &hand->ring;
}

static void check_hand(const uint64_t *points, const uint32_t *owners, uint32_t count)
{
    struct hand hand;
    const struct hearsay_ring *ring = hand_ring(&hand, points, owners, count);
    if (ring->member_count == 0)
        return;
    struct model model = {count, ring->member_count, hand.points, hand.owners};
    check_points(ring, &model);
    check_ranges(ring, &model, false);
}

/* Both ends of the circle, their neighbours, and the middle. */
static const uint64_t places[] = {0, 1, UINT64_C(1) << 63, UINT64_MAX - 1, UINT64_MAX};

/* All rings of up to five tokens at these places, equal ones too, of up to three members. */
START_TEST(test_all_tiny_rings_answer_as_the_model)
{
    uint64_t points[5];
    uint32_t owners[5], checked = 0;
    for (uint32_t count = 1; count <= 5; count++) {
        uint32_t combinations = 1;
        for (uint32_t i = 0; i < count; i++)
            combinations *= 15;
        for (uint32_t code = 0; code < combinations; code++) {
            bool sorted = true;
            uint32_t digits = code, last = 0;
            for (uint32_t i = 0; i < count; i++, digits /= 15) {
                sorted = sorted && digits % 15 >= last;
                last = digits % 15;
                points[i] = places[last / 3];
                owners[i] = last % 3;
            }
            if (sorted) {
                check_hand(points, owners, count);
                checked++;
            }
        }
    }
    ck_assert_uint_eq(checked, 15 + 120 + 680 + 3060 + 11628);
}
END_TEST

/* A random ring of one to five tokens at the places, of any of the four members. */
static const struct hearsay_ring *random_hand(struct hand *hand, uint64_t *random)
{
    uint64_t points[5];
    uint32_t owners[5], count = 0, wanted = 1 + (uint32_t)harness_below(random, 5);
    bool used[5 * HAND_MEMBERS] = {false};
    for (uint32_t i = 0; i < wanted; i++)
        used[harness_below(random, 5 * HAND_MEMBERS)] = true;
    for (uint32_t i = 0; i < 5 * HAND_MEMBERS; i++) {
        if (!used[i])
            continue;
        points[count] = places[i / HAND_MEMBERS];
        owners[count++] = i % HAND_MEMBERS;
    }
    return hand_ring(hand, points, owners, count);
}

/* Nothing changes between two places, so one look at each is a look at all hashes. */
START_TEST(test_moved_between_tiny_rings_is_what_the_model_counts)
{
    uint64_t random = 99;
    for (int round = 0; round < 50000; round++) {
        struct hand before, after;
        const struct hearsay_ring *a = random_hand(&before, &random);
        const struct hearsay_ring *b = random_hand(&after, &random);
        struct model model_a = {a->token_count, HAND_MEMBERS, before.points, before.owners};
        struct model model_b = {b->token_count, HAND_MEMBERS, after.points, after.owners};
        uint64_t moved = 0;
        bool all = true;
        for (size_t i = 0; i < 5; i++) {
            bool same = model_owner(&model_a, places[i]) == model_owner(&model_b, places[i]);
            moved += same ? 0 : places[i] - places[(i + 4) % 5];
            all = all && !same;
        }
        ENSURE(hearsay_ring_moved(a, b) == (all ? UINT64_MAX : moved));
    }
}
END_TEST

/* No name was found that does this, but one may be: all tokens in one bucket of the index. */
START_TEST(test_a_crowded_bucket_is_searched_by_halves)
{
    uint64_t points[HAND_TOKENS];
    uint32_t owners[HAND_TOKENS];
    for (uint64_t base = 0; base < 4; base++) {
        for (uint32_t count = 1; count <= HAND_TOKENS; count++) {
            for (uint32_t i = 0; i < count; i++) {
                points[i] = (base << 62) + 10 + 2 * (uint64_t)i;
                owners[i] = i % 3;
            }
            check_hand(points, owners, count);
        }
    }
}
END_TEST

/* ---- preference lists -------------------------------------------------------------------- */

START_TEST(test_one_member_may_own_a_long_run)
{
    struct memory memory = {0};
    const struct hearsay_ring_member members[] = {
        {"heavy", NULL, HEARSAY_TOKENS_MAX}, {"a", NULL, 1}, {"z", NULL, 1}, {"m", NULL, 2}};
    struct hearsay_ring *ring = ring_of(&memory, members, 4);
    struct model model = model_of(ring);
    uint64_t random = 3;
    for (int i = 0; i < 200; i++)
        check_point(ring, &model, harness_random(&random));
    model_fini(&model);
    hearsay_ring_unref(ring);
}
END_TEST

/* Lists longer than LISTED_MAX go through the filter. */
START_TEST(test_long_lists_are_distinct_and_in_order)
{
    struct memory memory = {0};
    struct hearsay_ring *ring = ring_of_many(&memory, 300, 3);
    struct model model = model_of(ring);
    uint32_t found[301], expected[301];
    uint64_t random = 4;
    for (size_t n = 10; n <= 301; n += 7) {
        uint64_t hash = harness_random(&random);
        size_t count = n < 300 ? n : 300;
        ck_assert_uint_eq(hearsay_ring_owners(ring, hash, found, n), count);
        ck_assert_uint_eq(model_owners(&model, hash, expected, n), count);
        ck_assert_mem_eq(found, expected, count * sizeof found[0]);
    }
    model_fini(&model);
    hearsay_ring_unref(ring);
}
END_TEST

/* With more members than the filter has bits, two members share a bit. */
START_TEST(test_more_members_than_the_filter_has_bits)
{
    enum { MEMBERS = 66000 };
    struct memory memory = {0};
    struct hearsay_ring *ring = ring_of_many(&memory, MEMBERS, 2);
    uint32_t *found = calloc(MEMBERS, sizeof(*found));
    uint8_t *seen = calloc(MEMBERS, 1);
    ENSURE(hearsay_ring_owners(ring, 12345, found, MEMBERS) == MEMBERS);
    for (uint32_t i = 0; i < MEMBERS; i++) {
        ENSURE(found[i] < MEMBERS);
        ENSURE(seen[found[i]]++ == 0);
    }
    free(seen);
    free(found);
    hearsay_ring_unref(ring);
}
END_TEST

/* ---- spread ------------------------------------------------------------------------------ */

START_TEST(test_keys_spread_as_the_shares_say)
{
    enum { MEMBERS = 10, KEYS = 100000 };
    struct memory memory = {0};
    struct hearsay_ring *ring = ring_of_many(&memory, MEMBERS, 128);
    uint32_t counts[MEMBERS] = {0};
    for (uint32_t i = 0; i < KEYS; i++) {
        char key[32];
        int len = snprintf(key, sizeof key, "key-%u", i);
        uint32_t owner;
        ENSURE(hearsay_ring_owner(ring, hearsay_ring_hash(key, (size_t)len), &owner) == 0);
        counts[owner]++;
    }
    double whole = 0;
    for (uint32_t i = 0; i < MEMBERS; i++) {
        double share = (double)hearsay_ring_share(ring, i) / 0x1p64;
        whole += share;
        ck_assert_double_gt(share, 0.7 / MEMBERS);
        ck_assert_double_lt(share, 1.4 / MEMBERS);
        /* Five standard deviations of a binomial count are at most 5·sqrt(KEYS·0.14·0.86) = 549. */
        ck_assert_double_lt(share * KEYS - counts[i], 549);
        ck_assert_double_lt(counts[i] - share * KEYS, 549);
    }
    ck_assert_double_eq_tol(whole, 1, 1e-9);
    hearsay_ring_unref(ring);
}
END_TEST

START_TEST(test_twice_the_tokens_own_about_twice_the_keys)
{
    struct memory memory = {0};
    const struct hearsay_ring_member members[] = {
        {"one", NULL, 512}, {"two", NULL, 1024}, {"four", NULL, 2048}};
    struct hearsay_ring *ring = ring_of(&memory, members, 3);
    for (size_t i = 0; i < 3; i++) {
        uint32_t index;
        ck_assert_int_eq(hearsay_ring_find(ring, members[i].name, &index), 0);
        double share = (double)hearsay_ring_share(ring, index) / 0x1p64;
        ck_assert_double_eq_tol(share, members[i].tokens / 3584.0, 0.1 * share);
    }
    hearsay_ring_unref(ring);
}
END_TEST

HARNESS_MAIN("ring", test_an_empty_ring_owns_nothing, test_a_sole_member_owns_all,
             test_random_rings_answer_as_the_model, test_all_tiny_rings_answer_as_the_model,
             test_moved_between_tiny_rings_is_what_the_model_counts,
             test_a_crowded_bucket_is_searched_by_halves, test_one_member_may_own_a_long_run,
             test_long_lists_are_distinct_and_in_order, test_more_members_than_the_filter_has_bits,
             test_keys_spread_as_the_shares_say, test_twice_the_tokens_own_about_twice_the_keys)
