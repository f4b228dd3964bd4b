/* SPDX-License-Identifier: Apache-2.0 */
#include "dns/dns.h"

#include <stdlib.h>

#include <hearsay/error.h>

#include "dns/pick.h"
#include "dns/query.h"
#include "dns/record.h"
#include "dns/spelling.h"
#include "dns/want.h"
#include "dns/writer.h"

#define MICROSECONDS 1000000u

/* What OPT may need at the end of an answer. */
#define OPT_ROOM (HS_DNS_OPT_SIZE + HS_DNS_OPT_HEAD + 2 + HS_DNS_EXPLAIN_MAX)

struct hs_dns {
    struct hs_dns_settings settings;
    struct hs_dns_spellings spellings;
    struct hs_dns_pick pick;
    uint8_t bytes[HS_DNS_TCP_MAX];
};

/* An answer that is being made. */
struct answer {
    struct hs_dns *dns;
    struct hs_mirror *mirror;
    const struct hs_dns_query *query;
    struct hs_dns_writer writer;
    struct hs_dns_want want;
    size_t zone_label; /* where the zone begins in the name in question */
    enum hs_dns_explain explain;
    const char *reason; /* of the explanation */
};

int hs_dns_domain_parse(const char *text, struct hs_dns_name *ret_domain)
{
    struct hs_dns_name domain;
    int err = hs_dns_name_parse(text, &domain);

    if (err < 0)
        return err;
    if (domain.size > HS_DNS_DOMAIN_MAX)
        return HEARSAY_ERR_TOOBIG;
    *ret_domain = domain;
    return 0;
}

int hs_dns_new(struct hs_dns **ret_dns, const struct hs_dns_settings *settings, uint64_t seed)
{
    struct hs_dns *dns = calloc(1, sizeof(*dns));

    if (!dns)
        return HEARSAY_ERR_NOMEM;
    dns->settings = *settings;
    dns->pick.random = seed;
    *ret_dns = dns;
    return 0;
}

void hs_dns_free(struct hs_dns *dns)
{
    if (!dns)
        return;
    hs_dns_spellings_fini(&dns->spellings);
    free(dns);
}

const char *hs_dns_rcode_name(enum hs_dns_rcode rcode)
{
    switch (rcode) {
#define HS_DNS_RCODE_CASE(name, code, text)                                                        \
    case HS_DNS_##name:                                                                            \
        return text;
        HS_DNS_RCODES(HS_DNS_RCODE_CASE)
#undef HS_DNS_RCODE_CASE
    case HS_DNS_SILENCE:
        break;
    }
    return "silence";
}

/* ---- records ----------------------------------------------------------------------------- */

static bool asks_for(const struct answer *answer, enum hs_dns_type type)
{
    return answer->query->type == type || answer->query->type == HS_DNS_ANY;
}

static const struct hearsay_addr *own_address(const struct answer *answer)
{
    const struct hs_mirror_member *self =
        hs_mirror_find(answer->mirror, hs_mirror_node(answer->mirror));

    return self ? &self->addr : NULL;
}

static void write_own_zone(const struct answer *answer, const struct hs_dns_page *page)
{
    const struct hearsay_addr *addr = own_address(answer);

    if (asks_for(answer, HS_DNS_SOA))
        hs_dns_write_zone(page, answer->zone_label, HS_DNS_ANSWER);
    if (asks_for(answer, HS_DNS_NS) && hs_dns_write_server(page) && addr)
        hs_dns_write_server_address(page, addr);
}

static void write_addr(const struct answer *answer, const struct hs_dns_page *page,
                       const struct hearsay_addr *addr)
{
    if (addr && asks_for(answer, addr->family == 4 ? HS_DNS_A : HS_DNS_AAAA))
        hs_dns_write_address(page, addr);
}

/* All records of a member that the name in question has. Returns false when one did not fit. */
static bool write_choice(const struct answer *answer, const struct hs_dns_page *page,
                         const struct hs_dns_choice *choice)
{
    const struct hs_mirror_member *member = choice->member;

    if (answer->want.kind == HS_DNS_WANT_REVERSE)
        return hs_dns_write_pointer(page, member);
    if (answer->query->type == HS_DNS_SRV || answer->want.service[0] != '\0')
        return hs_dns_write_service(page, choice);
    if (answer->query->type != HS_DNS_TXT && !hs_dns_write_address(page, &member->addr))
        return false;
    if (answer->want.kind != HS_DNS_WANT_NODE || !asks_for(answer, HS_DNS_TXT))
        return true;
    for (size_t i = 0; i < member->tag_count; i++)
        if (!hs_dns_write_tag(page, &member->tags[i]))
            return false;
    return true;
}

/* RFC 2782: the targets' addresses, as many as fit; that some are left out is no truncation
 * (RFC 2181, 9). */
static void write_members(const struct answer *answer, const struct hs_dns_page *page)
{
    const struct hs_dns_pick *pick = &answer->dns->pick;
    size_t written = 0;

    while (written < pick->count && write_choice(answer, page, &pick->choices[written]))
        written++;
    if (pick->seen > pick->most)
        page->writer->full = true;
    if (answer->query->type != HS_DNS_SRV && answer->want.service[0] == '\0')
        return;
    for (size_t i = 0; i < written && !page->writer->full; i++)
        if (!hs_dns_write_target(page, pick->choices[i].member))
            return;
}

/* ---- an answer --------------------------------------------------------------------------- */

