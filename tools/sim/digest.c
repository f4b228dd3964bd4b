/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A run as two numbers. The first is a hash of all datagrams. A change of the code can leave every
 * datagram as it was and still tell owners something else, or in another order. The second digest
 * covers this: it hashes each event when it is taken, and the history of a member whenever its
 * status changes and once more at the end.
 *
 * Numbers and texts are hashed one by one, never as whole structs, because padding and the unused
 * rest of a name's array are no part of an event. A field that only one kind of event has is hashed
 * for that kind alone, so that a new field changes only the digests of runs that have such events.
 */
#include "digest.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <string.h>

#define STEPS_MAX 32u /* newest steps of one member's history; more than one verdict has */
#define SHARE     1e9 /* of a ring that moved, as an integer */

static void add_numbers(uint64_t *digest, const uint64_t *numbers, size_t count)
{
    *digest = XXH3_64bits_withSeed(numbers, count * sizeof(*numbers), *digest);
}

static void add_text(uint64_t *digest, const char *text)
{
    *digest = XXH3_64bits_withSeed(text, strlen(text), *digest);
}

/* ---- events ------------------------------------------------------------------------------ */

static void add_fields_of_kind(uint64_t *digest, const struct hearsay_event *event)
{
    const uint64_t ring[] = {event->ring_version, event->ring_checksum, event->ring_tokens,
                             (uint64_t)(event->ring_moved * SHARE)};
    const uint64_t away[] = {event->away_us, event->view_dropped};
    const uint64_t resync[] = {event->lost, event->others_lost};
    if (event->kind == HEARSAY_EVENT_RING)
        add_numbers(digest, ring, sizeof(ring) / sizeof(ring[0]));
    else if (event->kind == HEARSAY_EVENT_AWAY)
        add_numbers(digest, away, sizeof(away) / sizeof(away[0]));
    else if (event->kind == HEARSAY_EVENT_RESYNC)
        add_numbers(digest, resync, sizeof(resync) / sizeof(resync[0]));
}

static void add_event(uint64_t *digest, const struct hearsay_event *event)
{
    const uint64_t common[] = {
        event->kind,   event->id,          event->timestamp, event->from,   event->to,
        event->reason, event->addr.family, event->addr.port, event->result,
    };
    add_numbers(digest, common, sizeof(common) / sizeof(common[0]));
    *digest = XXH3_64bits_withSeed(event->addr.bytes, sizeof(event->addr.bytes), *digest);
    add_text(digest, event->name);
    add_text(digest, event->accuser);
    add_fields_of_kind(digest, event);
}

/* ---- history ----------------------------------------------------------------------------- */

static void add_step(uint64_t *digest, const struct hearsay_history_step *step)
{
    const uint64_t numbers[] = {
        step->when.boot, step->when.wall, step->step,      step->result,
        step->tries,     step->rtt_us,    step->timestamp,
    };
    add_numbers(digest, numbers, sizeof(numbers) / sizeof(numbers[0]));
    add_text(digest, step->actor);
}

static void add_history(uint64_t *digest, const struct hearsay_node *node, const char *name)
{
    struct hearsay_history_step steps[STEPS_MAX];
    size_t count = hearsay_node_history(node, name, steps, STEPS_MAX);
    for (size_t i = 0; i < count; i++)
        add_step(digest, &steps[i]);
}

/* ---- a run ------------------------------------------------------------------------------- */

void sim_digest_event(struct sim_world *world, uint32_t machine, uint32_t subject,
                      const struct hearsay_event *event)
{
    const uint64_t place[] = {world->time, machine};
    add_numbers(&world->events_digest, place, sizeof(place) / sizeof(place[0]));
    add_event(&world->events_digest, event);
    /* A newcomer has no history, and in the beginning each node hears of thousands. */
    if (subject == SIM_NOBODY || event->from == HEARSAY_STATUS_NONE)
        return;
    world->names.tallies[subject].judged = true;
    add_history(&world->events_digest, world->machines[machine]->node, event->name);
}

void sim_digest_datagram(struct sim_world *world, uint32_t from, uint32_t to, const uint8_t *bytes,
                         size_t len)
{
    const uint64_t ends[] = {world->time, from, to};
    add_numbers(&world->digest, ends, sizeof(ends) / sizeof(ends[0]));
    world->digest = XXH3_64bits_withSeed(bytes, len, world->digest);
}

uint64_t sim_digest(const struct sim_world *world)
{
    return world->digest;
}

uint64_t sim_events_digest(const struct sim_world *world)
{
    uint64_t digest = world->events_digest;
    for (uint32_t i = 0; i < world->machine_count; i++)
        for (uint32_t j = 0; world->machines[i]->node != NULL && j < world->names.count; j++)
            if (world->names.tallies[j].judged)
                add_history(&digest, world->machines[i]->node, world->names.names[j]);
    return digest;
}
