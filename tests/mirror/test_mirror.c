/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors that are fed with lines as an agent would send them, and with lines that none would. */
#include "harness.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <hearsay/error.h>
#include <hearsay/host.h>

#include "mirror/mirror.h"

#define ONE "00000000000000a1" /* instances of the agent */
#define TWO "00000000000000a2"

static struct hs_mirror *mirror;
static uint64_t cursor; /* of the log */
static uint64_t random_state = 1;

/* ---- an agent ---------------------------------------------------------------------------- */

static int feed(const char *line)
{
    return hs_mirror_feed(mirror, line, strlen(line));
}

static void fed(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void fed(const char *format, ...)
{
    char line[4096];
    va_list args;

    va_start(args, format);
    vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    ck_assert_msg(feed(line) == 0, "%s: %s", line, hs_mirror_fault(mirror));
}

/* The line is refused, with a sentence. The connection is over. */
static void refused(int err, const char *line)
{
    ck_assert_msg(feed(line) == err, "%s: %s", line, hs_mirror_fault(mirror));
    ck_assert_str_ne(hs_mirror_fault(mirror), "");
    ck_assert(!hs_mirror_current(mirror));
    hs_mirror_cut(mirror);
}

static void member(const char *id, const char *name, const char *status, const char *tags)
{
    char with[80] = "";

    if (id[0] != '\0')
        snprintf(with, sizeof(with), "\"id\":\"%s\",\"event\":{\"event\":\"member\"},", id);
    fed("{\"follow\":\"member\",%s\"member\":{\"name\":\"%s\",\"addr\":\"10.0.0.1:7847\","
        "\"status\":\"%s\",\"cause\":\"%s\",\"id\":\"00000000000000ff\","
        "\"instance\":\"00000000000000fe\",\"timestamp\":7,\"start\":6,\"tokens\":4,"
        "\"tags\":{%s},\"self\":false,\"rtt_us\":300,\"version_min\":1,\"version_max\":1,"
        "\"since\":\"2026-01-31T23:59:59.000000Z\",\"keys\":[\"a1b2c3d4\"]}}",
        with, name, status, strcmp(status, "dead") == 0 ? "failed" : "none", tags);
}

/* Sums of the ring of these one-letter names. */
static void ring_sums(const char *names, char text[160], int version)
{
    struct hearsay_allocator allocator = hearsay_host_allocator();
    struct hearsay_ring_member members[16];
    char texts[16][2];
    struct hearsay_ring *ring;
    size_t count = strlen(names);

    for (size_t i = 0; i < count; i++) {
        texts[i][0] = names[i];
        texts[i][1] = '\0';
        members[i] = (struct hearsay_ring_member){texts[i], NULL, 4};
    }
    ck_assert_int_eq(hearsay_ring_new(&ring, &allocator, members, count), 0);
    snprintf(text, 160,
             "\"version\":%d,\"checksum\":\"%016" PRIx64 "\",\"zones_checksum\":\"%016" PRIx64 "\"",
             version, hearsay_ring_checksum(ring), hearsay_ring_zones_checksum(ring));
    hearsay_ring_unref(ring);
}

static const char *state(const char *kind, const char *id, bool ready, const char *more)
{
    static char line[1024];

    snprintf(line, sizeof(line),
             "{\"follow\":\"%s\",\"id\":\"%s\",\"time\":\"2026-01-31T23:59:59.500000Z\","
             "\"digest\":\"00000000000000d1\",\"ready\":%s,\"isolated\":false,\"leaving\":false%s}",
             kind, id, ready ? "true" : "false", more);
    return line;
}

static void greet(const char *instance)
{
    fed("{\"ok\":true,\"node\":\"a\",\"cluster\":\"c\",\"instance\":\"%s\"}", instance);
}

static void current(const char *id, const char *names, int version, bool ready)
{
    char sums[160], ring[200];

    ring_sums(names, sums, version);
    snprintf(ring, sizeof(ring), ",\"ring\":{%s}", sums);
    fed("%s", state("current", id, ready, ring));
}

static void roster(const char *names, int version)
{
    size_t count = strlen(names);

    for (size_t i = 0; i < count; i++)
        fed("{\"follow\":\"roster\",\"version\":%d,\"first\":%s,\"members\":[{\"name\":\"%c\","
            "\"tokens\":4}],\"last\":%s}",
            version, i == 0 ? "true" : "false", names[i], i + 1 == count ? "true" : "false");
}

/* A whole snapshot of members with one-letter names. */
static void snapshot(const char *instance, const char *id, const char *names, bool ready)
{
    greet(instance);
    fed("%s", state("snapshot", id, ready, ""));
    for (const char *name = names; *name; name++)
        member("", (char[]){*name, '\0'}, "alive", "");
    roster(names, 1);
    current(id, names, 1, ready);
}

static void ring_line(const char *id, int version, const char *names, const char *changes)
{
    char sums[160];

    ring_sums(names, sums, version);
    fed("{\"follow\":\"ring\",\"id\":\"%s\",%s,%s}", id, sums, changes);
}

static struct hs_mirror_entry next(void)
{
    struct hs_mirror_entry entry = {.number = 0};

    ck_assert(hs_mirror_log_next(hs_mirror_log(mirror), &cursor, &entry));
    return entry;
}

static void no_more(void)
{
    struct hs_mirror_entry entry;

    ck_assert(!hs_mirror_log_next(hs_mirror_log(mirror), &cursor, &entry));
}

static void start(void)
{
    mirror = hs_mirror_new(NULL);
    ck_assert_ptr_nonnull(mirror);
    cursor = 0;
}

static bool asks(const char *request)
{
    char text[HS_MIRROR_REQUEST_MAX];

    hs_mirror_request(mirror, text);
    return strcmp(text, request) == 0;
}

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
    fed("{\"follow\":\"state\",\"id\":\"" ONE "-4\",\"ready\":true,\"isolated\":true,"
        "\"leaving\":false}");
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
    ck_assert(hs_mirror_state(mirror).isolated);
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

START_TEST(test_a_member_is_written_as_members_shows_it)
{
    json_t *object;

    start();
    snapshot(ONE, ONE "-0", "ab", true);
    object = hs_mirror_member_json(hs_mirror_find(mirror, "a"), 1769903999000000 + 5);
    ck_assert_int_eq(json_integer_value(json_object_get(object, "in_state_us")), 5);
    ck_assert_str_eq(json_string_value(json_object_get(object, "addr")), "10.0.0.1:7847");
    ck_assert_str_eq(json_string_value(json_array_get(json_object_get(object, "keys"), 0)),
                     "a1b2c3d4");
    ck_assert_ptr_null(json_object_get(object, "since"));
    json_decref(object);
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
    fed("{\"follow\":\"state\",\"id\":\"" TWO "-2\",\"ready\":true,\"isolated\":false,"
        "\"leaving\":false}");
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

HARNESS_MAIN("mirror", test_a_snapshot_is_shown_when_it_is_complete,
             test_changes_between_the_lines_of_a_snapshot_count,
             test_changes_are_told_to_each_reader_once,
             test_a_reader_that_is_late_looks_at_everything,
             test_round_trips_come_with_signs_of_life, test_a_member_is_written_as_members_shows_it,
             test_a_cut_connection_is_resumed, test_after_a_resync_the_differences_are_told,
             test_half_a_snapshot_is_dropped_with_its_connection,
             test_a_new_instance_is_shown_when_it_has_joined, test_an_owner_may_adopt_what_waits,
             test_what_is_no_line_of_follow_is_refused, test_a_line_that_is_missing_is_noticed,
             test_lines_before_a_snapshot_or_after_a_resync_are_refused,
             test_a_ring_that_is_not_the_agents_is_refused, test_bounds_hold,
             test_an_agent_that_refuses_is_quoted, test_kinds_of_later_releases_are_passed_over,
             test_damaged_lines_do_no_harm)
