/* SPDX-License-Identifier: Apache-2.0 */
/* Where questions of all sockets are answered and counted. */
#ifndef HS_SERVE_DNS_DESK_H
#define HS_SERVE_DNS_DESK_H

#include <stddef.h>
#include <stdint.h>

#include <hearsay/addr.h>

#include "dns/dns.h"
#include "serve/dns_limit.h"
#include "serve/outlook.h"

enum hs_dns_way { HS_DNS_BY_UDP, HS_DNS_BY_TCP, HS_DNS_WAYS };

/* Codes of answers, and silence. */
#define HS_DNS_OUTCOMES 8

struct hs_dns_counts {
    uint64_t queries[HS_DNS_WAYS][HS_DNS_OUTCOMES];
    uint64_t truncated; /* TC was set, those of `limited` included */
    uint64_t limited;   /* the source asked too often over UDP */
    uint64_t refused;   /* connections closed so that others have room */
};

struct hs_dns_desk {
    struct hs_dns *dns;
    struct hs_outlook *outlook; /* borrowed */
    struct hs_dns_limit limit;
    struct hs_dns_counts counts;
};

/* Returns 0 or HEARSAY_ERR_NOMEM. */
int hs_dns_desk_init(struct hs_dns_desk *desk, const struct hs_dns_settings *settings,
                     struct hs_outlook *outlook);

/* All zeroes are a no-op. */
void hs_dns_desk_fini(struct hs_dns_desk *desk);

/* Answers a message and counts it. */
struct hs_dns_reply hs_dns_desk_answer(struct hs_dns_desk *desk, enum hs_dns_way way,
                                       const struct hearsay_addr *source, const uint8_t *bytes,
                                       size_t len);

/* Counts what is not looked at: too long, or from where no answer can go. */
void hs_dns_desk_ignore(struct hs_dns_desk *desk, enum hs_dns_way way);

/* The words of metrics: "udp", "tcp"; "noerror", …, "silence" of a column of `queries`. */
const char *hs_dns_way_name(enum hs_dns_way way);
const char *hs_dns_outcome_name(size_t outcome);

#endif
