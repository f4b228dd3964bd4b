/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rings that the agent remembers, and the sums over the difference of two of them. The sums are
 * compared with those that the library computes in another way: shares, moved hashes, replica
 * ranges.
 */
#include "harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hearsay/error.h>
#include <hearsay/host.h>

#include "agent/parts/ring_tally.h"
#include "agent/parts/rings.h"

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

/* Fails when `left` allocations are spent. */
static size_t left, held_blocks;

static void *limited_resize(void *context, void *ptr, size_t size)
{
    (void)context;
    if (left == 0)
        return NULL;
    left--;
    held_blocks += ptr == NULL;
    return realloc(ptr, size);
}

static void limited_release(void *context, void *ptr)
{
    (void)context;
    held_blocks -= ptr != NULL;
    free(ptr);
}

static struct hs_rings make_rings(void)
{
    left = SIZE_MAX;
    held_blocks = 0;
    return (struct hs_rings){.allocator = {limited_resize, limited_release, NULL}};
}

static void end_rings(struct hs_rings *rings)
{
    hs_rings_fini(rings);
    ck_assert_uint_eq(rings->count, 0);
    ck_assert_uint_eq(held_blocks, 0);
}

static void add(struct hs_rings *rings, uint64_t version, struct hearsay_ring *ring)
{
    struct hearsay_event event = {.kind = HEARSAY_EVENT_RING, .ring_version = version};

    hs_rings_add(rings, ring, &event, 1000 * version);
    hearsay_ring_unref(ring);
}

/* The ring made again, step by step; an error, and then nothing of it is left. */
static int make_again(struct hs_rings *rings, const struct hs_ring_version *kept,
                      struct hearsay_ring **ret_ring)
{
    struct hs_ring_again again;
    int err = hs_ring_again_begin(&again, rings, kept);

    if (!err)
        while ((err = hs_ring_again_step(&again, 1000)) == HEARSAY_RING_MORE)
            continue;
    if (!err)
        *ret_ring = hearsay_ring_ref(again.ring);
    hs_ring_again_fini(&again, rings);
    return err;
}

static struct hearsay_ring *build(struct hs_rings *rings, uint64_t version)
{
    struct hearsay_ring *ring;

    ck_assert_int_eq(make_again(rings, hs_rings_find(rings, version), &ring), 0);
    return ring;
}

/* An answer is under way when its version is forgotten. */
START_TEST(test_a_ring_that_is_being_made_again_may_be_forgotten)
{
    struct hs_rings rings = make_rings();
    struct hs_ring_again again;
    uint64_t checksum;
    int err;

    add(&rings, 1, make_ring(0, 50, 8));
    add(&rings, 2, make_ring(0, 2, 8));
    checksum = hs_rings_find(&rings, 1)->checksum;
    ck_assert_int_eq(hs_ring_again_begin(&again, &rings, hs_rings_find(&rings, 1)), 0);
    ck_assert_int_eq(hs_ring_again_step(&again, 100), HEARSAY_RING_MORE);
    for (uint64_t version = 3; version <= 11; version++)
        add(&rings, version, make_ring((uint32_t)version, 3, 8));
    ck_assert_ptr_null(hs_rings_find(&rings, 1));
    while ((err = hs_ring_again_step(&again, 100)) == HEARSAY_RING_MORE)
        continue;
    ck_assert_int_eq(err, 0);
    ck_assert_uint_eq(hearsay_ring_checksum(again.ring), checksum);
    hs_ring_again_fini(&again, &rings);
    end_rings(&rings);
}
END_TEST

START_TEST(test_the_last_eight_are_remembered)
{
    struct hs_rings rings = make_rings();
    char list[HS_ERROR_TEXT_MAX];

    for (uint64_t version = 1; version <= 11; version++)
        add(&rings, version, make_ring((uint32_t)version, 3, 8));
    hs_rings_list(&rings, list);
    ck_assert_str_eq(list, "4, 5, 6, 7, 8, 9, 10, 11");
    ck_assert_ptr_null(hs_rings_find(&rings, 3));
    ck_assert_uint_eq(hs_rings_find(&rings, 4)->wall, 4000);
    end_rings(&rings);
}
END_TEST

