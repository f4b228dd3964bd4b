/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors that are fed with lines that no agent sends, and that have no memory. */
#include "agent_lines.h"

#include "mirror/seed.h"

static uint64_t random_state = 1;

/* ---- memory ------------------------------------------------------------------------------ */

static unsigned long left; /* allocations until one fails, that one included; 0: none does */

static bool fails(void)
{
    return left > 0 && --left == 0;
}

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : __real_calloc(count, size);
}

void *__real_realloc(void *at, size_t size);
void *__wrap_realloc(void *at, size_t size);
void *__wrap_realloc(void *at, size_t size)
{
    return fails() ? NULL : __real_realloc(at, size);
}

/* ---- lines that no agent sends ----------------------------------------------------------- */

START_TEST(test_what_is_no_line_of_follow_is_refused)
{
    static const char *const lines[] = {
        "",
        "{",
        "[]",
        "7",
        "{}",
        "{\"follow\":7}",
        "{\"follow\":\"\"}",
        "{\"follow\":\"snapshot\"}",
        "{\"follow\":\"current\"}",
        "{\"follow\":\"roster\"}",
        "{\"follow\":\"gone\",\"id\":\"" ONE "-1\"}",
        "{\"follow\":\"gone\",\"id\":\"" ONE "-1\",\"name\":\"no name\"}",
        "{\"follow\":\"gone\",\"id\":7,\"name\":\"a\"}",
        "{\"follow\":\"gone\",\"id\":\"" ONE "\",\"name\":\"a\"}",
        "{\"follow\":\"gone\",\"id\":\"" ONE "-1x\",\"name\":\"a\"}",
        "{\"follow\":\"gone\",\"id\":\"-1\",\"name\":\"a\"}",
        "{\"follow\":\"member\",\"id\":\"" ONE "-1\"}",
        "{\"follow\":\"member\",\"id\":\"" ONE "-1\",\"member\":{\"name\":\"a\",\"tags\":{}}}",
        "{\"follow\":\"state\",\"id\":\"" ONE "-1\",\"ready\":1}",
        "{\"follow\":\"ring\",\"id\":\"" ONE "-1\",\"version\":2}",
    };

    start();
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        snapshot(ONE, ONE "-0", "ab", true);
        ck_assert_msg(feed(lines[i]) < 0, "%s", lines[i]);
        ck_assert_str_ne(hs_mirror_fault(mirror), "");
        ck_assert(!hs_mirror_current(mirror));
        hs_mirror_cut(mirror);
        ck_assert(asks("{\"cmd\":\"follow\"}\n"));
        ck_assert_ptr_nonnull(hs_mirror_find(mirror, "a"));
    }
    hs_mirror_free(mirror);
}
END_TEST

START_TEST(test_a_line_that_is_missing_is_noticed)
{
    start();
    snapshot(ONE, ONE "-0", "ab", true);
    refused(HEARSAY_ERR_INVALID, "{\"follow\":\"gone\",\"id\":\"" ONE "-2\",\"name\":\"a\"}");
    ck_assert_ptr_nonnull(strstr(hs_mirror_fault(mirror), "does not follow " ONE "-0"));
    snapshot(ONE, ONE "-0", "ab", true);
    refused(HEARSAY_ERR_INVALID, state("alive", ONE "-1", true, ""));
    snapshot(ONE, ONE "-0", "ab", true);
    refused(HEARSAY_ERR_INVALID, "{\"follow\":\"gone\",\"id\":\"" TWO "-1\",\"name\":\"a\"}");
    snapshot(ONE, ONE "-0", "ab", true);
    refused(HEARSAY_ERR_INVALID, "{\"follow\":\"gone\",\"name\":\"a\"}");
    snapshot(ONE, ONE "-0", "ab", true);
    refused(HEARSAY_ERR_INVALID, state("current", ONE "-1", true, ",\"ring\":{}"));
    hs_mirror_free(mirror);
}
END_TEST

