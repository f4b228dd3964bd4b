/* SPDX-License-Identifier: Apache-2.0 */
/* This program is started again: what its state says, and which events follow from the agent's
 * lines. Without a connection: the lines are fed by hand. */
#include "agent_lines.h"

#include "handle/kept.h"

static struct hs_feed events; /* of the mirror */
static char *file;            /* the state, as it was written last */
static size_t file_len;

static void expect(enum hs_kind kind, const char *name, const char *id, bool by_a_line)
{
    struct hs_item *item = hs_feed_next(&events);

    ck_assert_msg(item != NULL, "no %s", hs_kind_name(kind));
    ck_assert_str_eq(hs_kind_name(item->kind), hs_kind_name(kind));
    ck_assert_uint_eq(item->count, strlen(name));
    if (name[0] != '\0')
        ck_assert_str_eq(hs_item_member(item, 0)->name, name);
    ck_assert_str_eq(item->id, id);
    ck_assert(!item->event == !by_a_line);
    hs_item_unref(item);
}

static void expect_none(void)
{
    struct hs_item *item = hs_feed_next(&events);

    ck_assert_msg(!item, "%s", item ? hs_kind_name(item->kind) : "");
}

static void drain(void)
{
    struct hs_item *item;

    while ((item = hs_feed_next(&events)))
        hs_item_unref(item);
}

static void write_file(void)
{
    free(file);
    file = hs_kept_make("c", &events, NULL, 0, &file_len);
}

static void end(void)
{
    hs_feed_fini(&events);
    hs_mirror_free(mirror);
}

/* It is killed, and started again. */
static void start_again(void)
{
    struct hs_kept found;
    char words[HS_ERROR_TEXT_MAX];

    if (mirror)
        end();
    start();
    events = (struct hs_feed){.mirror = mirror};
    ck_assert_int_eq(hs_kept_read(file, file_len, &events, &found, words), HS_KEPT_GOOD);
    hs_kept_fini(&found);
}

/* It follows a, b and c up to line 5 of the agent's process ONE, and its state is written. */
static void start_first(void)
{
    start();
    events = (struct hs_feed){.mirror = mirror};
    snapshot(ONE, ONE "-5", "abc", true);
    drain();
    write_file();
}

START_TEST(test_each_line_since_then_is_an_event)
{
    start_first();
    start_again();
    ck_assert(asks("{\"cmd\":\"follow\",\"since\":\"" ONE "-5\"}\n"));
    greet(ONE);
    expect_none();
    member(ONE "-6", "b", "dead", "");
    expect(HS_KIND_FAILED, "b", ONE "-6", true);
    ring_line(ONE "-7", 2, "ac", "\"removed\":[\"b\"],\"set\":[]");
    expect(HS_KIND_RING, "", ONE "-7", false);
    member(ONE "-8", "b", "alive", "");
    expect(HS_KIND_JOIN, "b", ONE "-8", true);
    current(ONE "-8", "ac", 2, true);
    expect_none();
    end();
}
END_TEST

/* What was handled and not yet written is handled again, with the same id. */
START_TEST(test_after_a_kill_an_event_is_repeated_and_not_lost)
{
    start_first();
    member(ONE "-6", "b", "dead", "");
    expect(HS_KIND_FAILED, "b", ONE "-6", true);
    expect_none();
    start_again();
    greet(ONE);
    expect_none();
    member(ONE "-6", "b", "dead", "");
    expect(HS_KIND_FAILED, "b", ONE "-6", true);
    expect_none();
    write_file();
    start_again();
    ck_assert(asks("{\"cmd\":\"follow\",\"since\":\"" ONE "-6\"}\n"));
    end();
}
END_TEST

START_TEST(test_lines_that_the_agent_has_no_more_are_differences)
{
    start_first();
    start_again();
    greet(ONE);
    expect_none();
    fed("{\"follow\":\"resync\"}");
    expect_none();
    fed("%s", state("snapshot", ONE "-2000", true, ""));
    member("", "a", "alive", "");
    member("", "b", "dead", "");
    member("", "c", "alive", "");
    roster("ac", 9);
    expect_none();
    current(ONE "-2000", "ac", 9, true);
    expect(HS_KIND_FAILED, "b", ONE "-2000", false);
    expect(HS_KIND_RING, "", ONE "-2000", false);
    expect_none();
    end();
}
END_TEST

