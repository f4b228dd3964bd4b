/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is told, one JSON object a line: once a second how things stand, and at once what happens.
 * Times are the machine's, so they can be compared with those in an agent's log.
 */
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include <jansson.h>

#include "swarm.h"

static json_t *line(const char *event)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return json_pack("{s:s, s:f}", "event", event, "time",
                     (double)now.tv_sec + (double)now.tv_nsec / 1e9);
}

static void print(json_t *object)
{
    char *text = json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(17));
    if (text != NULL)
        puts(text);
    (void)fflush(stdout);
    free(text);
    json_decref(object);
}

static void set(json_t *object, const char *key, uint64_t value)
{
    (void)json_object_set_new(object, key, json_integer((json_int_t)value));
}

void swarm_said(struct swarm *swarm, const char *event, const char *name, double seconds,
                uint32_t nodes)
{
    json_t *object = line(event);
    (void)json_object_set_new(object, "name", json_string(name));
    (void)json_object_set_new(object, "seconds", json_real(seconds));
    set(object, "nodes", nodes);
    set(object, "of", swarm->heap_count);
    print(object);
}

static json_t *outsiders(const struct swarm *swarm)
{
    json_t *array = json_array();
    for (uint32_t i = 0; i < swarm->outsider_count; i++) {
        const struct swarm_outsider *outsider = &swarm->outsiders[i];
        char text[HEARSAY_ADDR_TEXT_MAX];
        (void)hearsay_addr_format(&outsider->addr, text);
        (void)json_array_append_new(
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
        if (swarm->nodes[node].core == NULL)
            continue;
        hearsay_node_stats(swarm->nodes[node].core, &stats);
        if (first == SWARM_NOBODY) {
            first = node;
            digest = stats.digest;
        }
        equal += stats.digest == digest;
        rumors += stats.rumors_waiting;
    }
    snprintf(hex, sizeof hex, "%016" PRIx64, digest);
    (void)json_object_set_new(object, "digest", json_string(hex));
    set(object, "agreed", equal);
    set(object, "rumors", rumors);
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
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        set(object, rows[i].name, rows[i].value);
}

void swarm_status(struct swarm *swarm)
{
    json_t *object = line("status");
    uint64_t alive = 0;
    for (uint32_t face = 0; face < swarm->options.members; face++)
        alive += swarm->faces[face].alive;
    swarm_look(swarm);
    set(object, "members", swarm->options.members);
    set(object, "alive", alive);
    set(object, "nodes", swarm->heap_count);
    set_views(swarm, object);
    (void)json_object_set_new(object, "outside", outsiders(swarm));
    set_counts(swarm, object);
    swarm->counts.late_us = 0;
    print(object);
}
