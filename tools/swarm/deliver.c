/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who speaks, and to whom. A node's datagrams leave in the name of the face that was asked, or, for
 * a gossip to the outside, of any: with a period as many times shorter as the node has faces, each
 * face so gossips once a period in the mean. What stays in the swarm is queued in memory and handed
 * over in order; no node is ever called from within a call of another.
 *
 * A node passes each rumor on as often as one member does, not as often as its faces would. To
 * the outside that is made up for: of each gossip with rumors, each outsider gets a copy in the
 * name of a face with just the chance that one of the node's other faces would have chosen it.
 */
#include "deliver.h"

#include <stdlib.h>
#include <string.h>

#include <hearsay/error.h>

#include "base.h"
#include "events.h"
#include "heap.h"
#include "seal.h"
#include "socket.h"
#include "wire.h"

#define FLIGHTS_MAX 8192u  /* within the swarm; what one turn of all nodes brings about */
#define FACE_DRAWS  8u     /* for one that lives */
#define TURN_US     10000u /* of all nodes, between two reads of the sockets */
#define CLOCK_EVERY 64u    /* nodes that act between two looks at the clock */

struct swarm_flight {
    struct hearsay_addr from;
    uint32_t to;
    uint32_t len;
    uint8_t bytes[HEARSAY_DATAGRAM_MAX];
};

int swarm_deliver_init(struct swarm *swarm)
{
    swarm->flights = malloc(FLIGHTS_MAX * sizeof(*swarm->flights));
    return swarm->flights ? 0 : HEARSAY_ERR_NOMEM;
}

static void post(struct swarm *swarm, uint32_t to, const struct hearsay_addr *from,
                 const uint8_t *bytes, size_t len)
{
    if (swarm->flight_count == FLIGHTS_MAX) {
        swarm->counts.lost++;
        return;
    }
    struct swarm_flight *flight =
        &swarm->flights[(swarm->flight_first + swarm->flight_count++) % FLIGHTS_MAX];
    flight->from = *from;
    flight->to = to;
    flight->len = (uint32_t)len;
    memcpy(flight->bytes, bytes, len);
    swarm->counts.within++;
}

/* ---- in whose name ----------------------------------------------------------------------- */

static void note_errand(struct swarm_node *n, uint32_t face, const uint8_t *bytes, size_t len)
{
    unsigned kind = len >= WIRE_IDLE ? wire_kind(bytes) : 0;
    if (kind != HEARSAY_KIND_PROBE_REQUEST && kind != HEARSAY_KIND_SYNC)
        return;
    n->errands[n->errand_next++ % SWARM_ERRANDS] = (struct swarm_errand){
        .key = wire_get(bytes, kind == HEARSAY_KIND_SYNC ? WIRE_SECOND : WIRE_CREATED),
        .face = face,
    };
}

static uint32_t errand_face(const struct swarm_node *n, uint64_t key, uint32_t otherwise)
{
    for (uint32_t i = 0; i < SWARM_ERRANDS; i++)
        if (n->errands[i].key == key && key != 0)
            return n->errands[i].face;
    return otherwise;
}

/* The faces of node k are the members k, k + nodes, k + 2 nodes … */
static uint32_t any_face(struct swarm *swarm, uint32_t node)
{
    for (uint32_t i = 0; i < FACE_DRAWS && swarm->faces_each > 1; i++) {
        uint32_t face = node + swarm_below(swarm, swarm->faces_each) * swarm->options.nodes;
        if (face < swarm->options.members && swarm->faces[face].alive)
            return face;
    }
    return node;
}

static uint32_t speaker_of(struct swarm *swarm, uint32_t node, bool outside, const uint8_t *bytes)
{
    const struct swarm_node *n = &swarm->nodes[node];
    uint32_t asked = n->face != SWARM_NOBODY ? n->face : node;
    switch (wire_kind(bytes)) {
    case HEARSAY_KIND_GOSSIP:
        return outside ? any_face(swarm, node) : node;
    case HEARSAY_KIND_ACK:
        if (wire_get(bytes, WIRE_SECOND) == n->created)
            return asked;
        return errand_face(n, wire_get(bytes, WIRE_SECOND), node);
    case HEARSAY_KIND_NACK:
    case HEARSAY_KIND_SYNC:
        return errand_face(n, wire_get(bytes, WIRE_SECOND), node);
    case HEARSAY_KIND_CHALLENGE:
    case HEARSAY_KIND_REFUSAL:
    case HEARSAY_KIND_JOIN:
        return asked;
    default:
        return node;
    }
}

/* A join has a face's own record in it. What follows says whom its node means (R26: who is
 * meant). */
static size_t join_as(const struct swarm_face *face, uint8_t *bytes, size_t len)
{
    size_t own = wire_record_end(bytes), theirs = face->join_len - WIRE_TRAILER;
    if (own > len || len - own + theirs > HEARSAY_DATAGRAM_MAX)
        return len;
    memmove(bytes + theirs, bytes + own, len - own);
    memcpy(bytes + WIRE_RUMORS, face->join + WIRE_RUMORS, theirs - WIRE_RUMORS);
    wire_put(bytes, WIRE_SENDER, face->id);
    len = len - own + theirs;
    wire_set_length(bytes, len);
    return len;
}

