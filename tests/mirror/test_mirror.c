/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors that are fed with lines as an agent sends them, over connections that are cut. */
#include "agent_lines.h"

/* ---- reading ----------------------------------------------------------------------------- */

START_TEST(test_a_snapshot_is_shown_when_it_is_complete)
{
    start();
    ck_assert(asks("{\"cmd\":\"follow\"}\n"));
    no_more();
    greet(ONE);
    fed("%s", state("snapshot", ONE "-5", true, ""));
    member("", "a", "alive", "\"zone\":\"east\"");
    member("", "b", "dead", "");
    ck_assert_ptr_null(hs_mirror_find(mirror, "a"));
    ck_assert_ptr_null(hs_mirror_ring(mirror));
    ck_assert_uint_eq(hs_mirror_count(mirror, HEARSAY_STATUS_NONE), 0);
    roster("a", 3);
    ck_assert(!hs_mirror_current(mirror));
    current(ONE "-5", "a", 3, true);
    ck_assert(hs_mirror_current(mirror));
    ck_assert_uint_eq(hs_mirror_count(mirror, HEARSAY_STATUS_NONE), 2);
    ck_assert_uint_eq(hs_mirror_count(mirror, HEARSAY_STATUS_DEAD), 1);
    ck_assert_str_eq(hs_mirror_member_tag(hs_mirror_find(mirror, "a"), "zone"), "east");
    ck_assert_str_eq(hs_mirror_members(mirror)[1]->name, "b");
    ck_assert_uint_eq(hearsay_ring_members(hs_mirror_ring(mirror)), 1);
    ck_assert_uint_eq(hs_mirror_state(mirror).digest, 0xd1);
    ck_assert_uint_eq(hs_mirror_state(mirror).ring_version, 3);
    ck_assert_str_eq(hs_mirror_node(mirror), "a");
    ck_assert_str_eq(hs_mirror_cluster(mirror), "c");
    ck_assert_int_eq(next().kind, HS_MIRROR_ALL);
    no_more();
    ck_assert(asks("{\"cmd\":\"follow\",\"since\":\"" ONE "-5\"}\n"));
    hs_mirror_free(mirror);
}
END_TEST

START_TEST(test_changes_between_the_lines_of_a_snapshot_count)
{
    start();
    greet(ONE);
    fed("%s", state("snapshot", ONE "-5", true, ""));
    member("", "a", "alive", "");
    member(ONE "-6", "a", "suspect", "");
    member(ONE "-7", "c", "alive", "");
    member("", "b", "alive", "");
    fed("{\"follow\":\"gone\",\"id\":\"" ONE "-8\",\"name\":\"b\"}");
    fed("{\"follow\":\"roster\",\"version\":3,\"first\":true,\"members\":[{\"name\":\"x\","
        "\"tokens\":4}],\"last\":false}");
    ring_line(ONE "-9", 4, "ac", "\"removed\":[\"x\"],\"set\":[]");
    roster("ac", 4);
    ring_line(ONE "-10", 5, "a", "\"removed\":[\"c\"],\"set\":[]");
    current(ONE "-10", "a", 5, true);
    ck_assert(hs_mirror_current(mirror));
    ck_assert_int_eq(hs_mirror_find(mirror, "a")->status, HEARSAY_STATUS_SUSPECT);
    ck_assert_ptr_null(hs_mirror_find(mirror, "b"));
    ck_assert_ptr_nonnull(hs_mirror_find(mirror, "c"));
    hs_mirror_free(mirror);
}
END_TEST

START_TEST(test_changes_are_told_to_each_reader_once)
{
    struct hs_mirror_entry entry;

    start();
    snapshot(ONE, ONE "-0", "ab", true);
    ck_assert_int_eq(next().kind, HS_MIRROR_ALL);
    member(ONE "-1", "b", "suspect", "");
    fed("{\"follow\":\"event\",\"id\":\"" ONE "-2\",\"event\":{\"event\":\"health\"}}");
    ring_line(ONE "-3", 2, "a", "\"removed\":[\"b\"],\"set\":[]");
    flags(ONE "-4", true, true);
    entry = next();
    ck_assert_int_eq(entry.kind, HS_MIRROR_MEMBER);
    ck_assert_str_eq(entry.name, "b");
    ck_assert_str_eq(entry.id, ONE "-1");
    ck_assert_str_eq(entry.event, "{\"event\":\"member\"}");
    entry = next();
    ck_assert_int_eq(entry.kind, HS_MIRROR_EVENT);
    ck_assert_str_eq(entry.event, "{\"event\":\"health\"}");
    ck_assert_int_eq(next().kind, HS_MIRROR_RING);
    ck_assert_int_eq(next().kind, HS_MIRROR_STATE);
    ck_assert(hs_mirror_state(mirror).isolated && !hs_mirror_state(mirror).settling);
    fed("{\"follow\":\"state\",\"id\":\"" ONE "-5\",\"ready\":true,\"isolated\":true,"
        "\"leaving\":false,\"settling\":true}");
    ck_assert_int_eq(next().kind, HS_MIRROR_STATE);
    ck_assert(hs_mirror_state(mirror).settling);
    no_more();
    ck_assert_uint_eq(hearsay_ring_members(hs_mirror_ring(mirror)), 1);
    hs_mirror_free(mirror);
}
END_TEST

