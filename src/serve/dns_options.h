/* SPDX-License-Identifier: Apache-2.0 */
/* The settings of DNS, and the bounds of their values. */
#ifndef HS_SERVE_DNS_OPTIONS_H
#define HS_SERVE_DNS_OPTIONS_H

#include <stddef.h>

#include <hearsay/addr.h>

#include "dns/dns.h"
#include "service/error_text.h"

#define HS_DNS_ADDRESS "127.0.0.1:7853" /* the one that the pages name; there is no default */

#define HS_DNS_LISTENERS_MAX 8 /* addresses, each with UDP and TCP */

struct hs_dns_options {
    struct hearsay_addr addrs[HS_DNS_LISTENERS_MAX];
    size_t count; /* 0: no DNS */
    struct hs_dns_settings settings;
};

/* Sets the defaults: no address, HS_DNS_DOMAIN, TTL 0, HS_DNS_REPLICAS without regard to zones. */
void hs_dns_options_init(struct hs_dns_options *options);

/* Sets one: "dns" (again for each address), "dns-domain", "dns-ttl", "dns-replicas" or "dns-zones".
 * Returns 0, or HEARSAY_ERR_INVALID with what would be right in `error`; NOTFOUND if the key is
 * another. */
int hs_dns_options_set(struct hs_dns_options *options, const char *key, const char *value,
                       char error[HS_ERROR_TEXT_MAX]);

#endif
