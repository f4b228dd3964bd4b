/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Resolves names to addresses without blocking: /etc/hosts and DNS, in the order of
 * /etc/nsswitch.conf. Every lookup reads the present files and ends at a deadline. A name that
 * begins with '_' is a service (RFC 2782): its addresses are those of all its targets, each with
 * the target's own port.
 */
#ifndef HS_AGENT_PARTS_RESOLVE_H
#define HS_AGENT_PARTS_RESOLVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <event2/event.h>

#include <hearsay/addr.h>

#include "service/error_text.h"

#define HS_RESOLVE_ADDRS_MAX   256 /* addresses of one name that are used */
#define HS_RESOLVE_SECONDS     5   /* for one lookup, from the first question on */
#define HS_RESOLVE_AT_ONCE_MAX 16  /* lookups under way; more wait for their turn */

struct hs_lookup;

struct hs_resolver {
    struct event_base *base;
    struct event *work; /* a zero timer: begins lookups and reads files, one step a turn */
    bool want_v6;       /* the socket can reach IPv6 */
    bool want_v4;
    struct hs_lookup *lookups; /* under way or waiting, oldest first */
    size_t under_way;
};

/* Called once for each lookup that was not cancelled: with at least one address and error NULL, or
 * with no address and a borrowed error text. */
typedef void hs_resolved_fn(void *context, const struct hearsay_addr *addrs, size_t count,
                            const char *error);

int hs_resolver_init(struct hs_resolver *ret_resolver, struct event_base *base, bool want_v4,
                     bool want_v6, char error_text[HS_ERROR_TEXT_MAX]);

/* Forgets all lookups without calling back. */
void hs_resolver_fini(struct hs_resolver *resolver);

/* Starts a lookup. *ret_lookup is set before `resolved` is called. That is before this function
 * returns only if there is no memory. The lookup is freed when `resolved` is called. */
void hs_resolver_lookup(struct hs_resolver *resolver, const char *host, uint16_t port,
                        hs_resolved_fn *resolved, void *context, struct hs_lookup **ret_lookup);

/* The function will not be called any more. NULL is a no-op. */
void hs_lookup_cancel(struct hs_lookup *lookup);

/* The same for the start of the program, where waiting is right: one address of a name or literal,
 * of the family asked for (4, 6, or 0 for any, IPv4 preferred). Returns 0 or HEARSAY_ERR_INVALID.
 */
int hs_resolve_now(const char *host, uint16_t port, unsigned family, struct hearsay_addr *ret_addr,
                   char error_text[HS_ERROR_TEXT_MAX]);

#endif
