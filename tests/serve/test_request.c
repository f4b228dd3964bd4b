/* SPDX-License-Identifier: Apache-2.0 */
/* What a request is read from, without a socket: its target, its host, its validators; and what
 * answers are worth. */
#include "harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "serve/args.h"
#include "serve/etag.h"
#include "serve/host.h"
#include "serve/listen.h"
#include "serve/worth.h"

static struct hs_args args;
static char fault[HS_ARGS_FAULT_MAX];

/* ---- targets ----------------------------------------------------------------------------- */

static int read_target(const char *target)
{
    fault[0] = '\0';
    return hs_args_read(&args, target, "add", fault);
}

START_TEST(test_a_target_is_taken_apart)
{
    ck_assert_int_eq(read_target("/v1/why/a%3Ab?key=a+b%26%c3%bc&n=2&zones"), 0);
    ck_assert_str_eq(args.path, "/v1/why/a:b");
    ck_assert_uint_eq(args.count, 3);
    ck_assert_str_eq(hs_args_get(&args, "key"), "a b&\xc3\xbc");
    ck_assert_str_eq(hs_args_get(&args, "n"), "2");
    ck_assert_str_eq(hs_args_get(&args, "zones"), "");
    ck_assert_ptr_null(hs_args_get(&args, "ke"));
    ck_assert_int_eq(read_target("/a+b?"), 0);
    ck_assert_str_eq(args.path, "/a+b");
    ck_assert_uint_eq(args.count, 0);
    ck_assert_int_eq(read_target("/?add=1&add=2"), 0);
    ck_assert_uint_eq(args.count, 2);
}
END_TEST

START_TEST(test_a_target_is_not_guessed_at)
{
    static const char *const wrong[] = {
        "",        "a",       "*",       "http://a/", "/?=1",      "/?a=1&a=2",
        "/?&",     "/?a=%",   "/?a=%2",  "/?a=%zz",   "/?a=%00",   "/%0a",
        "/?a=%7f", "/?%ff=1", "/?a=%c3", "/?a=1&&b=", "/\xff\xfe", "/?a=%ed%a0%80",
    };

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        ck_assert_msg(read_target(wrong[i]) < 0, "%s", wrong[i]);
        ck_assert_msg(fault[0] != '\0', "%s", wrong[i]);
    }
}
END_TEST

START_TEST(test_a_target_has_bounds)
{
    static char target[2 * HS_TARGET_MAX];
    size_t len = 2;

    memset(target, 'a', HS_TARGET_MAX);
    target[0] = '/';
    ck_assert_int_lt(read_target(target), 0);
    target[HS_TARGET_MAX - 1] = '\0';
    ck_assert_int_eq(read_target(target), 0);
    memcpy(target, "/?", 3);
    for (int i = 0; i <= HS_ARGS_MAX; i++)
        len += (size_t)snprintf(target + len, sizeof(target) - len, "a%d&", i);
    target[len - 1] = '\0';
    ck_assert_int_lt(read_target(target), 0);
    *strrchr(target, '&') = '\0';
    ck_assert_int_eq(read_target(target), 0);
    ck_assert_uint_eq(args.count, HS_ARGS_MAX);
}
END_TEST

START_TEST(test_values_are_checked)
{
    uint64_t number = 7;
    bool flag = true;

    ck_assert_int_eq(read_target("/?n=16&m=17&t=true&f=0&x=yes&s=1x"), 0);
    ck_assert_int_eq(hs_args_number(&args, "n", 1, 16, &number, fault), 0);
    ck_assert_uint_eq(number, 16);
    ck_assert_int_lt(hs_args_number(&args, "m", 1, 16, &number, fault), 0);
    ck_assert_int_lt(hs_args_number(&args, "s", 1, 16, &number, fault), 0);
    ck_assert_int_eq(hs_args_number(&args, "none", 1, 16, &number, fault), 0);
    ck_assert_uint_eq(number, 16);
    ck_assert_int_eq(hs_args_flag(&args, "f", &flag, fault), 0);
    ck_assert(!flag);
    ck_assert_int_eq(hs_args_flag(&args, "t", &flag, fault), 0);
    ck_assert(flag);
    ck_assert_int_lt(hs_args_flag(&args, "x", &flag, fault), 0);
    ck_assert_int_eq(hs_args_only(&args, "n m t f x s", fault), 0);
    ck_assert_int_lt(hs_args_only(&args, "n m t f x", fault), 0);
    ck_assert_ptr_nonnull(strstr(fault, "no argument s"));
    ck_assert_int_lt(hs_args_only(&args, "", fault), 0);
}
END_TEST

/* ---- hosts ------------------------------------------------------------------------------- */