START_TEST(test_a_reader_that_is_late_looks_at_everything)
{
    char id[HS_MIRROR_ID_MAX];
    uint64_t oldest = 0;
    struct hs_mirror_entry entry;

    start();
    snapshot(ONE, ONE "-0", "ab", true);
    next();
    for (int i = 1; i <= HS_MIRROR_LOG_MAX + 1; i++) {
        snprintf(id, sizeof(id), ONE "-%d", i);
        member(id, "b", "alive", "");
    }
    ck_assert_int_eq(next().kind, HS_MIRROR_ALL);
    no_more();
    for (int i = 0; i < HS_MIRROR_LOG_MAX; i++)
        ck_assert(hs_mirror_log_next(hs_mirror_log(mirror), &oldest, &entry));
    ck_assert(!hs_mirror_log_next(hs_mirror_log(mirror), &oldest, &entry));
    ck_assert_str_eq(entry.id, id);
    hs_mirror_free(mirror);
}
END_TEST

START_TEST(test_round_trips_come_with_signs_of_life)
{
    uint64_t beats;

    start();
    snapshot(ONE, ONE "-0", "ab", true);
    next();
    fed("%s", state("alive", ONE "-0", true, ",\"rtt_us\":{\"b\":812,\"nobody\":1,\"a\":\"x\"}"));
    ck_assert_uint_eq(hs_mirror_find(mirror, "b")->rtt_us, 812);
    ck_assert_ptr_nonnull(hs_mirror_round_trips(mirror, &beats));
    ck_assert_uint_eq(beats, 1);
    no_more();
    hs_mirror_free(mirror);
}
END_TEST

START_TEST(test_a_sign_of_life_may_be_older_than_the_lines_before_it)
{
    uint64_t beats;

    start();
    snapshot(ONE, ONE "-0", "ab", true);
    member(ONE "-1", "b", "alive", "");
    member(ONE "-2", "b", "alive", "");
    fed("%s", state("alive", ONE "-1", false, ",\"rtt_us\":{\"b\":812}"));
    ck_assert_uint_eq(hs_mirror_find(mirror, "b")->rtt_us, 812);
    ck_assert_str_eq(hs_mirror_state(mirror).id, ONE "-2");
    ck_assert_msg(hs_mirror_state(mirror).ready, "what the agent was like before is no news");
    hs_mirror_round_trips(mirror, &beats);
    ck_assert_uint_eq(beats, 0);
    hs_mirror_free(mirror);
}
END_TEST

START_TEST(test_a_member_is_written_as_members_shows_it)
{
    json_t *object;

    start();
    snapshot(ONE, ONE "-0", "ab", true);
    object = hs_mirror_member_json(hs_mirror_find(mirror, "a"), 1769903999000000 + 5,
                                   hs_mirror_ring(mirror));
    ck_assert_int_eq(json_integer_value(json_object_get(object, "in_state_us")), 5);
    ck_assert_str_eq(json_string_value(json_object_get(object, "addr")), "10.0.0.1:7847");
    ck_assert_str_eq(json_string_value(json_array_get(json_object_get(object, "keys"), 0)),
                     "a1b2c3d4");
    ck_assert_ptr_null(json_object_get(object, "since"));
    ck_assert(json_is_true(json_object_get(object, "in_ring")));
    json_decref(object);
    ring_line(ONE "-1", 2, "b", "\"removed\":[\"a\"],\"set\":[]");
    object = hs_mirror_member_json(hs_mirror_find(mirror, "a"), 0, hs_mirror_ring(mirror));
    ck_assert(json_is_false(json_object_get(object, "in_ring")));
    json_decref(object);
    object = hs_mirror_member_since_json(hs_mirror_find(mirror, "a"));
    ck_assert_ptr_null(json_object_get(object, "in_ring"));
    json_decref(object);
    object = hs_mirror_member_since_json(hs_mirror_find(mirror, "a"));
    ck_assert_str_eq(json_string_value(json_object_get(object, "since")),
                     "2026-01-31T23:59:59.000000Z");
    ck_assert_ptr_null(json_object_get(object, "in_state_us"));
    json_decref(object);
    hs_mirror_free(mirror);
}
END_TEST

