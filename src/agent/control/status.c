/* SPDX-License-Identifier: Apache-2.0 */
/* All figures here are counted elsewhere, so the answer costs the same with three members and with
 * 20,000; but for those with other ring settings, who are found by a flag of each member. */
#include "agent/control/status.h"

#include <string.h>
#include <unistd.h>

#include <hearsay/hearsay.h>

#include "agent/base/json.h"
#include "agent/control/answer.h"
#include "agent/control/denials.h"
#include "ctl/ctl.h"
#include "ctl/process.h"

#define OTHERS_NAMED 8 /* members with other ring settings that are named */

static json_t *kinds_json(const uint64_t *counts)
{
    json_t *object = json_object();

    for (unsigned kind = 1; kind < HEARSAY_KIND_COUNT; kind++)
        hs_ctl_put(&object, hearsay_kind_name(kind), json_integer((json_int_t)counts[kind]));
    return object;
}

static json_t *drops_json(const struct hearsay_stats *stats)
{
    json_t *object = json_object();

    for (int i = 0; i < HEARSAY_DROP_COUNT; i++)
        hs_ctl_put(&object, hearsay_drop_name((enum hearsay_drop)i),
                   json_integer((json_int_t)stats->drops[i]));
    return object;
}

static json_t *counters_json(const struct hs_context *context, const struct hearsay_stats *stats)
{
    const struct {
        const char *name;
        uint64_t count;
    } counters[] = {
        {"unsent", stats->unsent},
        {"records_merged", stats->records_merged},
        {"rumors_sent", stats->rumors_sent},
        {"probes", stats->probes},
        {"probes_failed", stats->probes_failed},
        {"probes_refused", stats->probes_refused},
        {"suspicions", stats->suspicions},
        {"refutations", stats->refutations},
        {"syncs_started", stats->syncs_started},
        {"syncs_unequal", stats->syncs_unequal},
        {"events_lost", stats->events_lost},
        {"answers_elsewhere", stats->answers_elsewhere},
        {"icmp_errors", context->udp->icmp_errors},
        {"denied", context->denials->count},
    };
    json_t *object = json_object();

    for (size_t i = 0; i < sizeof(counters) / sizeof(counters[0]); i++)
        hs_ctl_put(&object, counters[i].name, json_integer((json_int_t)counters[i].count));
    return object;
}

static json_t *transition_json(const struct hearsay_stats *stats, enum hearsay_status to)
{
    json_t *object = json_object();

    for (int cause = HEARSAY_CAUSE_NONE; cause <= HEARSAY_CAUSE_FORCED; cause++)
        if ((to == HEARSAY_STATUS_DEAD) == (cause != HEARSAY_CAUSE_NONE))
            hs_ctl_put(&object, hearsay_cause_name((enum hearsay_cause)cause),
                       json_integer((json_int_t)stats->transitions[to][cause]));
    return object;
}

/* Round trips, each class with those that were shorter: a histogram as Prometheus reads it. */
static json_t *round_trips_json(const struct hearsay_stats *stats)
{
    json_t *within = json_array();
    uint64_t count = 0;

    for (unsigned i = 0; i < HEARSAY_RTT_CLASSES; i++) {
        uint64_t bound = hearsay_rtt_bound(i);
        count += stats->rtts[i];
        if (bound != UINT64_MAX)
            hs_ctl_append(&within, json_pack("{s:I, s:I}", "us", (json_int_t)bound, "count",
                                             (json_int_t)count));
    }
    return json_pack("{s:I, s:I, s:o}", "count", (json_int_t)count, "sum_us",
                     (json_int_t)stats->rtt_sum_us, "within", within);
}

static json_t *process_json(const struct hs_context *context)
{
    struct hs_process process;

    hs_process_read(&process);
    return json_pack(
        "{s:I, s:I, s:I, s:I, s:I, s:I}", "start", (json_int_t)context->identity->started_wall,
        "cpu_us", (json_int_t)process.cpu_us, "resident_bytes", (json_int_t)process.resident_bytes,
        "virtual_bytes", (json_int_t)process.virtual_bytes, "open_fds",
        (json_int_t)process.open_fds, "max_fds", (json_int_t)process.max_fds);
}

