/* SPDX-License-Identifier: Apache-2.0 */
/* From lines of `follow` to events: one by one, and as differences when something was missed. */
#include "agent_lines.h"

#include "handle/feed.h"

static struct hs_feed events; /* of the mirror */

static void begin(void)
{
    start();
    events = (struct hs_feed){.mirror = mirror};
}

static void end(void)
{
    hs_feed_fini(&events);
    hs_mirror_free(mirror);
}

/* The next event is of this kind and of these members (one-letter names, in their order). */
static void expect(enum hs_kind kind, const char *names, const char *id)
{
    struct hs_item *item = hs_feed_next(&events);

    ck_assert_msg(item != NULL, "no %s", hs_kind_name(kind));
    ck_assert_str_eq(hs_kind_name(item->kind), hs_kind_name(kind));
    ck_assert_uint_eq(item->count, strlen(names));
    for (size_t i = 0; i < item->count; i++)
        ck_assert_int_eq(hs_item_member(item, i)->name[0], names[i]);
    ck_assert_str_eq(item->id, id);
    hs_item_unref(item);
}

static void expect_none(void)
{
    struct hs_item *item = hs_feed_next(&events);

    ck_assert_msg(!item, "%s", item ? hs_kind_name(item->kind) : "");
}

START_TEST(test_the_first_view_is_a_join_of_all_who_are_there)
{
    begin();
    expect_none();
    greet(ONE);
    fed("%s", state("snapshot", ONE "-5", true, ""));
    member("", "a", "alive", "");
    member("", "b", "suspect", "");
    member("", "d", "dead", "");
    roster("ab", 1);
    expect_none();
    current(ONE "-5", "ab", 1, true);
    expect(HS_KIND_JOIN, "ab", ONE "-5");
    expect(HS_KIND_SUSPECT, "b", ONE "-5");
    expect(HS_KIND_RING, "", ONE "-5");
    expect_none();
    /* of one that was dead before anybody looked only what happens next is told */
    fed("{\"follow\":\"gone\",\"id\":\"" ONE "-6\",\"name\":\"d\"}");
    expect(HS_KIND_REAP, "d", ONE "-6");
    expect_none();
    end();
}
END_TEST

START_TEST(test_a_silent_feed_takes_the_first_view_for_known)
{
    begin();
    events.silent = true;
    snapshot(ONE, ONE "-5", "ab", true);
    expect_none();
    member(ONE "-6", "c", "alive", "");
    expect(HS_KIND_JOIN, "c", ONE "-6");
    expect_none();
    end();
}
END_TEST

START_TEST(test_each_line_is_an_event_with_the_members_state_of_then)
{
    begin();
    snapshot(ONE, ONE "-5", "ab", true);
    expect(HS_KIND_JOIN, "ab", ONE "-5");
    expect(HS_KIND_RING, "", ONE "-5");
    member(ONE "-6", "b", "suspect", "");
    expect(HS_KIND_SUSPECT, "b", ONE "-6");
    member(ONE "-7", "b", "alive", "\"x\":\"1\"");
    expect(HS_KIND_UPDATE, "b", ONE "-7");
    expect(HS_KIND_REFUTED, "b", ONE "-7");
    member(ONE "-8", "b", "alive", "\"x\":\"1\"");
    expect_none();
    member(ONE "-9", "b", "dead", "\"x\":\"1\"");
    struct hs_item *item = hs_feed_next(&events);
    ck_assert_int_eq(item->kind, HS_KIND_FAILED);
    ck_assert_str_eq(item->event, "{\"event\":\"member\"}");
    ck_assert_str_eq(hs_mirror_member_tag(hs_item_member(item, 0), "x"), "1");
    hs_item_unref(item);
    ring_line(ONE "-10", 2, "a", "\"removed\":[\"b\"],\"set\":[]");
    expect(HS_KIND_RING, "", ONE "-10");
    expect_none();
    end();
}
END_TEST

START_TEST(test_after_a_resync_the_differences_are_the_events)
{
    begin();
    snapshot(ONE, ONE "-5", "abc", true);
    expect(HS_KIND_JOIN, "abc", ONE "-5");
    expect(HS_KIND_RING, "", ONE "-5");
    hs_mirror_cut(mirror);
    expect_none();
    greet(ONE);
    fed("{\"follow\":\"resync\"}");
    fed("%s", state("snapshot", ONE "-2000", true, ""));
    member("", "a", "alive", "");
    member("", "c", "dead", "");
    member("", "d", "alive", "");
    roster("ad", 9);
    expect_none();
    current(ONE "-2000", "ad", 9, true);
    expect(HS_KIND_FAILED, "bc", ONE "-2000");
    expect(HS_KIND_REAP, "b", ONE "-2000");
    expect(HS_KIND_JOIN, "d", ONE "-2000");
    expect(HS_KIND_RING, "", ONE "-2000");
    expect_none();
    ck_assert_str_eq(events.id, ONE "-2000");
    end();
}
END_TEST

START_TEST(test_while_the_agent_is_isolated_events_are_held_back)
{
    begin();
    snapshot(ONE, ONE "-5", "abc", true);
    expect(HS_KIND_JOIN, "abc", ONE "-5");
    expect(HS_KIND_RING, "", ONE "-5");
    flags(ONE "-6", true, true);
    expect(HS_KIND_ISOLATED, "", ONE "-6");
    member(ONE "-7", "b", "suspect", "");
    member(ONE "-8", "b", "dead", "");
    member(ONE "-9", "b", "alive", "");
    expect_none();
    ck_assert(events.held);
    ck_assert_str_eq(events.id, ONE "-5");
    flags(ONE "-10", true, false);
    expect(HS_KIND_CONNECTED, "", ONE "-10");
    ck_assert(!events.held);
    expect_none();
    end();
}
END_TEST

