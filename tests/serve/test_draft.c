/* SPDX-License-Identifier: Apache-2.0 */
/* Answers that are written while the mirror changes: each is of the moment at which it was
 * begun. */
#include "agent_lines.h"
#include "drafts.h"

#include "mirror/hold.h"
#include "serve/args.h"
#include "serve/members.h"
#include "serve/ring.h"

static struct hs_reply reply;

/* A mirror of members a, b and c, and the answer to a target, begun but for its pieces. */
static void begin(const char *target, hs_endpoint_fn *endpoint)
{
    struct hs_args args;
    char fault[HS_ARGS_FAULT_MAX];
    const struct hs_request request = {
        .mirror = mirror, .worth = {.ready = true}, .args = &args, .rest = ""};

    ck_assert_msg(hs_args_read(&args, target, "", fault) == 0, "%s", fault);
    reply = (struct hs_reply){.status = 0};
    endpoint(&request, &reply);
    ck_assert_uint_eq(reply.status, 200);
    ck_assert_ptr_nonnull(reply.draft);
}

static void pieces(int count)
{
    for (int i = 0; i < count; i++)
        ck_assert_int_eq(hs_draft_write(reply.draft, 0), HS_DRAFT_MORE);
}

/* "a=alive b=dead": the members of the answer, whose pieces are all written. */
static void members_are(const char *expected)
{
    char text[256] = "";
    json_t *answer, *item;
    size_t index;

    write_out(&reply);
    answer = json_loadb(reply.body, reply.len, JSON_REJECT_DUPLICATES, NULL);
    ck_assert_msg(answer, "%s", reply.body);
    json_array_foreach(json_object_get(answer, "members"), index, item)
    {
        const char *status = json_string_value(json_object_get(item, "status"));

        snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s%s%s", index > 0 ? " " : "",
                 json_string_value(json_object_get(item, "name")), status ? "=" : "",
                 status ? status : "");
    }
    ck_assert_str_eq(text, expected);
    json_decref(answer);
    hs_reply_fini(&reply);
}

START_TEST(test_a_member_is_a_piece)
{
    start();
    snapshot(ONE, ONE "-5", "abc", true);
    begin("/v1/members", hs_members);
    ck_assert_uint_eq(write_out(&reply), 5); /* and what stands before and behind them */
    hs_reply_fini(&reply);
    begin("/v1/ring", hs_ring_present);
    ck_assert_uint_eq(write_out(&reply), 5);
    hs_reply_fini(&reply);
    hs_mirror_free(mirror);
}
END_TEST

START_TEST(test_a_list_is_of_one_version)
{
    start();
    snapshot(ONE, ONE "-5", "abc", true);
    begin("/v1/members", hs_members);
    pieces(2); /* a is written */
    member(ONE "-6", "a", "dead", "");
    member(ONE "-7", "b", "dead", "");
    fed("{\"follow\":\"gone\",\"id\":\"" ONE "-8\",\"name\":\"c\"}");
    member(ONE "-9", "d", "alive", "");
    members_are("a=alive b=alive c=alive");
    begin("/v1/members", hs_members);
    members_are("a=dead b=dead d=alive");
    hs_mirror_free(mirror);
}
END_TEST

START_TEST(test_filters_outlive_their_request)
{
    start();
    snapshot(ONE, ONE "-5", "abc", true);
    member(ONE "-6", "c", "alive", "\"role\":\"web\"");
    begin("/v1/members?tag=role=web&name=%5Ba-c%5D&status=alive", hs_members);
    pieces(1);
    members_are("c=alive");
    hs_mirror_free(mirror);
}
END_TEST

/* The view of another instance replaces the old one as a whole. */
START_TEST(test_a_draft_outlives_the_view_that_it_is_of)
{
    start();
    snapshot(ONE, ONE "-5", "abc", true);
    begin("/v1/members", hs_members);
    pieces(2);
    hs_mirror_cut(mirror);
    snapshot(TWO, TWO "-1", "xy", true);
    ck_assert_ptr_null(hs_mirror_find(mirror, "a"));
    members_are("a=alive b=alive c=alive");
    begin("/v1/members", hs_members);
    pieces(1);
    hs_mirror_free(mirror);
    members_are("x=alive y=alive");
}
END_TEST

START_TEST(test_a_ring_is_of_one_version)
{
    start();
    snapshot(ONE, ONE "-5", "abc", true);
    begin("/v1/ring?ranges=true", hs_ring_present);
    pieces(2);
    ring_line(ONE "-6", 2, "c", "\"removed\":[\"a\",\"b\"],\"set\":[]");
    ck_assert_uint_eq(hearsay_ring_members(hs_mirror_ring(mirror)), 1);
    members_are("a b c");
    hs_mirror_free(mirror);
}
END_TEST

START_TEST(test_a_draft_can_be_dropped_anywhere)
{
    start();
    snapshot(ONE, ONE "-5", "abc", true);
    for (int count = 0; count < 5; count++) {
        begin("/v1/members", hs_members);
        pieces(count);
        hs_reply_fini(&reply);
        begin("/v1/ring?ranges=true", hs_ring_present);
        pieces(count);
        hs_reply_fini(&reply);
    }
    hs_mirror_free(mirror);
}
END_TEST

START_TEST(test_nothing_is_held_of_an_empty_mirror)
{
    struct hs_mirror_hold held;

    start();
    ck_assert_int_eq(hs_mirror_hold(&held, mirror), 0);
    ck_assert_uint_eq(held.count, 0);
    hs_mirror_release(&held);
    hs_mirror_free(mirror);
}
END_TEST

HARNESS_MAIN("serve-draft", test_a_member_is_a_piece, test_a_list_is_of_one_version,
             test_filters_outlive_their_request, test_a_draft_outlives_the_view_that_it_is_of,
             test_a_ring_is_of_one_version, test_a_draft_can_be_dropped_anywhere,
             test_nothing_is_held_of_an_empty_mirror)
