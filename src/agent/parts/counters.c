/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first drop of a kind is reported at once. Later ones are reported together, at most once per
 * second. Drops that are normal in a healthy cluster (duplicates, old news, strangers) have the
 * level debug. Those that an operator can do something about come with advice, at most once per
 * minute.
 */
#include "agent/parts/counters.h"

#include <hearsay/node.h>

#include "agent/base/json.h"

/* The level of a drop: debug for drops that are normal in a healthy cluster. */
static enum hs_level drop_level(enum hearsay_drop drop)
{
    switch (drop) {
    case HEARSAY_DROP_SELF:
    case HEARSAY_DROP_DUPLICATE:
    case HEARSAY_DROP_STRANGER:
    case HEARSAY_DROP_NONCE:
    case HEARSAY_DROP_UNSOLICITED:
    case HEARSAY_DROP_UNKNOWN:
    case HEARSAY_DROP_STALE:
        return HS_LEVEL_DEBUG;
    case HEARSAY_DROP_OVERSIZED:
    case HEARSAY_DROP_TRUNCATED:
    case HEARSAY_DROP_MALFORMED:
    case HEARSAY_DROP_VERSION:
    case HEARSAY_DROP_CLUSTER:
    case HEARSAY_DROP_CHECKSUM:
    case HEARSAY_DROP_REPLAYED:
    case HEARSAY_DROP_VALUE:
    case HEARSAY_DROP_FUTURE:
    case HEARSAY_DROP_TABLE_FULL:
    case HEARSAY_DROP_QUEUE_FULL:
    case HEARSAY_DROP_NO_MEMORY:
    case HEARSAY_DROP_DAMPED:
    case HEARSAY_DROP_PLAIN:
    case HEARSAY_DROP_SEALED:
    case HEARSAY_DROP_KEY:
    case HEARSAY_DROP_FORGED:
    case HEARSAY_DROP_COUNT:
        break;
    }
    return HS_LEVEL_WARN;
}

/* R35: what an operator can do about datagrams of another form; NULL for other drops. Whoever sent
 * them may send them for hours, so they are told once a minute. */
static const char *drop_advice(enum hearsay_drop drop)
{
    if (drop == HEARSAY_DROP_PLAIN)
        return "not sealed, and seal = require takes no such datagrams: give that agent the key, "
               "or take both meanwhile with seal = on";
    if (drop == HEARSAY_DROP_SEALED)
        return "sealed, and this agent has no key, or seal = off: give it the key of the cluster";
    if (drop == HEARSAY_DROP_KEY)
        return "sealed with a key that this agent does not have: give it that key as another line "
               "of its key file, or remove the key there";
    if (drop == HEARSAY_DROP_FORGED)
        return "sealed with the id of a key of ours, but made without it, altered on the way, or "
               "meant for another member";
    return NULL;
}

static void tell_drop(struct hs_counters *counters, enum hs_level level, const char *reason,
                      uint64_t count)
{
    hs_report(counters->report, level, HS_LINE_DROP,
              json_pack("{s:s, s:I}", "reason", reason, "count", (json_int_t)count));
}

static void tell_advice(struct hs_counters *counters, enum hearsay_drop drop,
                        const struct hearsay_addr *from, uint64_t count)
{
    hs_report(counters->report, HS_LEVEL_WARN, HS_LINE_DROP,
              json_pack("{s:s, s:I, s:o, s:s}", "reason", hearsay_drop_name(drop), "count",
                        (json_int_t)count, "addr", hs_json_addr(from), "message",
                        drop_advice(drop)));
}

/* This function and those below return true if there was something to report. */
static bool tell_drops(struct hs_counters *counters, const struct hearsay_stats *stats)
{
    uint64_t boot = counters->report->clock->now.boot;
    bool any = false;

    for (int i = 0; i < HEARSAY_DROP_COUNT; i++) {
        uint64_t count = stats->drops[i] - counters->drops[i];

        bool advised = drop_advice((enum hearsay_drop)i) != NULL;
        if (count == 0 || (advised && boot < counters->quiet_until[i]))
            continue;
        any = true;
        counters->drops[i] = stats->drops[i];
        if (advised) {
            counters->quiet_until[i] = boot + HS_ADVICE_PERIOD_US;
            tell_advice(counters, (enum hearsay_drop)i,
                        &stats->unopened_from[i - HEARSAY_DROP_PLAIN], count);
        } else {
            tell_drop(counters, drop_level((enum hearsay_drop)i),
                      hearsay_drop_name((enum hearsay_drop)i), count);
        }
    }
    return any;
}

static bool tell_loss(struct hs_counters *counters, uint32_t permille)
{
    bool lossy = permille > (counters->lossy ? HS_LOSS_CALM_PERMILLE : HS_LOSS_BOUND_PERMILLE);

    if (lossy == counters->lossy)
        return false;
    counters->lossy = lossy;
    hs_report(counters->report, lossy ? HS_LEVEL_WARN : HS_LEVEL_INFO, HS_LINE_HEALTH,
              json_pack("{s:s, s:f}", "reason", lossy ? "loss" : "loss-over", "loss",
                        (double)permille / 1000.0));
    return true;
}

/* R39: isolation. */
static bool tell_isolation(struct hs_counters *counters, enum hearsay_isolation isolation)
{
    enum hearsay_isolation before = counters->isolation;

    if (isolation == before)
        return false;
    counters->isolation = isolation;
    if (isolation == HEARSAY_ISOLATION_NO)
        hs_report(counters->report, HS_LEVEL_INFO, HS_LINE_HEALTH,
                  json_pack("{s:s}", "reason", "isolated-over"));
    else
        hs_report(counters->report, HS_LEVEL_WARN, HS_LINE_HEALTH,
                  json_pack("{s:s, s:s}", "reason", "isolated", "finding",
                            hearsay_isolation_name(isolation)));
    return true;
}

static bool tell_lost_lines(struct hs_counters *counters)
{
    uint64_t lost = hs_log_lost(counters->log);

    if (lost == 0)
        return false;
    tell_drop(counters, HS_LEVEL_ERROR, "log", lost);
    hs_log_told(counters->log, lost);
    return true;
}

void hs_counters_tell(struct hs_counters *counters)
{
    uint64_t boot = counters->report->clock->now.boot;
    struct hearsay_stats stats;
    bool any;

    if (counters->told_at != 0 && boot - counters->told_at < HS_COUNTERS_PERIOD_US)
        return;
    hearsay_node_stats(counters->report->node, &stats);
    any = tell_drops(counters, &stats);
    any |= tell_loss(counters, stats.loss_permille);
    any |= tell_isolation(counters, (enum hearsay_isolation)stats.isolated);
    any |= tell_lost_lines(counters);
    if (any)
        counters->told_at = boot;
}
