/* SPDX-License-Identifier: Apache-2.0 */
/* Every number has a word, no two numbers of one kind share a word, and the word of an invalid
 * number is "unknown", without a read out of bounds. */
#include "harness.h"

#include <stdio.h>
#include <string.h>

#include <hearsay/hearsay.h>

static const char *of_status(int n)
{
    return hearsay_status_name((enum hearsay_status)n);
}
static const char *of_cause(int n)
{
    return hearsay_cause_name((enum hearsay_cause)n);
}
static const char *of_join(int n)
{
    return hearsay_join_result_name((enum hearsay_join_result)n);
}
static const char *of_reason(int n)
{
    return hearsay_reason_name((enum hearsay_reason)n);
}
static const char *of_refusal(int n)
{
    return hearsay_refusal_name((enum hearsay_refusal)n);
}
static const char *of_step(int n)
{
    return hearsay_step_name((enum hearsay_step)n);
}
static const char *of_drop(int n)
{
    return hearsay_drop_name((enum hearsay_drop)n);
}
static const char *of_kind(int n)
{
    return hearsay_kind_name((unsigned)n);
}

/* A line of the table: the words of the numbers from `first` on are exactly these. */
struct words {
    const char *(*of)(int);
    int first;
    const char *expected[25];
};

static const struct words table[] = {
    {of_status, 0, {"none", "suspect", "alive", "dead"}},
    {of_cause, 0, {"none", "failed", "left", "forced"}},
    {of_join, 1, {"ok", "self", "timeout", "refused", "closed", "foreign"}},
    {of_reason,
     0,
     {"none", "joined", "silent", "refused", "refuted", "restarted", "updated", "failed", "left",
      "forced", "pruned", "forgotten", "not-left", "keys", "ended"}},
    {of_refusal, 0, {"none", "name-taken", "table-full", "clock", "cluster", "other"}},
    {of_step,
     0,
     {"probe-failed", "probe-void", "asked", "reached", "nacked", "accused", "declared", "refuted",
      "joined"}},
    {of_drop, 0, {"oversized",  "truncated", "malformed", "version",  "cluster",    "checksum",
                  "self",       "duplicate", "replayed",  "stranger", "nonce",      "unsolicited",
                  "value",      "future",    "unknown",   "stale",    "table-full", "no-memory",
                  "queue-full", "damped",    "plain",     "sealed",   "key",        "forged"}},
    {of_kind,
     1,
     {"gossip", "ack", "probe-request", "nack", "challenge", "join", "sync", "refusal"}},
};

START_TEST(test_words_are_those_of_the_log)
{
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        int n = table[i].first;
        for (size_t k = 0; k < 25 && table[i].expected[k] != NULL; k++)
            ck_assert_str_eq(table[i].of(n++), table[i].expected[k]);
        ck_assert_str_eq(table[i].of(n), "unknown");
        ck_assert_str_eq(table[i].of(-1), "unknown");
        ck_assert_str_eq(table[i].of(1000), "unknown");
    }
}
END_TEST

START_TEST(test_errors_have_texts)
{
#define ERROR_HAS_WORDS(name, code, text)                                                          \
    ck_assert_int_lt(HEARSAY_ERR_##name, 0);                                                       \
    ck_assert_str_eq(hearsay_strerror(HEARSAY_ERR_##name), text);
    HEARSAY_ERRORS(ERROR_HAS_WORDS)
#undef ERROR_HAS_WORDS
    ck_assert_str_eq(hearsay_strerror(HEARSAY_ERR_FULL), "table is full");
    ck_assert_str_eq(hearsay_strerror(0), "no error");
}
END_TEST

START_TEST(test_numbers_that_are_no_errors_are_unknown)
{
    const int none[] = {1, -1000, INT32_MAX, INT32_MIN};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        ck_assert_str_eq(hearsay_strerror(none[i]), "unknown error");
}
END_TEST

START_TEST(test_version_is_the_release)
{
    unsigned major, minor, patch;
    ck_assert_str_eq(hearsay_version(), HEARSAY_VERSION);
    ck_assert_int_eq(sscanf(hearsay_version(), "%u.%u.%u", &major, &minor, &patch), 3);
    ck_assert_uint_eq(HEARSAY_VERSION_MAKE(major, minor, patch), HEARSAY_VERSION_NUMBER);
    ck_assert_uint_lt(HEARSAY_VERSION_MAKE(0, 1, 255), HEARSAY_VERSION_MAKE(0, 2, 0));
}
END_TEST

HARNESS_MAIN("words", test_words_are_those_of_the_log, test_errors_have_texts,
             test_numbers_that_are_no_errors_are_unknown, test_version_is_the_release)
