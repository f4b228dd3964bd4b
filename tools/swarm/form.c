/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a swarm comes to be. Each member joins by the protocol: a core of its own asks the first
 * node, echoes its nonce and is taken in, and for a face that core is then given up; what is kept
 * of it is the datagram by which it joined, for whoever challenges it later. Nodes join last and
 * get all records by an exchange each, which is much cheaper than ten thousand rumors would be.
 *
 * What each has heard it then wants to pass on, as every newcomer does: for 10,000 records that is
 * a minute of the cluster's time and minutes of a processor. As all know all by then, these rumors
 * are acked and not handed over; and until nobody has any left, clocks are the swarm's own and jump
 * from one deadline to the next.
 */
#include "form.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <hearsay-tree/many.h>
#include <hearsay/error.h>

#include "base.h"
#include "deliver.h"
#include "heap.h"
#include "seal.h"
#include "socket.h"
#include "stop.h"
#include "wire.h"

#define LOOK_EVERY   4096u      /* steps between two looks whether all agree, at most */
#define LOOK_STEPS   16u        /* the same for each node: few nodes take few steps in a second */
#define SETTLE_LIMIT 600000000u /* of the swarm's own time, until all nodes agree */
#define ROOM         1000u      /* members from outside that have a place in the nodes' tables */
#define INTERVAL_MIN 10000u     /* of a node: libhearsay takes no shorter one */

static uint64_t shortened(const struct swarm_options *options, uint64_t interval)
{
    uint64_t us = interval * options->nodes / options->members;
    return us > INTERVAL_MIN ? us : INTERVAL_MIN;
}

/* A node that stands for several members acts as much more often. */
static void configure(struct swarm *swarm, struct hearsay_config *config, const char *name,
                      uint32_t face, bool whole)
{
    const struct swarm_options *options = &swarm->options;
    hearsay_config_init(config, options->profile);
    config->name = name;
    config->cluster = options->cluster;
    config->advertise = swarm_addr(swarm, face);
    config->ring = false;
    config->max_members = whole ? options->members + ROOM : 16;
    config->allocator = hearsay_host_allocator();
    config->seal = &swarm_seal;
    if (!whole)
        return;
    config->interval = shortened(options, config->interval);
    config->rejoin_interval = shortened(options, config->rejoin_interval);
    if (config->gossip_interval > config->interval)
        config->gossip_interval = config->interval;
}

static int make_core(struct swarm *swarm, struct swarm_node *n, uint32_t face, bool whole)
{
    struct hearsay_config config;
    char name[SWARM_NAME_SIZE];
    const char *error = "no random bytes, or no memory";
    struct swarm_seal_context *context = calloc(1, sizeof(*context));
    swarm_name(face, name);
    configure(swarm, &config, name, face, whole);
    config.seal_context = context;
    n->context = context;
    n->face = n->heap_at = SWARM_NOBODY;
    if (!context || hearsay_host_entropy(&config) || hearsay_config_check(&config, &error) ||
        hs_node_new_sharing(&n->core, &config, swarm->now, swarm->meta_pool)) {
        fprintf(stderr, "hearsay-swarm: %s: %s\n", name, error);
        return -1;
    }
    context->seal = &n->seal;
    return 0;
}

static void free_core(struct swarm_node *n)
{
    hearsay_node_free(n->core);
    free(n->context);
    n->core = NULL;
    n->context = NULL;
}

void swarm_end(struct swarm *swarm, uint32_t node)
{
    swarm_heap_remove(swarm, node);
    free_core(&swarm->nodes[node]);
}

static void know_self(struct swarm *swarm, struct swarm_node *n, uint32_t face)
{
    struct hearsay_member self;
    hearsay_node_self(n->core, swarm->now, &self);
    swarm->faces[face].id = self.id;
    swarm->faces[face].timestamp = self.timestamp;
    swarm->faces[face].alive = true;
    swarm->faces[face].silent = false;
    swarm->faces[face].ended = 0;
    swarm->faces[face].buried = 0;
}

/* ---- members ----------------------------------------------------------------------------- */

static bool join_face(struct swarm *swarm, uint32_t face, uint32_t via)
{
    struct swarm_face *f = &swarm->faces[face];
    struct hearsay_addr addr = swarm_addr(swarm, via);
    if (!f->join)
        f->join = malloc(SWARM_JOIN_SIZE);
    f->join_len = 0;
    if (!f->join || make_core(swarm, &swarm->newcomer, face, false) < 0)
        return false;
    swarm->joining = face;
    hearsay_node_join(swarm->newcomer.core, swarm->now, &addr);
    swarm_pump(swarm);
    know_self(swarm, &swarm->newcomer, face);
    swarm->joining = SWARM_NOBODY;
    free_core(&swarm->newcomer);
    return f->join_len > WIRE_RUMORS && wire_get(f->join, WIRE_SECOND) != 0;
}

/* A node joins with its own core, and has all records when nothing is on its way any more. */
static int make_node(struct swarm *swarm, uint32_t node, uint32_t via)
{
    struct hearsay_addr seed = swarm_addr(swarm, via);
    if (make_core(swarm, &swarm->nodes[node], node, true) < 0)
        return -1;
    know_self(swarm, &swarm->nodes[node], node);
    if (node != via)
        hearsay_node_join(swarm->nodes[node].core, swarm->now, &seed);
    swarm_drain(swarm, node);
    swarm_pump(swarm);
    return 0;
}

