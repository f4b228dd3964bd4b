/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What must hold at every moment. The cheap half is checked after every turn of every node, and its
 * cost does not grow with the cluster: what a node says is compared with what it said before.
 * Events must be complete, because its counts are checked against them. The other half,
 * sim_inspect, walks the views and runs only when somebody asks for it.
 */
#include "invariant.h"

#include <string.h>

#include <hearsay/ring.h>
#include <hearsay/stats.h>

#include "guard.h"
#include "machine.h"
#include "sight.h"
#include "violation.h"

#define SELF_CHECK_STEPS 16u
#define HELD_SLACK_US    100000u /* of what a node says that its members' status is old */

/* ---- records never go back (R3) ---------------------------------------------------------- */

static void check_member(struct sim_world *world, uint32_t machine, uint32_t subject,
                         const struct hearsay_event *event)
{
    const char *who = sim_name(world, machine);
    const struct sim_sight *sight = sim_sight(world, machine, subject);
    if (sight == NULL) {
        sim_violate(world, "the simulator is out of memory");
        return;
    }
    if (event->to == HEARSAY_STATUS_NONE) { /* pruned, or forgotten by who was away for too long */
        if ((unsigned)event->from != sight->status)
            sim_violate(world, "%s drops %s as %s; the event before said %s", who, event->name,
                        hearsay_status_name(event->from),
                        hearsay_status_name((enum hearsay_status)sight->status));
        sim_see(world, machine, subject, HEARSAY_STATUS_NONE, 0);
        return;
    }
    bool back = event->timestamp < sight->timestamp ||
                (event->timestamp == sight->timestamp && (unsigned)event->to < sight->status);
    if (sight->status != HEARSAY_STATUS_NONE && back)
        sim_violate(world, "%s takes %s back from %s at %llu to %s at %llu (R3)", who, event->name,
                    hearsay_status_name((enum hearsay_status)sight->status),
                    (unsigned long long)sight->timestamp, hearsay_status_name(event->to),
                    (unsigned long long)event->timestamp);
    if (sight->status != HEARSAY_STATUS_NONE && (unsigned)event->from != sight->status)
        sim_violate(world, "%s says that %s was %s; the event before said %s", who, event->name,
                    hearsay_status_name(event->from),
                    hearsay_status_name((enum hearsay_status)sight->status));
    sim_see(world, machine, subject, event->to, event->timestamp);
}

/* Events were lost: what is known of the members is read anew. */
static void look_again(struct sim_world *world, uint32_t machine)
{
    const struct hearsay_node *node = world->machines[machine]->node;
    struct hearsay_member member;
    uint32_t cursor = 0;
    sim_unsee(world, machine);
    while (hearsay_node_next_member(node, sim_now(world, machine), &cursor, &member)) {
        uint32_t subject = sim_names_number(&world->names, member.name);
        if (!member.hidden && sim_sight(world, machine, subject) != NULL)
            sim_see(world, machine, subject, member.status, member.timestamp);
    }
}

/* Returns the number of the name that it is about. */
uint32_t sim_check_event(struct sim_world *world, uint32_t machine,
                         const struct hearsay_event *event)
{
    uint32_t subject = SIM_NOBODY;
    if (event->kind == HEARSAY_EVENT_MEMBER) {
        subject = sim_names_number(&world->names, event->name);
        check_member(world, machine, subject, event);
        sim_guard_event(world, machine, subject, event);
    }
    if (event->kind == HEARSAY_EVENT_RESYNC)
        look_again(world, machine);
    return subject;
}

/* ---- after each turn --------------------------------------------------------------------- */

static void check_counts(struct sim_world *world, uint32_t machine)
{
    const struct sim_machine *m = world->machines[machine];
    struct hearsay_stats stats;
    hearsay_node_stats(m->node, &stats);
    static const enum hearsay_status present[] = {HEARSAY_STATUS_SUSPECT, HEARSAY_STATUS_ALIVE};
    for (size_t i = 0; i < sizeof present / sizeof present[0]; i++)
        if (stats.members[present[i]] != m->seen[present[i]])
            sim_violate(world, "%s counts %u members %s, its events told of %u",
                        sim_name(world, machine), stats.members[present[i]],
                        hearsay_status_name(present[i]), m->seen[present[i]]);
    const struct hearsay_ring *ring = hearsay_node_ring(m->node);
    size_t owners = stats.members[HEARSAY_STATUS_ALIVE] + stats.members[HEARSAY_STATUS_SUSPECT];
    if (ring != NULL && !stats.ring_waits &&
        hearsay_ring_members(ring) != owners - stats.drained + stats.ring_held)
        sim_violate(
            world, "%s has %zu members in its ring, %zu alive or suspect and %zu held (R29, R62)",
            sim_name(world, machine), hearsay_ring_members(ring), owners, (size_t)stats.ring_held);
    size_t known = owners + stats.members[HEARSAY_STATUS_DEAD];
    if (known > world->config.max_members ||
        stats.rumors_waiting > known + stats.members[HEARSAY_STATUS_NONE])
        sim_violate(world, "%s knows %zu members and has %u rumors: a bound is broken",
                    sim_name(world, machine), known, stats.rumors_waiting);
}