START_TEST(test_only_our_names_are_ours)
{
    static const char *const names[] = {"box.example.org", NULL, "", "n1"};
    static const char *const ours[] = {
        "127.0.0.1",         "127.0.0.1:80", "[::1]",   "[fe80::1]:7848", "LocalHost",
        "localhost.:1",      "N1",           "n1:7848", "10.1.2.3:1",     "box.example.org",
        "box.example.org.:9"};
    static const char *const others[] = {"",
                                         ":",
                                         "n2",
                                         "n1:x",
                                         "n1:",
                                         "n1:123456",
                                         "::1",
                                         "[::1",
                                         "[n1]",
                                         "[::1]x",
                                         "127.0.0.1.evil.org",
                                         "localhost.evil.org",
                                         "n1 ",
                                         "1.2.3",
                                         "."};

    for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
        ck_assert_msg(hs_host_is_ours(ours[i], names, 4), "%s", ours[i]);
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        ck_assert_msg(!hs_host_is_ours(others[i], names, 4), "%s", others[i]);
    ck_assert(hs_host_is_name("a-b.example"));
    ck_assert(!hs_host_is_name("a:1") && !hs_host_is_name("") && !hs_host_is_name(".a"));
}
END_TEST

START_TEST(test_listeners_are_read)
{
    char error[HS_ERROR_TEXT_MAX];
    struct hs_listen where;

    ck_assert_int_eq(hs_listen_read(&where, "[::1]:80=metrics", error), 0);
    ck_assert(where.tcp && where.what == HS_WHAT_METRICS && where.addr.port == 80);
    ck_assert_int_eq(hs_listen_read(&where, "unix:/run/a=b", error), 0);
    ck_assert(!where.tcp && where.what == HS_WHAT_ALL);
    ck_assert_str_eq(where.path, "/run/a=b");
    ck_assert_int_eq(hs_listen_read(&where, "unix:/run/a=all", error), 0);
    ck_assert_str_eq(where.path, "/run/a");
    ck_assert_int_lt(hs_listen_read(&where, "127.0.0.1", error), 0);
    ck_assert_int_lt(hs_listen_read(&where, "localhost:80", error), 0);
    ck_assert_int_lt(hs_listen_read(&where, "127.0.0.1:80=html", error), 0);
    ck_assert_int_lt(hs_listen_read(&where, "unix:run", error), 0);
    ck_assert_int_lt(hs_listen_read(&where, "", error), 0);
}
END_TEST

/* ---- worth and validators ---------------------------------------------------------------- */

START_TEST(test_worth_says_how_old_the_view_is)
{
    struct hs_mirror_state state = {.id = "0123456789abcdef-7", .ready = true};
    struct hs_worth worth = hs_worth_of(&state, 0);

    ck_assert(hs_worth_is_full(&worth));
    worth = hs_worth_of(&state, HS_WORTH_STALE_US - 1);
    ck_assert_uint_eq(worth.stale_us, 0);
    worth = hs_worth_of(&state, HS_WORTH_STALE_US);
    ck_assert_uint_eq(worth.stale_us, HS_WORTH_STALE_US);
    ck_assert(!worth.gone && !hs_worth_is_full(&worth));
    worth = hs_worth_of(&state, HS_WORTH_GONE_US);
    ck_assert(worth.gone);
    worth = hs_worth_of(&(struct hs_mirror_state){.id = ""}, UINT64_MAX);
    ck_assert(worth.gone && !worth.ready);
}
END_TEST

START_TEST(test_a_validator_is_of_id_and_flags)
{
    struct hs_mirror_state state = {.id = "0123456789abcdef-7", .ready = true};
    struct hs_worth worth = hs_worth_of(&state, 0);
    char etag[HS_ETAG_MAX], other[HS_ETAG_MAX];

    hs_etag_make(etag, &state, &worth);
    ck_assert_str_eq(etag, "\"0123456789abcdef-7-r\"");
    worth.isolated = true;
    hs_etag_make(other, &state, &worth);
    ck_assert_str_ne(etag, other);
    worth.isolated = false;
    worth.settling = true;
    hs_etag_make(other, &state, &worth);
    ck_assert_str_eq(other, "\"0123456789abcdef-7-rs\"");
    worth.stale_us = 1;
    hs_etag_make(other, &state, &worth);
    ck_assert_str_eq(other, "");
    ck_assert(hs_etag_matches(etag, etag) && hs_etag_matches("*", etag));
    ck_assert(hs_etag_matches("\"x\", W/\"0123456789abcdef-7-r\"", etag));
    ck_assert(!hs_etag_matches("\"0123456789abcdef-7-ri\"", etag));
    ck_assert(!hs_etag_matches("", etag) && !hs_etag_matches("*", ""));
    ck_assert(!hs_etag_matches(",, W/", etag));
}
END_TEST

HARNESS_MAIN("serve-request", test_a_target_is_taken_apart, test_a_target_is_not_guessed_at,
             test_a_target_has_bounds, test_values_are_checked, test_only_our_names_are_ours,
             test_listeners_are_read, test_worth_says_how_old_the_view_is,
             test_a_validator_is_of_id_and_flags)
