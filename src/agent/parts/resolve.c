/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libevent's DNS client must not be freed inside one of its own callbacks, and it calls back before
 * it returns if a name is in /etc/hosts. So a lookup may outlive its caller, and an event frees the
 * client one loop turn after the last answer.
 */
#include "agent/parts/resolve.h"

#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/dns.h>
#include <event2/util.h>

#include <hearsay/error.h>
#include <hearsay/host.h>

struct hs_lookup {
    struct hs_lookup *next;
    struct hs_resolver *resolver;
    struct evdns_getaddrinfo_request *request; /* NULL if it was answered at once */
    hs_resolved_fn *resolved;                  /* NULL: cancelled */
    void *context;
};

static void on_idle(evutil_socket_t fd, short what, void *context)
{
    struct hs_resolver *resolver = context;

    (void)fd;
    (void)what;
    if (resolver->lookups || !resolver->dns)
        return;
    evdns_base_free(resolver->dns, 0);
    resolver->dns = NULL;
}

int hs_resolver_init(struct hs_resolver *ret_resolver, struct event_base *base, bool want_v4,
                     bool want_v6, char error_text[HS_ERROR_TEXT_MAX])
{
    *ret_resolver = (struct hs_resolver){.base = base, .want_v4 = want_v4, .want_v6 = want_v6};
    ret_resolver->idle = event_new(base, -1, 0, on_idle, ret_resolver);
    if (!ret_resolver->idle) {
        hs_error_text(error_text, "out of memory");
        return HEARSAY_ERR_NOMEM;
    }
    return 0;
}

void hs_resolver_fini(struct hs_resolver *resolver)
{
    if (!resolver || !resolver->base)
        return;
    for (struct hs_lookup *lookup = resolver->lookups; lookup; lookup = lookup->next) {
        lookup->resolved = NULL;
        if (lookup->request)
            evdns_getaddrinfo_cancel(lookup->request);
    }
    if (resolver->dns) {
        event_base_loop(resolver->base, EVLOOP_NONBLOCK); /* cancelled requests call back */
        if (resolver->dns)
            evdns_base_free(resolver->dns, 0);
    }
    while (resolver->lookups) {
        struct hs_lookup *lookup = resolver->lookups;

        resolver->lookups = lookup->next;
        free(lookup);
    }
    if (resolver->idle)
        event_free(resolver->idle);
    memset(resolver, 0, sizeof(*resolver));
}

static void unlink_lookup(struct hs_lookup *lookup)
{
    struct hs_lookup **at = &lookup->resolver->lookups;

    while (*at != lookup)
        at = &(*at)->next;
    *at = lookup->next;
}

static void finish(struct hs_lookup *lookup, const struct hearsay_addr *addrs, size_t count,
                   const char *error)
{
    struct hs_resolver *resolver = lookup->resolver;
    hs_resolved_fn *resolved = lookup->resolved;
    void *context = lookup->context;

    unlink_lookup(lookup);
    free(lookup);
    if (!resolver->lookups)
        event_active(resolver->idle, EV_TIMEOUT, 0);
    if (resolved)
        resolved(context, addrs, count, error);
}

static bool wanted(const struct hs_resolver *resolver, const struct hearsay_addr *addr)
{
    return addr->family == 4 ? resolver->want_v4 : resolver->want_v6;
}

static void on_answer(int result, struct evutil_addrinfo *answer, void *context)
{
    struct hearsay_addr addrs[HS_RESOLVE_ADDRS_MAX];
    struct hs_lookup *lookup = context;
    size_t count = 0;

    for (struct evutil_addrinfo *a = answer; a != NULL && count < HS_RESOLVE_ADDRS_MAX;
         a = a->ai_next)
        if (hearsay_host_from_sockaddr(a->ai_addr, &addrs[count]) == 0 &&
            wanted(lookup->resolver, &addrs[count]))
            count++;
    if (answer)
        evutil_freeaddrinfo(answer);
    if (result != 0)
        finish(lookup, NULL, 0, evutil_gai_strerror(result));
    else if (count == 0)
        finish(lookup, NULL, 0, "no address of a family that this agent's socket can reach");
    else
        finish(lookup, addrs, count, NULL);
}

static bool make_client(struct hs_resolver *resolver)
{
    if (resolver->dns)
        return true;
    resolver->dns = evdns_base_new(resolver->base, EVDNS_BASE_DISABLE_WHEN_INACTIVE);
    if (!resolver->dns)
        return false;
    /* Without a usable file it asks 127.0.0.1, and the lookup fails with an error text. */
    evdns_base_resolv_conf_parse(resolver->dns, DNS_OPTIONS_ALL, "/etc/resolv.conf");
    return true;
}

void hs_resolver_lookup(struct hs_resolver *resolver, const char *host, uint16_t port,
                        hs_resolved_fn *resolved, void *context, struct hs_lookup **ret_lookup)
{
    struct evutil_addrinfo hints = {
        .ai_family = AF_UNSPEC, .ai_socktype = SOCK_DGRAM, .ai_protocol = IPPROTO_UDP};
    struct hs_lookup *lookup = calloc(1, sizeof(*lookup));
    struct evdns_getaddrinfo_request *request;
    char service[8];

    if (!lookup || !make_client(resolver)) {
        free(lookup);
        resolved(context, NULL, 0, "out of memory");
        return;
    }
    *lookup = (struct hs_lookup){resolver->lookups, resolver, NULL, resolved, context};
    resolver->lookups = lookup;
    *ret_lookup = lookup;
    if (!resolver->want_v6)
        hints.ai_family = AF_INET;
    else if (!resolver->want_v4)
        hints.ai_family = AF_INET6;
    snprintf(service, sizeof(service), "%u", port);
    request = evdns_getaddrinfo(resolver->dns, host, service, &hints, on_answer, lookup);
    if (request) /* else it was answered and the lookup is freed */
        lookup->request = request;
}

void hs_lookup_cancel(struct hs_lookup *lookup)
{
    if (lookup)
        lookup->resolved = NULL;
}

int hs_resolve_now(const char *host, uint16_t port, unsigned family, struct hearsay_addr *ret_addr,
                   char error_text[HS_ERROR_TEXT_MAX])
{
    struct addrinfo hints = {.ai_family = family == 4   ? AF_INET
                                          : family == 6 ? AF_INET6
                                                        : AF_UNSPEC,
                             .ai_socktype = SOCK_DGRAM},
                    *answer = NULL;
    struct hearsay_addr found = {.family = 0};
    int r;

    r = getaddrinfo(host, NULL, &hints, &answer);
    if (r != 0) {
        hs_error_text(error_text, "host '%s': %s", host, gai_strerror(r));
        return HEARSAY_ERR_INVALID;
    }
    for (struct addrinfo *a = answer; a; a = a->ai_next) {
        struct hearsay_addr addr;

        if (hearsay_host_from_sockaddr(a->ai_addr, &addr) < 0)
            continue;
        if (found.family == 0 || (found.family == 6 && addr.family == 4))
            found = addr;
    }
    freeaddrinfo(answer);
    if (found.family == 0) {
        hs_error_text(error_text, "host '%s' has no IPv4 or IPv6 address", host);
        return HEARSAY_ERR_INVALID;
    }
    found.port = port;
    *ret_addr = found;
    return 0;
}
