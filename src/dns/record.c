/* SPDX-License-Identifier: Apache-2.0 */
#include "dns/record.h"

#include <string.h>

/* 3.3.13: for secondary servers, of which there are none; usual values, in seconds. */
#define SOA_REFRESH 3600
#define SOA_RETRY   600
#define SOA_EXPIRE  86400

#define SERVER_LABEL "ns"
#define PERSON_LABEL "hostmaster"

/* ---- names ------------------------------------------------------------------------------- */

static bool is_host_letter(char letter)
{
    letter = hs_dns_fold(letter);
    return (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') || letter == '-' ||
           letter == '_';
}

/* Labels of 1 to HS_DNS_LABEL_MAX bytes, with dots between them. */
static bool has_labels(const char *name)
{
    for (;;) {
        size_t len = strcspn(name, ".");

        if (len == 0 || len > HS_DNS_LABEL_MAX)
            return false;
        if (name[len] == '\0')
            return true;
        name += len + 1;
    }
}

/* Resolvers refuse targets with other letters. */
static bool is_host_name(const char *name)
{
    for (const char *at = name; *at != '\0'; at++)
        if (*at != '.' && !is_host_letter(*at))
            return false;
    return has_labels(name);
}

static void put_hex_labels(struct hs_dns_writer *writer, const struct hearsay_addr *addr)
{
    static const char digits[] = "0123456789abcdef";
    size_t len = addr->family == 4 ? 4 : 16;
    char text[2 * sizeof(addr->bytes) + 1];

    for (size_t i = 0; i < len; i++) {
        text[2 * i] = digits[addr->bytes[i] >> 4];
        text[2 * i + 1] = digits[addr->bytes[i] & 15];
    }
    text[2 * len] = '\0';
    hs_dns_put_labels(writer, text);
    hs_dns_put_labels(writer, "addr");
}

static void put_member_name(const struct hs_dns_page *page, const struct hs_mirror_member *member,
                            bool by_name, bool compress)
{
    if (by_name) {
        hs_dns_put_labels(page->writer, member->name);
        hs_dns_put_labels(page->writer, "node");
    } else {
        put_hex_labels(page->writer, &member->addr);
    }
    hs_dns_put_domain(page->writer, compress);
}

/* A name that two members share but for its case leads to both, and so not to this one. */
static bool leads_to_it(const struct hs_dns_page *page, const struct hs_mirror_member *member)
{
    const struct hs_dns_spelling *spelling = hs_dns_spellings_find(page->spellings, member->name);

    return spelling && !spelling->next && is_host_name(member->name);
}

/* ---- members ----------------------------------------------------------------------------- */

static void put_address(const struct hs_dns_page *page, const struct hearsay_addr *addr)
{
    bool is_ipv4 = addr->family == 4;

    hs_dns_record_data(page->writer, is_ipv4 ? HS_DNS_A : HS_DNS_AAAA, page->ttl);
    hs_dns_put_bytes(page->writer, addr->bytes, is_ipv4 ? 4 : 16);
}

bool hs_dns_write_address(const struct hs_dns_page *page, const struct hearsay_addr *addr)
{
    hs_dns_record_begin(page->writer);
    hs_dns_put_owner(page->writer);
    put_address(page, addr);
    return hs_dns_record_end(page->writer, HS_DNS_ANSWER);
}

/* Writes what of a text is in the string from `at` on. */
static void put_piece(struct hs_dns_writer *writer, const char *text, size_t text_at, size_t at,
                      size_t size)
{
    size_t len = strlen(text), from = at > text_at ? at - text_at : 0, end;

    if (from >= len || at + size <= text_at)
        return;
    end = at + size - text_at < len ? at + size - text_at : len;
    hs_dns_put_bytes(writer, text + from, end - from);
}

bool hs_dns_write_tag(const struct hs_dns_page *page, const struct hearsay_tag *tag)
{
    size_t key = strlen(tag->key), len = key + 1 + strlen(tag->value);

    hs_dns_record_begin(page->writer);
    hs_dns_put_owner(page->writer);
    hs_dns_record_data(page->writer, HS_DNS_TXT, page->ttl);
    for (size_t at = 0; at < len; at += HS_DNS_STRING_MAX) {
        size_t size = len - at < HS_DNS_STRING_MAX ? len - at : HS_DNS_STRING_MAX;

        hs_dns_put_u8(page->writer, (unsigned)size);
        put_piece(page->writer, tag->key, 0, at, size);
        put_piece(page->writer, "=", key, at, size);
        put_piece(page->writer, tag->value, key + 1, at, size);
    }
    return hs_dns_record_end(page->writer, HS_DNS_ANSWER);
}

bool hs_dns_write_service(const struct hs_dns_page *page, const struct hs_dns_choice *choice)
{
    hs_dns_record_begin(page->writer);
    hs_dns_put_owner(page->writer);
    hs_dns_record_data(page->writer, HS_DNS_SRV, page->ttl);
    hs_dns_put_u16(page->writer, choice->priority);
    hs_dns_put_u16(page->writer, choice->member->tokens);
    hs_dns_put_u16(page->writer, choice->port);
    put_member_name(page, choice->member, leads_to_it(page, choice->member), false);
    return hs_dns_record_end(page->writer, HS_DNS_ANSWER);
}

bool hs_dns_write_target(const struct hs_dns_page *page, const struct hs_mirror_member *member)
{
    hs_dns_record_begin(page->writer);
    put_member_name(page, member, leads_to_it(page, member), true);
    put_address(page, &member->addr);
    return hs_dns_record_end(page->writer, HS_DNS_ADDITIONAL);
}

bool hs_dns_write_pointer(const struct hs_dns_page *page, const struct hs_mirror_member *member)
{
    hs_dns_record_begin(page->writer);
    hs_dns_put_owner(page->writer);
    hs_dns_record_data(page->writer, HS_DNS_PTR, page->ttl);
    put_member_name(page, member, has_labels(member->name), true);
    return hs_dns_record_end(page->writer, HS_DNS_ANSWER);
}

/* ---- the zone ---------------------------------------------------------------------------- */

static void put_server_name(const struct hs_dns_page *page)
{
    hs_dns_put_labels(page->writer, SERVER_LABEL);
    hs_dns_put_domain(page->writer, true);
}

bool hs_dns_write_zone(const struct hs_dns_page *page, size_t label, enum hs_dns_section section)
{
    hs_dns_record_begin(page->writer);
    hs_dns_put_from_label(page->writer, label);
    hs_dns_record_data(page->writer, HS_DNS_SOA, page->ttl);
    put_server_name(page);
    hs_dns_put_labels(page->writer, PERSON_LABEL);
    hs_dns_put_domain(page->writer, true);
    hs_dns_put_u32(page->writer, page->serial);
    hs_dns_put_u32(page->writer, SOA_REFRESH);
    hs_dns_put_u32(page->writer, SOA_RETRY);
    hs_dns_put_u32(page->writer, SOA_EXPIRE);
    hs_dns_put_u32(page->writer, page->ttl);
    return hs_dns_record_end(page->writer, section);
}

bool hs_dns_write_server(const struct hs_dns_page *page)
{
    hs_dns_record_begin(page->writer);
    hs_dns_put_owner(page->writer);
    hs_dns_record_data(page->writer, HS_DNS_NS, page->ttl);
    put_server_name(page);
    return hs_dns_record_end(page->writer, HS_DNS_ANSWER);
}

bool hs_dns_write_server_address(const struct hs_dns_page *page, const struct hearsay_addr *addr)
{
    hs_dns_record_begin(page->writer);
    put_server_name(page);
    put_address(page, addr);
    return hs_dns_record_end(page->writer, HS_DNS_ADDITIONAL);
}