static json_t *clients_json(const struct hs_clients *clients)
{
    return json_pack("{s:I, s:I}", "now", (json_int_t)clients->count, "monitors",
                     (json_int_t)clients->monitors);
}

/* What programs that watch an agent over time want to know, and tell from no event. */
static json_t *watched_json(const struct hs_context *context, const struct hearsay_stats *stats)
{
    return json_pack("{s:I, s:{s:o, s:o, s:o}, s:{s:I, s:f}, s:I, s:o, s:o, s:o}", "members_max",
                     (json_int_t)stats->members_max, "transitions", "alive",
                     transition_json(stats, HEARSAY_STATUS_ALIVE), "suspect",
                     transition_json(stats, HEARSAY_STATUS_SUSPECT), "dead",
                     transition_json(stats, HEARSAY_STATUS_DEAD), "ring_changes", "count",
                     (json_int_t)context->rings->changes, "moved", context->rings->moved, "away_us",
                     (json_int_t)stats->away_us, "round_trips", round_trips_json(stats), "process",
                     process_json(context), "clients", clients_json(context->clients));
}

static json_t *ring_json(const struct hs_context *context, const struct hearsay_stats *stats)
{
    const struct hearsay_ring *ring = hearsay_node_ring(context->node);

    return json_pack("{s:I, s:o, s:o, s:I, s:I}", "version",
                     (json_int_t)hearsay_node_ring_version(context->node), "checksum",
                     hs_ctl_hex64(hearsay_ring_checksum(ring)), "zones_checksum",
                     hs_ctl_hex64(hearsay_ring_zones_checksum(ring)), "tokens",
                     (json_int_t)hearsay_ring_tokens(ring), "held", (json_int_t)stats->ring_held);
}

/* R62: ring hold. Who has other settings has another ring now and then. */
static json_t *timing_json(const struct hs_context *context)
{
    struct hearsay_member member;
    json_t *names = json_array();
    uint32_t cursor = 0;
    size_t others = 0;

    while (hearsay_node_next_other_timing(context->node, context->clock->now, &cursor, &member))
        if (others++ < OTHERS_NAMED)
            hs_ctl_append(&names, json_string(member.name));
    hearsay_node_self(context->node, context->clock->now, &member);
    return json_pack("{s:I, s:I, s:I, s:o}", "hold_us", (json_int_t)member.ring_hold_us,
                     "settle_us", (json_int_t)member.ring_settle_us, "others", (json_int_t)others,
                     "names", names);
}

/* `error` is why lines wait; null if none does. */
static json_t *log_json(const struct hs_log *log)
{
    const char *trouble = log->waiting_lines > 0 ? hs_log_trouble(log) : NULL;

    return json_pack("{s:I, s:I, s:I, s:o}", "written", (json_int_t)log->written, "waiting",
                     (json_int_t)log->waiting_lines, "dropped", (json_int_t)log->dropped, "error",
                     trouble ? hs_json_text(trouble, strlen(trouble)) : json_null());
}

/* The versions of the wire that this agent speaks. */
static json_t *wire_json(const struct hs_context *context)
{
    struct hearsay_member self;

    hearsay_node_self(context->node, context->clock->now, &self);
    return json_pack("{s:i, s:i}", "min", (int)self.version_min, "max", (int)self.version_max);
}

/* The name and the addresses: the first half of `status`. */
static json_t *identity_json(const struct hs_context *context)
{
    const struct hs_identity *identity = context->identity;

    return json_pack("{s:s, s:o, s:o, s:s, s:o, s:i, s:I, s:I, s:b}", "name", identity->name,
                     "addr", hs_json_addr(&identity->advertise), "cluster",
                     hs_json_text(identity->cluster, strlen(identity->cluster)), "version",
                     hearsay_version(), "wire", wire_json(context), "pid", (int)getpid(),
                     "uptime_us", (json_int_t)(context->clock->now.boot - identity->started),
                     "longest_turn_us", (json_int_t)hs_turn_longest(context->turn), "leaving",
                     (int)context->life->leaving);
}

