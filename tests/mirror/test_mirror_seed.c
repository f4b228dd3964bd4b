/* SPDX-License-Identifier: Apache-2.0 */
/* What a mirror showed is kept, and the mirror of another process resumes from there. */
#include "agent_lines.h"

#include "mirror/seed.h"

static json_t *seed, *members;

/* As an owner does that keeps all members. */
static void keep(void)
{
    const struct hs_mirror_member *const *all = hs_mirror_members(mirror);

    seed = hs_mirror_seed_json(mirror);
    members = json_array();
    for (size_t i = 0; i < hs_mirror_count(mirror, HEARSAY_STATUS_NONE); i++)
        json_array_append_new(members, hs_mirror_member_since_json(all[i]));
    hs_mirror_free(mirror);
}

/* The agent's process is ONE, and was followed up to line 3. b is dead and has its keys still. */
static void keep_one(void)
{
    start();
    snapshot(ONE, ONE "-0", "abc", true);
    member(ONE "-1", "b", "suspect", "\"k\":\"v\"");
    ring_line(ONE "-2", 2, "ab", "\"removed\":[\"c\"],\"set\":[]");
    member(ONE "-3", "b", "dead", "\"k\":\"v\"");
    keep();
    ck_assert_uint_eq(json_array_size(members), 3);
}

static void start_from_kept(void)
{
    start();
    ck_assert_int_eq(hs_mirror_seed(mirror, seed, members), 0);
}

static void end(void)
{
    hs_mirror_free(mirror);
    json_decref(seed);
    json_decref(members);
}

START_TEST(test_another_process_resumes)
{
    keep_one();
    start_from_kept();
    ck_assert(!hs_mirror_current(mirror) && !hs_mirror_greeted(mirror));
    ck_assert_uint_eq(hs_mirror_count(mirror, HEARSAY_STATUS_DEAD), 1);
    ck_assert_str_eq(hs_mirror_member_tag(hs_mirror_find(mirror, "b"), "k"), "v");
    ck_assert_uint_eq(hearsay_ring_members(hs_mirror_ring(mirror)), 2);
    ck_assert_uint_eq(hs_mirror_state(mirror).ring_version, 2);
    ck_assert(hs_mirror_state(mirror).ready);
    ck_assert(asks("{\"cmd\":\"follow\",\"since\":\"" ONE "-3\"}\n"));
    ck_assert_int_eq(next().kind, HS_MIRROR_ALL);
    greet(ONE);
    ck_assert(hs_mirror_greeted(mirror));
    member(ONE "-4", "b", "alive", "");
    ck_assert_str_eq(next().id, ONE "-4");
    ring_line(ONE "-5", 3, "abc", "\"removed\":[],\"set\":[{\"name\":\"c\",\"tokens\":4}]");
    current(ONE "-5", "abc", 3, true);
    ck_assert(hs_mirror_current(mirror));
    ck_assert_str_eq(next().id, ONE "-5");
    no_more();
    end();
}
END_TEST

START_TEST(test_an_agent_that_refuses_is_asked_the_same_again)
{
    keep_one();
    start_from_kept();
    for (int i = 0; i < 2; i++) {
        refused(HEARSAY_ERR_STOPPED, "{\"ok\":false,\"error\":\"refused\",\"message\":\"full\"}");
        ck_assert(asks("{\"cmd\":\"follow\",\"since\":\"" ONE "-3\"}\n"));
    }
    greet(ONE);
    current(ONE "-3", "ab", 2, true);
    ck_assert(hs_mirror_current(mirror));
    end();
}
END_TEST

START_TEST(test_what_is_kept_of_what_was_resumed_is_the_same)
{
    keep_one();
    json_t *first = json_incref(seed);
    start_from_kept();
    json_decref(seed);
    json_decref(members);
    keep();
    ck_assert(json_equal(first, seed));
    json_decref(first);
    mirror = NULL;
    end();
}
END_TEST

START_TEST(test_after_a_resync_the_differences_are_told)
{
    keep_one();
    start_from_kept();
    next();
    greet(ONE);
    fed("{\"follow\":\"resync\"}");
    ck_assert_ptr_nonnull(hs_mirror_find(mirror, "b"));
    fed("%s", state("snapshot", ONE "-2000", true, ""));
    member("", "a", "alive", "");
    member("", "b", "alive", "\"k\":\"v\"");
    member("", "c", "alive", "");
    roster("ab", 9);
    current(ONE "-2000", "ab", 9, true);
    struct hs_mirror_entry entry = next();
    ck_assert_str_eq(entry.name, "b");
    ck_assert_str_eq(entry.id, "");
    no_more();
    end();
}
END_TEST

