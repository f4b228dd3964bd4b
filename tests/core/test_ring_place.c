/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Placement of replicas: lists for unusual tokens, zones, bounded loads, many keys in one call, and
 * the ranges of a replica. All are compared with the model, on random rings.
 */
#include "ring/owners.h"
#include "ring/ring.h"
#include "ring_model.h"

#define MEMBERS 24

/* A random ring: few members or many, tokens even, weighted, or nearly all one member's; zones few,
 * many, of some only, or none. */
struct sample {
    struct hearsay_ring *ring;
    struct model model;
    char names[MEMBERS][16], zones[MEMBERS][16];
};

static uint32_t random_tokens(uint64_t *random, int kind, size_t at)
{
    if (kind == 0)
        return 4;
    if (kind == 1)
        return 1 + (uint32_t)harness_below(random, 30);
    return at < 2 ? 700 : 1;
}

static void sample_init(struct sample *sample, struct memory *memory, uint64_t *random)
{
    struct hearsay_ring_member members[MEMBERS];
    size_t count = 1 + harness_below(random, MEMBERS), zones = 1 + harness_below(random, 7);
    int kind = (int)harness_below(random, 3);
    size_t silent = harness_below(random, 3);
    for (size_t i = 0; i < count; i++) {
        snprintf(sample->names[i], sizeof sample->names[i], "m%zu-%zu", i,
                 harness_below(random, 1000));
        snprintf(sample->zones[i], sizeof sample->zones[i], "z%zu", harness_below(random, zones));
        bool says = silent == 0 || (silent == 1 && harness_below(random, 2) == 0);
        members[i] = (struct hearsay_ring_member){sample->names[i], says ? sample->zones[i] : NULL,
                                                  random_tokens(random, kind, i)};
    }
    sample->ring = ring_of(memory, members, count);
    sample->model = model_of(sample->ring);
}

static void sample_fini(struct sample *sample)
{
    model_fini(&sample->model);
    hearsay_ring_unref(sample->ring);
}

static const char *zone_at(const struct hearsay_ring *ring, uint32_t index)
{
    const char *zone = hearsay_ring_member_at(ring, index).zone;
    return zone == NULL ? "" : zone;
}

static bool zone_among(const struct hearsay_ring *ring, const uint32_t *list, size_t count,
                       uint32_t index)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(zone_at(ring, list[i]), zone_at(ring, index)) == 0)
            return true;
    return false;
}

/* A point where something changes, or any. */
static uint64_t random_point(const struct sample *sample, uint64_t *random)
{
    size_t at = harness_below(random, sample->model.token_count);
    return harness_below(random, 2) ? harness_random(random)
                                    : sample->model.points[at] + harness_below(random, 3) - 1;
}

/* ---- lists --------------------------------------------------------------------------------------
 */

START_TEST(test_lists_are_those_of_the_model_however_tokens_lie)
{
    struct memory memory = {0};
    uint64_t random = 31;
    for (int round = 0; round < 150; round++) {
        struct sample sample;
        sample_init(&sample, &memory, &random);
        size_t members = hearsay_ring_members(sample.ring);
        for (int i = 0; i < 20; i++) {
            uint32_t expected[MEMBERS], found[MEMBERS + 1];
            uint64_t point = random_point(&sample, &random);
            model_owners(&sample.model, point, expected, members);
            for (size_t n = 1; n <= members; n++) {
                found[n] = 77;
                ENSURE(hearsay_ring_owners(sample.ring, point, found, n) == n);
                ENSURE(memcmp(found, expected, n * sizeof found[0]) == 0 && found[n] == 77);
            }
        }
        sample_fini(&sample);
    }
    ck_assert_uint_eq(memory.live, 0);
}
END_TEST

