/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What must hold at every moment, whatever the weather. The cheap half is looked at after every
 * turn of every node and costs nothing that grows with the cluster: what a node said, held against
 * what it said before. Events must tell the whole story, so that its counts can be told from them.
 * The other half, sim_inspect, walks the views and is for the moments when somebody asks.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hearsay/ring.h>
#include <hearsay/stats.h>

#include "world.h"

#define SIGHTS_FIRST 16u

void sim_violate(struct sim_world *world, const char *format, ...)
{
    if (world->violation[0] != '\0')
        return;
    char text[SIM_VIOLATION_MAX / 2];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    snprintf(world->violation, sizeof world->violation, "seed %llu, step %llu, %.6f s: %s",
             (unsigned long long)world->seed, (unsigned long long)world->steps,
             (double)world->time / 1e6, text);
}

const char *sim_violation(const struct sim_world *world)
{
    return world->violation[0] != '\0' ? world->violation : NULL;
}

/* ---- records never go back (R3) -------------------------------------------------------------- */

static struct sim_sight *sight_of(struct sim_world *world, uint32_t machine, const char *name)
{
    struct sim_machine *m = world->machines[machine];
    uint32_t number = sim_names_number(&world->names, name);
    if (number == SIM_NOBODY)
        return NULL;
    if (number < m->sight_room)
        return &m->sights[number];
    uint32_t room = m->sight_room ? m->sight_room : SIGHTS_FIRST;
    while (room <= number)
        room *= 2;
    struct sim_sight *sights = realloc(m->sights, room * sizeof *sights);
    if (sights == NULL)
        return NULL;
    memset(sights + m->sight_room, 0, (room - m->sight_room) * sizeof *sights);
    m->sights = sights;
    m->sight_room = room;
    return &sights[number];
}

static void see(struct sim_machine *machine, struct sim_sight *sight, enum hearsay_status status,
                uint64_t stamp)
{
    if (sight->status != HEARSAY_NONE)
        machine->seen[sight->status]--;
    if (status != HEARSAY_NONE)
        machine->seen[status]++;
    *sight = (struct sim_sight){stamp, status};
}

static void check_member(struct sim_world *world, uint32_t machine,
                         const struct hearsay_event *event)
{
    const char *who = sim_name(world, machine);
    struct sim_sight *sight = sight_of(world, machine, event->name);
    if (sight == NULL) {
        sim_violate(world, "the simulator is out of memory");
        return;
    }
    if (event->reason == HEARSAY_REASON_PRUNED) {
        see(world->machines[machine], sight, HEARSAY_NONE, 0);
        return;
    }
    bool back = event->timestamp < sight->stamp ||
                (event->timestamp == sight->stamp && event->to < sight->status);
    if (sight->status != HEARSAY_NONE && back)
        sim_violate(world, "%s takes %s back from %s at %llu to %s at %llu (R3)", who, event->name,
                    hearsay_status_name(sight->status), (unsigned long long)sight->stamp,
                    hearsay_status_name(event->to), (unsigned long long)event->timestamp);
    if (sight->status != HEARSAY_NONE && event->from != sight->status)
        sim_violate(world, "%s says that %s was %s; the event before said %s", who, event->name,
                    hearsay_status_name(event->from), hearsay_status_name(sight->status));
    see(world->machines[machine], sight, event->to, event->timestamp);
}

/* Events were lost: what is known of the members is read anew. */
static void look_again(struct sim_world *world, uint32_t machine)
{
    struct sim_machine *m = world->machines[machine];
    struct hearsay_member member;
    uint32_t cursor = 0;
    for (uint32_t i = 0; i < m->sight_room; i++)
        see(m, &m->sights[i], HEARSAY_NONE, 0);
    while (hearsay_node_next_member(m->node, sim_now(world, machine), &cursor, &member)) {
        struct sim_sight *sight = sight_of(world, machine, member.name);
        if (sight != NULL && !member.hidden)
            see(m, sight, member.status, member.timestamp);
    }
}

void sim_check_event(struct sim_world *world, uint32_t machine, const struct hearsay_event *event)
{
    if (event->kind == HEARSAY_EVENT_MEMBER)
        check_member(world, machine, event);
    if (event->kind == HEARSAY_EVENT_RESYNC)
        look_again(world, machine);
}

/* ---- after each turn ------------------------------------------------------------------------- */

static void check_counts(struct sim_world *world, uint32_t machine)
{
    const struct sim_machine *m = world->machines[machine];
    struct hearsay_stats stats;
    hearsay_node_stats(m->node, &stats);
    static const enum hearsay_status present[] = {HEARSAY_SUSPECT, HEARSAY_ALIVE};
    for (size_t i = 0; i < sizeof present / sizeof present[0]; i++)
        if (stats.members[present[i]] != m->seen[present[i]])
            sim_violate(world, "%s counts %u members %s, its events told of %u",
                        sim_name(world, machine), stats.members[present[i]],
                        hearsay_status_name(present[i]), m->seen[present[i]]);
    const struct hearsay_ring *ring = hearsay_node_ring(m->node);
    size_t owners = stats.members[HEARSAY_ALIVE] + stats.members[HEARSAY_SUSPECT];
    if (ring != NULL && hearsay_ring_members(ring) != owners)
        sim_violate(world, "%s has %zu members in its ring and %zu alive or suspect (R29)",
                    sim_name(world, machine), hearsay_ring_members(ring), owners);
}

void sim_check_turn(struct sim_world *world, uint32_t machine)
{
    const struct sim_machine *m = world->machines[machine];
    struct hearsay_member self;
    hearsay_node_self(m->node, sim_now(world, machine), &self);
    if (self.status != HEARSAY_ALIVE && !m->leaving)
        sim_violate(world, "%s runs and holds itself %s (R4)", sim_name(world, machine),
                    hearsay_status_name(self.status));
    check_counts(world, machine);
}

/* ---- when asked ------------------------------------------------------------------------------ */

static void inspect_node(struct sim_world *world, uint32_t machine)
{
    const struct hearsay_node *node = world->machines[machine]->node;
    const struct hearsay_ring *ring = hearsay_node_ring(node);
    struct hearsay_member member;
    uint32_t cursor = 0, index;
    size_t present = 0;
    while (hearsay_node_next_member(node, sim_now(world, machine), &cursor, &member)) {
        bool owns = member.status == HEARSAY_ALIVE || member.status == HEARSAY_SUSPECT;
        present += owns;
        if (ring != NULL && (hearsay_ring_find(ring, member.name, &index) == 0) != owns)
            sim_violate(world, "%s holds %s %s, and its ring does not agree (R29)",
                        sim_name(world, machine), member.name, hearsay_status_name(member.status));
    }
    struct hearsay_stats stats;
    hearsay_node_stats(node, &stats);
    if (present != stats.members[HEARSAY_ALIVE] + stats.members[HEARSAY_SUSPECT])
        sim_violate(world, "%s lists %zu members alive or suspect and counts another number",
                    sim_name(world, machine), present);
}

bool sim_inspect(struct sim_world *world)
{
    for (uint32_t i = 0; i < world->machine_count; i++)
        if (world->machines[i]->state == SIM_RUNNING)
            inspect_node(world, i);
    return world->violation[0] == '\0';
}