START_TEST(test_what_was_held_back_is_told_as_a_difference)
{
    begin();
    snapshot(ONE, ONE "-5", "abc", true);
    expect(HS_KIND_JOIN, "abc", ONE "-5");
    expect(HS_KIND_RING, "", ONE "-5");
    flags(ONE "-6", true, true);
    expect(HS_KIND_ISOLATED, "", ONE "-6");
    member(ONE "-7", "b", "dead", "");
    flags(ONE "-8", true, false);
    expect(HS_KIND_FAILED, "b", ONE "-8");
    expect(HS_KIND_CONNECTED, "", ONE "-8");
    expect_none();
    member(ONE "-9", "c", "dead", "");
    expect(HS_KIND_FAILED, "c", ONE "-9");
    end();
}
END_TEST

START_TEST(test_an_operator_may_want_to_hear_an_isolated_agent)
{
    begin();
    events.while_isolated = true;
    snapshot(ONE, ONE "-5", "ab", false);
    expect(HS_KIND_JOIN, "ab", ONE "-5");
    expect(HS_KIND_RING, "", ONE "-5");
    flags(ONE "-6", true, true);
    expect(HS_KIND_ISOLATED, "", ONE "-6");
    member(ONE "-7", "b", "dead", "");
    expect(HS_KIND_FAILED, "b", ONE "-7");
    end();
}
END_TEST

START_TEST(test_an_agent_that_starts_anew_is_believed_once_it_has_joined)
{
    begin();
    snapshot(ONE, ONE "-5", "ab", true);
    expect(HS_KIND_JOIN, "ab", ONE "-5");
    expect(HS_KIND_RING, "", ONE "-5");
    hs_mirror_cut(mirror);
    snapshot(TWO, TWO "-1", "a", false);
    expect_none();
    member(TWO "-2", "b", "alive", "\"x\":\"1\"");
    expect_none();
    flags(TWO "-3", true, false);
    expect(HS_KIND_UPDATE, "b", TWO "-3");
    expect(HS_KIND_RING, "", TWO "-3");
    expect_none();
    end();
}
END_TEST

START_TEST(test_a_view_that_is_worth_nothing_at_first_is_waited_for)
{
    begin();
    snapshot(ONE, ONE "-1", "a", false);
    expect_none();
    ck_assert(events.held && !events.known);
    ck_assert_ptr_null(hs_feed_whole(&events, HS_KIND_JOIN));
    member(ONE "-2", "b", "alive", "");
    flags(ONE "-3", true, false);
    expect(HS_KIND_JOIN, "ab", ONE "-3");
    expect(HS_KIND_RING, "", ONE "-3");
    end();
}
END_TEST

START_TEST(test_more_changes_than_the_mirror_remembers_are_compared)
{
    char id[HS_MIRROR_ID_MAX];

    begin();
    snapshot(ONE, ONE "-0", "ab", true);
    expect(HS_KIND_JOIN, "ab", ONE "-0");
    expect(HS_KIND_RING, "", ONE "-0");
    for (int i = 1; i <= HS_MIRROR_LOG_MAX + 10; i++) {
        snprintf(id, sizeof(id), ONE "-%d", i);
        member(id, "b", i % 2 ? "suspect" : "dead", "");
    }
    expect(HS_KIND_FAILED, "b", id);
    expect_none();
    end();
}
END_TEST

START_TEST(test_a_new_handler_can_be_told_all_that_is_known)
{
    begin();
    snapshot(ONE, ONE "-5", "ab", true);
    expect(HS_KIND_JOIN, "ab", ONE "-5");
    expect(HS_KIND_RING, "", ONE "-5");
    member(ONE "-6", "a", "dead", "");
    expect(HS_KIND_FAILED, "a", ONE "-6");
    expect_none();
    struct hs_item *join = hs_feed_whole(&events, HS_KIND_JOIN);
    struct hs_item *ring = hs_feed_whole(&events, HS_KIND_RING);
    ck_assert_uint_eq(join->count, 1);
    ck_assert_str_eq(hs_item_member(join, 0)->name, "b");
    ck_assert_str_eq(join->id, ONE "-6");
    ck_assert_uint_eq(ring->ring_checksum, hearsay_ring_checksum(hs_mirror_ring(mirror)));
    hs_item_unref(join);
    hs_item_unref(ring);
    end();
}
END_TEST

HARNESS_MAIN("handle_feed", test_the_first_view_is_a_join_of_all_who_are_there,
             test_a_silent_feed_takes_the_first_view_for_known,
             test_each_line_is_an_event_with_the_members_state_of_then,
             test_after_a_resync_the_differences_are_the_events,
             test_while_the_agent_is_isolated_events_are_held_back,
             test_what_was_held_back_is_told_as_a_difference,
             test_an_operator_may_want_to_hear_an_isolated_agent,
             test_an_agent_that_starts_anew_is_believed_once_it_has_joined,
             test_a_view_that_is_worth_nothing_at_first_is_waited_for,
             test_more_changes_than_the_mirror_remembers_are_compared,
             test_a_new_handler_can_be_told_all_that_is_known)
