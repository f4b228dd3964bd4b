/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the agent remembers of its rings, and what it adds up between two of them. The sums are held
 * to those that the library finds another way: shares, moved hashes, replica ranges.
 */
#include "harness.h"

#include <stdio.h>
#include <string.h>

#include <hearsay/host.h>

#include "agent/ring_tally.h"
#include "agent/rings.h"

#define NAMES_MAX 64

static struct hearsay_ring *make_ring(uint32_t first, uint32_t count, uint32_t tokens)
{
    static char names[NAMES_MAX][16], zones[NAMES_MAX][8];
    struct hearsay_allocator allocator = hearsay_host_allocator();
    struct hearsay_ring_member members[NAMES_MAX];
    struct hearsay_ring *ring;

    for (uint32_t i = 0; i < count; i++) {
        (void)snprintf(names[i], sizeof(names[i]), "n%u", first + i);
        (void)snprintf(zones[i], sizeof(zones[i]), "z%u", (first + i) % 3);
        members[i] = (struct hearsay_ring_member){names[i], zones[i], tokens};
    }
    ck_assert_int_eq(hearsay_ring_new(&ring, &allocator, members, count), 0);
    return ring;
}

/* ---- remembered -------------------------------------------------------------------------- */

static void add(struct hs_rings *rings, uint64_t version, struct hearsay_ring *ring)
{
    struct hearsay_event event = {.kind = HEARSAY_EVENT_RING, .ring_version = version};

    hs_rings_add(rings, ring, &event, 1000 * version);
    hearsay_ring_unref(ring);
}

START_TEST(test_the_last_eight_are_remembered)
{
    struct hs_rings rings = {0};
    char list[HS_WHY_MAX];

    hs_rings_refresh(&rings, NULL);
    for (uint64_t version = 1; version <= 11; version++)
        add(&rings, version, make_ring((uint32_t)version, 3, 8));
    hs_rings_list(&rings, list);
    ck_assert_str_eq(list, "4, 5, 6, 7, 8, 9, 10, 11");
    ck_assert_ptr_null(hs_rings_find(&rings, 3));
    ck_assert_uint_eq(hs_rings_find(&rings, 4)->wall, 4000);
    hs_rings_fini(&rings);
    ck_assert_uint_eq(rings.count, 0);
}
END_TEST

START_TEST(test_large_rings_are_forgotten_sooner_but_never_the_last_two)
{
    struct hs_rings rings = {0};
    char list[HS_WHY_MAX];

    for (uint64_t version = 1; version <= 8; version++)
        add(&rings, version, make_ring(0, NAMES_MAX, HEARSAY_TOKENS_MAX));
    hs_rings_list(&rings, list);
    ck_assert_str_eq(list, "5, 6, 7, 8");
    ck_assert_uint_eq(4 * NAMES_MAX * HEARSAY_TOKENS_MAX, HS_RINGS_TOKENS_MAX);
    hs_rings_fini(&rings);
}
END_TEST

START_TEST(test_a_change_of_zones_stands_for_the_same_version)
{
    struct hs_rings rings = {0};
    struct hearsay_ring *zoned = make_ring(0, 3, 8);

    add(&rings, 1, make_ring(0, 2, 8));
    add(&rings, 2, make_ring(0, 3, 8));
    hs_rings_refresh(&rings, zoned);
    hs_rings_refresh(&rings, zoned);
    ck_assert_ptr_eq(hs_rings_find(&rings, 2)->ring, zoned);
    ck_assert_uint_eq(rings.count, 2);
    hs_rings_fini(&rings);
    hearsay_ring_unref(zoned);
}
END_TEST

/* ---- added up ---------------------------------------------------------------------------- */

static struct hs_tally *count_all(struct hearsay_ring *before, struct hearsay_ring *after,
                                  uint32_t n, bool zones)
{
    struct hs_tally *tally = hs_tally_new(before, after, n, zones);

    ck_assert_ptr_nonnull(tally);
    while (hs_tally_step(tally))
        continue;
    ck_assert(!hs_tally_step(tally));
    return tally;
}