/* A challenge in full has the name of who answers. All names of a swarm are equally long. */
static void name_as(uint32_t face, uint8_t *bytes, size_t len)
{
    char name[SWARM_NAME_SIZE];
    swarm_name(face, name);
    size_t size = strnlen(name, sizeof(name));
    if (len > WIRE_CHALLENGE_NAME + 1 + size && bytes[WIRE_CHALLENGE_NAME] == (0xa0 | size))
        memcpy(bytes + WIRE_CHALLENGE_NAME + 1, name, size);
}

/* Returns the length. */
static size_t speak_as(const struct swarm *swarm, uint32_t speaker, uint8_t *bytes, size_t len)
{
    const struct swarm_face *face = &swarm->faces[speaker];
    unsigned kind = wire_kind(bytes);
    if (kind == HEARSAY_KIND_JOIN)
        return join_as(face, bytes, len);
    wire_put(bytes, WIRE_SENDER, face->id);
    if (kind == HEARSAY_KIND_GOSSIP)
        wire_put(bytes, WIRE_SECOND, face->timestamp);
    if (kind == HEARSAY_KIND_CHALLENGE)
        name_as(speaker, bytes, len);
    return len;
}

/* ---- to the outside ---------------------------------------------------------------------- */

static void send_outside(struct swarm *swarm, uint32_t node, uint32_t speaker,
                         const struct hearsay_addr *to, uint64_t ticket, uint8_t *bytes, size_t len)
{
    struct swarm_node *n = &swarm->nodes[node];
    swarm_seal_anew(bytes, len, n->seal.bound);
    if (!swarm_socket_send(swarm, speaker, to, bytes, len))
        hearsay_node_sent(n->core, swarm->now, ticket, HEARSAY_ERR_UNSENT);
}

static void send_copies(struct swarm *swarm, uint32_t node, uint8_t *bytes, size_t len)
{
    for (uint32_t i = 0; i < swarm->outsider_count; i++) {
        const struct swarm_outsider *outsider = &swarm->outsiders[i];
        if (outsider->status == HEARSAY_STATUS_DEAD ||
            swarm_below(swarm, swarm->options.members) >= swarm->faces_each - 1)
            continue;
        uint32_t face = any_face(swarm, node);
        if (face == node)
            continue;
        speak_as(swarm, face, bytes, len);
        swarm_seal_anew(bytes, len, outsider->binding);
        swarm->counts.copies += swarm_socket_send(swarm, face, &outsider->addr, bytes, len);
    }
}

/* ---- within ------------------------------------------------------------------------------ */

/* A gossip that has nothing to tell is acked, no more: that of a node to a face of its own, and
 * news that all have while the swarm forms. */
static void just_ack(struct swarm *swarm, uint32_t node, uint32_t face, const uint8_t *gossip)
{
    uint8_t ack[WIRE_IDLE];
    struct hearsay_addr from = swarm_addr(swarm, face);
    if (wire_kind(gossip) != HEARSAY_KIND_GOSSIP)
        return;
    memcpy(ack, gossip, sizeof(ack));
    swarm->created = swarm->created < swarm->now.wall ? swarm->now.wall : swarm->created + 1;
    wire_set_kind(ack, HEARSAY_KIND_ACK);
    wire_put(ack, WIRE_SENDER, swarm->faces[face].id);
    wire_put(ack, WIRE_SECOND, wire_get(gossip, WIRE_CREATED));
    wire_put(ack, WIRE_CREATED, swarm->created);
    ack[WIRE_CREATED + 8] = 0xc5; /* bin 16: the fixed part alone */
    ack[WIRE_CREATED + 9] = 0;
    ack[WIRE_CREATED + 10] = WIRE_IDLE - WIRE_TRAILER - (WIRE_FIRST - 1);
    post(swarm, node, &from, ack, sizeof(ack));
}

static void send_within(struct swarm *swarm, uint32_t node, uint32_t speaker, uint32_t target,
                        uint8_t *bytes, size_t len)
{
    const struct swarm_face *face = &swarm->faces[target];
    struct hearsay_addr addr = swarm_addr(swarm, target);
    bool hushed = swarm->hushed && wire_kind(bytes) == HEARSAY_KIND_GOSSIP && len > WIRE_IDLE;
    if (face->alive && (face->node == node || hushed) && target != swarm->joining) {
        just_ack(swarm, node, target, bytes);
    } else if (face->alive || target == swarm->joining) {
        struct hearsay_addr from = swarm_addr(swarm, speaker);
        post(swarm, target, &from, bytes, len);
    } else if (!face->silent && speaker == node) {
        hearsay_node_unreachable(swarm->nodes[node].core, swarm->now, &addr,
                                 HEARSAY_UNREACHABLE_PORT, bytes, len);
    }
}

