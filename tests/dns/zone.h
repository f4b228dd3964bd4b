/* SPDX-License-Identifier: Apache-2.0 */
/* A cluster by hand, as a mirror sees it, and questions to it whose answers read as text. */
#ifndef HS_TESTS_DNS_ZONE_H
#define HS_TESTS_DNS_ZONE_H

#include "agent_lines.h"
#include "dns_message.h"

#include "dns/dns.h"

#define ZONE_MEMBERS_MAX 8192

struct zone_member {
    const char *name, *addr, *status, *tags; /* the tags as JSON, without braces */
    unsigned tokens;                         /* 0: it is not in the ring */
};

static struct hs_dns *dns;
static struct hs_dns_settings settings;
static struct hs_dns_worth worth = {.knows = true};
static struct hs_dns_reply reply;
static enum hs_dns_transport transport;
static unsigned udp_size; /* 0: without EDNS */
static uint8_t question[HS_DNS_QUESTION_MAX + 1];
static uint64_t zone_id = 1;

/* ---- a cluster --------------------------------------------------------------------------- */

static inline void zone_tell(const char *id, const struct zone_member *member)
{
    char with[80] = "";

    if (id)
        snprintf(with, sizeof(with), "\"id\":\"%s\",\"event\":{\"event\":\"member\"},", id);
    fed("{\"follow\":\"member\",%s\"member\":{\"name\":\"%s\",\"addr\":\"%s\","
        "\"status\":\"%s\",\"cause\":\"%s\",\"id\":\"00000000000000ff\","
        "\"instance\":\"00000000000000fe\",\"timestamp\":7,\"start\":6,\"tokens\":%u,"
        "\"tags\":{%s},\"self\":%s,\"rtt_us\":300,\"version_min\":1,\"version_max\":1,"
        "\"since\":\"2026-01-31T23:59:59.000000Z\"}}",
        with, member->name, member->addr, member->status,
        strcmp(member->status, "dead") == 0 ? "failed" : "none", member->tokens, member->tags,
        strcmp(member->name, "a") == 0 ? "true" : "false");
}

static inline const char *next_id(void)
{
    static char id[HS_MIRROR_ID_MAX];

    snprintf(id, sizeof(id), ONE "-%llu", (unsigned long long)zone_id++);
    return id;
}

/* A member is new or another one. The ring stays as it is. */
static inline void zone_change(const struct zone_member *member)
{
    zone_tell(next_id(), member);
}

static inline void zone_forget(const char *name)
{
    fed("{\"follow\":\"gone\",\"id\":\"%s\",\"name\":\"%s\"}", next_id(), name);
}

static inline void zone_roster(const struct zone_member *members, size_t count, char sums[240])
{
    static struct hearsay_ring_member of_ring[ZONE_MEMBERS_MAX];
    struct hearsay_allocator allocator = hearsay_host_allocator();
    struct hearsay_ring *ring;
    size_t in = 0, told = 0;

    for (size_t i = 0; i < count; i++)
        if (members[i].tokens > 0)
            of_ring[in++] = (struct hearsay_ring_member){members[i].name, NULL, members[i].tokens};
    if (in == 0)
        fed("{\"follow\":\"roster\",\"version\":1,\"first\":true,\"members\":[],\"last\":true}");
    for (size_t i = 0; i < in; i++, told++)
        fed("{\"follow\":\"roster\",\"version\":1,\"first\":%s,\"members\":[{\"name\":\"%s\","
            "\"tokens\":%u}],\"last\":%s}",
            i == 0 ? "true" : "false", of_ring[i].name, of_ring[i].tokens,
            i + 1 == in ? "true" : "false");
    ck_assert_int_eq(hearsay_ring_new(&ring, &allocator, of_ring, in), 0);
    snprintf(sums, 240,
             ",\"ring\":{\"version\":1,\"checksum\":\"%016" PRIx64
             "\",\"zones_checksum\":\"%016" PRIx64 "\"}",
             hearsay_ring_checksum(ring), hearsay_ring_zones_checksum(ring));
    hearsay_ring_unref(ring);
}