bool swarm_join(struct swarm *swarm, uint32_t face, uint32_t via)
{
    if (face < swarm->options.nodes)
        return make_node(swarm, face, via) == 0;
    return join_face(swarm, face, via);
}

static int make_members(struct swarm *swarm)
{
    char name[SWARM_NAME_SIZE];
    for (uint32_t face = 0; face < swarm->options.members; face++) {
        swarm_name(face, name);
        swarm->faces[face].fd = -1;
        swarm->faces[face].node = face % swarm->options.nodes;
        swarm->faces[face].binding = swarm_seal_binding(name);
        if (swarm_socket_open(swarm, face) < 0)
            return -1;
    }
    if (!swarm_join(swarm, 0, 0))
        return -1;
    for (uint32_t face = swarm->options.nodes; face < swarm->options.members; face++) {
        if (!swarm_join(swarm, face, 0)) {
            fprintf(stderr, "hearsay-swarm: member %u was not taken in\n", face);
            return -1;
        }
    }
    for (uint32_t node = 1; node < swarm->options.nodes && !swarm_is_stopped(); node++)
        if (!swarm_join(swarm, node, 0))
            return -1;
    return 0;
}

/* The first node knows all; the others join once more for those that came after them. */
static void meet_latecomers(struct swarm *swarm)
{
    struct hearsay_addr seed = swarm_addr(swarm, 0);
    for (uint32_t node = 1; node < swarm->options.nodes && !swarm_is_stopped(); node++) {
        hearsay_node_join(swarm->nodes[node].core, swarm->now, &seed);
        swarm_drain(swarm, node);
        swarm_pump(swarm);
    }
}

/* ---- agreement --------------------------------------------------------------------------- */

static bool is_settled(const struct swarm *swarm)
{
    struct hearsay_stats stats;
    uint64_t digest = 0;
    for (uint32_t node = 0; node < swarm->options.nodes; node++) {
        hearsay_node_stats(swarm->nodes[node].core, &stats);
        digest = node == 0 ? stats.digest : digest;
        if (stats.digest != digest || stats.rumors_waiting > 0 ||
            stats.members[HEARSAY_STATUS_ALIVE] != swarm->options.members)
            return false;
    }
    return true;
}

static int settle(struct swarm *swarm)
{
    uint64_t until = swarm->now.boot + SETTLE_LIMIT;
    uint32_t every = LOOK_STEPS * swarm->options.nodes;
    if (every > LOOK_EVERY)
        every = LOOK_EVERY;
    for (uint32_t step = 1; !swarm_is_stopped(); step++) {
        uint64_t deadline = swarm->nodes[swarm->heap[0]].deadline;
        if (deadline > swarm->now.boot) {
            swarm->now.wall += deadline - swarm->now.boot;
            swarm->now.boot = deadline;
        }
        swarm_tick(swarm);
        if (step % every == 0 && is_settled(swarm))
            return 0;
        if (swarm->now.boot > until) {
            fprintf(stderr, "hearsay-swarm: its members do not agree\n");
            return -1;
        }
    }
    return 0;
}

int swarm_form(struct swarm *swarm)
{
    const struct swarm_options *options = &swarm->options;
    swarm->nodes = calloc(options->nodes, sizeof(*swarm->nodes));
    swarm->faces = calloc(options->members, sizeof(*swarm->faces));
    swarm->heap = calloc(options->nodes, sizeof(*swarm->heap));
    const struct hearsay_allocator allocator = hearsay_host_allocator();
    if (!swarm->nodes || !swarm->faces || !swarm->heap || swarm_deliver_init(swarm) ||
        hs_meta_pool_new(&swarm->meta_pool, &allocator)) {
        fprintf(stderr, "hearsay-swarm: out of memory\n");
        return -1;
    }
    swarm->faces_each = (options->members + options->nodes - 1) / options->nodes;
    swarm->joining = SWARM_NOBODY;
    swarm->now = hearsay_host_now();
    swarm->random = swarm->now.wall;
    if (make_members(swarm) < 0)
        return -1;
    meet_latecomers(swarm);
    swarm->hushed = true;
    if (settle(swarm) < 0)
        return -1;
    swarm->hushed = false;
    struct hearsay_now now = hearsay_host_now();
    swarm->skew = (int64_t)(swarm->now.boot - now.boot);
    swarm->began = swarm->now.boot;
    memset(&swarm->counts, 0, sizeof(swarm->counts));
    return 0;
}

void swarm_free(struct swarm *swarm)
{
    for (uint32_t node = 0; swarm->nodes && node < swarm->options.nodes; node++)
        free_core(&swarm->nodes[node]);
    hs_meta_pool_free(swarm->meta_pool);
    for (uint32_t face = 0; swarm->faces && face < swarm->options.members; face++) {
        free(swarm->faces[face].join);
        if (swarm->faces[face].fd > 0)
            close(swarm->faces[face].fd);
    }
    free(swarm->nodes);
    free(swarm->faces);
    free(swarm->heap);
    free(swarm->flights);
}