START_TEST(test_lines_before_a_snapshot_or_after_a_resync_are_refused)
{
    start();
    greet(ONE);
    refused(HEARSAY_ERR_INVALID, "{\"follow\":\"gone\",\"id\":\"" ONE "-1\",\"name\":\"a\"}");
    snapshot(ONE, ONE "-0", "ab", true);
    fed("{\"follow\":\"resync\"}");
    refused(HEARSAY_ERR_INVALID, "{\"follow\":\"gone\",\"id\":\"" ONE "-1\",\"name\":\"a\"}");
    hs_mirror_free(mirror);
}
END_TEST

START_TEST(test_a_ring_that_is_not_the_agents_is_refused)
{
    char sums[160], line[400];

    start();
    greet(ONE);
    fed("%s", state("snapshot", ONE "-0", true, ""));
    roster("ab", 1);
    ring_sums("a", sums, 1);
    snprintf(line, sizeof(line), ",\"ring\":{%s}", sums);
    refused(HEARSAY_ERR_INVALID, state("current", ONE "-0", true, line));
    snapshot(ONE, ONE "-0", "ab", true);
    snprintf(line, sizeof(line),
             "{\"follow\":\"ring\",\"id\":\"" ONE "-1\",%s,\"removed\":[\"a\"],\"set\":[]}", sums);
    refused(HEARSAY_ERR_INVALID, line);
    snapshot(ONE, ONE "-0", "ab", true);
    refused(HEARSAY_ERR_INVALID, "{\"follow\":\"roster\",\"version\":1,\"first\":true,"
                                 "\"members\":[],\"last\":true}");
    ck_assert_ptr_nonnull(hs_mirror_ring(mirror));
    hs_mirror_free(mirror);
}
END_TEST

START_TEST(test_bounds_hold)
{
    static char longest[HS_CTL_FOLLOW_LINE_MAX + 1];

    mirror = hs_mirror_new(&(struct hs_mirror_bounds){.members_max = 2, .tokens_max = 8});
    snapshot(ONE, ONE "-0", "ab", true);
    ck_assert_int_eq(feed("{\"follow\":\"ring\",\"id\":\"" ONE "-1\",\"version\":2,\"removed\":[],"
                          "\"set\":[{\"name\":\"c\",\"tokens\":4}]}"),
                     HEARSAY_ERR_TOOBIG);
    hs_mirror_cut(mirror);
    greet(ONE);
    fed("%s", state("snapshot", ONE "-0", true, ""));
    member("", "a", "alive", "");
    member("", "b", "alive", "");
    member("", "b", "dead", "");
    ck_assert_int_eq(feed("{\"follow\":\"roster\",\"version\":1,\"first\":true,\"members\":[{"
                          "\"name\":\"c\",\"tokens\":9}],\"last\":true}"),
                     HEARSAY_ERR_TOOBIG);
    hs_mirror_cut(mirror);
    memset(longest, ' ', sizeof(longest));
    ck_assert_int_eq(hs_mirror_feed(mirror, longest, sizeof(longest)), HEARSAY_ERR_TOOBIG);
    hs_mirror_free(mirror);
}
END_TEST

START_TEST(test_an_agent_that_refuses_is_quoted)
{
    start();
    refused(HEARSAY_ERR_STOPPED,
            "{\"ok\":false,\"error\":\"refused\",\"message\":\"48 monitors are served already\"}");
    ck_assert_str_eq(hs_mirror_fault(mirror), "the agent refuses: 48 monitors are served already");
    refused(HEARSAY_ERR_SYNTAX, "{\"ok\":true}");
    hs_mirror_free(mirror);
}
END_TEST

START_TEST(test_kinds_of_later_releases_are_passed_over)
{
    start();
    snapshot(ONE, ONE "-0", "ab", true);
    fed("{\"follow\":\"weather\",\"id\":\"" ONE "-1\",\"rain\":true}");
    member(ONE "-2", "b", "dead", "");
    ck_assert(hs_mirror_current(mirror));
    hs_mirror_free(mirror);
}
END_TEST

