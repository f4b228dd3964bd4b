/* SPDX-License-Identifier: Apache-2.0 */
#include "dns/writer.h"

#include <string.h>

#define RCODE_MASK 15 /* the rest of a code is in OPT: RFC 6891, 6.1.3 */

void hs_dns_writer_init(struct hs_dns_writer *writer, uint8_t *bytes, size_t limit,
                        const uint8_t *question, const struct hs_dns_query *query,
                        const struct hs_dns_name *domain)
{
    size_t labels;

    *writer = (struct hs_dns_writer){.bytes = bytes,
                                     .at = HS_DNS_HEADER_SIZE + query->question_size,
                                     .limit = limit,
                                     .domain = domain,
                                     .query = query};
    memset(bytes, 0, HS_DNS_HEADER_SIZE);
    memcpy(bytes + HS_DNS_HEADER_SIZE, question + HS_DNS_HEADER_SIZE, query->question_size);
    if (query->question_size > 0 && hs_dns_name_within(&query->name, domain, &labels))
        writer->domain_at = HS_DNS_HEADER_SIZE + query->name.size - domain->size;
}

void hs_dns_writer_reserve(struct hs_dns_writer *writer, size_t bytes)
{
    writer->limit -= bytes;
}

void hs_dns_writer_release(struct hs_dns_writer *writer, size_t bytes)
{
    writer->limit += bytes;
}

/* ---- pieces ------------------------------------------------------------------------------ */

void hs_dns_put_bytes(struct hs_dns_writer *writer, const void *bytes, size_t len)
{
    if (len > writer->limit - writer->at)
        writer->overflow = true;
    if (writer->overflow)
        return;
    memcpy(writer->bytes + writer->at, bytes, len);
    writer->at += len;
}

void hs_dns_put_u8(struct hs_dns_writer *writer, unsigned value)
{
    uint8_t byte = (uint8_t)value;

    hs_dns_put_bytes(writer, &byte, 1);
}

static void set_u16(uint8_t *to, unsigned value)
{
    to[0] = (uint8_t)(value >> 8);
    to[1] = (uint8_t)value;
}

void hs_dns_put_u16(struct hs_dns_writer *writer, unsigned value)
{
    uint8_t bytes[2];

    set_u16(bytes, value);
    hs_dns_put_bytes(writer, bytes, sizeof(bytes));
}

void hs_dns_put_u32(struct hs_dns_writer *writer, uint32_t value)
{
    hs_dns_put_u16(writer, value >> 16);
    hs_dns_put_u16(writer, value & 0xffff);
}

static void put_pointer(struct hs_dns_writer *writer, size_t to)
{
    hs_dns_put_u16(writer, HS_DNS_POINTER | (unsigned)to);
}

void hs_dns_put_owner(struct hs_dns_writer *writer)
{
    put_pointer(writer, HS_DNS_HEADER_SIZE);
}

void hs_dns_put_from_label(struct hs_dns_writer *writer, size_t label)
{
    const struct hs_dns_name *name = &writer->query->name;

    put_pointer(writer, HS_DNS_HEADER_SIZE + (label < name->labels ? name->at[label] : 0));
}

void hs_dns_put_labels(struct hs_dns_writer *writer, const char *text)
{
    for (;;) {
        size_t len = strcspn(text, ".");

        hs_dns_put_u8(writer, (unsigned)len);
        hs_dns_put_bytes(writer, text, len);
        if (text[len] == '\0')
            return;
        text += len + 1;
    }
}

/* A domain that was written whole is pointed to from then on. */
void hs_dns_put_domain(struct hs_dns_writer *writer, bool compress)
{
    size_t at = writer->at;

    if (compress && writer->domain_at > 0) {
        put_pointer(writer, writer->domain_at);
        return;
    }
    hs_dns_put_bytes(writer, writer->domain->bytes, writer->domain->size);
    if (!writer->overflow && writer->domain_at == 0 && at <= HS_DNS_POINTER_MAX)
        writer->domain_at = at;
}

/* ---- records ----------------------------------------------------------------------------- */

void hs_dns_record_begin(struct hs_dns_writer *writer)
{
    writer->record_at = writer->at;
    writer->overflow = false;
}

void hs_dns_record_data(struct hs_dns_writer *writer, enum hs_dns_type type, uint32_t ttl)
{
    hs_dns_put_u16(writer, type);
    hs_dns_put_u16(writer, HS_DNS_CLASS_IN);
    hs_dns_put_u32(writer, ttl);
    writer->length_at = writer->at;
    hs_dns_put_u16(writer, 0);
}

bool hs_dns_record_end(struct hs_dns_writer *writer, enum hs_dns_section section)
{
    if (writer->overflow) {
        writer->at = writer->record_at;
        if (writer->domain_at >= writer->at)
            writer->domain_at = 0;
        if (section == HS_DNS_ANSWER)
            writer->full = true;
        return false;
    }
    set_u16(writer->bytes + writer->length_at, (unsigned)(writer->at - writer->length_at - 2));
    writer->counts[section]++;
    return true;
}

/* The class is the size that we take, the TTL has the upper bits of the code, version 0, and DO as
 * the client has it. */
void hs_dns_put_opt(struct hs_dns_writer *writer, enum hs_dns_rcode rcode,
                    enum hs_dns_explain explain, const char *text)
{
    size_t len = strnlen(text, HS_DNS_EXPLAIN_MAX);

    hs_dns_record_begin(writer);
    hs_dns_put_u8(writer, 0);
    hs_dns_put_u16(writer, HS_DNS_OPT);
    hs_dns_put_u16(writer, HS_DNS_UDP_MAX);
    hs_dns_put_u8(writer, (unsigned)rcode >> 4);
    hs_dns_put_u8(writer, 0);
    hs_dns_put_u16(writer, writer->query->dnssec ? HS_DNS_OPT_DO : 0);
    writer->length_at = writer->at;
    hs_dns_put_u16(writer, 0);
    if (explain != HS_DNS_EXPLAIN_NONE) {
        hs_dns_put_u16(writer, HS_DNS_OPT_EDE);
        hs_dns_put_u16(writer, (unsigned)(2 + len));
        hs_dns_put_u16(writer, (unsigned)explain);
        hs_dns_put_bytes(writer, text, len);
    }
    hs_dns_record_end(writer, HS_DNS_ADDITIONAL);
}

size_t hs_dns_writer_end(struct hs_dns_writer *writer, unsigned flags, enum hs_dns_rcode rcode)
{
    unsigned copied = writer->query->flags & (HS_DNS_OPCODE | HS_DNS_FLAG_RD);
    uint8_t *header = writer->bytes;

    set_u16(header, writer->query->id);
    set_u16(header + 2, HS_DNS_FLAG_QR | copied | flags | ((unsigned)rcode & RCODE_MASK));
    set_u16(header + 4, writer->query->question_size > 0 ? 1 : 0);
    for (size_t i = 0; i < HS_DNS_SECTIONS; i++)
        set_u16(header + 6 + 2 * i, writer->counts[i]);
    return writer->at;
}
