/* SPDX-License-Identifier: Apache-2.0 */
/* Which events a change is, and what an operator may write for which. */
#include "made.h"

#include <hearsay/error.h>

#include "handle/spec.h"

#define BIT(kind) HS_KIND_BIT(HS_KIND_##kind)

static uint32_t kinds_of(const char *before, const char *after)
{
    struct hs_mirror_member was = made_member("n1", before), is = made_member("n1", after);

    return hs_change_kinds(strcmp(before, "none") == 0 ? NULL : &was,
                           strcmp(after, "none") == 0 ? NULL : &is);
}

START_TEST(test_each_change_of_a_status_is_the_event_that_serf_makes_of_it)
{
    static const struct {
        const char *before, *after;
        uint32_t kinds;
    } cases[] = {
        {"none", "none", 0},
        {"none", "alive", BIT(JOIN)},
        {"none", "suspect", BIT(JOIN) | BIT(SUSPECT)},
        {"none", "failed", BIT(FAILED)},
        {"none", "left", BIT(LEAVE)},
        {"alive", "alive", 0},
        {"alive", "suspect", BIT(SUSPECT)},
        {"suspect", "alive", BIT(REFUTED)},
        {"suspect", "failed", BIT(FAILED)},
        {"alive", "failed", BIT(FAILED)},
        {"alive", "left", BIT(LEAVE)},
        {"alive", "forced", BIT(LEAVE)},
        {"failed", "forced", BIT(LEAVE)},
        {"left", "forced", 0},
        {"left", "failed", BIT(FAILED)},
        {"failed", "failed", 0},
        {"failed", "alive", BIT(JOIN)},
        {"failed", "suspect", BIT(JOIN) | BIT(SUSPECT)},
        {"left", "alive", BIT(JOIN)},
        {"failed", "none", BIT(REAP)},
        {"left", "none", BIT(REAP)},
        {"alive", "none", BIT(FAILED) | BIT(REAP)},
        {"suspect", "none", BIT(FAILED) | BIT(REAP)},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        ck_assert_msg(kinds_of(cases[i].before, cases[i].after) == cases[i].kinds, "%s to %s",
                      cases[i].before, cases[i].after);
}
END_TEST

START_TEST(test_a_member_that_is_there_and_says_something_else_is_updated)
{
    static const struct hearsay_tag one[] = {{"a", "1"}, {"b", "2"}},
                                    same[] = {{"b", "2"}, {"a", "1"}};
    struct hs_mirror_member was = made_member("n1", "alive"), is = was;

    is.instance++;
    ck_assert_uint_eq(hs_change_kinds(&was, &is), BIT(UPDATE));
    is = was;
    is.tokens = 0;
    ck_assert_uint_eq(hs_change_kinds(&was, &is), BIT(UPDATE));
    is = was;
    is.addr.port++;
    is.status = HEARSAY_STATUS_SUSPECT;
    ck_assert_uint_eq(hs_change_kinds(&was, &is), BIT(UPDATE) | BIT(SUSPECT));
    is = was;
    is.tags = one;
    is.tag_count = 2;
    ck_assert_uint_eq(hs_change_kinds(&was, &is), BIT(UPDATE));
    was.tags = same;
    was.tag_count = 2;
    ck_assert_uint_eq(hs_change_kinds(&was, &is), 0);
    is.timestamp++;
    is.rtt_us++;
    is.since++;
    ck_assert_uint_eq(hs_change_kinds(&was, &is), 0);
}
END_TEST

static uint32_t filter(const char *text)
{
    char error[HS_ERROR_TEXT_MAX];
    uint32_t kinds = 0;

    ck_assert_msg(hs_kind_read_filter(text, &kinds, error) == 0, "%s: %s", text, error);
    return kinds;
}

static void wrong_filter(const char *text, const char *words)
{
    char error[HS_ERROR_TEXT_MAX] = "";
    uint32_t kinds = 77;

    ck_assert_int_eq(hs_kind_read_filter(text, &kinds, error), HEARSAY_ERR_INVALID);
    ck_assert_msg(strstr(error, words) != NULL, "%s: %s", text, error);
    ck_assert_uint_eq(kinds, 77);
}

START_TEST(test_filters_are_lists_of_events)
{
    ck_assert_uint_eq(filter("member-join"), BIT(JOIN));
    ck_assert_uint_eq(filter("member-join,member-leave"), BIT(JOIN) | BIT(LEAVE));
    ck_assert_uint_eq(filter(" ring , isolated\t"), BIT(RING) | BIT(ISOLATED));
    ck_assert_uint_eq(filter("*"), HS_KINDS_ALL);
    ck_assert_uint_eq(HS_KINDS_SERF,
                      BIT(JOIN) | BIT(LEAVE) | BIT(FAILED) | BIT(UPDATE) | BIT(REAP));
    wrong_filter("", "missing");
    wrong_filter("ring,", "missing");
    wrong_filter(",ring", "missing");
    wrong_filter("member-jion", "did you mean member-join?");
    wrong_filter("user:deploy", "no user events");
    wrong_filter("query", "no user events");
    wrong_filter("ring isolated", "comma");
    wrong_filter("xyzzy", "no event is called 'xyzzy'");
    for (int kind = 0; kind < HS_KIND_COUNT; kind++)
        wrong_filter("member-die", hs_kind_name((enum hs_kind)kind));
    wrong_filter("member-die", "there are member-leave, ");
    wrong_filter("member-die", ", connected, and * for all");
    wrong_filter("member-join-member-join-member-join", "so long");
}
END_TEST

START_TEST(test_an_equals_sign_in_a_script_is_no_trap)
{
    struct hs_specs specs = {.count = 0};
    char error[HS_ERROR_TEXT_MAX] = "";

    ck_assert_int_eq(hs_specs_add_text(&specs, "ring,member-leave=a --b=c d=e", error), 0);
    ck_assert_str_eq(specs.items[0].argv[2], "a --b=c d=e");
    ck_assert_str_eq(specs.items[0].label, "member-leave,ring=a --b=c d=e");
    ck_assert_ptr_null(specs.items[0].argv[3]);
    /* As Serf would read it, this is a script for all events; here it is a mistake. */
    ck_assert_int_lt(hs_specs_add_text(&specs, "a.sh --b=c", error), 0);
    ck_assert_ptr_nonnull(strstr(error, "no event is called 'a.sh'"));
    ck_assert_int_lt(hs_specs_add_text(&specs, "a.sh", error), 0);
    ck_assert_ptr_nonnull(strstr(error, "must be EVENTS=SCRIPT"));
    ck_assert_ptr_nonnull(strstr(error, "such as member-failed=a.sh"));
    ck_assert_int_lt(hs_specs_add_text(&specs, "member-join,ring", error), 0);
    ck_assert_ptr_nonnull(strstr(error, "has no script; must be EVENTS=SCRIPT, such as "
                                        "member-join,ring=./run.sh"));
    ck_assert_int_lt(hs_specs_add_text(&specs, "ring=", error), 0);
    ck_assert_ptr_nonnull(strstr(error, "no script"));
    /* the same in another spelling */
    ck_assert_int_lt(hs_specs_add_script(&specs, "member-leave, ring", "a --b=c d=e", error), 0);
    ck_assert_ptr_nonnull(strstr(error, "given twice"));
    ck_assert_uint_eq(specs.count, 1);
    hs_specs_fini(&specs);
    hs_specs_fini(&specs);
    /* The state is JSON, and a script is any bytes. */
    ck_assert_int_eq(hs_specs_add_text(&specs, "ring=echo caf\xe9", error), 0);
    ck_assert_str_eq(specs.items[0].label, "ring=echo caf\\xe9");
    ck_assert_str_eq(specs.items[0].argv[2], "echo caf\xe9");
    hs_specs_fini(&specs);
}
END_TEST

START_TEST(test_there_may_be_so_many_handlers_and_no_more)
{
    struct hs_specs specs = {.count = 0};
    char error[HS_ERROR_TEXT_MAX] = "", script[20];
    char command[] = "ls", argument[] = "-l", *argv[] = {command, argument};

    for (int i = 1; i < HS_HANDLERS_MAX; i++) {
        snprintf(script, sizeof(script), "exit %d", i);
        ck_assert_int_eq(hs_specs_add_script(&specs, "*", script, error), 0);
    }
    ck_assert_int_eq(hs_specs_add_command(&specs, argv, 2, error), 0);
    ck_assert_str_eq(specs.items[specs.count - 1].label, "ls -l");
    ck_assert_uint_eq(specs.items[specs.count - 1].kinds, HS_KINDS_SERF);
    ck_assert_int_lt(hs_specs_add_script(&specs, "*", "true", error), 0);
    ck_assert_ptr_nonnull(strstr(error, "too many"));
    hs_specs_fini(&specs);
}
END_TEST

HARNESS_MAIN("handle_kinds", test_each_change_of_a_status_is_the_event_that_serf_makes_of_it,
             test_a_member_that_is_there_and_says_something_else_is_updated,
             test_filters_are_lists_of_events, test_an_equals_sign_in_a_script_is_no_trap,
             test_there_may_be_so_many_handlers_and_no_more)
