/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Words and numbers of the scenario language. Numbers are read digit by digit into integers: "0.1%"
 * is then exactly one in a thousand, and a run is the same on every machine.
 */
#include "words.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sim.h"

#define BLANKS         " \t\r\n"
#define FRACTION_MAX   6u /* digits after the point */
#define NUMBER_MAX     UINT64_C(1000000000)
#define MICRO          UINT64_C(1000000)
#define DURATION_LIMIT (UINT64_C(100) * 365 * 86400 * MICRO)

/* ---- words ------------------------------------------------------------------------------- */

bool sim_words_split(struct sim_words *ret_words, const char *text)
{
    size_t len = strcspn(text, "#");
    if (len >= sizeof ret_words->text)
        return false;
    memcpy(ret_words->text, text, len);
    ret_words->text[len] = '\0';
    ret_words->count = ret_words->at = 0;
    for (char *at = ret_words->text + strspn(ret_words->text, BLANKS); *at != '\0';) {
        if (ret_words->count == SIM_WORDS_MAX)
            return false;
        ret_words->words[ret_words->count++] = at;
        at += strcspn(at, BLANKS);
        if (*at != '\0')
            *at++ = '\0';
        at += strspn(at, BLANKS);
    }
    return true;
}

const char *sim_words_peek(const struct sim_words *words)
{
    return words->at < words->count ? words->words[words->at] : "";
}

const char *sim_words_next(struct sim_words *words)
{
    return words->at < words->count ? words->words[words->at++] : "";
}

bool sim_words_end(const struct sim_words *words)
{
    return words->at == words->count;
}

bool sim_words_take(struct sim_words *words, const char *word)
{
    if (strcmp(sim_words_peek(words), word) != 0)
        return false;
    words->at++;
    return true;
}

/* ---- numbers ----------------------------------------------------------------------------- */

/* Reads "12" or "1.5" as millionths and returns what follows it, or NULL. */
static const char *read_decimal(const char *at, uint64_t *ret_millionths)
{
    uint64_t whole = 0, part = 0, unit = MICRO;
    const char *start = at;
    for (; *at >= '0' && *at <= '9'; at++)
        if ((whole = whole * 10 + (uint64_t)(*at - '0')) > NUMBER_MAX)
            return NULL;
    if (at == start)
        return NULL;
    if (*at == '.') {
        const char *point = at++;
        for (; *at >= '0' && *at <= '9'; at++) {
            if (unit == 1)
                return NULL;
            unit /= 10;
            part += (uint64_t)(*at - '0') * unit;
        }
        if (at == point + 1)
            return NULL;
    }
    *ret_millionths = whole * MICRO + part;
    return at;
}

static const struct unit {
    const char *name;
    uint64_t us;
} units[] = {
    {"us", 1},           {"ms", 1000},        {"s", MICRO},         {"m", 60 * MICRO},
    {"min", 60 * MICRO}, {"h", 3600 * MICRO}, {"d", 86400 * MICRO}, {"y", 365 * 86400 * MICRO},
};

bool sim_words_duration(const char *word, uint64_t *ret_us)
{
    uint64_t millionths;
    const char *unit = read_decimal(word, &millionths);
    if (unit == NULL)
        return false;
    if (*unit == '\0' && millionths == 0) {
        *ret_us = 0;
        return true;
    }
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (strcmp(unit, units[i].name) == 0) {
            if (millionths / MICRO > DURATION_LIMIT / units[i].us)
                return false;
            *ret_us = millionths / MICRO * units[i].us + millionths % MICRO * units[i].us / MICRO;
            return true;
        }
    return false;
}

bool sim_words_signed_duration(const char *word, int64_t *ret_us)
{
    bool negative = *word == '-';
    uint64_t us;
    if (!sim_words_duration(word + (*word == '-' || *word == '+'), &us))
        return false;
    *ret_us = negative ? -(int64_t)us : (int64_t)us;
    return true;
}

bool sim_words_share(const char *word, uint32_t *ret_permille)
{
    uint64_t millionths;
    const char *unit = read_decimal(word, &millionths);
    bool fits = unit != NULL && strcmp(unit, "%") == 0 && millionths <= 100 * MICRO &&
                millionths % (MICRO / 10) == 0;
    if (!fits)
        return false;
    *ret_permille = (uint32_t)(millionths / (MICRO / 10));
    return true;
}

bool sim_words_number(const char *word, uint64_t max, uint64_t *ret_number)
{
    uint64_t number = 0;
    size_t digits = 0;
    for (; *word != '\0'; word++) {
        if (*word == ',' && digits > 0)
            continue;
        if (*word < '0' || *word > '9' || number > (max - (uint64_t)(*word - '0')) / 10)
            return false;
        number = number * 10 + (uint64_t)(*word - '0');
        digits++;
    }
    if (digits == 0 || number > max)
        return false;
    *ret_number = number;
    return true;
}

bool sim_words_member(const char *word, size_t len, uint32_t *ret_index)
{
    char digits[16];
    uint64_t number;
    if (len < 2 || len >= sizeof digits || word[0] != 'n')
        return false;
    memcpy(digits, word + 1, len - 1);
    digits[len - 1] = '\0';
    if (!sim_words_number(digits, SIM_MACHINES_MAX, &number) || number == 0)
        return false;
    *ret_index = (uint32_t)number - 1;
    return true;
}

void sim_words_write_duration(uint64_t us, char text[24])
{
    if (us < 1000)
        snprintf(text, 24, "%" PRIu64 "us", us);
    else if (us < MICRO)
        snprintf(text, 24, "%" PRIu64 ".%" PRIu64 "ms", us / 1000, us / 100 % 10);
    else if (us < 600 * MICRO)
        snprintf(text, 24, "%" PRIu64 ".%02" PRIu64 "s", us / MICRO, us / 10000 % 100);
    else
        snprintf(text, 24, "%" PRIu64 "m%02" PRIu64 "s", us / (60 * MICRO), us / MICRO % 60);
}