/* Finds the zone and what is wanted of it. Returns false if the name is not ours. */
static bool find_zone(struct answer *answer)
{
    const struct hs_dns_name *name = &answer->query->name;

    if (hs_dns_name_within(name, &answer->dns->settings.domain, &answer->zone_label))
        hs_dns_want_read(name, answer->zone_label, &answer->want);
    else if (!hs_dns_want_reverse(name, &answer->zone_label, &answer->want))
        return false;
    return true;
}

/* Returns true if the name exists. */
static bool write_wanted(struct answer *answer, const struct hs_dns_page *page)
{
    const struct hs_dns_settings *settings = &answer->dns->settings;
    const struct hs_dns_sight sight = {.mirror = answer->mirror,
                                       .spellings = &answer->dns->spellings,
                                       .replicas = settings->replicas,
                                       .zones = settings->zones,
                                       .room = answer->writer.limit};

    switch (answer->want.kind) {
    case HS_DNS_WANT_NOTHING:
        return false;
    case HS_DNS_WANT_BRANCH:
        return true;
    case HS_DNS_WANT_ZONE:
        write_own_zone(answer, page);
        return true;
    case HS_DNS_WANT_SERVER:
        write_addr(answer, page, own_address(answer));
        return true;
    case HS_DNS_WANT_ADDR:
        write_addr(answer, page, &answer->want.addr);
        return true;
    case HS_DNS_WANT_NODE:
    case HS_DNS_WANT_TAG:
    case HS_DNS_WANT_ALL:
    case HS_DNS_WANT_KEY:
    case HS_DNS_WANT_REVERSE:
        break;
    }
    hs_dns_pick(&answer->dns->pick, &sight, &answer->want, answer->query->type);
    write_members(answer, page);
    return answer->dns->pick.exists;
}

static enum hs_dns_rcode explained(struct answer *answer, enum hs_dns_rcode rcode,
                                   enum hs_dns_explain explain, const char *reason)
{
    answer->explain = explain;
    answer->reason = reason;
    return rcode;
}

static enum hs_dns_rcode write_answer(struct answer *answer, struct hs_dns_worth worth,
                                      unsigned *ret_flags)
{
    struct hs_dns *dns = answer->dns;
    struct hs_mirror *mirror = answer->mirror;
    struct hs_dns_page page = {&answer->writer, &dns->spellings, dns->settings.ttl,
                               (uint32_t)(hs_mirror_state(mirror).time / MICROSECONDS)};
    bool exists;

    if (!find_zone(answer))
        return explained(answer, HS_DNS_REFUSED, HS_DNS_EXPLAIN_NOT_OURS, "not our zone");
    if (!worth.knows || !hs_mirror_ring(mirror))
        return explained(answer, HS_DNS_SERVFAIL, HS_DNS_EXPLAIN_NOT_READY,
                         "the agent has not joined, or is gone");
    if (hs_dns_spellings_follow(&dns->spellings, mirror) < 0)
        return HS_DNS_SERVFAIL;
    if (worth.isolated)
        explained(answer, HS_DNS_NOERROR, HS_DNS_EXPLAIN_STALE, "the agent is isolated");
    *ret_flags = HS_DNS_FLAG_AA;
    exists = write_wanted(answer, &page);
    if (answer->writer.full)
        *ret_flags |= HS_DNS_FLAG_TC;
    else if (answer->writer.counts[HS_DNS_ANSWER] == 0)
        hs_dns_write_zone(&page, answer->zone_label, HS_DNS_AUTHORITY);
    return exists ? HS_DNS_NOERROR : HS_DNS_NXDOMAIN;
}

/* RFC 6891, 6.2.3 to 6.2.5: less than 512 counts as 512. */
static size_t limit_of(const struct hs_dns_query *query, enum hs_dns_transport transport)
{
    if (transport == HS_DNS_TCP)
        return HS_DNS_TCP_MAX;
    if (!query->edns || query->udp_size < HS_DNS_PLAIN_MAX)
        return HS_DNS_PLAIN_MAX;
    return query->udp_size < HS_DNS_UDP_MAX ? query->udp_size : HS_DNS_UDP_MAX;
}

struct hs_dns_reply hs_dns_answer(struct hs_dns *dns, struct hs_mirror *mirror,
                                  struct hs_dns_worth worth, enum hs_dns_transport transport,
                                  const uint8_t *bytes, size_t len)
{
    struct hs_dns_query query;
    struct answer answer = {.dns = dns,
                            .mirror = mirror,
                            .query = &query,
                            .explain = HS_DNS_EXPLAIN_NONE,
                            .reason = ""};
    enum hs_dns_rcode rcode = hs_dns_query_read(bytes, len, &query);
    unsigned flags = 0;
    size_t size;

    if (rcode == HS_DNS_SILENCE)
        return (struct hs_dns_reply){.rcode = rcode};
    hs_dns_writer_init(&answer.writer, dns->bytes, limit_of(&query, transport), bytes, &query,
                       &dns->settings.domain);
    hs_dns_writer_reserve(&answer.writer, query.edns ? OPT_ROOM : 0);
    if (rcode == HS_DNS_NOERROR && transport == HS_DNS_UDP_SPARING)
        flags = HS_DNS_FLAG_TC;
    else if (rcode == HS_DNS_NOERROR)
        rcode = write_answer(&answer, worth, &flags);
    hs_dns_writer_release(&answer.writer, query.edns ? OPT_ROOM : 0);
    if (query.edns)
        hs_dns_put_opt(&answer.writer, rcode, answer.explain, answer.reason);
    size = hs_dns_writer_end(&answer.writer, flags, rcode);
    return (struct hs_dns_reply){dns->bytes, size, rcode, (flags & HS_DNS_FLAG_TC) != 0};
}