/* One byte of a good line is another, or the rest of it is missing. */
START_TEST(test_damaged_lines_do_no_harm)
{
    char line[600];

    start();
    for (int i = 0; i < 3000; i++) {
        snapshot(ONE, ONE "-0", "ab", true);
        snprintf(line, sizeof(line),
                 "{\"follow\":\"member\",\"id\":\"" ONE "-1\",\"member\":{\"name\":\"b\","
                 "\"addr\":\"10.0.0.1:7847\",\"status\":\"dead\",\"cause\":\"failed\","
                 "\"id\":\"00000000000000ff\",\"instance\":\"00000000000000fe\",\"timestamp\":7,"
                 "\"start\":6,\"tokens\":4,\"tags\":{\"k\":\"v\"},\"self\":false,\"rtt_us\":300,"
                 "\"version_min\":1,\"version_max\":1,\"since\":\"2026-01-31T23:59:59.000000Z\"}}");
        size_t at = harness_below(&random_state, strlen(line));
        line[at] = i % 4 == 0 ? '\0' : (char)harness_random(&random_state);
        feed(line);
        hs_mirror_members(mirror);
        hs_mirror_cut(mirror);
    }
    hs_mirror_free(mirror);
}
END_TEST

/* Whichever allocation fails, the mirror says so, and the next connection sets it right. */
START_TEST(test_each_allocation_may_fail)
{
    static char lines[32][1024];
    unsigned long call = 0;
    bool fired = true;

    json_set_alloc_funcs(malloc, free);
    start();
    kept = lines;
    snapshot(ONE, ONE "-0", "ab", true);
    member(ONE "-1", "b", "dead", "\"k\":\"v\"");
    ring_line(ONE "-2", 2, "a", "\"removed\":[\"b\"],\"set\":[]");
    fed("%s", state("alive", ONE "-2", true, ",\"rtt_us\":{\"b\":812}"));
    kept = NULL;
    hs_mirror_free(mirror);
    while (fired) {
        int err = 0;

        start();
        left = ++call;
        for (size_t i = 0; i < kept_count && err == 0; i++)
            err = feed(lines[i]);
        fired = left == 0;
        left = 0;
        ck_assert(fired ? err < 0 : err == 0);
        hs_mirror_cut(mirror);
        snapshot(ONE, ONE "-9", "ab", true);
        ck_assert(hs_mirror_current(mirror));
        hs_mirror_free(mirror);
    }
    ck_assert_uint_gt(call, 50);
}
END_TEST

/* A part of what a mirror shows is not kept, and not shown by the next one. */
START_TEST(test_without_memory_nothing_is_kept_or_resumed)
{
    json_t *seed = NULL, *none = json_array();
    unsigned long call;
    bool fired;

    json_set_alloc_funcs(malloc, free);
    start();
    snapshot(ONE, ONE "-0", "ab", true);
    for (call = 1; !seed; call++) {
        left = call;
        seed = hs_mirror_seed_json(mirror);
        fired = left == 0;
        left = 0;
        ck_assert(fired == !seed);
    }
    ck_assert_uint_gt(call, 20);
    call = 1;
    for (int err = HEARSAY_ERR_NOMEM; err != 0;) {
        hs_mirror_free(mirror);
        start();
        left = call++;
        err = hs_mirror_seed(mirror, seed, none);
        fired = left == 0;
        left = 0;
        ck_assert(fired == (err < 0));
        ck_assert(!fired || hs_mirror_state(mirror).id[0] == '\0');
    }
    hs_mirror_free(mirror);
    json_decref(seed);
    json_decref(none);
}
END_TEST

HARNESS_MAIN("mirror_bad", test_what_is_no_line_of_follow_is_refused,
             test_a_line_that_is_missing_is_noticed,
             test_lines_before_a_snapshot_or_after_a_resync_are_refused,
             test_a_ring_that_is_not_the_agents_is_refused, test_bounds_hold,
             test_an_agent_that_refuses_is_quoted, test_kinds_of_later_releases_are_passed_over,
             test_damaged_lines_do_no_harm, test_each_allocation_may_fail,
             test_without_memory_nothing_is_kept_or_resumed)
