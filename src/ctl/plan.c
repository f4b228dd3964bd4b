/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of members may hold colons but no equals sign, so the name ends at the first colon that a
 * word and an equals sign follow. The agent says whether the members exist; here it is checked
 * whether the words make sense.
 */
#include "ctl/plan.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hearsay/config.h>
#include <hearsay/member.h>

#include "ctl/ctl.h"
#include "ctl/suggest.h"

#define MILLI_DIGITS  3 /* behind the point of a weight, as the agent takes it */
#define TOKENS_DIGITS 6

/* What is being read. */
struct reading {
    const char *given;
    json_t *member;
    char *fault;
};

__attribute__((format(printf, 2, 3))) static bool complain(const struct reading *reading,
                                                           const char *format, ...)
{
    int len = snprintf(reading->fault, HS_CTL_PLAN_FAULT_MAX, "%.200s: ", reading->given);
    va_list args;

    va_start(args, format);
    vsnprintf(reading->fault + len, HS_CTL_PLAN_FAULT_MAX - (size_t)len, format, args);
    va_end(args);
    return false;
}

/* Where the name ends: at the colon before the first "word=", or at the end. */
static size_t name_length(const char *text)
{
    for (const char *colon = strchr(text, ':'); colon; colon = strchr(colon + 1, ':')) {
        size_t word = strspn(colon + 1, "abcdefghijklmnopqrstuvwxyz");

        if (colon[1 + word] == '=')
            return (size_t)(colon - text);
    }
    return strlen(text);
}

/* "2", "0.25": thousandths, or -1. */
static long parse_milli(const char *text)
{
    size_t whole = strspn(text, "0123456789"), digits = 0;
    long milli = 0;

    if (whole == 0 || whole > MILLI_DIGITS + 1)
        return -1;
    for (size_t i = 0; i < whole; i++)
        milli = milli * 10 + (text[i] - '0');
    text += whole;
    if (*text == '.') {
        digits = strspn(++text, "0123456789");
        if (digits == 0 || digits > MILLI_DIGITS)
            return -1;
    }
    if (text[digits] != '\0')
        return -1;
    for (size_t i = 0; i < MILLI_DIGITS; i++)
        milli = milli * 10 + (i < digits ? text[i] - '0' : 0);
    return milli;
}

/* The tokens of a weight, -1 when it is none. Rounded as the agent does. */
static long tokens_of_weight(const char *text)
{
    long milli = parse_milli(text);
    long tokens = milli >= 0 ? (milli * HEARSAY_TOKENS_DEFAULT + 500) / 1000 : -1;

    return tokens <= HEARSAY_TOKENS_MAX && (tokens > 0 || milli == 0) ? tokens : -1;
}

static long parse_tokens(const char *text)
{
    size_t digits = strspn(text, "0123456789");
    long tokens = digits > 0 && digits <= TOKENS_DIGITS ? strtol(text, NULL, 10) : -1;

    return text[digits] == '\0' && tokens <= HEARSAY_TOKENS_MAX ? tokens : -1;
}

static bool put_tokens(const struct reading *reading, const char *key, const char *value)
{
    bool weight = strcmp(key, "weight") == 0;
    long tokens = weight ? tokens_of_weight(value) : parse_tokens(value);

    if (tokens < 0 && weight)
        return complain(reading, "weight must be 0 or a number from 0.01 to %d",
                        HEARSAY_TOKENS_MAX / HEARSAY_TOKENS_DEFAULT);
    if (tokens < 0)
        return complain(reading, "tokens must be 0 to %d", HEARSAY_TOKENS_MAX);
    if (json_object_get(reading->member, "tokens"))
        return complain(reading, "weight and tokens set the same thing: give one of them, once");
    return json_object_set_new(reading->member, "tokens", json_integer(tokens)) == 0;
}

static bool put_attribute(const struct reading *reading, const char *key, const char *value)
{
    static const char *const words[] = {"weight", "tokens", "zone"};
    const char *nearest;

    if (strcmp(key, "weight") == 0 || strcmp(key, "tokens") == 0)
        return put_tokens(reading, key, value);
    if (strcmp(key, "zone") != 0) {
        nearest = hs_ctl_nearest(key, words, sizeof(words) / sizeof(words[0]));
        return complain(reading, "no %.64s (%s%s?)", key,
                        nearest ? "did you mean " : "weight, tokens or zone",
                        nearest ? nearest : "");
    }
    if (json_object_get(reading->member, "zone"))
        return complain(reading, "zone is given twice");
    return json_object_set_new(reading->member, "zone", json_string(value)) == 0;
}

/* Takes "weight=2,zone=z1" apart; `list` is a copy. */
static bool put_attributes(const struct reading *reading, char *list)
{
    char *rest = list, *item;

    while ((item = strsep(&rest, ","))) {
        char *equals = strchr(item, '=');

        if (!equals)
            return complain(reading, "%.64s is not KEY=VALUE", item);
        *equals = '\0';
        if (!put_attribute(reading, item, equals + 1))
            return false;
    }
    return true;
}

json_t *hs_ctl_plan_member(const char *text, char fault[HS_CTL_PLAN_FAULT_MAX])
{
    struct reading reading = {.given = text, .member = json_object(), .fault = fault};
    size_t len = name_length(text);
    char *copy = strdup(text);
    bool good = copy && reading.member;

    fault[0] = '\0';
    if (good && !hs_ctl_is_utf8(text, strlen(text)))
        good = snprintf(fault, HS_CTL_PLAN_FAULT_MAX, "%.200s is not UTF-8 text", text) < 0;
    if (good) {
        copy[len] = '\0';
        good = json_object_set_new(reading.member, "name", json_string(copy)) == 0;
    }
    if (good && text[len] != '\0')
        good = put_attributes(&reading, copy + len + 1);
    free(copy);
    if (good)
        return reading.member;
    json_decref(reading.member);
    return NULL;
}
