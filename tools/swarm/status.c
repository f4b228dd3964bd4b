/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How things stand, once a second: what the nodes have in common, how they see agents from outside,
 * and what went over the sockets.
 */
#include "status.h"

#include <inttypes.h>
#include <stdio.h>

#include "events.h"
#include "said.h"

static json_t *outsiders(const struct swarm *swarm)
{
    json_t *array = json_array();
    for (uint32_t i = 0; i < swarm->outsider_count; i++) {
        const struct swarm_outsider *outsider = &swarm->outsiders[i];
        char text[HEARSAY_ADDR_TEXT_MAX];
        hearsay_addr_format(&outsider->addr, text);
        json_array_append_new(
            array, json_pack("{s:s, s:s, s:s, s:i, s:i}", "name", outsider->name, "addr", text,
                             "status", hearsay_status_name(outsider->status), "suspect",
                             (int)outsider->suspect, "dead", (int)outsider->dead));
    }
    return array;
}

static void set_views(const struct swarm *swarm, json_t *object)
{
    struct hearsay_stats stats;
    uint64_t digest = 0, rumors = 0;
    uint32_t first = SWARM_NOBODY, equal = 0;
    char hex[17];
    for (uint32_t node = 0; node < swarm->options.nodes; node++) {
        if (!swarm->nodes[node].core)
            continue;
        hearsay_node_stats(swarm->nodes[node].core, &stats);
        if (first == SWARM_NOBODY) {
            first = node;
            digest = stats.digest;
        }
        equal += stats.digest == digest;
        rumors += stats.rumors_waiting;
    }
    snprintf(hex, sizeof(hex), "%016" PRIx64, digest);
    json_object_set_new(object, "digest", json_string(hex));
    swarm_said_set(object, "agreed", equal);
    swarm_said_set(object, "rumors", rumors);
}

static void set_counts(const struct swarm *swarm, json_t *object)
{
    const struct swarm_counts *c = &swarm->counts;
    const struct {
        const char *name;
        uint64_t value;
    } rows[] = {
        {"received", c->received},
        {"sent", c->sent},
        {"bytes_received", c->bytes_received},
        {"bytes_sent", c->bytes_sent},
        {"within", c->within},
        {"copies", c->copies},
        {"unsent", c->unsent},
        {"lost", c->lost},
        {"false_suspect", c->false_suspect},
        {"false_dead", c->false_dead},
        {"refuted", c->refuted},
        {"late_us", c->late_us},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
        swarm_said_set(object, rows[i].name, rows[i].value);
}

void swarm_status(struct swarm *swarm)
{
    json_t *object = swarm_said_new("status");
    uint64_t alive = 0;
    for (uint32_t face = 0; face < swarm->options.members; face++)
        alive += swarm->faces[face].alive;
    swarm_look(swarm);
    swarm_said_set(object, "members", swarm->options.members);
    swarm_said_set(object, "alive", alive);
    swarm_said_set(object, "nodes", swarm->heap_count);
    set_views(swarm, object);
    json_object_set_new(object, "outside", outsiders(swarm));
    set_counts(swarm, object);
    swarm->counts.late_us = 0;
    swarm_said_print(object);
}
