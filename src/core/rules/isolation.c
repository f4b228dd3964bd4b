/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A node that is cut off looks healthy to itself: its members stay as they were while R20 keeps it
 * from judging them. Two signs are certain enough to be said. The socket has refused everything for
 * some periods: no route, a link that is down, a filter. Or everything is silent although somebody
 * should answer.
 *
 * A period in which nothing was to be sent says nothing, so what was found before stays.
 */
#include "rules/isolation.h"

void hs_isolation_init(struct hs_isolation *isolation, struct hs_core *core,
                       const struct hs_health *health, const struct hs_contacts *contacts)
{
    *isolation = (struct hs_isolation){.core = core, .health = health, .contacts = contacts};
}

static void count_unsent(struct hs_isolation *isolation)
{
    const struct hearsay_stats *stats = &isolation->core->stats;
    uint64_t sent = 0;
    for (unsigned kind = 0; kind < HEARSAY_KIND_COUNT; kind++)
        sent += stats->sent[kind];
    uint64_t tried = sent - isolation->sent, failed = stats->unsent - isolation->unsent;
    isolation->sent = sent;
    isolation->unsent = stats->unsent;
    if (failed < tried)
        isolation->unsent_periods = 0;
    else if (tried && isolation->unsent_periods < HS_UNSENT_PERIODS)
        isolation->unsent_periods++;
}

/* Members are heard each period. Those that are lost and seeds are only called each rejoin
 * interval. */
static uint64_t silence_believed(const struct hs_isolation *isolation)
{
    const struct hearsay_config *config = &isolation->core->config;
    uint64_t between =
        isolation->core->view.table.probe_list_count ? config->interval : config->rejoin_interval;
    uint64_t believed = HS_SILENT_PERIODS * between;
    return believed > HS_DEAF_BELIEVED ? believed : HS_DEAF_BELIEVED;
}

static bool is_somebody_expected(const struct hs_isolation *isolation)
{
    return isolation->core->view.table.probe_list_count > 0 || hs_contacts_any(isolation->contacts);
}

void hs_isolation_check(struct hs_isolation *isolation)
{
    bool silent = hs_health_is_silent(isolation->health, silence_believed(isolation));
    count_unsent(isolation);
    isolation->now = HEARSAY_ISOLATION_NO;
    if ((isolation->unsent_periods < HS_UNSENT_PERIODS && !silent) ||
        !is_somebody_expected(isolation))
        return;
    isolation->now = isolation->unsent_periods < HS_UNSENT_PERIODS ? HEARSAY_ISOLATION_SILENT
                                                                   : HEARSAY_ISOLATION_UNSENT;
}