/* ---- rings in steps ---------------------------------------------------------------------- */

static size_t ring_size(void)
{
    return hearsay_ring_members(hs_mirror_ring(mirror));
}

/* A mirror of a and b, whose agent has just said that b goes out of the ring. */
static void begin_change(void)
{
    start();
    snapshot(ONE, ONE "-0", "ab", true);
    next();
    hs_mirror_in_steps(mirror, 1);
    ck_assert(!hs_mirror_busy(mirror));
    ring_line(ONE "-1", 2, "a", "\"removed\":[\"b\"],\"set\":[]");
    ck_assert(hs_mirror_busy(mirror));
}

START_TEST(test_a_ring_in_steps_is_shown_when_it_is_made)
{
    begin_change();
    unsigned steps = 0;
    for (; hs_mirror_busy(mirror); steps++) {
        ck_assert_uint_eq(ring_size(), 2);
        ck_assert_str_eq(hs_mirror_state(mirror).id, ONE "-0");
        ck_assert(hs_mirror_current(mirror));
        no_more();
        ck_assert_int_eq(hs_mirror_step(mirror), 0);
    }
    ck_assert_uint_gt(steps, 1);
    ck_assert_uint_eq(ring_size(), 1);
    ck_assert_str_eq(hs_mirror_state(mirror).id, ONE "-1");
    ck_assert_uint_eq(hs_mirror_state(mirror).ring_version, 2);
    ck_assert_str_eq(next().id, ONE "-1");
    ck_assert_int_eq(hs_mirror_step(mirror), 0);
    no_more();
    hs_mirror_free(mirror);
}
END_TEST

START_TEST(test_the_next_line_ends_what_was_begun)
{
    begin_change();
    hs_mirror_step(mirror);
    member(ONE "-2", "b", "dead", "");
    ck_assert(!hs_mirror_busy(mirror));
    ck_assert_uint_eq(ring_size(), 1);
    ck_assert_int_eq(next().kind, HS_MIRROR_RING);
    ck_assert_int_eq(next().kind, HS_MIRROR_MEMBER);
    no_more();
    hs_mirror_free(mirror);
}
END_TEST

START_TEST(test_a_cut_amid_a_ring_is_resumed_before_it)
{
    begin_change();
    hs_mirror_step(mirror);
    hs_mirror_cut(mirror);
    ck_assert(!hs_mirror_busy(mirror));
    ck_assert_uint_eq(ring_size(), 2);
    ck_assert(asks("{\"cmd\":\"follow\",\"since\":\"" ONE "-0\"}\n"));
    greet(ONE);
    ring_line(ONE "-1", 2, "a", "\"removed\":[\"b\"],\"set\":[]");
    current(ONE "-1", "a", 2, true);
    ck_assert(hs_mirror_current(mirror));
    ck_assert_uint_eq(ring_size(), 1);
    hs_mirror_free(mirror);
}
END_TEST

START_TEST(test_a_snapshot_in_steps_is_the_same)
{
    start();
    hs_mirror_in_steps(mirror, 1);
    snapshot(ONE, ONE "-0", "abc", true);
    ck_assert(hs_mirror_current(mirror));
    ck_assert_uint_eq(ring_size(), 3);
    hs_mirror_free(mirror);
}
END_TEST

/* ---- cuts -------------------------------------------------------------------------------- */

START_TEST(test_a_cut_connection_is_resumed)
{
    start();
    snapshot(ONE, ONE "-0", "ab", true);
    next();
    member(ONE "-1", "b", "suspect", "");
    hs_mirror_cut(mirror);
    ck_assert(!hs_mirror_current(mirror));
    ck_assert_ptr_nonnull(hs_mirror_find(mirror, "b"));
    ck_assert(asks("{\"cmd\":\"follow\",\"since\":\"" ONE "-1\"}\n"));
    greet(ONE);
    member(ONE "-2", "b", "dead", "");
    ck_assert(!hs_mirror_current(mirror));
    current(ONE "-2", "ab", 1, true);
    ck_assert(hs_mirror_current(mirror));
    ck_assert_str_eq(next().id, ONE "-1");
    ck_assert_str_eq(next().id, ONE "-2");
    no_more();
    hs_mirror_free(mirror);
}
END_TEST