/* It may be of another cluster, so nothing of what was kept is shown, joined or not. */
START_TEST(test_another_instance_begins_anew)
{
    keep_one();
    start_from_kept();
    greet(TWO);
    ck_assert_ptr_null(hs_mirror_find(mirror, "a"));
    ck_assert_str_eq(hs_mirror_state(mirror).id, "");
    ck_assert(asks("{\"cmd\":\"follow\"}\n"));
    fed("{\"follow\":\"resync\"}");
    fed("%s", state("snapshot", TWO "-0", false, ""));
    member("", "a", "alive", "");
    roster("a", 1);
    current(TWO "-0", "a", 1, false);
    ck_assert(hs_mirror_current(mirror));
    ck_assert_uint_eq(hs_mirror_count(mirror, HEARSAY_STATUS_NONE), 1);
    end();
}
END_TEST

/* Only what is kept is forgotten so: what this process was told is shown until the other one has
 * joined. */
START_TEST(test_once_the_agent_was_reached_it_is_as_ever)
{
    keep_one();
    start_from_kept();
    hs_mirror_cut(mirror);
    greet(ONE);
    hs_mirror_cut(mirror);
    snapshot(TWO, TWO "-0", "a", false);
    ck_assert(hs_mirror_waits(mirror));
    ck_assert_ptr_nonnull(hs_mirror_find(mirror, "b"));
    end();
}
END_TEST

START_TEST(test_what_cannot_be_resumed_is_not_kept)
{
    start();
    ck_assert_ptr_null(hs_mirror_seed_json(mirror));
    snapshot(ONE, ONE "-0", "ab", true);
    fed("{\"follow\":\"resync\"}");
    ck_assert_ptr_null(hs_mirror_seed_json(mirror));
    fed("%s", state("snapshot", ONE "-9", true, ""));
    ck_assert_ptr_null(hs_mirror_seed_json(mirror));
    hs_mirror_cut(mirror);
    ck_assert_ptr_null(hs_mirror_seed_json(mirror));
    snapshot(ONE, ONE "-9", "ab", true);
    refused(HEARSAY_ERR_INVALID, "{\"follow\":\"gone\",\"id\":\"" ONE "-11\",\"name\":\"a\"}");
    ck_assert_ptr_null(hs_mirror_seed_json(mirror));
    hs_mirror_free(mirror);
}
END_TEST

static void expect_nothing(const json_t *lines, const json_t *of_members)
{
    ck_assert_int_lt(hs_mirror_seed(mirror, lines, of_members), 0);
    ck_assert_str_eq(hs_mirror_state(mirror).id, "");
    ck_assert_str_eq(hs_mirror_cluster(mirror), "");
    ck_assert_uint_eq(hs_mirror_count(mirror, HEARSAY_STATUS_NONE), 0);
    ck_assert(asks("{\"cmd\":\"follow\"}\n"));
}

START_TEST(test_what_is_kept_badly_is_as_if_nothing_were)
{
    keep_one();
    start();
    expect_nothing(NULL, members);
    expect_nothing(members, members);
    for (size_t i = 0; i < json_array_size(seed); i++) {
        json_t *line = json_incref(json_array_get(seed, i)), *less = json_copy(seed);

        json_array_remove(less, i);
        expect_nothing(less, members);
        json_decref(less);
        json_array_set_new(seed, i, json_integer(7));
        expect_nothing(seed, members);
        json_array_set_new(seed, i, json_pack("{s:s}", "follow", "resync"));
        expect_nothing(seed, members);
        json_array_set_new(seed, i, line);
    }
    json_array_append_new(members, json_object());
    expect_nothing(seed, members);
    json_array_remove(members, json_array_size(members) - 1);
    ck_assert_int_eq(hs_mirror_seed(mirror, seed, members), 0);
    end();
}
END_TEST

START_TEST(test_lines_of_the_log_say_what_time_it_is)
{
    start();
    snapshot(ONE, ONE "-0", "ab", true);
    uint64_t before = hs_mirror_state(mirror).time;
    fed("{\"follow\":\"event\",\"id\":\"" ONE "-1\",\"event\":{\"event\":\"health\",\"time\":"
        "\"2026-02-01T00:00:09.500000Z\"}}");
    ck_assert_uint_eq(hs_mirror_state(mirror).time, before + 10000000);
    member(ONE "-2", "b", "dead", "");
    ck_assert_uint_eq(hs_mirror_state(mirror).time, before + 10000000);
    hs_mirror_free(mirror);
}
END_TEST

HARNESS_MAIN("mirror_seed", test_another_process_resumes,
             test_an_agent_that_refuses_is_asked_the_same_again,
             test_what_is_kept_of_what_was_resumed_is_the_same,
             test_after_a_resync_the_differences_are_told, test_another_instance_begins_anew,
             test_once_the_agent_was_reached_it_is_as_ever, test_what_cannot_be_resumed_is_not_kept,
             test_what_is_kept_badly_is_as_if_nothing_were,
             test_lines_of_the_log_say_what_time_it_is)