/* Fourteen members have all but sixty of 57,000 tokens. */
START_TEST(test_members_behind_long_runs_are_found_from_everywhere)
{
    enum { LIGHT = 60, HEAVY = 14 };
    static char names[LIGHT + HEAVY][16];
    struct hearsay_ring_member members[LIGHT + HEAVY];
    struct memory memory = {0};
    for (size_t i = 0; i < LIGHT + HEAVY; i++) {
        snprintf(names[i], sizeof names[i], "m%zu", i);
        members[i] = (struct hearsay_ring_member){names[i], i < LIGHT ? "light" : "heavy",
                                                  i < LIGHT ? 1 : HEARSAY_TOKENS_MAX};
    }
    struct hearsay_ring *ring = ring_of(&memory, members, LIGHT + HEAVY);
    struct model model = model_of(ring);
    uint64_t random = 8;
    for (int i = 0; i < 10; i++) {
        uint32_t expected[LIGHT + HEAVY], found[LIGHT + HEAVY];
        uint64_t point = harness_random(&random);
        model_owners(&model, point, expected, LIGHT + HEAVY);
        for (size_t n = 12; n <= LIGHT + HEAVY; n += 31) {
            ENSURE(hearsay_ring_owners(ring, point, found, n) == n);
            ENSURE(memcmp(found, expected, n * sizeof found[0]) == 0);
        }
        size_t light = 0;
        while (strcmp(zone_at(ring, expected[light]), "light") != 0)
            light++;
        ENSURE(hearsay_ring_replicas(ring, point, found, 2) == 2);
        ENSURE(found[0] == expected[0] && found[1] == expected[light]);
    }
    model_fini(&model);
    hearsay_ring_unref(ring);
}
END_TEST

/* Seen from `start`, which stretches of the ring hold the first token of some member. */
static void mark_firsts(const struct hearsay_ring *ring, uint32_t start, bool *ret_firsts)
{
    bool met[MEMBERS] = {false};
    memset(ret_firsts, 0, (ring->token_count / HS_RING_STRETCH + 1) * sizeof ret_firsts[0]);
    for (uint32_t i = 0; i < ring->token_count; i++) {
        uint32_t at = (start + i) % ring->token_count;
        if (!met[ring->owners[at]])
            ret_firsts[at / HS_RING_STRETCH] = true;
        met[ring->owners[at]] = true;
    }
}

/* A list that reads a token in a stretch without anybody new, but for those of its first steps,
 * meets a member here that there is not. */
START_TEST(test_a_walk_reads_no_stretch_without_somebody_new)
{
    enum { STEPS = 64 };
    static uint32_t owners[MEMBERS * HEARSAY_TOKENS_MAX];
    static bool firsts[MEMBERS * HEARSAY_TOKENS_MAX / HS_RING_STRETCH + 1];
    struct memory memory = {0};
    uint64_t random = 35;
    size_t poisoned = 0;
    for (int round = 0; round < 300; round++) {
        struct sample sample;
        sample_init(&sample, &memory, &random);
        struct hearsay_ring copy = *sample.ring;
        uint32_t expected[MEMBERS], found[MEMBERS], count = copy.token_count;
        uint32_t start = (uint32_t)harness_below(&random, count);
        model_owners(&sample.model, copy.points[start], expected, copy.member_count);
        mark_firsts(&copy, start, firsts);
        copy.owners = owners;
        for (uint32_t i = 0; i < count; i++) {
            uint32_t at = (start + i) % count;
            bool read = i < STEPS || firsts[at / HS_RING_STRETCH];
            owners[at] = read ? sample.ring->owners[at] : 1000;
            poisoned += !read;
        }
        ENSURE(hs_ring_list(&copy, start, false, found, MEMBERS) == copy.member_count);
        ENSURE(memcmp(found, expected, copy.member_count * sizeof found[0]) == 0);
        sample_fini(&sample);
    }
    ck_assert_uint_gt(poisoned, 10000);
}
END_TEST

