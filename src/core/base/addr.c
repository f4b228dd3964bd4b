/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Converts addresses to text and back. inet_pton and inet_ntop would do most of this, but they
 * belong to an operating system and the core uses none. The tests compare this file with them.
 *
 * The text is canonical (RFC 5952): equal addresses have equal texts, so logs can be searched and
 * compared. An IPv4-mapped IPv6 address becomes the IPv4 address that it stands for, because one
 * endpoint must not look like two.
 */
#include <hearsay/addr.h>

#include <string.h>

#include <hearsay/error.h>

#define IPV4_SIZE   4
#define IPV6_SIZE   16
#define IPV6_GROUPS 8
#define PORT_LIMIT  65535

/* A text that is being read, and the position in it. */
struct reader {
    const char *at, *end;
};

static bool read_char(struct reader *in, char wanted)
{
    if (in->at == in->end || *in->at != wanted)
        return false;
    in->at++;
    return true;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Reads a decimal number up to limit. Leading zeros are refused because some programs read them as
 * octal. */
static bool read_decimal(struct reader *in, unsigned limit, unsigned *ret_value)
{
    unsigned value = 0, digits = 0;
    for (; in->at != in->end && *in->at >= '0' && *in->at <= '9'; in->at++, digits++) {
        if (digits > 0 && value == 0)
            return false;
        value = value * 10 + (unsigned)(*in->at - '0');
        if (value > limit)
            return false;
    }
    *ret_value = value;
    return digits > 0;
}

static bool read_ipv4(struct reader *in, uint8_t bytes[IPV4_SIZE])
{
    for (size_t i = 0; i < IPV4_SIZE; i++) {
        unsigned octet;
        if ((i > 0 && !read_char(in, '.')) || !read_decimal(in, 255, &octet))
            return false;
        bytes[i] = (uint8_t)octet;
    }
    return true;
}

/* One group of an IPv6 address: 1 to 4 hexadecimal digits. */
static bool read_group(struct reader *in, uint8_t bytes[2])
{
    unsigned value = 0, digits = 0;
    for (; in->at != in->end && hex_digit(*in->at) >= 0; in->at++) {
        if (++digits > 4)
            return false;
        value = value << 4 | (unsigned)hex_digit(*in->at);
    }
    bytes[0] = (uint8_t)(value >> 8);
    bytes[1] = (uint8_t)value;
    return digits > 0;
}

/* An IPv6 address under construction. */
struct groups {
    uint8_t bytes[IPV6_SIZE];
    size_t size; /* bytes read */
    size_t gap;  /* position of "::" */
    bool has_gap;
};

/* Reads a group, or the IPv4 address that an IPv6 address may end with. *ret_last is set in the
 * second case. */
static bool read_piece(struct reader *in, struct groups *groups, bool *ret_last)
{
    struct reader ahead = *in;
    if (groups->size + IPV4_SIZE <= IPV6_SIZE && read_ipv4(&ahead, groups->bytes + groups->size)) {
        *in = ahead;
        groups->size += IPV4_SIZE;
        *ret_last = true;
        return true;
    }
    if (groups->size + 2 > IPV6_SIZE || !read_group(in, groups->bytes + groups->size))
        return false;
    groups->size += 2;
    return true;
}

static bool read_gap(struct reader *in, struct groups *groups)
{
    struct reader ahead = *in;
    if (groups->has_gap || !read_char(&ahead, ':') || !read_char(&ahead, ':'))
        return false;
    *in = ahead;
    groups->gap = groups->size;
    groups->has_gap = true;
    return true;
}

/* Reads pieces up to the end of the text or a closing bracket. */
static bool read_groups(struct reader *in, struct groups *groups)
{
    bool last = false;
    bool fresh = true; /* a piece may follow without a colon */
    if (read_gap(in, groups) && (in->at == in->end || *in->at == ']'))
        return true;
    while (!last) {
        if (!fresh && !read_char(in, ':'))
            break;
        if (!read_piece(in, groups, &last))
            return false;
        fresh = !last && read_gap(in, groups);
        if (fresh && (in->at == in->end || *in->at == ']'))
            break;
    }
    return true;
}

static bool read_ipv6(struct reader *in, uint8_t bytes[IPV6_SIZE])
{
    struct groups groups = {.size = 0};
    if (!read_groups(in, &groups))
        return false;
    /* "::" stands for at least one group (RFC 4291, 2.2). */
    if (groups.has_gap ? groups.size > IPV6_SIZE - 2 : groups.size != IPV6_SIZE)
        return false;
    size_t tail = groups.has_gap ? groups.size - groups.gap : 0;
    memset(bytes, 0, IPV6_SIZE);
    memcpy(bytes, groups.bytes, groups.size - tail);
    memcpy(bytes + IPV6_SIZE - tail, groups.bytes + groups.size - tail, tail);
    return true;
}

static bool is_mapped(const uint8_t bytes[IPV6_SIZE])
{
    static const uint8_t prefix[IPV6_SIZE - IPV4_SIZE] = {[10] = 0xff, [11] = 0xff};
    return memcmp(bytes, prefix, sizeof prefix) == 0;
}

static void set_ipv6(struct hearsay_addr *addr, const uint8_t bytes[IPV6_SIZE])
{
    if (is_mapped(bytes)) {
        addr->family = 4;
        memcpy(addr->bytes, bytes + IPV6_SIZE - IPV4_SIZE, IPV4_SIZE);
    } else {
        addr->family = 6;
        memcpy(addr->bytes, bytes, IPV6_SIZE);
    }
}

/* Reads the address; *ret_port_follows says whether the text has a place for a port. */
static bool read_host(struct reader *in, struct hearsay_addr *addr, bool *ret_port_follows)
{
    uint8_t bytes[IPV6_SIZE];
    struct reader ahead = *in;
    if (read_char(in, '[')) {
        if (!read_ipv6(in, bytes) || !read_char(in, ']'))
            return false;
        set_ipv6(addr, bytes);
    } else if (read_ipv6(&ahead, bytes)) { /* without brackets: no port can follow */
        *in = ahead;
        set_ipv6(addr, bytes);
        *ret_port_follows = false;
    } else {
        addr->family = 4;
        return read_ipv4(in, addr->bytes);
    }
    return true;
}

int hearsay_addr_parse(struct hearsay_addr *ret_addr, const char *text, uint16_t default_port)
{
    struct hearsay_addr addr = {.family = 0};
    struct reader in = {.at = text, .end = text + strlen(text)};
    bool port_follows = true;
    unsigned port = default_port;
    if (!read_host(&in, &addr, &port_follows))
        return HEARSAY_ERR_SYNTAX;
    if (port_follows && read_char(&in, ':') && !read_decimal(&in, PORT_LIMIT, &port))
        return HEARSAY_ERR_SYNTAX;
    if (in.at != in.end || port == 0)
        return HEARSAY_ERR_SYNTAX;
    addr.port = (uint16_t)port;
    *ret_addr = addr;
    return 0;
}

static char *write_decimal(char *at, unsigned value)
{
    char digits[8];
    size_t count = 0;
    do {
        digits[count++] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    while (count > 0)
        *at++ = digits[--count];
    return at;
}

/* Lower case, without leading zeros (RFC 5952, 4.1 and 4.3). */
static char *write_group(char *at, unsigned value)
{
    bool begun = false;
    for (int shift = 12; shift >= 0; shift -= 4) {
        unsigned digit = value >> shift & 0xf;
        begun = begun || digit > 0 || shift == 0;
        if (begun)
            *at++ = "0123456789abcdef"[digit];
    }
    return at;
}

static char *write_ipv4(char *at, const uint8_t bytes[IPV4_SIZE])
{
    for (size_t i = 0; i < IPV4_SIZE; i++) {
        if (i > 0)
            *at++ = '.';
        at = write_decimal(at, bytes[i]);
    }
    return at;
}

static unsigned group_at(const uint8_t bytes[IPV6_SIZE], size_t index)
{
    return (unsigned)bytes[2 * index] << 8 | bytes[2 * index + 1];
}

/* Finds the longest run of at least two zero groups, the first one of equal runs (RFC 5952, 4.2).
 * Returns its length, or 0 if there is none. */
static size_t longest_zeros(const uint8_t bytes[IPV6_SIZE], size_t *ret_first)
{
    size_t best = 0;
    for (size_t i = 0; i < IPV6_GROUPS;) {
        size_t end = i;
        while (end < IPV6_GROUPS && group_at(bytes, end) == 0)
            end++;
        if (end - i > best) {
            best = end - i;
            *ret_first = i;
        }
        i = end + 1;
    }
    return best >= 2 ? best : 0;
}

static char *write_ipv6(char *at, const uint8_t bytes[IPV6_SIZE])
{
    if (is_mapped(bytes)) { /* RFC 5952, 5; only from a caller that filled the struct by hand */
        static const char prefix[7] = {':', ':', 'f', 'f', 'f', 'f', ':'};
        memcpy(at, prefix, sizeof prefix);
        return write_ipv4(at + sizeof prefix, bytes + IPV6_SIZE - IPV4_SIZE);
    }
    size_t first = 0;
    size_t zeros = longest_zeros(bytes, &first);
    for (size_t i = 0; i < IPV6_GROUPS;) {
        if (zeros > 0 && i == first) {
            *at++ = ':';
            *at++ = ':';
            i += zeros;
            continue;
        }
        if (i > 0 && !(zeros > 0 && i == first + zeros))
            *at++ = ':';
        at = write_group(at, group_at(bytes, i++));
    }
    return at;
}

size_t hearsay_addr_format(const struct hearsay_addr *addr, char text[HEARSAY_ADDR_TEXT_MAX])
{
    char *at = text;
    if (addr->family == 4) {
        at = write_ipv4(at, addr->bytes);
    } else if (addr->family == 6) {
        *at++ = '[';
        at = write_ipv6(at, addr->bytes);
        *at++ = ']';
    } else {
        memcpy(text, "none", sizeof "none");
        return sizeof "none" - 1;
    }
    *at++ = ':';
    at = write_decimal(at, addr->port);
    *at = '\0';
    return (size_t)(at - text);
}

bool hearsay_addr_equal(const struct hearsay_addr *a, const struct hearsay_addr *b)
{
    return a->family == b->family && a->port == b->port &&
           memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

static const char *ipv4_fault(const uint8_t bytes[IPV4_SIZE])
{
    static const uint8_t ones[IPV4_SIZE] = {255, 255, 255, 255};
    if (memcmp(bytes, ones, sizeof ones) == 0)
        return "the broadcast address";
    if (bytes[0] == 0)
        return "an address of 0.0.0.0/8, which no host has";
    if (bytes[0] >= 240)
        return "a reserved address (class E)";
    return bytes[0] >= 224 ? "a multicast address" : NULL;
}

static const char *ipv6_fault(const uint8_t bytes[IPV6_SIZE])
{
    if (is_mapped(bytes))
        return ipv4_fault(bytes + IPV6_SIZE - IPV4_SIZE);
    if (bytes[0] == 0xff)
        return "a multicast address";
    if (bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80)
        return "a link-local address, which means something only with a zone";
    return NULL;
}

const char *hearsay_addr_fault(const struct hearsay_addr *addr)
{
    if (addr->family != 4 && addr->family != 6)
        return "no address";
    if (hearsay_addr_is_any(addr))
        return "the unspecified address";
    return addr->family == 4 ? ipv4_fault(addr->bytes) : ipv6_fault(addr->bytes);
}

bool hearsay_addr_is_any(const struct hearsay_addr *addr)
{
    static const uint8_t zero[IPV6_SIZE];
    return addr->family != 0 && memcmp(addr->bytes, zero, sizeof zero) == 0;
}
