/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/metric_own.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include <hearsay/ring.h>
#include <hearsay/version.h>

/* ---- the mirror -------------------------------------------------------------------------- */

/* Their tombstones are counted, not those of members that left: these are no trouble. */
void hs_metric_failed(const struct hs_metric *metric, const struct hs_metrics_source *source,
                      struct hs_exposition *out)
{
    const struct hs_mirror_member *const *members = hs_mirror_members(source->mirror);
    size_t count = hs_mirror_count(source->mirror, HEARSAY_STATUS_NONE);
    uint64_t failed = 0;

    if (!members)
        return;
    for (size_t i = 0; i < count; i++)
        failed += members[i]->cause == HEARSAY_CAUSE_FAILED;
    hs_exposition_begin(out, &metric->family);
    hs_exposition_count(out, NULL, 0, failed);
}

void hs_metric_ring_members(const struct hs_metric *metric, const struct hs_metrics_source *source,
                            struct hs_exposition *out)
{
    const struct hearsay_ring *ring = hs_mirror_ring(source->mirror);

    if (!ring)
        return;
    hs_exposition_begin(out, &metric->family);
    hs_exposition_count(out, NULL, 0, hearsay_ring_members(ring));
}

/* A member that is not in the ring owns nothing. */
void hs_metric_share(const struct hs_metric *metric, const struct hs_metrics_source *source,
                     struct hs_exposition *out)
{
    const struct hearsay_ring *ring = hs_mirror_ring(source->mirror);
    const char *node = hs_mirror_node(source->mirror);
    double share = 0;
    uint32_t index;

    if (!ring)
        return;
    if (hearsay_ring_find(ring, node, &index) == 0)
        share = hearsay_ring_fraction(hearsay_ring_share(ring, index));
    hs_exposition_begin(out, &metric->family);
    hs_exposition_real(out, NULL, 0, share);
}

static uint64_t status_number(const struct hs_mirror_member *member)
{
    if (member->status != HEARSAY_STATUS_DEAD)
        return member->status == HEARSAY_STATUS_ALIVE ? 1 : 2;
    return member->cause == HEARSAY_CAUSE_FAILED ? 3 : 4;
}

void hs_metric_member_status(const struct hs_mirror_member *member, const struct hs_exposition *out)
{
    const struct hs_label label = {"member", member->name};

    hs_exposition_count(out, &label, 1, status_number(member));
}

void hs_metric_member_rtt(const struct hs_mirror_member *member, const struct hs_exposition *out)
{
    const struct hs_label label = {"member", member->name};

    if (member->rtt_us > 0)
        hs_exposition_real(out, &label, 1, (double)member->rtt_us / 1e6);
}

/* ---- this program ------------------------------------------------------------------------ */

void hs_metric_up(const struct hs_metric *metric, const struct hs_metrics_source *source,
                  struct hs_exposition *out)
{
    hs_exposition_begin(out, &metric->family);
    hs_exposition_count(out, NULL, 0, source->status != NULL);
}

void hs_metric_stale(const struct hs_metric *metric, const struct hs_metrics_source *source,
                     struct hs_exposition *out)
{
    uint64_t us = source->worth.stale_us;

    hs_exposition_begin(out, &metric->family);
    hs_exposition_real(out, NULL, 0, us == UINT64_MAX ? HUGE_VAL : (double)us / 1e6);
}

void hs_metric_serve(const struct hs_metric *metric, const struct hs_metrics_source *source,
                     struct hs_exposition *out)
{
    const struct hs_label label = {"version", hearsay_version()};

    (void)source;
    hs_exposition_begin(out, &metric->family);
    hs_exposition_count(out, &label, 1, 1);
}

void hs_metric_requests(const struct hs_metric *metric, const struct hs_metrics_source *source,
                        struct hs_exposition *out)
{
    const struct hs_tally *tally = source->tally;
    char code[16];

    hs_exposition_begin(out, &metric->family);
    for (size_t i = 0; i < tally->handler_count; i++) {
        for (size_t j = 0; j < tally->code_count; j++) {
            const struct hs_label labels[] = {{"code", code}, {"handler", tally->handlers[i].name}};
            uint64_t count = hs_tally_requests(tally, i, j);

            snprintf(code, sizeof(code), "%u", tally->codes[j]);
            if (count != UINT64_MAX)
                hs_exposition_count(out, labels, 2, count);
        }
    }
}

void hs_metric_durations(const struct hs_metric *metric, const struct hs_metrics_source *source,
                         struct hs_exposition *out)
{
    const struct hs_tally *tally = source->tally;
    uint64_t within[HS_TALLY_CLASSES], count = 0;

    for (size_t i = 0; i < HS_TALLY_CLASSES; i++)
        within[i] = count += tally->durations[i];
    hs_exposition_begin(out, &metric->family);
    hs_exposition_histogram(
        out, &(struct hs_histogram){.class_count = HS_TALLY_CLASSES,
                                    .bounds_us = hs_tally_bounds_us,
                                    .within = within,
                                    .count = count + tally->durations[HS_TALLY_CLASSES],
                                    .sum_us = tally->duration_us});
}

void hs_metric_queries(const struct hs_metric *metric, const struct hs_metrics_source *source,
                       struct hs_exposition *out)
{
    hs_exposition_begin(out, &metric->family);
    for (int way = 0; way < HS_DNS_WAYS; way++) {
        for (size_t outcome = 0; outcome < HS_DNS_OUTCOMES; outcome++) {
            const struct hs_label labels[] = {{"transport", hs_dns_way_name((enum hs_dns_way)way)},
                                              {"rcode", hs_dns_outcome_name(outcome)}};

            hs_exposition_count(out, labels, 2, source->dns.queries[way][outcome]);
        }
    }
}

void hs_metric_number(const struct hs_metric *metric, const struct hs_metrics_source *source,
                      struct hs_exposition *out)
{
    uint64_t number;

    memcpy(&number, (const char *)source + metric->offset, sizeof(number));
    hs_exposition_begin(out, &metric->family);
    if (metric->scale == 0)
        hs_exposition_count(out, NULL, 0, number);
    else
        hs_exposition_real(out, NULL, 0, (double)number * metric->scale);
}

void hs_metric_connections(const struct hs_metric *metric, const struct hs_metrics_source *source,
                           struct hs_exposition *out)
{
    hs_exposition_begin(out, &metric->family);
    hs_exposition_count(out, NULL, 0, source->tally->connections);
}
