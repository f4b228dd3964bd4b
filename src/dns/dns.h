/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers questions of the DNS about the members of a mirror (R46; RFC 1034, 1035). It has no
 * socket and no clock:
 *
 *     hs_dns_new(&dns, &settings, seed);
 *     a question has come   reply = hs_dns_answer(dns, mirror, worth, HS_DNS_UDP, bytes, len);
 *                           if (reply.size > 0)
 *                               send reply.bytes
 *
 * want.h has the names, docs/dns.md what they are good for. An answer is authoritative and never
 * recursive. The zone is the domain of the settings; with it come the addresses of members under
 * in-addr.arpa and ip6.arpa.
 *
 *   REFUSED    the name is in another zone
 *   SERVFAIL   we do not know the view: the agent has not joined, or is gone (R40)
 *   NXDOMAIN   no such name; NOERROR without an answer: no such record. Both have the zone's SOA,
 *              whose minimum is the TTL (RFC 2308)
 *   NOTIMP     another opcode or class; AXFR, IXFR and the like
 *   FORMERR, BADVERS, or no answer at all: see query.h
 *
 * Clients with EDNS get answers of up to HS_DNS_UDP_MAX bytes over UDP, others of up to
 * HS_DNS_PLAIN_MAX. What is cut is cut at whole records, and TC is set. Over TCP HS_DNS_TCP_MAX is
 * the bound. ANY gets addresses and tags of the name, or the services (RFC 8482). To clients with
 * EDNS a reason is told (RFC 8914) with SERVFAIL and REFUSED, and while the agent is isolated.
 *
 * What is asked of it is answered at once and without memory of its own, but for a list of names,
 * which changes with the members.
 */
#ifndef HS_DNS_DNS_H
#define HS_DNS_DNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hearsay/ring.h>

#include "dns/name.h"
#include "dns/wire.h"
#include "mirror/mirror.h"

#define HS_DNS_DOMAIN       "hearsay.internal" /* the default: .internal is for private use */
#define HS_DNS_TTL_MAX      5                  /* seconds: the default suspect-timeout */
#define HS_DNS_REPLICAS     3                  /* the default */
#define HS_DNS_REPLICAS_MAX HEARSAY_REPLICAS_MAX

/* Of a domain as on the wire, so that the longest name of a member fits before it. */
#define HS_DNS_DOMAIN_MAX (HS_DNS_NAME_MAX - (HEARSAY_NAME_MAX + 1) - (int)sizeof("node"))

_Static_assert(HS_DNS_DOMAIN_MAX > 100, "there is room for a domain beside any member's name");

struct hs_dns_settings {
    struct hs_dns_name domain; /* of at most HS_DNS_DOMAIN_MAX bytes: hs_dns_domain_parse */
    uint32_t ttl;              /* of all records; seconds, to HS_DNS_TTL_MAX */
    uint32_t replicas;         /* of a key: 1 to HS_DNS_REPLICAS_MAX */
    bool zones;                /* they are of distinct zones first (hearsay_ring_replicas) */
};

/* What the view is worth (R40). */
struct hs_dns_worth {
    bool knows;    /* it can be answered from: the agent has joined, and is there */
    bool isolated; /* it is old news, perhaps: the agent reaches nobody */
};

enum hs_dns_transport {
    HS_DNS_UDP,
    HS_DNS_UDP_SPARING, /* the source asks too often: no records, but TC, so that it asks by TCP; an
                           answer is not longer than its question, so it amplifies nothing */
    HS_DNS_TCP,
};

struct hs_dns_reply {
    const uint8_t *bytes; /* valid until the next question */
    size_t size;          /* 0: no answer */
    enum hs_dns_rcode rcode;
    bool truncated;
};

struct hs_dns;

/* Reads a domain. Returns 0, or HEARSAY_ERR_SYNTAX; TOOBIG if it leaves no room for names. */
int hs_dns_domain_parse(const char *text, struct hs_dns_name *ret_domain);

/* The seed is for the order of answers. Copies the settings. Errors: NOMEM. */
int hs_dns_new(struct hs_dns **ret_dns, const struct hs_dns_settings *settings, uint64_t seed);

/* NULL is a no-op. */
void hs_dns_free(struct hs_dns *dns);

/* Answers a message. The mirror must be the same in each call. */
struct hs_dns_reply hs_dns_answer(struct hs_dns *dns, struct hs_mirror *mirror,
                                  struct hs_dns_worth worth, enum hs_dns_transport transport,
                                  const uint8_t *bytes, size_t len);

/* "noerror", "servfail", …; "silence" for what gets no answer. */
const char *hs_dns_rcode_name(enum hs_dns_rcode rcode);

#endif
