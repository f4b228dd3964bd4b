/* SPDX-License-Identifier: Apache-2.0 */
/* The checksum does not cover the newline at the end. It only tells that nothing is missing: what
 * is in the body is checked by whoever reads it, as if a stranger had written it. */
#include "keep/envelope.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hearsay/ring.h>

#include "ctl/ctl.h"

#define HEAD_MAX (HS_ENVELOPE_KIND_MAX + 64) /* three numbers, and what stands between them */

char *hs_envelope_make(const struct hs_envelope *envelope, const char *body, size_t *ret_len)
{
    size_t len = strlen(body);
    char *text = malloc(HEAD_MAX + len + 1);

    if (text)
        *ret_len = (size_t)sprintf(text, "%s %" PRIu64 " %016" PRIx64 " %zu\n%s\n", envelope->kind,
                                   envelope->format, hearsay_ring_hash(body, len), len + 1, body);
    return text;
}

/* A decimal number that ends with this character; moves on behind it. */
static bool read_number(const char **at, const char *end, char stop, uint64_t *ret_number)
{
    const char *p = *at;
    uint64_t number = 0;

    for (; p < end && *p >= '0' && *p <= '9'; p++)
        if (__builtin_mul_overflow(number, 10u, &number) ||
            __builtin_add_overflow(number, (uint64_t)(*p - '0'), &number))
            return false;
    if (p == *at || p == end || *p != stop)
        return false;
    *at = p + 1;
    *ret_number = number;
    return true;
}

static bool read_checksum(const char **at, const char *end, uint64_t *ret_checksum)
{
    char digits[HS_CTL_HEX64_MAX], exact[HS_CTL_HEX64_MAX];

    if (end - *at < HS_CTL_HEX64_MAX || (*at)[HS_CTL_HEX64_MAX - 1] != ' ')
        return false;
    memcpy(digits, *at, HS_CTL_HEX64_MAX - 1);
    digits[HS_CTL_HEX64_MAX - 1] = '\0';
    *at += HS_CTL_HEX64_MAX;
    if (hs_ctl_parse_hex64(digits, ret_checksum) < 0)
        return false;
    hs_ctl_format_hex64(*ret_checksum, exact);
    return strcmp(digits, exact) == 0; /* A and a are two bytes */
}

enum hs_envelope_found hs_envelope_open(const struct hs_envelope *envelope, const char *bytes,
                                        size_t len, const char **ret_body, size_t *ret_len,
                                        uint64_t *ret_format)
{
    size_t kind_len = strlen(envelope->kind);
    const char *at = bytes + kind_len + 1, *end = bytes + len;
    uint64_t checksum = 0, length = 0;

    if (len == 0)
        return HS_ENVELOPE_EMPTY;
    if (len <= kind_len || memcmp(bytes, envelope->kind, kind_len) != 0 || bytes[kind_len] != ' ' ||
        !read_number(&at, end, ' ', ret_format))
        return HS_ENVELOPE_DAMAGED;
    if (*ret_format > envelope->format)
        return HS_ENVELOPE_LATER;
    if (*ret_format != envelope->format || !read_checksum(&at, end, &checksum) ||
        !read_number(&at, end, '\n', &length))
        return HS_ENVELOPE_DAMAGED;
    if (length == 0 || length != (uint64_t)(end - at) || end[-1] != '\n' ||
        hearsay_ring_hash(at, (size_t)length - 1) != checksum)
        return HS_ENVELOPE_DAMAGED;
    *ret_body = at;
    *ret_len = (size_t)length - 1;
    return HS_ENVELOPE_GOOD;
}