/* ---- a node's turn ----------------------------------------------------------------------- */

static void route(struct swarm *swarm, uint32_t node, const struct hearsay_addr *to,
                  uint64_t ticket, uint8_t *bytes, size_t len)
{
    uint32_t target = swarm_face_at(swarm, to);
    uint32_t speaker = speaker_of(swarm, node, target == SWARM_NOBODY, bytes);
    bool news = wire_kind(bytes) == HEARSAY_KIND_GOSSIP && len > WIRE_IDLE;
    if (speaker != node)
        len = speak_as(swarm, speaker, bytes, len);
    if (target == SWARM_NOBODY)
        send_outside(swarm, node, speaker, to, ticket, bytes, len);
    else
        send_within(swarm, node, speaker, target, bytes, len);
    if (news && swarm->faces_each > 1)
        send_copies(swarm, node, bytes, len);
}

void swarm_drain(struct swarm *swarm, uint32_t node)
{
    struct swarm_node *n = &swarm->nodes[node];
    uint8_t bytes[HEARSAY_DATAGRAM_MAX];
    struct hearsay_addr to;
    uint64_t ticket;
    size_t len;
    swarm_take_events(swarm, node);
    while ((len = hearsay_node_transmit(n->core, swarm->now, &to, &ticket, bytes, sizeof(bytes))) >
           0)
        route(swarm, node, &to, ticket, bytes, len);
    swarm_heap_set(swarm, node);
}

/* Who joins keeps what it has joined by; of an exchange of views it wants nothing. */
static void drain_newcomer(struct swarm *swarm)
{
    struct swarm_face *face = &swarm->faces[swarm->joining];
    struct hearsay_addr to, from = swarm_addr(swarm, swarm->joining);
    uint8_t bytes[HEARSAY_DATAGRAM_MAX];
    uint64_t ticket;
    size_t len;
    while ((len = hearsay_node_transmit(swarm->newcomer.core, swarm->now, &to, &ticket, bytes,
                                        sizeof(bytes))) > 0) {
        uint32_t target = swarm_face_at(swarm, &to);
        if (wire_kind(bytes) != HEARSAY_KIND_JOIN || target == SWARM_NOBODY ||
            len > SWARM_JOIN_SIZE)
            continue;
        memcpy(face->join, bytes, len);
        face->join_len = (uint16_t)(wire_record_end(bytes) + WIRE_TRAILER);
        wire_set_length(face->join, face->join_len);
        post(swarm, target, &from, bytes, len);
    }
}

void swarm_give(struct swarm *swarm, uint32_t face, const struct hearsay_addr *from, uint8_t *bytes,
                size_t len, bool trusted)
{
    uint32_t node = swarm->faces[face].node;
    bool joins = face == swarm->joining;
    struct swarm_node *n = joins ? &swarm->newcomer : &swarm->nodes[node];
    if (!n->core)
        return;
    if (face != node && !joins)
        note_errand(n, face, bytes, len);
    n->face = face;
    n->created = len >= WIRE_FIRST ? wire_get(bytes, WIRE_CREATED) : 0;
    n->seal.opens = swarm->faces[face].binding;
    n->seal.trusted = trusted;
    hearsay_node_receive(n->core, swarm->now, from, bytes, len);
    if (joins)
        drain_newcomer(swarm);
    else
        swarm_drain(swarm, node);
    n->face = SWARM_NOBODY;
    n->created = 0;
}

void swarm_pump(struct swarm *swarm)
{
    if (swarm->joining != SWARM_NOBODY)
        drain_newcomer(swarm);
    while (swarm->flight_count > 0) {
        struct swarm_flight *flight = &swarm->flights[swarm->flight_first];
        if (swarm->faces[flight->to].alive || flight->to == swarm->joining)
            swarm_give(swarm, flight->to, &flight->from, flight->bytes, flight->len, true);
        swarm->flight_first = (swarm->flight_first + 1) % FLIGHTS_MAX;
        swarm->flight_count--;
    }
}

static void act(struct swarm *swarm, uint32_t node)
{
    uint64_t late = swarm->now.boot - swarm->nodes[node].deadline;
    if (late > swarm->counts.late_us)
        swarm->counts.late_us = late;
    hearsay_node_tick(swarm->nodes[node].core, swarm->now);
    swarm_drain(swarm, node);
    swarm_pump(swarm);
}

void swarm_tick(struct swarm *swarm)
{
    uint64_t until = swarm->now.boot + TURN_US;
    for (uint32_t i = 1; swarm->heap_count > 0 && swarm->now.boot < until; i++) {
        if (swarm->nodes[swarm->heap[0]].deadline > swarm->now.boot)
            return;
        act(swarm, swarm->heap[0]);
        if (i % CLOCK_EVERY == 0 && swarm->began > 0)
            swarm_clock(swarm);
    }
}
