/* SPDX-License-Identifier: Apache-2.0 */
/* Changing keys and switching on while nodes run (R33 to R35): nobody notices. */
#include "sealed_pair.h"

#define NODES 4

/* All nodes reload within a second, one after the other. */
static void all_reload(struct sealed *sealed, const char *keys, enum hearsay_seal_mode mode)
{
    for (unsigned at = 0; at < NODES; at++) {
        sealed_set(sealed, at, keys, mode);
        pair_run(&sealed->pair, RIG_SECOND / NODES);
    }
    pair_run(&sealed->pair, 5 * RIG_SECOND);
    ck_assert(pair_agree(&sealed->pair));
}

static void nothing_happened(const struct sealed *sealed)
{
    ck_assert_uint_eq(sealed_suspicions(sealed), 0);
    for (unsigned at = 0; at < NODES; at++)
        ck_assert_uint_eq(pair_stats(&sealed->pair, at).members[HEARSAY_STATUS_ALIVE], NODES);
    ck_assert_uint_eq(sealed_all_drops(sealed, HEARSAY_DROP_KEY), 0);
    ck_assert_uint_eq(sealed_all_drops(sealed, HEARSAY_DROP_FORGED), 0);
    ck_assert_uint_eq(sealed_all_drops(sealed, HEARSAY_DROP_PLAIN), 0);
    ck_assert_uint_eq(sealed_all_drops(sealed, HEARSAY_DROP_SEALED), 0);
}

START_TEST(test_three_reloads_change_a_key)
{
    struct sealed sealed;
    uint32_t old_mark, new_mark;
    sealed_init(&sealed);
    sealed_form(&sealed, NODES, KEY_A, HEARSAY_SEAL_REQUIRE);
    old_mark = pair_member(&sealed.pair, 0, "n1").keys[0];
    all_reload(&sealed, KEY_A "\n" KEY_B, HEARSAY_SEAL_REQUIRE);
    ck_assert_uint_eq(pair_member(&sealed.pair, 0, "n1").key_count, 2);
    new_mark = pair_member(&sealed.pair, 0, "n1").keys[1];
    all_reload(&sealed, KEY_B "\n" KEY_A, HEARSAY_SEAL_REQUIRE);
    ck_assert_uint_eq(pair_member(&sealed.pair, 0, "n1").keys[0], new_mark);
    ck_assert_uint_eq(pair_member(&sealed.pair, 0, "n1").keys[1], old_mark);
    all_reload(&sealed, KEY_B, HEARSAY_SEAL_REQUIRE);
    ck_assert_uint_eq(pair_member(&sealed.pair, 0, "n1").key_count, 1);
    pair_run(&sealed.pair, 30 * RIG_SECOND);
    nothing_happened(&sealed);
    sealed_fini(&sealed);
}
END_TEST

/* R33: a record in which keys alone changed makes no ring, and its event has its own reason. */
START_TEST(test_other_keys_are_told_and_make_no_ring)
{
    struct sealed sealed;
    struct hearsay_event event;
    sealed_init(&sealed);
    sealed_form(&sealed, NODES, KEY_A, HEARSAY_SEAL_REQUIRE);
    uint64_t ring = hearsay_node_ring_version(sealed.pair.nodes[0]);
    sealed_set(&sealed, 1, KEY_A "\n" KEY_B, HEARSAY_SEAL_REQUIRE);
    pair_run(&sealed.pair, 2 * RIG_SECOND);
    ck_assert(pair_event(&sealed.pair, 0, HEARSAY_EVENT_MEMBER, &event));
    ck_assert_str_eq(event.name, "n1");
    ck_assert_int_eq(event.reason, HEARSAY_REASON_KEYS);
    ck_assert(!pair_event(&sealed.pair, 0, HEARSAY_EVENT_RING, &event));
    ck_assert_uint_eq(hearsay_node_ring_version(sealed.pair.nodes[0]), ring);
    sealed_fini(&sealed);
}
END_TEST

/* The same keys again, as after a reload for another reason: nothing is told. */
START_TEST(test_the_same_keys_again_are_no_news)
{
    struct sealed sealed;
    sealed_init(&sealed);
    sealed_form(&sealed, NODES, KEY_A, HEARSAY_SEAL_REQUIRE);
    uint64_t digest = pair_stats(&sealed.pair, 0).digest;
    sealed_set(&sealed, 1, KEY_A, HEARSAY_SEAL_REQUIRE);
    pair_run(&sealed.pair, 5 * RIG_SECOND);
    ck_assert_uint_eq(pair_stats(&sealed.pair, 0).digest, digest);
    sealed_fini(&sealed);
}
END_TEST

