/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads datagrams from a capture, from text, or from bytes. In a capture only UDP datagrams that
 * are complete in one frame are read, because hearsay's datagrams never need fragments (R10: size).
 * pcapng is not supported; tcpdump -w and `editcap -F pcap` write pcap.
 */
#include "dump.h"

#include <string.h>

#define PCAP_HEADER   24u
#define PACKET_HEADER 16u
#define PROTOCOL_UDP  17
#define TYPE_IPV4     0x0800
#define TYPE_IPV6     0x86dd
#define TYPE_VLAN     0x8100

static unsigned be16(const uint8_t *bytes)
{
    return (unsigned)bytes[0] << 8 | bytes[1];
}

static uint32_t get32(const uint8_t *bytes, bool swapped)
{
    uint32_t value = 0;
    for (unsigned i = 0; i < 4; i++)
        value |= (uint32_t)bytes[i] << 8 * (swapped ? 3 - i : i);
    return value;
}

/* ---- a frame ----------------------------------------------------------------------------- */

/* The offset of the IP header in a frame of this link type, or 0 if the type is not known.
 * *ret_type is the type of the payload, or 0 if it must be found from its first byte. */
static size_t link_header(uint32_t link, const uint8_t *frame, size_t len, unsigned *ret_type)
{
    *ret_type = 0;
    if (link == 1 && len > 18) { /* Ethernet, with or without a VLAN tag */
        bool vlan = be16(frame + 12) == TYPE_VLAN;
        *ret_type = be16(frame + (vlan ? 16 : 12));
        return vlan ? 18 : 14;
    }
    if (link == 113 && len > 16) { /* Linux, "any" */
        *ret_type = be16(frame + 14);
        return 16;
    }
    if (link == 276 && len > 20) { /* the same, version 2 */
        *ret_type = be16(frame);
        return 20;
    }
    return (link == 0 || link == 108) && len > 4 ? 4 : SIZE_MAX;
}

/* The UDP header after an IP header, or NULL. */
static const uint8_t *find_udp(const uint8_t *ip, size_t len, struct dump_datagram *datagram)
{
    size_t header;
    unsigned size;
    if (len >= 20 && ip[0] >> 4 == 4) {
        header = (size_t)(ip[0] & 0x0f) * 4;
        if (ip[9] != PROTOCOL_UDP ||
            (be16(ip + 6) & 0x3fff) != 0) /* another protocol, or a fragment */
            return NULL;
        datagram->from.family = datagram->to.family = 4;
        size = 4;
        memcpy(datagram->from.bytes, ip + 12, size);
        memcpy(datagram->to.bytes, ip + 16, size);
    } else if (len >= 40 && ip[0] >> 4 == 6) {
        header = 40;
        if (ip[6] != PROTOCOL_UDP)
            return NULL;
        datagram->from.family = datagram->to.family = 6;
        size = 16;
        memcpy(datagram->from.bytes, ip + 8, size);
        memcpy(datagram->to.bytes, ip + 24, size);
    } else {
        return NULL;
    }
    return header >= 20 && len >= header + 8 ? ip + header : NULL;
}

static bool read_frame(uint32_t link, const uint8_t *frame, size_t len,
                       struct dump_datagram *ret_datagram)
{
    unsigned type;
    size_t at = link == 101 ? 0 : link_header(link, frame, len, &type); /* 101: IP itself */
    *ret_datagram = (struct dump_datagram){0};
    if (at == SIZE_MAX || at >= len)
        return false;
    if (link != 101 && type != 0 && type != TYPE_IPV4 && type != TYPE_IPV6)
        return false;
    const uint8_t *udp = find_udp(frame + at, len - at, ret_datagram);
    if (!udp || be16(udp + 4) < 8)
        return false;
    size_t there = (size_t)(frame + len - udp) - 8, said = be16(udp + 4) - 8u;
    ret_datagram->from.port = (uint16_t)be16(udp);
    ret_datagram->to.port = (uint16_t)be16(udp + 2);
    ret_datagram->bytes = udp + 8;
    ret_datagram->len = said < there ? said : there;
    return true;
}

static const char *read_capture(const struct dump_options *options, const uint8_t *input,
                                size_t len, bool swapped, dump_each *each, void *context)
{
    uint32_t link = get32(input + 20, swapped) & 0xffff;
    size_t at = PCAP_HEADER;
    while (at < len) {
        if (len - at < PACKET_HEADER)
            return "the capture ends in the middle of a packet";
        size_t size = get32(input + at + 8, swapped);
        at += PACKET_HEADER;
        if (size > len - at)
            return "the capture ends in the middle of a packet";
        struct dump_datagram datagram;
        if (read_frame(link, input + at, size, &datagram) &&
            (options->port == 0 || datagram.from.port == options->port ||
             datagram.to.port == options->port))
            each(context, &datagram);
        at += size;
    }
    return NULL;
}

/* ---- text -------------------------------------------------------------------------------- */

static int digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool is_text(const uint8_t *input, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (digit(input[i]) < 0 && !strchr(" \t\r\n:", input[i]))
            return false;
    return len > 0 && input[0] != 0;
}

/* Converts a line of digits to bytes, in place. Returns how many, or SIZE_MAX. */
static size_t unhex(uint8_t *line, size_t len)
{
    size_t count = 0;
    int high = -1;
    for (size_t i = 0; i < len; i++) {
        int value = digit(line[i]);
        if (value < 0)
            continue;
        if (high < 0) {
            high = value;
        } else {
            line[count++] = (uint8_t)(high << 4 | value);
            high = -1;
        }
    }
    return high < 0 ? count : SIZE_MAX;
}

static const char *read_text(uint8_t *input, size_t len, dump_each *each, void *context)
{
    for (size_t at = 0; at < len;) {
        uint8_t *end = memchr(input + at, '\n', len - at);
        size_t line = end ? (size_t)(end - input) - at : len - at;
        struct dump_datagram datagram = {.bytes = input + at, .len = unhex(input + at, line)};
        if (datagram.len == SIZE_MAX)
            return "a line has an odd number of hexadecimal digits";
        if (datagram.len > 0)
            each(context, &datagram);
        at += line + 1;
    }
    return NULL;
}

/* ---- which it is ------------------------------------------------------------------------- */

const char *dump_read(const struct dump_options *options, uint8_t *input, size_t len,
                      dump_each *each, void *context)
{
    struct dump_datagram whole = {.bytes = input, .len = len};
    if (!options->raw && len >= PCAP_HEADER) {
        /* Microseconds or nanoseconds, in either byte order. */
        uint32_t little = get32(input, false), big = get32(input, true);
        if (little == 0xa1b2c3d4 || little == 0xa1b23c4d)
            return read_capture(options, input, len, false, each, context);
        if (big == 0xa1b2c3d4 || big == 0xa1b23c4d)
            return read_capture(options, input, len, true, each, context);
        if (little == 0x0a0d0d0a)
            return "the capture is pcapng; write pcap (editcap -F pcap)";
    }
    if (!options->raw && is_text(input, len))
        return read_text(input, len, each, context);
    each(context, &whole);
    return NULL;
}