/* Names of 127 bytes without a zone: with two bytes of tokens, 131 a member. */
static struct hearsay_ring *make_long_names(uint32_t count)
{
    struct hearsay_allocator allocator = hearsay_host_allocator();
    struct hearsay_ring_member *members = calloc(count, sizeof(*members));
    char(*names)[128] = calloc(count, sizeof(*names));
    struct hearsay_ring *ring;

    for (uint32_t i = 0; i < count; i++) {
        (void)snprintf(names[i], sizeof(names[i]), "%0127u", i);
        members[i] = (struct hearsay_ring_member){names[i], NULL, 1};
    }
    ck_assert_int_eq(hearsay_ring_new(&ring, &allocator, members, count), 0);
    free(names);
    free(members);
    return ring;
}

START_TEST(test_large_rosters_are_forgotten_sooner_but_never_the_last_two)
{
    struct hs_rings rings = make_rings();
    char list[HS_ERROR_TEXT_MAX];

    for (uint64_t version = 1; version <= 8; version++)
        add(&rings, version, make_long_names(HS_RINGS_BYTES_MAX / 131 / 3 - 1));
    hs_rings_list(&rings, list);
    ck_assert_str_eq(list, "5, 6, 7, 8"); /* three rosters, and the present ring */
    add(&rings, 9, make_long_names(HS_RINGS_BYTES_MAX / 131 + 1));
    hs_rings_list(&rings, list);
    ck_assert_str_eq(list, "6, 7, 8, 9");
    add(&rings, 10, make_ring(0, 3, 8));
    hs_rings_list(&rings, list);
    ck_assert_str_eq(list, "9, 10");
    hearsay_ring_unref(build(&rings, 9));
    end_rings(&rings);
}
END_TEST

static void expect_same(const struct hearsay_ring *ring, const struct hearsay_ring *other)
{
    struct hearsay_ring_diff diff;
    struct hearsay_ring_move move;

    ck_assert_uint_eq(hearsay_ring_checksum(ring), hearsay_ring_checksum(other));
    ck_assert_uint_eq(hearsay_ring_zones(ring), hearsay_ring_zones(other));
    for (uint32_t i = 0; i < hearsay_ring_members(ring); i++) {
        struct hearsay_ring_member one = hearsay_ring_member_at(ring, i);
        struct hearsay_ring_member two = hearsay_ring_member_at(other, i);

        ck_assert_str_eq(one.name, two.name);
        ck_assert_str_eq(one.zone != NULL ? one.zone : "", two.zone != NULL ? two.zone : "");
        ck_assert_uint_eq(one.tokens, two.tokens);
    }
    hearsay_ring_diff_begin(&diff, ring, other, 3, true);
    ck_assert(!hearsay_ring_diff_next(&diff, &move));
}

static void expect_same_diff(struct hearsay_ring *const rings[2],
                             struct hearsay_ring *const built[2])
{
    struct hearsay_ring_diff one, two;
    struct hearsay_ring_move first = {0}, second = {0};
    size_t pieces = 0;

    hearsay_ring_diff_begin(&one, rings[0], rings[1], 3, true);
    hearsay_ring_diff_begin(&two, built[0], built[1], 3, true);
    while (hearsay_ring_diff_next(&one, &first)) {
        ck_assert(hearsay_ring_diff_next(&two, &second));
        ck_assert_uint_eq(first.first, second.first);
        ck_assert_uint_eq(first.last, second.last);
        ck_assert_uint_eq(first.comes, second.comes);
        ck_assert_uint_eq(first.goes, second.goes);
        ck_assert_mem_eq(first.before, second.before, first.before_count * sizeof(uint32_t));
        ck_assert_mem_eq(first.after, second.after, first.after_count * sizeof(uint32_t));
        pieces++;
    }
    ck_assert(!hearsay_ring_diff_next(&two, &second));
    ck_assert_uint_gt(pieces, 100);
}

