/* SPDX-License-Identifier: Apache-2.0 */
#include "dns/want.h"

#include <string.h>

#include "ctl/ctl.h"

#define REPLICA_DIGITS_MAX 2
#define IPV4_BYTES         4
#define IPV6_BYTES         16
#define ARPA_LABELS        2

/* The labels of a name from `first` to before `end`. */
struct part {
    const struct hs_dns_name *name;
    size_t first, end;
};

static size_t part_labels(const struct part *part)
{
    return part->end - part->first;
}

static bool part_ends_with(const struct part *part, const char *word)
{
    return part->end > part->first && hs_dns_name_label_is(part->name, part->end - 1, word);
}

/* ---- keys -------------------------------------------------------------------------------- */

/* Joins labels without dots and reads the digits of all of them. */
static bool read_hex(const struct part *part, uint8_t *bytes, size_t *ret_len)
{
    char text[HS_DNS_TEXT_MAX], digits[HS_DNS_TEXT_MAX];
    size_t len = 0, text_len = hs_dns_name_join(part->name, part->first, part->end, text);

    for (size_t i = 0; i < text_len; i++)
        if (text[i] != '.')
            digits[len++] = text[i];
    if (len == 0 || hs_ctl_parse_hex(digits, len, bytes) < 0)
        return false;
    *ret_len = len / 2;
    return true;
}

static bool read_replica(const struct part *part, size_t *ret_replica)
{
    char text[HS_DNS_TEXT_MAX];
    size_t len = hs_dns_name_join(part->name, part->first, part->first + 1, text), number = 0;

    if (len > REPLICA_DIGITS_MAX)
        return false;
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        number = number * 10 + (size_t)(text[i] - '0');
    }
    *ret_replica = number;
    return true;
}

/* A replica's number is a label of one or two decimal digits before a key in hex. Text that is hex
 * by chance is read as hex: programs write hex always, and text is for people. */
static void read_key(const struct part *part, struct hs_dns_want *want)
{
    struct part rest = {part->name, part->first + 1, part->end};
    char text[HS_DNS_TEXT_MAX];

    want->kind = HS_DNS_WANT_KEY;
    if (part_labels(&rest) > 0 && read_replica(part, &want->replica) &&
        read_hex(&rest, want->key, &want->key_len))
        want->one = true;
    else if (!read_hex(part, want->key, &want->key_len)) {
        want->key_len = hs_dns_name_join(part->name, part->first, part->end, text);
        memcpy(want->key, text, want->key_len);
    }
}

/* ---- addresses --------------------------------------------------------------------------- */

/* Eight digits are IPv4, 32 are IPv6, as one label. */
static void read_addr(const struct part *part, struct hs_dns_want *want)
{
    uint8_t bytes[HS_DNS_NAME_MAX];
    size_t len = 0;

    if (part_labels(part) != 1 || !read_hex(part, bytes, &len) ||
        (len != IPV4_BYTES && len != IPV6_BYTES))
        return;
    want->kind = HS_DNS_WANT_ADDR;
    want->addr.family = len == IPV4_BYTES ? 4 : 6;
    memcpy(want->addr.bytes, bytes, len);
}

/* 3.5: decimal bytes, the last one first. */
static bool read_reverse_ipv4(const struct part *part, uint8_t bytes[IPV4_BYTES])
{
    for (size_t i = 0; i < part_labels(part); i++) {
        char text[HS_DNS_TEXT_MAX];
        size_t at = part->end - 1 - i, len = hs_dns_name_join(part->name, at, at + 1, text);
        unsigned value = 0;

        if (len > 3 || (len > 1 && text[0] == '0') || strspn(text, "0123456789") != len)
            return false;
        for (size_t k = 0; k < len; k++)
            value = value * 10 + (unsigned)(text[k] - '0');
        if (value > UINT8_MAX)
            return false;
        bytes[i] = (uint8_t)value;
    }
    return true;
}

/* RFC 3596, 2.5: hex digits, the last one first, each a label. */
static bool read_reverse_ipv6(const struct part *part, uint8_t bytes[IPV6_BYTES])
{
    char digits[2 * IPV6_BYTES];
    size_t count = part_labels(part);

    memset(digits, '0', sizeof(digits));
    for (size_t i = 0; i < count; i++) {
        char text[HS_DNS_TEXT_MAX];
        size_t at = part->end - 1 - i;

        if (hs_dns_name_join(part->name, at, at + 1, text) != 1)
            return false;
        digits[i] = text[0];
    }
    return hs_ctl_parse_hex(digits, sizeof(digits), bytes) == 0;
}

