/* SPDX-License-Identifier: Apache-2.0 */
/* What is counted of requests, and that no client makes it grow without bound. */
#include "harness.h"

#include <stdio.h>

#include "serve/tally.h"

START_TEST(test_usual_codes_are_there_before_they_occur)
{
    struct hs_tally tally;

    hs_tally_init(&tally, 0);
    hs_tally_add_handler(&tally, "/metrics");
    hs_tally_add_handler(&tally, "/metrics");
    ck_assert_uint_eq(tally.handler_count, 2);
    ck_assert_str_eq(tally.handlers[0].name, "other");
    ck_assert_str_eq(tally.handlers[1].name, "/metrics");
    ck_assert_uint_ge(tally.code_count, 4);
    for (size_t code = 0; code < tally.code_count; code++)
        ck_assert_uint_eq(hs_tally_requests(&tally, 1, code), 0);
}
END_TEST

START_TEST(test_requests_are_counted_by_handler_and_code)
{
    struct hs_tally tally;

    hs_tally_init(&tally, 0);
    hs_tally_add_handler(&tally, "/metrics");
    size_t usual = tally.code_count;
    hs_tally_request(&tally, "/metrics", 200, 90);
    hs_tally_request(&tally, "/metrics", 200, 101);
    hs_tally_request(&tally, NULL, 404, UINT64_C(60000000));
    ck_assert_uint_eq(tally.codes[0], 200);
    ck_assert_uint_eq(hs_tally_requests(&tally, 1, 0), 2);
    ck_assert_uint_eq(tally.codes[usual], 404);
    ck_assert_uint_eq(hs_tally_requests(&tally, 0, usual), 1);
    ck_assert_uint_eq(hs_tally_requests(&tally, 1, usual), UINT64_MAX);
    ck_assert_uint_eq(tally.durations[0], 1);
    ck_assert_uint_eq(tally.durations[1], 1);
    ck_assert_uint_eq(tally.durations[HS_TALLY_CLASSES], 1);
    ck_assert_uint_eq(tally.duration_us, 60000191);
}
END_TEST

START_TEST(test_what_finds_no_room_counts_all_the_same)
{
    static char names[2 * HS_TALLY_HANDLERS_MAX][8];
    struct hs_tally tally;
    uint64_t sum = 0;

    hs_tally_init(&tally, 0);
    for (unsigned i = 0; i < 2 * HS_TALLY_HANDLERS_MAX; i++) {
        snprintf(names[i], sizeof(names[i]), "/%u", i);
        hs_tally_request(&tally, names[i], 100 + i, 1);
    }
    ck_assert_uint_eq(tally.handler_count, HS_TALLY_HANDLERS_MAX);
    ck_assert_uint_eq(tally.code_count, HS_TALLY_CODES_MAX);
    for (size_t i = 0; i < tally.handler_count; i++)
        for (size_t j = 0; j < tally.code_count; j++)
            sum += tally.handlers[i].by_code[j];
    ck_assert_uint_eq(sum, 2 * HS_TALLY_HANDLERS_MAX);
}
END_TEST

HARNESS_MAIN("tally", test_usual_codes_are_there_before_they_occur,
             test_requests_are_counted_by_handler_and_code,
             test_what_finds_no_room_counts_all_the_same)