START_TEST(test_a_remembered_ring_is_made_again)
{
    struct hs_rings rings = make_rings();
    struct hearsay_ring *made[2] = {make_ring(0, 9, 128), make_ring(4, 12, HEARSAY_TOKENS_MAX)};
    struct hearsay_ring *built[2], *none = make_ring(0, 0, 1), *again;

    add(&rings, 1, hearsay_ring_ref(made[0]));
    add(&rings, 2, hearsay_ring_ref(made[1]));
    add(&rings, 3, hearsay_ring_ref(none));
    add(&rings, 4, make_long_names(2));
    for (int i = 0; i < 2; i++) {
        const struct hs_ring_version *kept = hs_rings_find(&rings, (uint64_t)i + 1);

        ck_assert_ptr_null(kept->ring); /* what would cost its tokens */
        ck_assert_uint_eq(kept->tokens, hearsay_ring_tokens(made[i]));
        ck_assert_uint_eq(kept->members, hearsay_ring_members(made[i]));
        built[i] = build(&rings, (uint64_t)i + 1);
        expect_same(built[i], made[i]);
    }
    expect_same_diff(made, built);
    again = build(&rings, 3);
    expect_same(again, none);
    hearsay_ring_unref(again);
    rings.kept[0].checksum++;
    ck_assert_int_eq(make_again(&rings, &rings.kept[0], &again), HEARSAY_ERR_INVALID);
    hs_rings_fini(&rings);
    for (int i = 0; i < 2; i++) {
        hearsay_ring_unref(built[i]); /* an answer may outlive what was remembered */
        hearsay_ring_unref(made[i]);
    }
    hearsay_ring_unref(none);
    end_rings(&rings);
}
END_TEST

START_TEST(test_without_memory_a_ring_is_forgotten_or_not_made)
{
    struct hs_rings rings = make_rings();
    struct hearsay_ring *ring = NULL;
    char list[HS_ERROR_TEXT_MAX];
    size_t blocks, n = 0;

    add(&rings, 1, make_ring(0, 9, 128));
    add(&rings, 2, make_ring(0, 8, 128));
    left = 0;
    add(&rings, 3, make_ring(0, 7, 128)); /* no roster of the second */
    hs_rings_list(&rings, list);
    ck_assert_str_eq(list, "1, 3");
    blocks = held_blocks;
    while (left = n, make_again(&rings, hs_rings_find(&rings, 1), &ring) < 0) {
        ck_assert_ptr_null(ring);
        ck_assert_uint_eq(held_blocks, blocks);
        n++;
    }
    ck_assert_uint_gt(n, 1); /* the list of members, and the ring */
    hearsay_ring_unref(ring);
    end_rings(&rings);
}
END_TEST

/* R63: such a ring has the checksum of the one before. What was remembered is told from it. */
START_TEST(test_a_change_of_zones_is_a_version_of_its_own)
{
    struct hs_rings rings = make_rings();
    struct hearsay_ring_member member = {"n0", "elsewhere", 8};
    struct hearsay_ring *plain = make_ring(0, 3, 8), *zoned, *built;

    ck_assert_int_eq(hearsay_ring_change(&zoned, plain, &member.name, 1, &member, 1), 0);
    add(&rings, 1, hearsay_ring_ref(plain));
    add(&rings, 2, hearsay_ring_ref(zoned));
    add(&rings, 3, make_ring(0, 4, 8));
    ck_assert_uint_eq(rings.kept[0].checksum, rings.kept[1].checksum);
    ck_assert_uint_ne(rings.kept[0].zones_checksum, rings.kept[1].zones_checksum);
    built = build(&rings, 1);
    expect_same(built, plain);
    hearsay_ring_unref(built);
    built = build(&rings, 2);
    ck_assert_str_eq(hearsay_ring_member_at(built, 0).zone, "elsewhere");
    expect_same(built, zoned);
    hearsay_ring_unref(built);
    hearsay_ring_unref(plain);
    hearsay_ring_unref(zoned);
    end_rings(&rings);
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
    ck_assert_double_eq(hearsay_ring_fraction(tally->moved), 1.0);
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
             test_a_ring_that_is_being_made_again_may_be_forgotten,
             test_large_rosters_are_forgotten_sooner_but_never_the_last_two,
             test_a_remembered_ring_is_made_again,
             test_without_memory_a_ring_is_forgotten_or_not_made,
             test_a_change_of_zones_is_a_version_of_its_own, test_sums_are_those_of_the_library,
             test_shares_of_replicas_are_their_ranges,
             test_all_of_the_circle_is_the_greatest_number)
