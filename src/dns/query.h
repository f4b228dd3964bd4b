/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads a question (RFC 1035, 4.1; EDNS: RFC 6891). The reader allocates nothing, never reads past
 * the end, and its work is bounded by the bytes that there are.
 */
#ifndef HS_DNS_QUERY_H
#define HS_DNS_QUERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/name.h"
#include "dns/wire.h"

struct hs_dns_query {
    uint16_t id, flags;
    size_t question_size; /* bytes of the question behind the header; 0: it was not read */
    struct hs_dns_name name;
    uint16_t type, class;
    bool edns;         /* it has an OPT record; then the rest is set */
    bool dnssec;       /* its bit DO */
    uint8_t version;   /* of EDNS */
    uint16_t udp_size; /* bytes of an answer over UDP that the client takes */
};

/* Reads a message. Returns what is wrong with it, or NOERROR:
 * SILENCE   no header, a response (never answered, or two servers would talk for ever), or longer
 *           than HS_DNS_QUESTION_MAX
 * NOTIMP    another opcode than QUERY (then the rest is not read), a class other than IN, a type
 *           that asks for a service: AXFR, IXFR, ...
 * FORMERR   not exactly one question (RFC 9619), a name that is none, OPT twice, bytes left over
 * BADVERS   EDNS of a later version
 * Unless it is SILENCE, id and flags are set. */
enum hs_dns_rcode hs_dns_query_read(const uint8_t *bytes, size_t len,
                                    struct hs_dns_query *ret_query);

#endif