START_TEST(test_a_rank_is_one_with_vectors_or_without)
{
    uint64_t random = 6;
    size_t unsure = 0;
    for (int round = 0; round < 200000; round++) {
        hs_ring_lanes lanes;
        uint32_t count = (uint32_t)harness_below(&random, HS_RING_LANES + 1), below = 0;
        int16_t top = INT16_MIN, wanted = (int16_t)((int)harness_below(&random, 64) * 1024 - 32768);
        bool equal = false;
        for (uint32_t i = 0; i < HS_RING_LANES; i++) {
            top = (int16_t)(top + (int)harness_below(&random, 8) * 1024);
            lanes[i] = i < count ? top : INT16_MAX;
            below += lanes[i] < wanted;
            equal = equal || lanes[i] == wanted;
        }
        uint32_t rank = equal || below == HS_RING_LANES ? HS_RING_UNSURE : below;
        unsure += equal && below > HS_RING_LANES / 2;
        ENSURE(hs_ring_rank(lanes, wanted) == rank);
        ENSURE(hs_ring_rank_plain(lanes, wanted) == rank);
    }
    ck_assert_uint_gt(unsure, 1000);
}
END_TEST

/* ---- zones --------------------------------------------------------------------------------------
 */

/* By definition: of each zone the first in the preference list, then the others in its order. */
static void check_replicas(const struct sample *sample, uint64_t point)
{
    const struct hearsay_ring *ring = sample->ring;
    uint32_t all[MEMBERS], expected[MEMBERS], found[MEMBERS];
    size_t members = hearsay_ring_members(ring), count = 0, zones;
    model_owners(&sample->model, point, all, members);
    for (size_t i = 0; i < members; i++)
        if (!zone_among(ring, all, i, all[i]))
            expected[count++] = all[i];
    zones = count;
    ENSURE(hearsay_ring_zones(ring) == zones);
    for (size_t i = 0; i < members; i++)
        if (zone_among(ring, all, i, all[i]))
            expected[count++] = all[i];
    for (size_t n = 0; n <= members; n++) {
        ENSURE(hearsay_ring_replicas(ring, point, found, n) == n);
        ENSURE(memcmp(found, expected, n * sizeof found[0]) == 0);
        /* While there are zones enough, no two of a list share one. */
        for (size_t i = 1; i < n && n <= zones; i++)
            ENSURE(!zone_among(ring, found, i, found[i]));
    }
    ENSURE(hearsay_ring_replicas(ring, point, found, MEMBERS) == members);
}

START_TEST(test_replicas_lie_in_distinct_zones_while_there_are_enough)
{
    struct memory memory = {0};
    uint64_t random = 32;
    for (int round = 0; round < 300; round++) {
        struct sample sample;
        sample_init(&sample, &memory, &random);
        for (int i = 0; i < 20; i++)
            check_replicas(&sample, random_point(&sample, &random));
        sample_fini(&sample);
    }
    ck_assert_uint_eq(memory.live, 0);
}
END_TEST

/* More zones than a list tells apart by reading itself. */
START_TEST(test_many_zones_go_through_the_filter)
{
    enum { COUNT = 90, ZONES = 30 };
    static char names[COUNT][16], zones[COUNT][16];
    struct hearsay_ring_member members[COUNT];
    struct memory memory = {0};
    for (size_t i = 0; i < COUNT; i++) {
        snprintf(names[i], sizeof names[i], "m%zu", i);
        snprintf(zones[i], sizeof zones[i], "z%zu", i % ZONES);
        members[i] = (struct hearsay_ring_member){names[i], zones[i], 8};
    }
    struct hearsay_ring *ring = ring_of(&memory, members, COUNT);
    uint64_t random = 9;
    for (int round = 0; round < 200; round++) {
        uint32_t found[COUNT], again[COUNT];
        uint64_t point = harness_random(&random);
        ENSURE(hearsay_ring_replicas(ring, point, found, COUNT) == COUNT);
        for (size_t i = 1; i < COUNT; i++) {
            ENSURE(zone_among(ring, found, i, found[i]) == (i >= ZONES));
            for (size_t k = 0; k < i; k++)
                ENSURE(found[k] != found[i]);
        }
        ENSURE(hearsay_ring_replicas(ring, point, again, ZONES + 5) == ZONES + 5);
        ENSURE(memcmp(found, again, (ZONES + 5) * sizeof found[0]) == 0);
    }
    hearsay_ring_unref(ring);
}
END_TEST

