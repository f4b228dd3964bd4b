/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/dns_desk.h"

#include <sys/random.h>

#include <hearsay/error.h>
#include <hearsay/host.h>

#include "serve/worth.h"

static const enum hs_dns_rcode outcomes[HS_DNS_OUTCOMES] = {
#define HS_DNS_OUTCOME(name, code, text) HS_DNS_##name,
    HS_DNS_RCODES(HS_DNS_OUTCOME)
#undef HS_DNS_OUTCOME
        HS_DNS_SILENCE};

int hs_dns_desk_init(struct hs_dns_desk *desk, const struct hs_dns_settings *settings,
                     struct hs_outlook *outlook)
{
    uint64_t seeds[2] = {hearsay_host_now().wall, hearsay_host_now().boot};

    *desk = (struct hs_dns_desk){.outlook = outlook};
    /* Without them the time must do: neither the order of answers nor the table is a secret. */
    if (getrandom(seeds, sizeof(seeds), GRND_NONBLOCK) < 0)
        seeds[0] ^= seeds[1] << 32;
    desk->limit.seed = seeds[1];
    return hs_dns_new(&desk->dns, settings, seeds[0]);
}

void hs_dns_desk_fini(struct hs_dns_desk *desk)
{
    hs_dns_free(desk->dns);
    desk->dns = NULL;
}

static void count(struct hs_dns_desk *desk, enum hs_dns_way way, enum hs_dns_rcode rcode)
{
    for (size_t i = 0; i < HS_DNS_OUTCOMES; i++)
        if (outcomes[i] == rcode)
            desk->counts.queries[way][i]++;
}

struct hs_dns_reply hs_dns_desk_answer(struct hs_dns_desk *desk, enum hs_dns_way way,
                                       const struct hearsay_addr *source, const uint8_t *bytes,
                                       size_t len)
{
    uint64_t now = hearsay_host_now().boot;
    struct hs_worth worth = hs_outlook_worth(desk->outlook, now);
    struct hs_dns_worth known = {.knows = worth.ready && !worth.gone, .isolated = worth.isolated};
    enum hs_dns_transport transport = way == HS_DNS_BY_TCP ? HS_DNS_TCP : HS_DNS_UDP;
    struct hs_dns_reply reply;

    if (way == HS_DNS_BY_UDP && hs_dns_limit_exceeded(&desk->limit, source, now)) {
        transport = HS_DNS_UDP_SPARING;
        desk->counts.limited++;
    }
    reply = hs_dns_answer(desk->dns, desk->outlook->mirror, known, transport, bytes, len);
    count(desk, way, reply.rcode);
    desk->counts.truncated += reply.truncated;
    return reply;
}

void hs_dns_desk_ignore(struct hs_dns_desk *desk, enum hs_dns_way way)
{
    count(desk, way, HS_DNS_SILENCE);
}

const char *hs_dns_way_name(enum hs_dns_way way)
{
    return way == HS_DNS_BY_TCP ? "tcp" : "udp";
}

const char *hs_dns_outcome_name(size_t outcome)
{
    return hs_dns_rcode_name(outcomes[outcome]);
}
