/* SPDX-License-Identifier: Apache-2.0 */
#include "dns/query.h"

/* 4.1.1: where the counts of the four sections are in the header. */
enum { COUNT_QUESTIONS = 4, COUNT_ANSWERS = 6, COUNT_AUTHORITIES = 8, COUNT_ADDITIONALS = 10 };

/* The bytes of a message that are still to be read. */
struct reader {
    const uint8_t *bytes;
    size_t len, at;
};

static unsigned u16_at(const uint8_t *bytes, size_t at)
{
    return (unsigned)bytes[at] << 8 | bytes[at + 1];
}

static bool read_u16(struct reader *in, uint16_t *ret_value)
{
    if (in->len - in->at < 2)
        return false;
    *ret_value = (uint16_t)u16_at(in->bytes, in->at);
    in->at += 2;
    return true;
}

/* RFC 6891, 6.1.2: options, each a code, a length and that many bytes. We know none. */
static bool options_are_whole(const uint8_t *bytes, size_t len)
{
    size_t at = 0;

    while (len - at >= HS_DNS_OPT_HEAD) {
        size_t size = u16_at(bytes, at + 2);

        if (size > len - at - HS_DNS_OPT_HEAD)
            return false;
        at += HS_DNS_OPT_HEAD + size;
    }
    return at == len;
}

/* RFC 6891, 6.1.2 and 6.1.3: the class is a size, the TTL holds the version and the bit DO. */
static bool take_opt(const struct reader *in, size_t name_at, uint16_t class, size_t data_len,
                     struct hs_dns_query *query)
{
    const uint8_t *data = in->bytes + in->at, *ttl = data - 6;
    bool is_root = in->bytes[name_at] == 0;

    if (query->edns || !is_root || !options_are_whole(data, data_len))
        return false;
    query->edns = true;
    query->udp_size = class;
    query->version = ttl[1];
    query->dnssec = (u16_at(ttl, 2) & HS_DNS_OPT_DO) != 0;
    return true;
}

/* 4.1.3: name, type, class, TTL, length and that many bytes. */
static bool read_record(struct reader *in, bool additional, struct hs_dns_query *query)
{
    size_t name_at = in->at;
    uint16_t type, class, data_len, ttl[2];

    if (!hs_dns_name_skip(in->bytes, in->len, &in->at) || !read_u16(in, &type) ||
        !read_u16(in, &class) || !read_u16(in, &ttl[0]) || !read_u16(in, &ttl[1]) ||
        !read_u16(in, &data_len) || in->len - in->at < data_len)
        return false;
    if (type == HS_DNS_OPT && (!additional || !take_opt(in, name_at, class, data_len, query)))
        return false;
    in->at += data_len;
    return true;
}

static bool read_records(struct reader *in, struct hs_dns_query *query)
{
    unsigned before = u16_at(in->bytes, COUNT_ANSWERS) + u16_at(in->bytes, COUNT_AUTHORITIES);
    unsigned count = before + u16_at(in->bytes, COUNT_ADDITIONALS);

    for (unsigned i = 0; i < count; i++)
        if (!read_record(in, i >= before, query))
            return false;
    return in->at == in->len;
}

static bool read_question(struct reader *in, struct hs_dns_query *query)
{
    if (u16_at(in->bytes, COUNT_QUESTIONS) != 1 ||
        !hs_dns_name_read(in->bytes, in->len, &in->at, &query->name) ||
        !read_u16(in, &query->type) || !read_u16(in, &query->class) || query->type == HS_DNS_OPT)
        return false;
    query->question_size = in->at - HS_DNS_HEADER_SIZE;
    return true;
}

static enum hs_dns_rcode judge(const struct hs_dns_query *query)
{
    if (query->edns && query->version > 0)
        return HS_DNS_BADVERS;
    if (query->class != HS_DNS_CLASS_IN ||
        (query->type >= HS_DNS_SERVICE_FIRST && query->type <= HS_DNS_SERVICE_LAST))
        return HS_DNS_NOTIMP;
    return HS_DNS_NOERROR;
}

enum hs_dns_rcode hs_dns_query_read(const uint8_t *bytes, size_t len,
                                    struct hs_dns_query *ret_query)
{
    struct reader in = {bytes, len, HS_DNS_HEADER_SIZE};
    struct hs_dns_query *query = ret_query;

    if (len < HS_DNS_HEADER_SIZE || len > HS_DNS_QUESTION_MAX ||
        (u16_at(bytes, 2) & HS_DNS_FLAG_QR) != 0)
        return HS_DNS_SILENCE;
    query->id = (uint16_t)u16_at(bytes, 0);
    query->flags = (uint16_t)u16_at(bytes, 2);
    query->question_size = 0;
    query->edns = false;
    if ((query->flags & HS_DNS_OPCODE) != 0)
        return HS_DNS_NOTIMP;
    if (!read_question(&in, query) || !read_records(&in, query)) {
        query->question_size = 0;
        query->edns = false;
        return HS_DNS_FORMERR;
    }
    return judge(query);
}