/* R62: ring hold. Two nodes that both do not say that their rings settle, and whose views are
 * equal, have equal rings. */
static void check_promise(struct sim_world *world, uint32_t machine, uint32_t other)
{
    const struct hearsay_node *nodes[] = {world->machines[machine]->node,
                                          world->machines[other]->node};
    const struct hearsay_ring *rings[2];
    struct hearsay_stats stats[2];
    if (machine == other || world->machines[other]->state != SIM_RUNNING)
        return;
    for (int i = 0; i < 2; i++) {
        rings[i] = hearsay_node_ring(nodes[i]);
        hearsay_node_stats(nodes[i], &stats[i]);
        if (!rings[i] || stats[i].ring_settling || stats[i].digest != stats[0].digest)
            return;
    }
    world->promises_checked++;
    if (hearsay_ring_checksum(rings[0]) != hearsay_ring_checksum(rings[1]) ||
        hearsay_ring_zones_checksum(rings[0]) != hearsay_ring_zones_checksum(rings[1]))
        sim_violate(world, "%s and %s have equal views and settled, different rings (R62)",
                    sim_name(world, machine), sim_name(world, other));
}

/* What is cheap after each turn; a member's own status after some, since to look at it costs as
 * much as the turn. */
void sim_check_turn(struct sim_world *world, uint32_t machine)
{
    const struct sim_machine *m = world->machines[machine];
    struct hearsay_member self;
    check_counts(world, machine);
    if (world->event_count == 0 && world->steps % SELF_CHECK_STEPS != 0)
        return;
    hearsay_node_self(m->node, sim_now(world, machine), &self);
    if (self.status != HEARSAY_STATUS_ALIVE && !m->leaving)
        sim_violate(world, "%s runs and holds itself %s (R4)", sim_name(world, machine),
                    hearsay_status_name(self.status));
    check_promise(world, machine, (uint32_t)(world->steps % world->machine_count));
}

/* ---- when asked -------------------------------------------------------------------------- */

/* The zone that a ring takes from a record (R29). */
static bool is_zone_of(const char *zone, const struct hearsay_member *member)
{
    size_t len = 0;
    const char *tag = hearsay_member_tag(member, "zone", &len);
    if (!tag || len > HEARSAY_ZONE_MAX)
        len = 0;
    const char *held = zone ? zone : "";
    return strlen(held) == len && memcmp(held, tag ? tag : "", len) == 0;
}

static void inspect_place(struct sim_world *world, uint32_t machine,
                          const struct hearsay_ring *ring, const struct hearsay_member *member)
{
    uint32_t index;
    struct hearsay_member self;
    hearsay_node_self(world->machines[machine]->node, sim_now(world, machine), &self);
    bool owns = member->status == HEARSAY_STATUS_ALIVE || member->status == HEARSAY_STATUS_SUSPECT;
    bool found = hearsay_ring_find(ring, member->name, &index) == 0;
    bool held = member->cause == HEARSAY_CAUSE_FAILED &&
                member->in_state_us <= self.ring_hold_us + HELD_SLACK_US;
    if (found != owns && !(found && held)) {
        sim_violate(world, "%s holds %s %s, and its ring does not agree (R29)",
                    sim_name(world, machine), member->name, hearsay_status_name(member->status));
        return;
    }
    const char *zone = found ? hearsay_ring_member_at(ring, index).zone : NULL;
    if (found && !is_zone_of(zone, member))
        sim_violate(world, "%s has %s in zone '%s' of its ring, and another in its tags",
                    sim_name(world, machine), member->name, zone ? zone : "");
}

static void inspect_node(struct sim_world *world, uint32_t machine)
{
    const struct hearsay_node *node = world->machines[machine]->node;
    const struct hearsay_ring *ring = hearsay_node_ring(node);
    struct hearsay_member member;
    struct hearsay_stats stats;
    uint32_t cursor = 0;
    size_t present = 0;
    hearsay_node_stats(node, &stats);
    while (hearsay_node_next_member(node, sim_now(world, machine), &cursor, &member)) {
        present += member.status == HEARSAY_STATUS_ALIVE || member.status == HEARSAY_STATUS_SUSPECT;
        if (ring && !stats.ring_waits)
            inspect_place(world, machine, ring, &member);
    }
    if (present != stats.members[HEARSAY_STATUS_ALIVE] + stats.members[HEARSAY_STATUS_SUSPECT])
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
