/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a plan is spelled: n9:weight=2,zone=z1. Names of members may hold colons but no equals sign,
 * so the name ends at the first colon that a word and an equals sign follow. The agent says whether
 * the members exist; here it is checked whether the words make sense.
 */
#include "ring_plan.h"

#include <stdlib.h>
#include <string.h>

#include <hearsay/config.h>
#include <hearsay/member.h>

#include "ctl/suggest.h"
#include "format.h"
#include "options.h"
#include "out.h"

#define MILLI_DIGITS 3 /* behind the point of a weight, as the agent takes it */

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

static bool put_tokens(const char *given, json_t *member, const char *key, const char *value)
{
    bool weight = strcmp(key, "weight") == 0;
    long tokens = weight ? tokens_of_weight(value) : 0;
    if (!weight && !cli_parse_number(value, 0, HEARSAY_TOKENS_MAX, &tokens))
        tokens = -1;
    if (tokens < 0 && weight)
        cli_complain("ring plan: %s: weight must be 0 or a number from 0.01 to %d", given,
                     HEARSAY_TOKENS_MAX / HEARSAY_TOKENS_DEFAULT);
    else if (tokens < 0)
        cli_complain("ring plan: %s: tokens must be 0 to %d", given, HEARSAY_TOKENS_MAX);
    else if (json_object_get(member, "tokens"))
        cli_complain("ring plan: %s: weight and tokens set the same thing: give one of them, once",
                     given);
    else
        return json_object_set_new(member, "tokens", json_integer(tokens)) == 0;
    return false;
}

static bool put_attribute(const char *given, json_t *member, const char *key, const char *value)
{
    static const char *const words[] = {"weight", "tokens", "zone"};
    const char *nearest;
    if (strcmp(key, "weight") == 0 || strcmp(key, "tokens") == 0)
        return put_tokens(given, member, key, value);
    if (strcmp(key, "zone") != 0) {
        nearest = hs_ctl_nearest(key, words, sizeof(words) / sizeof(words[0]));
        cli_complain("ring plan: %s: no %s (%s%s?)", given, key,
                     nearest ? "did you mean " : "weight, tokens or zone", nearest ? nearest : "");
        return false;
    }
    if (json_object_get(member, "zone")) {
        cli_complain("ring plan: %s: zone is given twice", given);
        return false;
    }
    if (json_object_set_new(member, "zone", json_string(value)) == 0)
        return true;
    cli_complain("ring plan: %s is not UTF-8 text", given);
    return false;
}

/* Takes "weight=2,zone=z1" apart; `list` is a copy. */
static bool put_attributes(const char *given, json_t *member, char *list)
{
    char *rest = list, *item;
    while ((item = strsep(&rest, ",")) != NULL) {
        char *equals = strchr(item, '=');
        if (!equals) {
            cli_complain("ring plan: %s: %s is not KEY=VALUE", given, item);
            return false;
        }
        *equals = '\0';
        if (!put_attribute(given, member, item, equals + 1))
            return false;
    }
    return true;
}

/* {"name", "tokens"?, "zone"?} of NAME[:WHAT]; NULL after saying what is wrong. */
static json_t *parse_member(const char *given)
{
    size_t len = name_length(given);
    char *copy = strdup(given);
    json_t *member = json_object();
    if (!copy || !member)
        cli_out_of_memory();
    copy[len] = '\0';
    bool good = json_object_set_new(member, "name", json_string(copy)) == 0;
    if (!good)
        cli_complain("ring plan: %s is not UTF-8 text", given);
    if (good && given[len] != '\0')
        good = put_attributes(given, member, copy + len + 1);
    free(copy);
    if (good)
        return member;
    json_decref(member);
    return NULL;
}

static json_t *parse_given(const struct cli_given *given)
{
    json_t *item;
    if (given->option == CLI_REMOVE) {
        item = json_string(given->value);
        if (!item)
            cli_complain("ring plan: %s is not UTF-8 text", given->value);
        return item;
    }
    item = parse_member(given->value);
    if (!item || given->option == CLI_ADD || json_object_size(item) > 1)
        return item;
    cli_complain("ring plan: --set %s does not say what changes: %s:weight=2", given->value,
                 given->value);
    json_decref(item);
    return NULL;
}

bool cli_plan_fill(const struct cli *cli, json_t *request)
{
    for (int i = 0; i < cli->given_count; i++) {
        const char *field = cli_options[cli->given[i].option].name;
        json_t *list = json_object_get(request, field), *item = parse_given(&cli->given[i]);
        if (!item)
            return false;
        if (!list) {
            list = json_array();
            json_object_set_new(request, field, list);
        }
        json_array_append_new(list, item);
    }
    if (cli->given_count > 0)
        return true;
    cli_complain("ring plan: say what is to change: --add, --remove or --set");
    return false;
}