START_TEST(test_lines_of_another_agent_are_differences)
{
    start_first();
    start_again();
    greet(TWO);
    expect_none();
    fed("{\"follow\":\"resync\"}");
    fed("%s", state("snapshot", TWO "-5", false, ""));
    member("", "a", "alive", "");
    roster("a", 1);
    current(TWO "-5", "a", 1, false);
    expect_none();
    ck_assert(events.held);
    member(TWO "-6", "b", "alive", "");
    flags(TWO "-7", true, false);
    expect(HS_KIND_FAILED, "c", TWO "-7", false);
    expect(HS_KIND_REAP, "c", TWO "-7", false);
    expect(HS_KIND_RING, "", TWO "-7", false);
    expect_none();
    end();
}
END_TEST

/* As it holds back what an isolated agent thinks while it runs, so it does with what it missed. */
START_TEST(test_what_an_isolated_agent_thought_is_not_told)
{
    start_first();
    start_again();
    greet(ONE);
    expect_none();
    flags(ONE "-6", true, true);
    expect(HS_KIND_ISOLATED, "", ONE "-6", false);
    member(ONE "-7", "b", "dead", "");
    member(ONE "-8", "b", "alive", "");
    member(ONE "-9", "c", "dead", "");
    expect_none();
    flags(ONE "-10", true, false);
    expect(HS_KIND_FAILED, "c", ONE "-10", false);
    expect(HS_KIND_CONNECTED, "", ONE "-10", false);
    expect_none();
    end();
}
END_TEST

/* Then the roster is older than the view, and there is nothing to go on from. */
START_TEST(test_a_state_of_an_isolated_agent_is_compared)
{
    start_first();
    flags(ONE "-6", true, true);
    expect(HS_KIND_ISOLATED, "", ONE "-6", false);
    member(ONE "-7", "b", "dead", "");
    expect_none();
    write_file();
    start_again();
    ck_assert(asks("{\"cmd\":\"follow\"}\n"));
    greet(ONE);
    fed("%s", state("snapshot", ONE "-9", true, ""));
    member("", "a", "alive", "");
    member("", "b", "dead", "");
    member("", "c", "alive", "");
    roster("abc", 1);
    current(ONE "-9", "abc", 1, true);
    expect(HS_KIND_FAILED, "b", ONE "-9", false);
    expect(HS_KIND_CONNECTED, "", ONE "-9", false);
    expect_none();
    end();
}
END_TEST

/* The body of the state without its view, with a right head: as an older build writes it. */
START_TEST(test_a_state_without_a_view_is_compared)
{
    start_first();
    json_t *body = json_loads(strchr(file, '\n') + 1, 0, NULL);
    ck_assert(json_is_array(json_object_get(body, "view")));
    json_object_del(body, "view");
    char *text = json_dumps(body, JSON_COMPACT);
    free(file);
    file = malloc(strlen(text) + 100);
    file_len = (size_t)sprintf(file, "hearsay handled 1 %016" PRIx64 " %zu\n%s\n",
                               hearsay_ring_hash(text, strlen(text)), strlen(text) + 1, text);
    free(text);
    json_decref(body);
    start_again();
    ck_assert(events.known);
    ck_assert(asks("{\"cmd\":\"follow\"}\n"));
    snapshot(ONE, ONE "-9", "ab", true);
    expect(HS_KIND_FAILED, "c", ONE "-9", false);
    expect(HS_KIND_REAP, "c", ONE "-9", false);
    expect(HS_KIND_RING, "", ONE "-9", false);
    expect_none();
    end();
}
END_TEST

HARNESS_MAIN("handle_resume", test_each_line_since_then_is_an_event,
             test_after_a_kill_an_event_is_repeated_and_not_lost,
             test_lines_that_the_agent_has_no_more_are_differences,
             test_lines_of_another_agent_are_differences,
             test_what_an_isolated_agent_thought_is_not_told,
             test_a_state_of_an_isolated_agent_is_compared, test_a_state_without_a_view_is_compared)