START_TEST(test_after_a_resync_the_differences_are_told)
{
    struct hs_mirror_entry entry;

    start();
    snapshot(ONE, ONE "-0", "abc", true);
    next();
    fed("{\"follow\":\"resync\"}");
    ck_assert(!hs_mirror_current(mirror));
    ck_assert_uint_eq(hs_mirror_count(mirror, HEARSAY_STATUS_NONE), 3);
    fed("%s", state("alive", ONE "-2000", true, ""));
    ck_assert(asks("{\"cmd\":\"follow\"}\n"));
    fed("%s", state("snapshot", ONE "-2000", true, ""));
    member("", "b", "alive", "");
    member("", "c", "alive", "\"x\":\"1\"");
    member("", "d", "alive", "");
    roster("bcd", 9);
    current(ONE "-2000", "bcd", 9, true);
    entry = next();
    ck_assert(entry.kind == HS_MIRROR_GONE && strcmp(entry.name, "a") == 0);
    entry = next();
    ck_assert(entry.kind == HS_MIRROR_MEMBER && strcmp(entry.name, "c") == 0);
    entry = next();
    ck_assert(entry.kind == HS_MIRROR_MEMBER && strcmp(entry.name, "d") == 0);
    ck_assert_int_eq(next().kind, HS_MIRROR_RING);
    no_more();
    hs_mirror_free(mirror);
}
END_TEST

START_TEST(test_half_a_snapshot_is_dropped_with_its_connection)
{
    start();
    snapshot(ONE, ONE "-0", "ab", true);
    fed("{\"follow\":\"resync\"}");
    fed("%s", state("snapshot", ONE "-7", true, ""));
    member("", "z", "alive", "");
    hs_mirror_cut(mirror);
    ck_assert(asks("{\"cmd\":\"follow\"}\n"));
    ck_assert_ptr_nonnull(hs_mirror_find(mirror, "a"));
    ck_assert_ptr_null(hs_mirror_find(mirror, "z"));
    snapshot(ONE, ONE "-9", "a", true);
    ck_assert(hs_mirror_current(mirror));
    hs_mirror_free(mirror);
}
END_TEST

START_TEST(test_a_new_instance_is_shown_when_it_has_joined)
{
    start();
    snapshot(ONE, ONE "-3", "abc", true);
    hs_mirror_cut(mirror);
    greet(TWO);
    fed("{\"follow\":\"resync\"}");
    hs_mirror_cut(mirror);
    snapshot(TWO, TWO "-0", "a", false);
    ck_assert(hs_mirror_waits(mirror) && !hs_mirror_current(mirror));
    ck_assert_uint_eq(hs_mirror_count(mirror, HEARSAY_STATUS_NONE), 3);
    member(TWO "-1", "b", "alive", "");
    hs_mirror_cut(mirror);
    ck_assert(asks("{\"cmd\":\"follow\",\"since\":\"" TWO "-1\"}\n"));
    greet(TWO);
    current(TWO "-1", "a", 1, false);
    flags(TWO "-2", true, false);
    ck_assert(!hs_mirror_waits(mirror) && hs_mirror_current(mirror));
    ck_assert_uint_eq(hs_mirror_count(mirror, HEARSAY_STATUS_NONE), 2);
    hs_mirror_free(mirror);
}
END_TEST

START_TEST(test_an_owner_may_adopt_what_waits)
{
    start();
    snapshot(ONE, ONE "-3", "abc", true);
    hs_mirror_cut(mirror);
    snapshot(TWO, TWO "-0", "a", false);
    hs_mirror_adopt(mirror);
    ck_assert(hs_mirror_current(mirror));
    ck_assert_uint_eq(hs_mirror_count(mirror, HEARSAY_STATUS_NONE), 1);
    hs_mirror_free(mirror);
}
END_TEST

HARNESS_MAIN("mirror", test_a_snapshot_is_shown_when_it_is_complete,
             test_changes_between_the_lines_of_a_snapshot_count,
             test_changes_are_told_to_each_reader_once,
             test_a_reader_that_is_late_looks_at_everything,
             test_round_trips_come_with_signs_of_life,
             test_a_sign_of_life_may_be_older_than_the_lines_before_it,
             test_a_member_is_written_as_members_shows_it,
             test_a_ring_in_steps_is_shown_when_it_is_made, test_the_next_line_ends_what_was_begun,
             test_a_cut_amid_a_ring_is_resumed_before_it, test_a_snapshot_in_steps_is_the_same,
             test_a_cut_connection_is_resumed, test_after_a_resync_the_differences_are_told,
             test_half_a_snapshot_is_dropped_with_its_connection,
             test_a_new_instance_is_shown_when_it_has_joined, test_an_owner_may_adopt_what_waits)