START_TEST(test_sums_are_those_of_the_library)
{
    struct hearsay_ring *before = make_ring(0, 9, 32), *after = make_ring(4, 12, 32);
    struct hs_tally *tally = count_all(before, after, 1, false);

    ck_assert_uint_eq(tally->count, 16);
    ck_assert_uint_eq(tally->moved, hearsay_ring_moved(before, after));
    ck_assert_uint_eq(tally->reordered, 0);
    for (size_t i = 0; i < tally->count; i++) {
        const struct hs_tally_member *member = &tally->members[i];
        uint32_t index;

        if (member->side[HS_BEFORE].tokens > 0) {
            ck_assert_int_eq(hearsay_ring_find(before, member->side[HS_BEFORE].name, &index), 0);
            ck_assert_uint_eq(member->share[HS_BEFORE], hearsay_ring_share(before, index));
        }
        ck_assert_uint_eq(member->share[HS_BEFORE] + member->gained - member->lost,
                          member->share[HS_AFTER]);
    }
    hs_tally_free(tally);
    hearsay_ring_unref(before);
    hearsay_ring_unref(after);
}
END_TEST

static uint64_t held(const struct hearsay_ring *ring, uint32_t index, uint32_t n)
{
    struct hearsay_ring_range ranges[1024];
    size_t count = hearsay_ring_replica_ranges(ring, index, n, true, ranges, 1024);
    uint64_t sum = 0;

    for (size_t i = 0; i < count; i++)
        sum += ranges[i].last - ranges[i].first + 1;
    return sum;
}

START_TEST(test_shares_of_replicas_are_their_ranges)
{
    struct hearsay_ring *ring = make_ring(0, 9, 32);
    struct hs_tally *tally = count_all(ring, ring, 3, true);

    for (uint32_t i = 0; i < 9; i++)
        ck_assert_uint_eq(tally->members[i].share[HS_BEFORE], held(ring, i, 3));
    ck_assert_uint_eq(tally->moved, 0);
    ck_assert_uint_eq(tally->pieces, 0);
    hs_tally_free(tally);
    hearsay_ring_unref(ring);
}
END_TEST

START_TEST(test_all_of_the_circle_is_the_greatest_number)
{
    struct hearsay_ring *none = make_ring(0, 0, 1), *one = make_ring(0, 1, 8),
                        *two = make_ring(0, 2, 8);
    struct hs_tally *tally = count_all(none, one, 1, false);

    ck_assert_uint_eq(tally->moved, UINT64_MAX);
    ck_assert_uint_eq(tally->members[0].gained, UINT64_MAX);
    hs_tally_free(tally);
    tally = count_all(one, two, 2, false);
    ck_assert_uint_eq(tally->members[0].share[HS_BEFORE], UINT64_MAX);
    ck_assert_uint_eq(tally->members[1].gained, UINT64_MAX);
    ck_assert_uint_eq(tally->members[0].lost, 0);
    ck_assert_double_eq(hs_tally_part(tally->moved), 1.0);
    hs_tally_free(tally);
    tally = count_all(none, none, 3, true);
    ck_assert_uint_eq(tally->count, 0);
    ck_assert_uint_eq(tally->moved, 0);
    hs_tally_free(tally);
    hs_tally_free(NULL);
    hearsay_ring_unref(none);
    hearsay_ring_unref(one);
    hearsay_ring_unref(two);
}
END_TEST

HARNESS_MAIN("rings", test_the_last_eight_are_remembered,
             test_large_rings_are_forgotten_sooner_but_never_the_last_two,
             test_a_change_of_zones_stands_for_the_same_version, test_sums_are_those_of_the_library,
             test_shares_of_replicas_are_their_ranges,
             test_all_of_the_circle_is_the_greatest_number)