START_TEST(test_no_zone_and_an_empty_one_are_one_zone)
{
    struct memory memory = {0};
    const struct hearsay_ring_member members[] = {
        {"a", NULL, 9}, {"b", "", 9}, {"c", NULL, 9}, {"d", "x", 9}};
    struct hearsay_ring *ring = ring_of(&memory, members, 3), *more = ring_of(&memory, members, 4);
    uint32_t list[2];
    ck_assert_uint_eq(hearsay_ring_zones(ring), 1);
    ck_assert_uint_eq(hearsay_ring_zones(more), 2);
    for (uint64_t i = 0; i < 64; i++) {
        ENSURE(hearsay_ring_replicas(more, i << 58, list, 2) == 2);
        ENSURE((list[0] == 3) != (list[1] == 3));
    }
    hearsay_ring_unref(ring);
    hearsay_ring_unref(more);
}
END_TEST

/* ---- many at once -------------------------------------------------------------------------------
 */

START_TEST(test_many_at_once_are_each_by_itself)
{
    enum { KEYS = 333 };
    static char texts[KEYS][32];
    struct hearsay_ring_key keys[KEYS];
    uint64_t hashes[KEYS], random = 77;
    struct memory memory = {0};
    struct hearsay_ring *ring = ring_of_many(&memory, 50, 20), *empty = ring_of(&memory, NULL, 0);
    for (size_t i = 0; i < KEYS; i++) {
        int len = snprintf(texts[i], sizeof texts[i], "%.*s%zu", (int)(i % 19),
                           "a key of any length", harness_below(&random, 1000000));
        keys[i] = (struct hearsay_ring_key){texts[i], (size_t)len};
        hashes[i] = hearsay_ring_hash(texts[i], (size_t)len);
    }
    for (size_t count = 0; count <= KEYS; count += 37) {
        uint32_t by_key[KEYS + 1], by_hash[KEYS + 1], one;
        memset(by_key, 0xee, sizeof by_key);
        memset(by_hash, 0xee, sizeof by_hash);
        ENSURE(hearsay_ring_lookup_many(ring, keys, count, by_key) == 0);
        ENSURE(hearsay_ring_owner_many(ring, hashes, count, by_hash) == 0);
        for (size_t i = 0; i < count; i++) {
            ENSURE(hearsay_ring_owner(ring, hashes[i], &one) == 0);
            ENSURE(by_key[i] == one && by_hash[i] == one);
            ENSURE(hearsay_ring_lookup(ring, keys[i].bytes, keys[i].len, &one) == 0);
            ENSURE(by_key[i] == one);
        }
        ENSURE(by_key[count] == 0xeeeeeeee && by_hash[count] == 0xeeeeeeee);
    }
    uint32_t untouched = 5;
    ck_assert_int_eq(hearsay_ring_lookup_many(empty, keys, 1, &untouched), HEARSAY_ERR_EMPTY);
    ck_assert_int_eq(hearsay_ring_owner_many(empty, hashes, 1, &untouched), HEARSAY_ERR_EMPTY);
    ck_assert_int_eq(hearsay_ring_lookup(empty, "k", 1, &untouched), HEARSAY_ERR_EMPTY);
    ck_assert_uint_eq(untouched, 5);
    hearsay_ring_unref(empty);
    hearsay_ring_unref(ring);
}
END_TEST

/* A ring with more members than 16 bits can number answers from its points. */
START_TEST(test_a_ring_too_wide_for_slots_answers_as_well)
{
    enum { WIDE = HS_RING_NARROW_MAX + 1 };
    struct memory memory = {0};
    struct hearsay_ring *ring = ring_of_many(&memory, WIDE, 1), *next;
    for (uint32_t at = 0; at < WIDE; at += 7) {
        uint32_t owner, list[2], expected;
        uint64_t point = hearsay_ring_token(ring, at, &expected);
        ENSURE(hearsay_ring_owner(ring, point, &owner) == 0 && owner == expected);
        ENSURE(hearsay_ring_owners(ring, point, list, 2) == 2 && list[0] == expected);
        ENSURE(hearsay_ring_owner_many(ring, &point, 1, &owner) == 0 && owner == expected);
    }
    /* One less, and slots do. */
    next = ring_without(ring, "m5");
    for (uint32_t at = 0; at < WIDE - 1; at += 7) {
        uint32_t owner, expected;
        uint64_t point = hearsay_ring_token(next, at, &expected);
        ENSURE(hearsay_ring_owner(next, point - 1, &owner) == 0 && owner == expected);
    }
    hearsay_ring_unref(next);
    hearsay_ring_unref(ring);
}
END_TEST

