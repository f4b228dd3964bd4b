/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the nodes say of members. Of one that was killed, how many know; of one that lives, that
 * they are wrong, and if the one in doubt is a face, its node answers in its name (R4), as that
 * face's own process would. Of agents from outside, how the nodes see them.
 */
#include "events.h"

#include <stdio.h>
#include <string.h>

#include "base.h"
#include "said.h"
#include "seal.h"
#include "wire.h"

/* The face's record with a newer timestamp, as a gossip of it to its own node, which tells on. */
static void refute(struct swarm *swarm, uint32_t face, uint64_t timestamp)
{
    struct swarm_face *f = &swarm->faces[face];
    struct swarm_node *n = &swarm->nodes[f->node];
    struct hearsay_addr from = swarm_addr(swarm, face);
    struct hearsay_stats stats;
    uint8_t gossip[SWARM_JOIN_SIZE];
    f->timestamp = swarm->now.wall > timestamp ? swarm->now.wall : timestamp + 1;
    wire_put(f->join, f->join_len - WIRE_RECORD_TIMESTAMP, f->timestamp);
    memcpy(gossip, f->join, f->join_len);
    swarm->created = swarm->created < swarm->now.wall ? swarm->now.wall : swarm->created + 1;
    hearsay_node_stats(n->core, &stats);
    wire_set_kind(gossip, HEARSAY_KIND_GOSSIP);
    wire_put(gossip, WIRE_CREATED, swarm->created);
    wire_put(gossip, WIRE_FIRST, stats.digest);
    wire_put(gossip, WIRE_SECOND, f->timestamp);
    n->seal.trusted = true;
    hearsay_node_receive(n->core, swarm->now, &from, gossip, f->join_len);
    swarm->counts.refuted++;
}

static uint32_t living_nodes(const struct swarm *swarm)
{
    return swarm->heap_count;
}

static void on_burial(struct swarm *swarm, uint32_t face)
{
    struct swarm_face *f = &swarm->faces[face];
    double seconds = (double)(swarm->now.boot - f->ended) / 1e6;
    char name[SWARM_NAME_SIZE];
    swarm_name(face, name);
    f->buried++;
    if (f->buried == 1)
        swarm_said(swarm, "dead", name, seconds, 1);
    if (f->buried == living_nodes(swarm))
        swarm_said(swarm, "buried", name, seconds, f->buried);
}

static void meet(struct swarm *swarm, const struct hearsay_event *event)
{
    for (uint32_t i = 0; i < swarm->outsider_count; i++)
        if (strcmp(swarm->outsiders[i].name, event->name) == 0)
            return;
    if (swarm->outsider_count == SWARM_OUTSIDERS)
        return;
    struct swarm_outsider *outsider = &swarm->outsiders[swarm->outsider_count++];
    *outsider = (struct swarm_outsider){.addr = event->addr, .status = event->to};
    memcpy(outsider->name, event->name, sizeof(outsider->name));
    outsider->binding = swarm_seal_binding(outsider->name);
}

static void on_member(struct swarm *swarm, uint32_t node, const struct hearsay_event *event)
{
    uint32_t face = swarm_face_named(swarm, event->name);
    if (face == SWARM_NOBODY) {
        meet(swarm, event);
        return;
    }
    struct swarm_face *f = &swarm->faces[face];
    bool ill = event->to == HEARSAY_STATUS_SUSPECT || event->to == HEARSAY_STATUS_DEAD;
    if (!ill || event->id != f->id) /* of the process before its last start */
        return;
    if (!f->alive) {
        if (event->to == HEARSAY_STATUS_DEAD && f->ended > 0)
            on_burial(swarm, face);
        return;
    }
    swarm->counts.false_suspect += event->to == HEARSAY_STATUS_SUSPECT;
    swarm->counts.false_dead += event->to == HEARSAY_STATUS_DEAD;
    if (f->node == node && face != node)
        refute(swarm, face, event->timestamp);
}

void swarm_take_events(struct swarm *swarm, uint32_t node)
{
    struct hearsay_event event;
    while (hearsay_node_next_event(swarm->nodes[node].core, swarm->now, &event))
        if (event.kind == HEARSAY_EVENT_MEMBER)
            on_member(swarm, node, &event);
}

static void look_at(struct swarm *swarm, struct swarm_outsider *outsider)
{
    struct hearsay_member member;
    bool first = true;
    outsider->suspect = outsider->dead = 0;
    for (uint32_t node = 0; node < swarm->options.nodes; node++) {
        if (!swarm->nodes[node].core ||
            hearsay_node_member(swarm->nodes[node].core, swarm->now, outsider->name, &member) < 0)
            continue;
        outsider->suspect += member.status == HEARSAY_STATUS_SUSPECT;
        outsider->dead += member.status == HEARSAY_STATUS_DEAD;
        if (!first)
            continue;
        first = false;
        outsider->status = member.status;
        outsider->addr = member.addr;
    }
}

void swarm_look(struct swarm *swarm)
{
    for (uint32_t i = 0; i < swarm->outsider_count; i++)
        look_at(swarm, &swarm->outsiders[i]);
}
