/* SPDX-License-Identifier: Apache-2.0 */
/* A budget is a point in time: each question moves it on by the time that one question may cost,
 * and it may be ahead of now by a burst. */
#include "serve/dns_limit.h"

#include <string.h>

#include <hearsay/ring.h>

#include "service/loopback.h"

#define COST_US  (1000000 / HS_DNS_RATE)
#define BURST_US ((uint64_t)HS_DNS_BURST * COST_US)

/* Bytes of an IPv6 address that say in which network it is: a host may use all others. */
#define NETWORK_BYTES 8

static size_t place_of(const struct hs_dns_limit *limit, const struct hearsay_addr *source)
{
    struct {
        uint64_t seed;
        uint8_t network[NETWORK_BYTES];
    } key = {.seed = limit->seed};

    memcpy(key.network, source->bytes, source->family == 4 ? 4 : NETWORK_BYTES);
    return hearsay_ring_hash(&key, sizeof(key)) % HS_DNS_SOURCES_MAX;
}

bool hs_dns_limit_exceeded(struct hs_dns_limit *limit, const struct hearsay_addr *source,
                           uint64_t now)
{
    uint64_t *until;

    if (hs_addr_is_loopback(source))
        return false;
    until = &limit->spent_until[place_of(limit, source)];
    if (*until < now)
        *until = now;
    if (*until + COST_US > now + BURST_US)
        return true;
    *until += COST_US;
    return false;
}