static void read_reverse(const struct part *part, uint8_t family, struct hs_dns_want *want)
{
    size_t whole = family == 4 ? IPV4_BYTES : 2 * IPV6_BYTES;

    if (part_labels(part) > whole || !(family == 4 ? read_reverse_ipv4(part, want->addr.bytes)
                                                   : read_reverse_ipv6(part, want->addr.bytes)))
        return;
    want->kind = part_labels(part) < whole ? HS_DNS_WANT_BRANCH : HS_DNS_WANT_REVERSE;
    want->addr.family = family;
}

bool hs_dns_want_reverse(const struct hs_dns_name *name, size_t *ret_labels,
                         struct hs_dns_want *ret_want)
{
    size_t labels = name->labels;
    bool is_ipv4;

    if (labels < ARPA_LABELS || !hs_dns_name_label_is(name, labels - 1, "arpa"))
        return false;
    is_ipv4 = hs_dns_name_label_is(name, labels - ARPA_LABELS, "in-addr");
    if (!is_ipv4 && !hs_dns_name_label_is(name, labels - ARPA_LABELS, "ip6"))
        return false;
    *ret_labels = labels - ARPA_LABELS;
    *ret_want = (struct hs_dns_want){.kind = HS_DNS_WANT_NOTHING};
    read_reverse(&(struct part){name, 0, *ret_labels}, is_ipv4 ? 4 : 6, ret_want);
    return true;
}

/* ---- names ------------------------------------------------------------------------------- */

static void read_members(const struct part *part, struct hs_dns_want *want)
{
    size_t labels = part_labels(part);
    struct part before = {part->name, part->first, part->end - 1};

    if (labels == 1 && (part_ends_with(part, "node") || part_ends_with(part, "tag") ||
                        part_ends_with(part, "key") || part_ends_with(part, "addr"))) {
        want->kind = HS_DNS_WANT_BRANCH;
    } else if (labels == 1 && part_ends_with(part, "all")) {
        want->kind = HS_DNS_WANT_ALL;
    } else if (labels == 1 && part_ends_with(part, "ns")) {
        want->kind = HS_DNS_WANT_SERVER;
    } else if (part_ends_with(part, "node") || part_ends_with(part, "tag")) {
        want->kind = part_ends_with(part, "node") ? HS_DNS_WANT_NODE : HS_DNS_WANT_TAG;
        if (hs_dns_name_join(part->name, before.first, before.end, want->text) !=
            strlen(want->text))
            want->kind = HS_DNS_WANT_NOTHING; /* a zero byte: no name and no tag has one */
    } else if (part_ends_with(part, "key")) {
        read_key(&before, want);
    } else if (part_ends_with(part, "addr")) {
        read_addr(&before, want);
    }
}

/* Where the label _tcp or _udp is, or `end` if there is none. */
static size_t find_protocol(const struct part *part)
{
    size_t at = part->first;

    while (at < part->end && !hs_dns_name_label_is(part->name, at, "_tcp") &&
           !hs_dns_name_label_is(part->name, at, "_udp"))
        at++;
    return at;
}

/* RFC 2782: _TAG._tcp. A tag with dots has branches: `b._tcp` of `_a.b._tcp`. */
static void read_service(const struct part *part, size_t protocol, struct hs_dns_want *want)
{
    struct part rest = {part->name, protocol + 1, part->end};
    size_t len;

    if (part_labels(&rest) == 0)
        want->kind = HS_DNS_WANT_ALL;
    else
        read_members(&rest, want);
    if (want->kind == HS_DNS_WANT_SERVER || want->kind == HS_DNS_WANT_ADDR)
        want->kind = HS_DNS_WANT_NOTHING;
    if (protocol == part->first || hs_dns_name_label_first(part->name, part->first) != '_') {
        want->below = true;
        return;
    }
    len = hs_dns_name_join(part->name, part->first, protocol, want->service);
    memmove(want->service, want->service + 1, len);
    if (len < 2 || strlen(want->service) != len - 1)
        want->kind = HS_DNS_WANT_NOTHING;
}

void hs_dns_want_read(const struct hs_dns_name *name, size_t labels, struct hs_dns_want *ret_want)
{
    struct part part = {name, 0, labels};
    size_t protocol = find_protocol(&part);

    *ret_want = (struct hs_dns_want){.kind = HS_DNS_WANT_NOTHING};
    if (labels == 0)
        ret_want->kind = HS_DNS_WANT_ZONE;
    else if (protocol < labels)
        read_service(&part, protocol, ret_want);
    else
        read_members(&part, ret_want);
}