/* ---- bounded loads ------------------------------------------------------------------------------
 */

/* Places keys one after another: none is refused, no member ever has more than its bound, and each
 * goes to the first of its list that had room. */
static void check_placing(const struct sample *sample, uint64_t *random, uint32_t percent)
{
    enum { KEYS = 400 };
    const struct hearsay_ring *ring = sample->ring;
    size_t members = hearsay_ring_members(ring);
    uint64_t loads[MEMBERS] = {0};
    for (uint64_t total = 1; total <= KEYS; total++) {
        uint32_t list[MEMBERS], owner = 99, i = 0;
        uint64_t point = random_point(sample, random);
        ENSURE(hearsay_ring_owner_bounded(ring, point, loads, total, percent, &owner) == 0);
        hearsay_ring_owners(ring, point, list, members);
        while (loads[list[i]] >= hearsay_ring_bound(ring, list[i], total, percent))
            i++;
        ENSURE(i < members && list[i] == owner);
        loads[owner]++;
    }
    for (uint32_t i = 0; i < members; i++)
        ENSURE(loads[i] <= hearsay_ring_bound(ring, i, KEYS, percent));
}

START_TEST(test_no_member_gets_more_than_its_bound)
{
    struct memory memory = {0};
    uint64_t random = 33;
    for (int round = 0; round < 60; round++) {
        struct sample sample;
        sample_init(&sample, &memory, &random);
        check_placing(&sample, &random, 100 + (uint32_t)harness_below(&random, 3) * 25);
        sample_fini(&sample);
    }
}
END_TEST

