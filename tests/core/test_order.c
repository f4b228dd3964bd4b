/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order of records (R3: order), for all values of a small domain; and what a node does for each
 * pair of the three statuses with an older, equal and newer record.
 */
#include "rig.h"

#include <string.h>

#include "view/member.h"

#define BLOBS      3
#define TIMESTAMPS 3
#define VERSIONS   (TIMESTAMPS * BLOBS * 5) /* suspect, alive, and dead for three causes */

static struct hs_version versions[VERSIONS];

static void make_versions(void)
{
    static const struct hs_version states[] = {
        {.status = HEARSAY_STATUS_SUSPECT},
        {.status = HEARSAY_STATUS_ALIVE},
        {.status = HEARSAY_STATUS_DEAD, .cause = HEARSAY_CAUSE_FAILED},
        {.status = HEARSAY_STATUS_DEAD, .cause = HEARSAY_CAUSE_LEFT},
        {.status = HEARSAY_STATUS_DEAD, .cause = HEARSAY_CAUSE_FORCED},
    };
    size_t count = 0;
    for (uint64_t timestamp = 1; timestamp <= TIMESTAMPS; timestamp++)
        for (uint64_t blob = 1; blob <= BLOBS; blob++)
            for (size_t i = 0; i < 5; i++) {
                versions[count] = states[i];
                versions[count].timestamp = timestamp;
                versions[count++].blob_hash = hs_hash(&blob, sizeof blob);
            }
    ck_assert_uint_eq(count, VERSIONS);
}

static int sign(int value)
{
    return (value > 0) - (value < 0);
}

static int order(size_t a, size_t b)
{
    return sign(hs_version_compare(&versions[a], &versions[b]));
}

/* The view's merge: the greater stays. */
static size_t merge(size_t a, size_t b)
{
    return order(b, a) > 0 ? b : a;
}

START_TEST(test_order_is_total_and_antisymmetric)
{
    make_versions();
    for (size_t a = 0; a < VERSIONS; a++)
        for (size_t b = 0; b < VERSIONS; b++) {
            ck_assert_int_eq(order(a, b), -order(b, a));
            ck_assert_int_eq(order(a, b) == 0, a == b);
        }
}
END_TEST

START_TEST(test_order_is_transitive)
{
    make_versions();
    for (size_t a = 0; a < VERSIONS; a++)
        for (size_t b = 0; b < VERSIONS; b++)
            for (size_t c = 0; c < VERSIONS; c++)
                if (order(a, b) > 0 && order(b, c) > 0)
                    ck_assert_int_gt(order(a, c), 0);
}
END_TEST

START_TEST(test_merging_is_commutative_associative_and_idempotent)
{
    make_versions();
    for (size_t a = 0; a < VERSIONS; a++) {
        ck_assert_uint_eq(merge(a, a), a);
        for (size_t b = 0; b < VERSIONS; b++) {
            ck_assert_uint_eq(merge(a, b), merge(b, a));
            ck_assert_uint_eq(merge(merge(a, b), b), merge(a, b));
            for (size_t c = 0; c < VERSIONS; c++)
                ck_assert_uint_eq(merge(merge(a, b), c), merge(a, merge(b, c)));
        }
    }
}
END_TEST

START_TEST(test_at_equal_timestamps_alive_beats_suspect_and_dead_beats_both)
{
    make_versions();
    for (size_t a = 0; a < VERSIONS; a++)
        for (size_t b = 0; b < VERSIONS; b++) {
            const struct hs_version *one = &versions[a], *other = &versions[b];
            if (one->timestamp != other->timestamp)
                ck_assert_int_eq(order(a, b), one->timestamp > other->timestamp ? 1 : -1);
            else if (one->status != other->status)
                ck_assert_int_eq(order(a, b), one->status > other->status ? 1 : -1);
        }
    ck_assert_int_lt(HEARSAY_STATUS_SUSPECT, HEARSAY_STATUS_ALIVE);
    ck_assert_int_lt(HEARSAY_STATUS_ALIVE, HEARSAY_STATUS_DEAD);
}
END_TEST

/* Should two hashes of records be equal, the rest still decides. */
START_TEST(test_hash_covers_timestamp_blob_status_and_cause)
{
    make_versions();
    for (size_t a = 0; a < VERSIONS; a++)
        for (size_t b = 0; b < VERSIONS; b++)
            ck_assert_int_eq(hs_version_hash(&versions[a]) == hs_version_hash(&versions[b]),
                             a == b);
}
END_TEST

/* ---- through a node ---------------------------------------------------------------------- */

#define BASE (RIG_WALL + 10 * RIG_SECOND)

/* Brings the peer into this state at BASE. */
static void hold(struct rig *rig, struct rig_peer *teller, struct rig_peer *peer,
                 enum hearsay_status status)
{
    struct hs_rumor rumor = rig_rumor(peer, status, BASE);
    rig_tell(rig, teller, &rumor);
    ck_assert_int_eq(rig_member(rig, peer->name).status, status);
    ck_assert_uint_eq(rig_member(rig, peer->name).timestamp, BASE);
}