START_TEST(test_switching_on_step_by_step)
{
    struct sealed sealed;
    sealed_init(&sealed);
    sealed_form(&sealed, NODES, NULL, HEARSAY_SEAL_OFF);
    all_reload(&sealed, KEY_A, HEARSAY_SEAL_ACCEPT);
    all_reload(&sealed, KEY_A, HEARSAY_SEAL_ON);
    size_t before = sealed.seen_count;
    all_reload(&sealed, KEY_A, HEARSAY_SEAL_ON);
    ck_assert_uint_eq(sealed_count(&sealed, before), sealed.seen_count - before);
    all_reload(&sealed, KEY_A, HEARSAY_SEAL_REQUIRE);
    pair_run(&sealed.pair, 30 * RIG_SECOND);
    nothing_happened(&sealed);
    sealed_fini(&sealed);
}
END_TEST

START_TEST(test_switching_off_step_by_step)
{
    struct sealed sealed;
    sealed_init(&sealed);
    sealed_form(&sealed, NODES, KEY_A, HEARSAY_SEAL_REQUIRE);
    all_reload(&sealed, KEY_A, HEARSAY_SEAL_ON);
    all_reload(&sealed, KEY_A, HEARSAY_SEAL_ACCEPT);
    all_reload(&sealed, NULL, HEARSAY_SEAL_OFF);
    pair_run(&sealed.pair, 30 * RIG_SECOND);
    nothing_happened(&sealed);
    sealed_fini(&sealed);
}
END_TEST

/* Any order of the three reloads, each node by itself: as long as each pair shares a key, nobody is
 * suspected. */
START_TEST(test_mixed_steps_of_a_rotation_go_together)
{
    static const char *const steps[] = {KEY_A, KEY_A "\n" KEY_B, KEY_B "\n" KEY_A};
    for (unsigned mix = 0; mix < 81; mix++) {
        struct sealed sealed;
        sealed_init(&sealed);
        sealed_form(&sealed, NODES, KEY_A, HEARSAY_SEAL_REQUIRE);
        for (unsigned at = 0, left = mix; at < NODES; at++, left /= 3)
            sealed_set(&sealed, at, steps[left % 3], HEARSAY_SEAL_REQUIRE);
        pair_run(&sealed.pair, 20 * RIG_SECOND);
        ck_assert_uint_eq(sealed_suspicions(&sealed), 0);
        ck_assert(pair_agree(&sealed.pair));
        sealed_fini(&sealed);
    }
}
END_TEST

/* A member that removes a key tells it a little later. Meanwhile others, which have both keys, go
 * on with the one that is gone: their third try has the other. */
START_TEST(test_a_key_that_is_removed_too_early_is_no_silence)
{
    struct sealed sealed;
    sealed_init(&sealed);
    sealed_form(&sealed, NODES, KEY_A, HEARSAY_SEAL_REQUIRE);
    all_reload(&sealed, KEY_A "\n" KEY_B, HEARSAY_SEAL_REQUIRE);
    sealed_set(&sealed, 1, KEY_B, HEARSAY_SEAL_REQUIRE);
    struct hearsay_node *node = sealed.pair.nodes[1];
    hs_heap_disarm(&node->core.timers, &node->own.keys); /* its record stays as it was */
    pair_run(&sealed.pair, 30 * RIG_SECOND);
    ck_assert_uint_gt(sealed_drops(&sealed, 1, HEARSAY_DROP_KEY), 0);
    ck_assert_uint_eq(pair_member(&sealed.pair, 0, "n1").key_count, 2);
    ck_assert_uint_eq(sealed_suspicions(&sealed), 0);
    sealed_fini(&sealed);
}
END_TEST

/* A member that got no common key is suspected, and back when it has one. */
START_TEST(test_a_member_with_a_removed_key_is_lost_until_it_has_a_new_one)
{
    struct sealed sealed;
    sealed_init(&sealed);
    sealed_form(&sealed, NODES, KEY_A, HEARSAY_SEAL_REQUIRE);
    for (unsigned at = 0; at < NODES - 1; at++)
        sealed_set(&sealed, at, KEY_B, HEARSAY_SEAL_REQUIRE);
    ck_assert(pair_until(&sealed.pair, 0, "n3", HEARSAY_STATUS_DEAD, 60 * RIG_SECOND));
    ck_assert_uint_gt(sealed_drops(&sealed, 3, HEARSAY_DROP_KEY), 0);
    ck_assert_uint_gt(sealed_drops(&sealed, 0, HEARSAY_DROP_KEY), 0);
    sealed_set(&sealed, 3, KEY_B, HEARSAY_SEAL_REQUIRE);
    ck_assert(pair_until(&sealed.pair, 0, "n3", HEARSAY_STATUS_ALIVE, 60 * RIG_SECOND));
    pair_run(&sealed.pair, 10 * RIG_SECOND);
    ck_assert(pair_agree(&sealed.pair));
    sealed_fini(&sealed);
}
END_TEST

HARNESS_MAIN("rotation", test_three_reloads_change_a_key, test_other_keys_are_told_and_make_no_ring,
             test_the_same_keys_again_are_no_news, test_switching_on_step_by_step,
             test_switching_off_step_by_step, test_mixed_steps_of_a_rotation_go_together,
             test_a_key_that_is_removed_too_early_is_no_silence,
             test_a_member_with_a_removed_key_is_lost_until_it_has_a_new_one)
