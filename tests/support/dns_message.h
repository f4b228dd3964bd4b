/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages of the DNS for tests, written and read apart from src/dns: questions from text, answers
 * to text. The reader takes nothing on trust, so that it finds what is wrong with an answer.
 */
#ifndef HS_TESTS_DNS_MESSAGE_H
#define HS_TESTS_DNS_MESSAGE_H

#include <arpa/inet.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DNS_RECORDS_MAX 5000
#define DNS_TEXT_MAX    1100 /* a name with each byte as \ddd */
#define DNS_LINE_MAX    2600
#define DNS_HEADER      12

struct dns_record {
    char section; /* q: answer, n: authority, x: additional */
    char name[DNS_TEXT_MAX];
    unsigned type, class, ttl;
    size_t at, len; /* of the data */
};

/* An answer that was read. */
struct dns_message {
    const uint8_t *bytes;
    size_t size;
    unsigned id, flags, rcode; /* the code with the bits of OPT */
    unsigned counts[4];
    size_t question_size;
    bool opt;
    unsigned opt_size, opt_do;
    int explain; /* RFC 8914; -1: none */
    size_t count;
    struct dns_record records[DNS_RECORDS_MAX]; /* without OPT */
};

static struct dns_message dns_message;

static inline unsigned dns_u16(const uint8_t *at)
{
    return (unsigned)at[0] << 8 | at[1];
}

/* ---- questions --------------------------------------------------------------------------- */

/* A name as on the wire; \. is a dot within a label. Returns its size. */
static inline size_t dns_put_name(uint8_t *to, const char *text)
{
    size_t at = 1, length_at = 0;

    for (; *text; text++) {
        if (*text == '.') {
            to[length_at] = (uint8_t)(at - length_at - 1);
            length_at = at++;
            continue;
        }
        if (*text == '\\')
            text++;
        to[at++] = (uint8_t)*text;
    }
    to[length_at] = (uint8_t)(at - length_at - 1);
    if (at - length_at > 1)
        to[at++] = 0;
    return at;
}

static inline void dns_put_u16(uint8_t *to, unsigned value)
{
    to[0] = (uint8_t)(value >> 8);
    to[1] = (uint8_t)value;
}

/* Returns the size. `udp_size` 0: without EDNS. */
static inline size_t dns_question(uint8_t *to, unsigned id, const char *name, unsigned type,
                                  unsigned udp_size)
{
    size_t at = DNS_HEADER;

    memset(to, 0, DNS_HEADER);
    dns_put_u16(to, id);
    to[2] = 1; /* RD */
    to[5] = 1;
    at += dns_put_name(to + at, name);
    dns_put_u16(to + at, type);
    dns_put_u16(to + at + 2, 1);
    at += 4;
    if (udp_size == 0)
        return at;
    to[11] = 1;
    memset(to + at, 0, 11);
    to[at + 2] = 41;
    dns_put_u16(to + at + 3, udp_size);
    return at + 11;
}

/* ---- answers ----------------------------------------------------------------------------- */

/* Reads a name, following pointers, which must point to something before them. Returns the bytes
 * that it takes in its place, or 0. */
static inline size_t dns_read_name(const struct dns_message *message, size_t at, char *text)
{
    size_t taken = 0, start = at, total = 0, len = 0;

    text[0] = '\0';
    for (;;) {
        if (at >= message->size)
            return 0;
        size_t label = message->bytes[at];
        if (label >= 0xc0) {
            if (at + 1 >= message->size)
                return 0;
            size_t to = dns_u16(message->bytes + at) & 0x3fff;
            if (to >= start || to < DNS_HEADER)
                return 0;
            taken += taken ? 0 : at + 2 - start;
            at = start = to;
            continue;
        }
        total += 1 + label;
        if (label > 63 || total > 255 || at + 1 + label > message->size)
            return 0;
        if (label == 0)
            return taken ? taken : at + 1 - start;
        if (len > 0)
            text[len++] = '.';
        for (size_t i = 1; i <= label; i++) {
            uint8_t byte = message->bytes[at + i];
            if (byte > ' ' && byte < 0x7f && byte != '.' && byte != '\\')
                text[len++] = (char)byte;
            else
                len += (size_t)sprintf(text + len, "\\%03u", byte);
        }
        text[len] = '\0';
        at += 1 + label;
    }
}

static inline bool dns_read_opt(struct dns_message *message, size_t at, const uint8_t *fixed)
{
    size_t end = at + dns_u16(fixed + 8);

    if (message->opt)
        return false;
    message->opt = true;
    message->opt_size = dns_u16(fixed + 2);
    message->rcode |= (unsigned)fixed[4] << 4;
    message->opt_do = dns_u16(fixed + 6);
    while (at < end) {
        if (end - at < 4 || dns_u16(message->bytes + at + 2) > end - at - 4)
            return false;
        if (dns_u16(message->bytes + at) == 15)
            message->explain = (int)dns_u16(message->bytes + at + 4);
        at += 4 + dns_u16(message->bytes + at + 2);
    }
    return true;
}