/* What R3 says must come out. */
static bool wins(enum hearsay_status held, enum hearsay_status heard, int age)
{
    return age > 0 || (age == 0 && heard > held);
}

static void check_cell(enum hearsay_status held, enum hearsay_status heard, int age)
{
    struct rig rig;
    rig_init(&rig);
    rig_start(&rig);
    struct rig_peer *teller = rig_meet(&rig, "teller"), *peer = rig_stranger(&rig, "subject");
    hold(&rig, teller, peer, held);
    uint64_t timestamp = age < 0 ? BASE - 1 : age > 0 ? BASE + 1 : BASE;
    uint64_t digest = rig_stats(&rig).digest, stale = rig_drops(&rig, HEARSAY_DROP_STALE);
    struct hs_rumor rumor = rig_rumor(peer, heard, timestamp);
    rig_tell(&rig, teller, &rumor);
    bool expected = wins(held, heard, age);
    ck_assert_int_eq(rig_member(&rig, "subject").status, expected ? heard : held);
    ck_assert_uint_eq(rig_member(&rig, "subject").timestamp, expected ? timestamp : BASE);
    ck_assert_int_eq(rig_stats(&rig).digest != digest, expected);
    bool lost = !expected && !(age == 0 && held == heard);
    ck_assert_uint_eq(rig_drops(&rig, HEARSAY_DROP_STALE) - stale, lost);
    rig_fini(&rig);
}

START_TEST(test_every_status_meets_every_rumor_older_equal_and_newer)
{
    static const enum hearsay_status all[] = {HEARSAY_STATUS_SUSPECT, HEARSAY_STATUS_ALIVE,
                                              HEARSAY_STATUS_DEAD};
    for (size_t held = 0; held < 3; held++)
        for (size_t heard = 0; heard < 3; heard++)
            for (int age = -1; age <= 1; age++)
                check_cell(all[held], all[heard], age);
}
END_TEST

/* The original's fault 1: a newer dead rumor was ignored for a suspect. */
START_TEST(test_newer_dead_rumor_is_taken_from_suspect_and_leaves_the_ring)
{
    struct rig rig;
    struct hearsay_event event;
    rig_init(&rig);
    rig.config.ring_hold = 0;
    rig_start(&rig);
    struct rig_peer *teller = rig_meet(&rig, "teller"), *peer = rig_meet(&rig, "subject");
    rig_forget_events(&rig);
    hold(&rig, teller, peer, HEARSAY_STATUS_SUSPECT);
    rig_forget_events(&rig);
    ck_assert_uint_eq(hearsay_ring_members(hearsay_node_ring(rig.node)), 3);
    struct hs_rumor rumor = rig_rumor(peer, HEARSAY_STATUS_DEAD, BASE + 1);
    rig_tell(&rig, teller, &rumor);
    ck_assert(rig_event_to(&rig, "subject", HEARSAY_STATUS_DEAD, &event));
    ck_assert_int_eq(event.from, HEARSAY_STATUS_SUSPECT);
    ck_assert_int_eq(event.reason, HEARSAY_REASON_FAILED);
    ck_assert(rig_event(&rig, HEARSAY_EVENT_RING, &event));
    ck_assert_uint_eq(hearsay_ring_members(hearsay_node_ring(rig.node)), 2);
    rig_fini(&rig);
}
END_TEST

/* Feature 7: a newer record brings its address. */
START_TEST(test_newer_record_replaces_address)
{
    struct rig rig;
    rig_init(&rig);
    rig_start(&rig);
    struct rig_peer *teller = rig_meet(&rig, "teller"), *peer = rig_meet(&rig, "subject");
    struct rig_peer moved;
    rig_peer_init(&moved, "subject", 99, peer->blob.instance);
    struct hs_rumor rumor = rig_rumor(&moved, HEARSAY_STATUS_ALIVE, BASE);
    rig_tell(&rig, teller, &rumor);
    struct hearsay_addr there = rig_addr(99), got = rig_member(&rig, "subject").addr;
    ck_assert(hearsay_addr_equal(&got, &there));
    rumor = rig_rumor(peer, HEARSAY_STATUS_ALIVE, BASE - 1);
    rig_tell(&rig, teller, &rumor);
    got = rig_member(&rig, "subject").addr;
    ck_assert(hearsay_addr_equal(&got, &there));
    rig_fini(&rig);
}
END_TEST

HARNESS_MAIN("order", test_order_is_total_and_antisymmetric, test_order_is_transitive,
             test_merging_is_commutative_associative_and_idempotent,
             test_at_equal_timestamps_alive_beats_suspect_and_dead_beats_both,
             test_hash_covers_timestamp_blob_status_and_cause,
             test_every_status_meets_every_rumor_older_equal_and_newer,
             test_newer_dead_rumor_is_taken_from_suspect_and_leaves_the_ring,
             test_newer_record_replaces_address)