/* Makes the mirror of these members; the agent is member "a". */
static inline void zone_start(const struct zone_member *members, size_t count)
{
    char sums[240];

    start();
    zone_id = 1;
    greet(ONE);
    fed("%s", state("snapshot", ONE "-0", true, ""));
    for (size_t i = 0; i < count; i++)
        zone_tell(NULL, &members[i]);
    zone_roster(members, count, sums);
    fed("%s", state("current", ONE "-0", true, sums));
    settings.ttl = 0;
    settings.replicas = 3;
    ck_assert_int_eq(hs_dns_domain_parse(HS_DNS_DOMAIN, &settings.domain), 0);
    ck_assert_int_eq(hs_dns_new(&dns, &settings, 7847), 0);
}

static inline void zone_end(void)
{
    hs_dns_free(dns);
    hs_mirror_free(mirror);
}

#define ZONE(...)                                                                                  \
    zone_start((const struct zone_member[]){__VA_ARGS__},                                          \
               sizeof((const struct zone_member[]){__VA_ARGS__}) / sizeof(struct zone_member))

/* ---- questions --------------------------------------------------------------------------- */

static inline bool question_is_echoed(const uint8_t *asked, size_t len)
{
    size_t size = dns_message.question_size;

    return dns_message.id == dns_u16(asked) && DNS_HEADER + size <= len &&
           memcmp(reply.bytes + DNS_HEADER, asked + DNS_HEADER, size) == 0;
}

/* Sends bytes. The answer, if there is one, must be well-formed and within its bound. */
static inline void send_bytes(const uint8_t *bytes, size_t len)
{
    size_t bound = transport == HS_DNS_TCP ? HS_DNS_TCP_MAX : udp_size ? HS_DNS_UDP_MAX : 512;

    reply = hs_dns_answer(dns, mirror, worth, transport, bytes, len);
    ck_assert(reply.size <= bound);
    if (reply.size == 0)
        return;
    ck_assert(dns_read(reply.bytes, reply.size));
    ck_assert(question_is_echoed(bytes, len));
    ck_assert_int_eq(dns_message.rcode, reply.rcode);
    ck_assert_int_eq((dns_message.flags & 0x0200) != 0, reply.truncated);
}

/* The name as it is, or with ending "~" for the domain. */
static inline size_t make_question(const char *name, const char *type)
{
    char whole[600];
    size_t len = strlen(name);

    snprintf(whole, sizeof(whole), "%s", name);
    if (len > 0 && name[len - 1] == '~')
        snprintf(whole + len - 1, sizeof(whole) - len + 1, "%s", HS_DNS_DOMAIN);
    return dns_question(question, 0xbeef, whole, dns_type_of(type), udp_size);
}

static inline int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Asks, and returns "RCODE" and the records of the answer section, sorted, and "soa" if the
 * authority section has the zone: "NOERROR, n1.node A 10.0.0.1". The domain is left out. */
static inline const char *asked(const char *name, const char *type)
{
    static char text[65536], lines[64][DNS_LINE_MAX];
    char *sorted[64];
    size_t count = 0, len = make_question(name, type);

    send_bytes(question, len);
    if (reply.size == 0)
        return "nothing";
    for (size_t i = 0; i < dns_message.count; i++) {
        const struct dns_record *record = &dns_message.records[i];
        if (record->section == 'x')
            continue;
        ck_assert_uint_lt(count, 64);
        ck_assert(dns_show(record, lines[count]));
        if (record->section == 'n')
            snprintf(lines[count], sizeof(lines[count]), "~soa"); /* sorted behind */
        sorted[count] = lines[count];
        count++;
    }
    qsort(sorted, count, sizeof(sorted[0]), by_text);
    size_t at = (size_t)snprintf(text, sizeof(text), "%s", hs_dns_rcode_name(reply.rcode));
    for (size_t i = 0; i < count; i++)
        at += (size_t)snprintf(text + at, sizeof(text) - at, ", %s", sorted[i]);
    for (char *found; (found = strstr(text, "." HS_DNS_DOMAIN));)
        memmove(found, found + strlen("." HS_DNS_DOMAIN),
                strlen(found + strlen("." HS_DNS_DOMAIN)) + 1);
    return text;
}

#define ASKED(name, type, text) ck_assert_str_eq(asked(name, type), text)

/* The additional records of the last answer that are this line. */
static inline size_t additional(const char *line)
{
    char shown[DNS_LINE_MAX];
    size_t found = 0;

    for (size_t i = 0; i < dns_message.count; i++) {
        if (dns_message.records[i].section != 'x')
            continue;
        ck_assert(dns_show(&dns_message.records[i], shown));
        found += line[0] == '\0' || strcmp(shown, line) == 0;
    }
    return found;
}

#endif