START_TEST(test_a_bound_is_the_members_part_rounded_up)
{
    struct memory memory = {0};
    const struct hearsay_ring_member weights[] = {{"a", NULL, 1}, {"b", NULL, 2}, {"c", NULL, 4}};
    struct hearsay_ring *ring = ring_of(&memory, weights, 3), *empty = ring_of(&memory, NULL, 0);
    const struct {
        uint64_t total;
        uint32_t percent;
        uint64_t bounds[3];
    } cases[] = {
        {700, 100, {100, 200, 400}},
        {700, 125, {125, 250, 500}},
        {701, 100, {101, 201, 401}},
        {701, 1, {2, 3, 5}},
        {1, 100, {1, 1, 1}},
        {0, 100, {0, 0, 0}},
        {700, 0, {0, 0, 0}},
        {UINT64_MAX, 100, {2635249153387078803u, 5270498306774157605u, 10540996613548315209u}},
        {UINT64_MAX, 700, {UINT64_MAX, UINT64_MAX, UINT64_MAX}},
        {UINT64_MAX, UINT32_MAX, {UINT64_MAX, UINT64_MAX, UINT64_MAX}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (uint32_t k = 0; k < 3; k++)
            ck_assert_uint_eq(hearsay_ring_bound(ring, k, cases[i].total, cases[i].percent),
                              cases[i].bounds[k]);
    uint64_t full[3] = {100, 200, 400}, room[3] = {100, 199, 400};
    uint32_t owner = 9;
    ck_assert_int_eq(hearsay_ring_owner_bounded(ring, 5, full, 700, 100, &owner), HEARSAY_ERR_FULL);
    ck_assert_int_eq(hearsay_ring_owner_bounded(empty, 5, full, 1, 100, &owner), HEARSAY_ERR_EMPTY);
    ck_assert_uint_eq(owner, 9);
    ck_assert_int_eq(hearsay_ring_owner_bounded(ring, 5, room, 700, 100, &owner), 0);
    ck_assert_uint_eq(owner, 1);
    hearsay_ring_unref(ring);
    hearsay_ring_unref(empty);
}
END_TEST

/* ---- replica ranges -----------------------------------------------------------------------------
 */

static size_t holding(const struct hearsay_ring_range *ranges, size_t count, uint64_t point)
{
    size_t found = 0;
    for (size_t i = 0; i < count; i++)
        found += point - ranges[i].first <= ranges[i].last - ranges[i].first;
    return found;
}

static void check_replica_ranges(const struct sample *sample, uint64_t *random, uint32_t n,
                                 bool zones)
{
    static struct hearsay_ring_range ranges[4096];
    const struct hearsay_ring *ring = sample->ring;
    for (uint32_t index = 0; index < hearsay_ring_members(ring); index++) {
        size_t count = hearsay_ring_replica_ranges(ring, index, n, zones, ranges, 4096);
        ENSURE(count <= 4096);
        ENSURE(hearsay_ring_replica_ranges(ring, index, n, zones, NULL, 0) == count);
        for (size_t i = 0; i < count; i++) { /* not joined means: there is something between */
            ENSURE(ranges[i].owner == index);
            ENSURE(i == 0 || ranges[i].first <= ranges[i].last);
            ENSURE(count == 1 || ranges[(i + 1) % count].first - ranges[i].last > 1);
        }
        for (int i = 0; i < 20; i++) {
            uint32_t list[MEMBERS];
            uint64_t point = random_point(sample, random);
            size_t listed = zones ? hearsay_ring_replicas(ring, point, list, n)
                                  : hearsay_ring_owners(ring, point, list, n);
            bool held = false;
            for (size_t k = 0; k < listed; k++)
                held = held || list[k] == index;
            ENSURE(holding(ranges, count, point) == held);
        }
    }
}

START_TEST(test_replica_ranges_hold_what_the_lists_say)
{
    struct memory memory = {0};
    uint64_t random = 34;
    for (int round = 0; round < 40; round++) {
        struct sample sample;
        sample_init(&sample, &memory, &random);
        check_replica_ranges(&sample, &random, 1 + (uint32_t)harness_below(&random, 5), round % 2);
        sample_fini(&sample);
    }
}
END_TEST

START_TEST(test_replica_ranges_at_the_edges)
{
    struct memory memory = {0};
    struct hearsay_ring *ring = ring_of_many(&memory, 5, 4), *empty = ring_of(&memory, NULL, 0);
    struct hearsay_ring_range own[32], primary[32];
    for (uint32_t i = 0; i < 5; i++) {
        size_t count = hearsay_ring_ranges(ring, i, own, 32);
        ck_assert_uint_eq(hearsay_ring_replica_ranges(ring, i, 1, false, primary, 32), count);
        for (size_t k = 0; k < count; k++)
            ENSURE(own[k].first == primary[k].first && own[k].last == primary[k].last &&
                   own[k].owner == primary[k].owner);
        ck_assert_uint_eq(hearsay_ring_replica_ranges(ring, i, UINT32_MAX, false, own, 32), 1);
        ck_assert_uint_eq(own[0].first, 0);
        ck_assert_uint_eq(own[0].last, UINT64_MAX);
    }
    ck_assert_uint_eq(hearsay_ring_replica_ranges(ring, 0, 0, false, own, 32), 0);
    ck_assert_uint_eq(hearsay_ring_replica_ranges(ring, 5, 2, false, own, 32), 0);
    ck_assert_uint_eq(hearsay_ring_replica_ranges(empty, 0, 2, true, own, 32), 0);
    hearsay_ring_unref(empty);
    hearsay_ring_unref(ring);
}
END_TEST

HARNESS_MAIN("ring_place", test_lists_are_those_of_the_model_however_tokens_lie,
             test_members_behind_long_runs_are_found_from_everywhere,
             test_a_walk_reads_no_stretch_without_somebody_new,
             test_a_rank_is_one_with_vectors_or_without,
             test_replicas_lie_in_distinct_zones_while_there_are_enough,
             test_many_zones_go_through_the_filter, test_no_zone_and_an_empty_one_are_one_zone,
             test_many_at_once_are_each_by_itself, test_a_ring_too_wide_for_slots_answers_as_well,
             test_no_member_gets_more_than_its_bound, test_a_bound_is_the_members_part_rounded_up,
             test_replica_ranges_hold_what_the_lists_say, test_replica_ranges_at_the_edges)
