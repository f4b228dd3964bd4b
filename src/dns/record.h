/* SPDX-License-Identifier: Apache-2.0 */
/* Records of members and of the zone, one a call. Each returns false if it did not fit. */
#ifndef HS_DNS_RECORD_H
#define HS_DNS_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hearsay/addr.h>

#include "dns/pick.h"
#include "dns/spelling.h"
#include "dns/writer.h"
#include "mirror/mirror.h"

/* What all records of an answer share. */
struct hs_dns_page {
    struct hs_dns_writer *writer;
    const struct hs_dns_spellings *spellings;
    uint32_t ttl;    /* seconds; of negative answers, too: RFC 2308, 5 */
    uint32_t serial; /* of the zone */
};

/* A or AAAA of the name in question. */
bool hs_dns_write_address(const struct hs_dns_page *page, const struct hearsay_addr *addr);

/* TXT: a tag, "key=value" (RFC 1464). What is longer than a string goes on in the next one of the
 * record. */
bool hs_dns_write_tag(const struct hs_dns_page *page, const struct hearsay_tag *tag);

/* SRV (RFC 2782); the weight is the member's number of tokens. The target is NAME.node if that is a
 * host name of this member alone, else HEX.addr. */
bool hs_dns_write_service(const struct hs_dns_page *page, const struct hs_dns_choice *choice);

/* A or AAAA of the target of such a record, among the additional ones. */
bool hs_dns_write_target(const struct hs_dns_page *page, const struct hs_mirror_member *member);

/* PTR to NAME.node, or to HEX.addr if a DNS name cannot be made of the name. */
bool hs_dns_write_pointer(const struct hs_dns_page *page, const struct hs_mirror_member *member);

/* SOA of the zone that begins at this label of the name in question. */
bool hs_dns_write_zone(const struct hs_dns_page *page, size_t label, enum hs_dns_section section);

/* NS of the zone; A or AAAA of that name server, among the additional records. */
bool hs_dns_write_server(const struct hs_dns_page *page);
bool hs_dns_write_server_address(const struct hs_dns_page *page, const struct hearsay_addr *addr);

#endif
