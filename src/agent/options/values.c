/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Durations must have a unit, because one reader takes "5" for seconds and another for
 * milliseconds, and a failure detector with a wrong timeout is hard to diagnose. Fractions are not
 * read with strtod, because it follows the locale and accepts "inf", hex and signs.
 */
#include "agent/options/values.h"

#include <arpa/inet.h>
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
    if (milli == 0)
        return HEARSAY_ERR_SYNTAX;
    *ret_milli = milli;
    return 0;
}

bool hs_value_tag_key(const char *key)
{
    size_t len = strlen(key);
    if (len == 0 || len > HEARSAY_TAG_KEY_MAX)
        return false;
    return strspn(key, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-") == len;
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

/* A host with a colon must be an IPv6 address. A host without one may be any name for a
 * resolver. */
static int copy_host(const char *from, size_t len, char ret_host[HS_HOST_MAX])
{
    struct in6_addr unused;
    char host[HS_HOST_MAX];
    if (len >= HS_HOST_MAX || memchr(from, ' ', len))
        return HEARSAY_ERR_SYNTAX;
    memcpy(host, from, len);
    host[len] = '\0';
    if (strchr(host, ':') && inet_pton(AF_INET6, host, &unused) != 1)
        return HEARSAY_ERR_SYNTAX;
    memcpy(ret_host, host, len + 1);
    return 0;
}

int hs_value_endpoint(const char *text, uint16_t default_port, char ret_host[HS_HOST_MAX],
                      uint16_t *ret_port)
{
    const char *host = text, *colon = strrchr(text, ':'), *end = text + strlen(text);
    const char *port = NULL;
    uint64_t number = default_port;
    if (text[0] == '\0')
        return HEARSAY_ERR_SYNTAX;
    if (text[0] == '[') {
        host = text + 1;
        end = strchr(text, ']');
        if (!end || end == host || (end[1] != '\0' && end[1] != ':'))
            return HEARSAY_ERR_SYNTAX;
        port = end[1] == ':' ? end + 2 : NULL;
    } else if (colon && strchr(text, ':') == colon) {
        end = colon; /* exactly one colon: more without brackets are a bare IPv6 address */
        port = colon + 1;
    }
    if (port && (hs_value_number(port, &number) < 0 || number > UINT16_MAX))
        return HEARSAY_ERR_SYNTAX;
    if (copy_host(host, (size_t)(end - host), ret_host) < 0)
        return HEARSAY_ERR_SYNTAX;
    *ret_port = (uint16_t)number;
    return 0;
}

const char *hs_value_endpoint_fault(const char *text)
{
    const char *colon = strchr(text, ':');
    struct hearsay_addr addr;

    /* A member's address must mean the same on every machine, and a zone is a name of this one. */
    if (strchr(text, '%') && colon && (text[0] == '[' || strchr(colon + 1, ':')))
        return "an address with a zone (%...), which names an interface of this machine and means "
               "nothing to others: zones are not supported; use a global or unique local address "
               "(fd00::/8)";
    if (hearsay_addr_parse(&addr, text, HEARSAY_PORT_DEFAULT) < 0 || hearsay_addr_is_any(&addr))
        return NULL;
    return hearsay_addr_fault(&addr);
}