static inline bool dns_read_records(struct dns_message *message, size_t at)
{
    static const char sections[] = "?qnx";
    size_t counts[4] = {0};

    for (size_t section = 1; section <= 3; section++)
        for (; counts[section] < message->counts[section]; counts[section]++) {
            struct dns_record *record = &message->records[message->count];
            size_t taken = dns_read_name(message, at, record->name);
            const uint8_t *fixed = message->bytes + at + taken;
            if (taken == 0 || message->size - at - taken < 10 ||
                dns_u16(fixed + 8) > message->size - at - taken - 10)
                return false;
            at += taken + 10;
            record->section = sections[section];
            record->type = dns_u16(fixed);
            record->class = dns_u16(fixed + 2);
            record->ttl = dns_u16(fixed + 4) << 16 | dns_u16(fixed + 6);
            record->at = at;
            record->len = dns_u16(fixed + 8);
            at += record->len;
            if (record->type == 41) {
                if (section != 3 || record->name[0] != '\0' ||
                    !dns_read_opt(message, record->at, fixed))
                    return false;
            } else if (record->class != 1 || ++message->count == DNS_RECORDS_MAX) {
                return false;
            }
        }
    return at == message->size;
}

/* Reads an answer into dns_message. Returns false if anything is wrong with it. */
static inline bool dns_read(const uint8_t *bytes, size_t size)
{
    struct dns_message *message = &dns_message;
    char name[DNS_TEXT_MAX];
    size_t at = DNS_HEADER;

    message->bytes = bytes;
    message->size = size;
    message->count = message->question_size = 0;
    message->opt = false;
    message->explain = -1;
    if (size < DNS_HEADER)
        return false;
    message->id = dns_u16(bytes);
    message->flags = dns_u16(bytes + 2);
    message->rcode = message->flags & 15;
    for (size_t i = 0; i < 4; i++)
        message->counts[i] = dns_u16(bytes + 4 + 2 * i);
    if (message->counts[0] > 1 || (message->flags & 0x8000) == 0)
        return false;
    if (message->counts[0] == 1) {
        size_t taken = dns_read_name(message, at, name);
        if (taken == 0 || size - at - taken < 4)
            return false;
        message->question_size = taken + 4;
        at += message->question_size;
    }
    return dns_read_records(message, at);
}

/* ---- as text ----------------------------------------------------------------------------- */

static inline const char *dns_type_name(unsigned type)
{
    static const struct {
        unsigned type;
        const char *name;
    } names[] = {{1, "A"},      {2, "NS"},     {6, "SOA"},  {12, "PTR"},
                 {16, "TXT"},   {28, "AAAA"},  {33, "SRV"}, {255, "ANY"},
                 {252, "AXFR"}, {251, "IXFR"}, {15, "MX"},  {65, "HTTPS"}};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (names[i].type == type)
            return names[i].name;
    return "?";
}

static inline unsigned dns_type_of(const char *name)
{
    for (unsigned type = 1; type < 256; type++)
        if (strcmp(dns_type_name(type), name) == 0)
            return type;
    abort();
}

/* Writes "name TYPE data"; returns false if the data is not what such a record has. */
static inline bool dns_show(const struct dns_record *record, char line[DNS_LINE_MAX])
{
    const uint8_t *data = dns_message.bytes + record->at;
    char names[2][DNS_TEXT_MAX];
    size_t len = (size_t)sprintf(line, "%s %s", record->name, dns_type_name(record->type)), taken;

    switch (record->type) {
    case 1:
    case 28:
        line[len++] = ' ';
        inet_ntop(record->type == 1 ? AF_INET : AF_INET6, data, line + len, INET6_ADDRSTRLEN);
        return record->len == (record->type == 1 ? 4 : 16);
    case 2:
    case 12:
        taken = dns_read_name(&dns_message, record->at, names[0]);
        sprintf(line + len, " %s", names[0]);
        return taken == record->len;
    case 33: /* RFC 2782: the target is not compressed */
        if (record->len < 7)
            return false;
        taken = dns_read_name(&dns_message, record->at + 6, names[0]);
        sprintf(line + len, " %u %u %u %s", dns_u16(data), dns_u16(data + 2), dns_u16(data + 4),
                names[0]);
        return taken + 6 == record->len && (names[0][0] == '\0' || taken > strlen(names[0]));
    case 6: {
        size_t first = dns_read_name(&dns_message, record->at, names[0]);
        taken = dns_read_name(&dns_message, record->at + first, names[1]);
        sprintf(line + len, " %s %s", names[0], names[1]);
        return first > 0 && taken > 0 && first + taken + 20 == record->len;
    }
    case 16:
        for (size_t at = 0; at < record->len; at += 1u + data[at]) {
            if (data[at] + 1u > record->len - at)
                return false;
            len += (size_t)sprintf(line + len, " \"%.*s\"", data[at], data + at + 1);
        }
        return record->len > 0;
    default:
        return false;
    }
}

#endif
