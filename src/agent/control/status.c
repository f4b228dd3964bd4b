/* SPDX-License-Identifier: Apache-2.0 */
/* `status`, `monitor` and `version`: what the agent says about itself. */
#include <string.h>
#include <unistd.h>

#include "agent/agent.h"
#include "agent/control/commands.h"
#include "agent/control/json.h"

static json_t *kinds_json(const uint64_t *counts)
{
    json_t *object = json_object();

    for (unsigned kind = 1; kind < HEARSAY_KIND_LIMIT; kind++)
        (void)json_object_set_new(object, hearsay_kind_name(kind),
                                  json_integer((json_int_t)counts[kind]));
    return object;
}

static json_t *drops_json(const struct hearsay_stats *stats)
{
    json_t *object = json_object();

    for (int i = 0; i < HEARSAY_DROP_COUNT; i++)
        (void)json_object_set_new(object, hearsay_drop_name((enum hearsay_drop)i),
                                  json_integer((json_int_t)stats->drops[i]));
    return object;
}

static json_t *counters_json(const struct hs_agent *agent, const struct hearsay_stats *stats)
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
        {"icmp_errors", agent->udp.icmp_errors},
    };
    json_t *object = json_object();

    for (size_t i = 0; i < sizeof(counters) / sizeof(counters[0]); i++)
        (void)json_object_set_new(object, counters[i].name,
                                  json_integer((json_int_t)counters[i].count));
    return object;
}

static json_t *ring_json(const struct hs_agent *agent)
{
    const struct hearsay_ring *ring = hearsay_node_ring(agent->node);

    return json_pack("{s:I, s:o, s:I}", "version",
                     (json_int_t)hearsay_node_ring_version(agent->node), "checksum",
                     hs_ctl_hex64(hearsay_ring_checksum(ring)), "tokens",
                     (json_int_t)hearsay_ring_tokens(ring));
}

/* Who and where: the first half of `status`. */
static json_t *identity_json(struct hs_agent *agent)
{
    return json_pack("{s:b, s:s, s:o, s:o, s:s, s:i, s:I, s:I, s:b, s:b}", "ok", 1, "name",
                     agent->options.name, "addr", hs_json_addr(&agent->advertise), "cluster",
                     hs_json_text(agent->cluster, strlen(agent->cluster)), "version",
                     hearsay_version(), "pid", (int)getpid(), "uptime_us",
                     (json_int_t)(agent->clock.now.boot - agent->started), "longest_turn_us",
                     (json_int_t)hs_turn_longest(&agent->turn), "ready", (int)agent->ready,
                     "leaving", (int)agent->leaving);
}

void hs_command_status(struct hs_agent *agent, struct hs_client *client, const json_t *request)
{
    struct hearsay_stats stats;
    json_t *answer, *counts;

    (void)request;
    hearsay_node_stats(agent->node, &stats);
    answer = identity_json(agent);
    counts = json_pack(
        "{s:{s:i, s:i, s:i}, s:o, s:o, s:i, s:f, s:o, s:o, s:I, s:I, s:o, s:o, s:{s:I, s:I}}",
        "members", "alive", (int)stats.members[HEARSAY_ALIVE], "suspect",
        (int)stats.members[HEARSAY_SUSPECT], "dead", (int)stats.members[HEARSAY_DEAD], "digest",
        hs_ctl_hex64(stats.digest), "ring", ring_json(agent), "rumors", (int)stats.rumors_waiting,
        "loss", (double)stats.loss_permille / 1000.0, "received", kinds_json(stats.received),
        "sent", kinds_json(stats.sent), "bytes_received", (json_int_t)stats.bytes_received,
        "bytes_sent", (json_int_t)stats.bytes_sent, "drops", drops_json(&stats), "counters",
        counters_json(agent, &stats), "log", "written", (json_int_t)agent->log.written, "dropped",
        (json_int_t)agent->log.dropped);
    if (counts == NULL || json_object_update(answer, counts) < 0) {
        json_decref(answer);
        answer = NULL;
    }
    json_decref(counts);
    hs_client_answer(client, answer);
}

/* ---- monitor ----------------------------------------------------------------------------- */

/* The bit of an event's name, 0 when there is no such event. */
static unsigned bit_of(const char *name)
{
    for (unsigned line = 0; name != NULL && line < HS_LINE_COUNT; line++)
        if (strcmp(name, hs_line_name((enum hs_line)line)) == 0)
            return 1u << line;
    return 0;
}

void hs_command_monitor(struct hs_agent *agent, struct hs_client *client, const json_t *request)
{
    const json_t *events = json_object_get(request, "events");
    unsigned mask = 0;

    (void)agent;
    if (events != NULL && !json_is_array(events)) {
        hs_client_fail(client, HS_CTL_ERROR_USAGE, "events must be an array of event names");
        return;
    }
    for (size_t i = 0; i < json_array_size(events); i++) {
        const char *name = json_string_value(json_array_get(events, i));
        unsigned bit = bit_of(name);

        if (bit == 0) {
            hs_client_fail(client, HS_CTL_ERROR_USAGE, "no event is called \"%.32s\"",
                           name != NULL ? name : "");
            return;
        }
        mask |= bit;
    }
    hs_client_answer(client, hs_ctl_ok());
    hs_client_monitor(client, mask != 0 ? mask : (1u << HS_LINE_COUNT) - 1);
}

void hs_command_version(struct hs_agent *agent, struct hs_client *client, const json_t *request)
{
    struct hearsay_member self;

    (void)request;
    hearsay_node_self(agent->node, agent->clock.now, &self);
    hs_client_answer(client,
                     json_pack("{s:b, s:s, s:{s:i, s:i}}", "ok", 1, "version", hearsay_version(),
                               "wire", "min", (int)self.version_min, "max", (int)self.version_max));
}