static json_t *refusal_json(const struct hs_refusal *refusal, uint64_t boot)
{
    json_t *object = json_object();

    hs_ctl_put(&object, "addr", hs_json_addr(&refusal->addr));
    if (refusal->name[0] != '\0')
        hs_ctl_put(&object, "name", json_string(refusal->name));
    hs_ctl_put(&object, "reason", json_string(hearsay_refusal_name(refusal->reason)));
    hs_ctl_put(&object, "message", hs_json_text(refusal->text, strlen(refusal->text)));
    hs_ctl_put(&object, "age_us", json_integer((json_int_t)(boot - refusal->when)));
    return object;
}

/* Why this agent was not taken in where it asked: a field that is there if there is a reason. */
static void put_refused(json_t **answer, const struct hs_context *context)
{
    uint64_t boot = context->clock->now.boot;
    size_t cursor = 0;
    const struct hs_refusal *refusal = hs_refusals_next(context->refusals, boot, &cursor);
    json_t *array;

    if (!refusal)
        return;
    array = json_array();
    for (; refusal; refusal = hs_refusals_next(context->refusals, boot, &cursor))
        hs_ctl_append(&array, refusal_json(refusal, boot));
    hs_ctl_put(answer, "refused", array);
}

/* Adds the fields of `more`, which it takes over; as hs_ctl_put. */
static void put_all(json_t **answer, json_t *more)
{
    if (!*answer || !more || json_object_update(*answer, more) < 0) {
        json_decref(*answer);
        *answer = NULL;
    }
    json_decref(more);
}

json_t *hs_status_json(const struct hs_context *context)
{
    struct hearsay_stats stats;
    json_t *answer, *counts;

    hearsay_node_stats(context->node, &stats);
    answer = identity_json(context);
    put_refused(&answer, context);
    put_all(&answer, hs_keys_json(context->keys));
    counts = json_pack(
        "{s:{s:i, s:i, s:i}, s:i, s:o, s:o, s:o, s:i, s:f, s:o, s:o, s:I, s:I, s:o, s:o, s:o, s:o, "
        "s:o, s:s}",
        "members", "alive", (int)stats.members[HEARSAY_STATUS_ALIVE], "suspect",
        (int)stats.members[HEARSAY_STATUS_SUSPECT], "dead", (int)stats.members[HEARSAY_STATUS_DEAD],
        "drained", (int)stats.drained, "digest", hs_ctl_hex64(stats.digest), "ring",
        ring_json(context, &stats), "ring_timing", timing_json(context), "rumors",
        (int)stats.rumors_waiting, "loss", (double)stats.loss_permille / 1000.0, "received",
        kinds_json(stats.received), "sent", kinds_json(stats.sent), "bytes_received",
        (json_int_t)stats.bytes_received, "bytes_sent", (json_int_t)stats.bytes_sent, "drops",
        drops_json(&stats), "counters", counters_json(context, &stats), "log",
        log_json(context->log), "seeds", hs_seeds_json(context->seeds), "state",
        hs_state_json(context->state), "last_words", hs_witness_state(context->witness));
    put_all(&answer, counts);
    put_all(&answer, watched_json(context, &stats));
    return hs_answer_view(context, answer);
}

void hs_command_status(const struct hs_context *context, struct hs_client *client,
                       const json_t *request)
{
    (void)request;
    hs_client_answer(client, hs_status_json(context));
}

/* ---- version ----------------------------------------------------------------------------- */

void hs_command_version(const struct hs_context *context, struct hs_client *client,
                        const json_t *request)
{
    (void)request;
    hs_client_answer(client, json_pack("{s:b, s:s, s:o}", "ok", 1, "version", hearsay_version(),
                                       "wire", wire_json(context)));
}
