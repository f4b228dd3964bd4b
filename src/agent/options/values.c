/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Durations must have a unit, because one reader takes "5" for seconds and another for
 * milliseconds, and a failure detector with a wrong timeout is hard to diagnose. Fractions are not
 * read with strtod, because it follows the locale and accepts "inf", hex and signs.
 */
#include "agent/options/values.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <hearsay/config.h>
#include <hearsay/error.h>

#define FRACTION_DIGITS 6 /* more digits of a second would be below a microsecond */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Digits up to the first other character. */
static int read_digits(const char **at, uint64_t *ret_number)
{
    const char *p = *at;
    uint64_t number = 0;
    if (!is_digit(*p))
        return HEARSAY_ERR_SYNTAX;
    for (; is_digit(*p); p++)
        if (__builtin_mul_overflow(number, 10u, &number) ||
            __builtin_add_overflow(number, (uint64_t)(*p - '0'), &number))
            return HEARSAY_ERR_SYNTAX;
    *at = p;
    *ret_number = number;
    return 0;
}

int hs_value_number(const char *text, uint64_t *ret_number)
{
    uint64_t number;
    if (read_digits(&text, &number) < 0 || *text != '\0')
        return HEARSAY_ERR_SYNTAX;
    *ret_number = number;
    return 0;
}

/* "1.5" and what follows it: the whole part 1 and 500,000 millionths. */
static int read_scaled(const char **at, const char **ret_rest, uint64_t *ret_whole,
                       uint64_t *ret_millionths)
{
    uint64_t millionths = 0, place = 1000000;
    const char *p = *at;
    int digits = 0;
    if (read_digits(&p, ret_whole) < 0)
        return HEARSAY_ERR_SYNTAX;
    if (*p == '.') {
        for (p++; is_digit(*p); p++) {
            if (++digits > FRACTION_DIGITS)
                return HEARSAY_ERR_SYNTAX;
            place /= 10;
            millionths += (uint64_t)(*p - '0') * place;
        }
        if (digits == 0)
            return HEARSAY_ERR_SYNTAX;
    }
    *ret_rest = p;
    *ret_millionths = millionths;
    return 0;
}

static const struct {
    const char *text;
    uint64_t us;
} units[] = {
    {"d", 86400000000}, {"h", 3600000000}, {"m", 60000000}, {"s", 1000000}, {"ms", 1000}, {"us", 1},
};

int hs_value_duration(const char *text, uint64_t *ret_us)
{
    uint64_t whole = 0, millionths = 0, us;
    const char *rest = text;
    if (read_scaled(&text, &rest, &whole, &millionths) < 0)
        return HEARSAY_ERR_SYNTAX;
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (strcmp(rest, units[i].text) != 0)
            continue;
        if (__builtin_mul_overflow(whole, units[i].us, &us) ||
            __builtin_add_overflow(us, millionths * units[i].us / 1000000, &us))
            return HEARSAY_ERR_SYNTAX;
        *ret_us = us;
        return 0;
    }
    return HEARSAY_ERR_SYNTAX;
}

void hs_value_format_duration(uint64_t us, char text[HS_DURATION_TEXT_MAX])
{
    size_t i = 0;
    if (us == 0) {
        snprintf(text, HS_DURATION_TEXT_MAX, "0s");
        return;
    }
    while (us % units[i].us != 0 || us < units[i].us) {
        if (units[i].us == 1)
            break;
        i++;
    }
    snprintf(text, HS_DURATION_TEXT_MAX, "%" PRIu64 "%s", us / units[i].us, units[i].text);
}

int hs_value_milli(const char *text, uint64_t *ret_milli)
{
    uint64_t whole = 0, millionths = 0, milli;
    const char *rest = text;
    if (read_scaled(&text, &rest, &whole, &millionths) < 0 || *rest != '\0')
        return HEARSAY_ERR_SYNTAX;
    if (__builtin_mul_overflow(whole, 1000u, &milli))
        return HEARSAY_ERR_SYNTAX;
    milli += millionths / 1000;
    if (milli == 0 && millionths > 0)
        return HEARSAY_ERR_SYNTAX;
    *ret_milli = milli;
    return 0;
}

int hs_value_tokens(uint64_t milli, uint32_t *ret_tokens)
{
    if (milli > UINT64_C(1000) * HEARSAY_TOKENS_MAX)
        return HEARSAY_ERR_SYNTAX;
    uint64_t tokens = (milli * HEARSAY_TOKENS_DEFAULT + 500) / 1000;
    if (tokens > HEARSAY_TOKENS_MAX || (tokens == 0 && milli > 0))
        return HEARSAY_ERR_SYNTAX;
    *ret_tokens = (uint32_t)tokens;
    return 0;
}

bool hs_value_tag_key(const char *key)
{
    size_t len = strlen(key);
    if (len == 0 || len > HEARSAY_TAG_KEY_MAX)
        return false;
    return strspn(key, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-") == len;
}

bool hs_value_tag_value(const char *value)
{
    for (; *value != '\0'; value++)
        if ((unsigned char)*value < 0x20 || *value == 0x7f)
            return false;
    return true;
}

int hs_value_tag(char *text, struct hearsay_tag *ret_tag)
{
    char *equals = strchr(text, '=');
    if (!equals)
        return HEARSAY_ERR_SYNTAX;
    *equals = '\0';
    if (!hs_value_tag_key(text)) {
        *equals = '=';
        return HEARSAY_ERR_SYNTAX;
    }
    ret_tag->key = text;
    ret_tag->value = equals + 1;
    return 0;
}

int hs_value_endpoint(const char *text, uint16_t default_port, char ret_host[HS_HOST_MAX],
                      uint16_t *ret_port)
{
    char fault[HS_ERROR_TEXT_MAX];
    return hs_endpoint_read(text, default_port, ret_host, ret_port, fault);
}

bool hs_value_is_service(const char *host)
{
    return host[0] == '_';
}

int hs_value_seed(const char *text, char ret_host[HS_HOST_MAX], uint16_t *ret_port,
                  char fault[HS_ERROR_TEXT_MAX])
{
    char host[HS_HOST_MAX], what[HS_ERROR_TEXT_MAX];
    const char *right = "host, host:port or [ipv6]:port";
    uint16_t port;
    struct hearsay_addr addr;
    int err = hs_endpoint_read(text, HEARSAY_PORT_DEFAULT, host, &port, what);
    if (err == 0 && hs_host_parse(host, HEARSAY_PORT_DEFAULT, &addr) == 0 &&
        hearsay_addr_is_any(&addr)) {
        hs_error_text(what, "'%.80s' stands for all addresses, and no member is there", text);
        err = HEARSAY_ERR_SYNTAX;
    } else if (err == 0 && (host[0] == '\0' || port == 0)) {
        hs_error_text(what, "'%.80s' has no %s", text, port == 0 ? "port to send to" : "host");
        err = HEARSAY_ERR_SYNTAX;
    } else if (err == 0 && hs_value_is_service(host) && strchr(text, ':')) {
        hs_error_text(what, "'%.80s' is the name of a service, whose ports are in DNS", text);
        right = "written without a port";
        err = HEARSAY_ERR_SYNTAX;
    }
    if (err < 0) {
        hs_error_text(fault, "%s; must be %s", what, right);
        return err;
    }
    memcpy(ret_host, host, sizeof(host));
    *ret_port = port;
    return 0;
}

bool hs_same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}
