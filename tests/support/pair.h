/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A few real nodes that pass datagrams to each other within the test. A hop takes half a
 * millisecond, and only datagrams that the test selects are lost. It is for rules that need two
 * sides. Tests of whole clusters use the network of tools/sim.
 */
#ifndef HS_TESTS_PAIR_H
#define HS_TESTS_PAIR_H

#include "rig.h"

#define PAIR_NODES 6
#define PAIR_HOP   UINT64_C(500)
#define PAIR_AIR   512 /* most datagrams under way at once */

struct pair_datagram {
    unsigned from;
    struct hearsay_addr from_addr, to;
    size_t len;
    uint8_t bytes[HEARSAY_DATAGRAM_MAX];
};

struct pair {
    struct hearsay_now now;
    struct rig_memory memory;
    unsigned count;
    struct hearsay_node *nodes[PAIR_NODES]; /* NULL: killed; nobody is there */
    struct hearsay_addr addrs[PAIR_NODES];
    int64_t clock[PAIR_NODES];    /* added to that node's wall clock */
    bool deaf[PAIR_NODES];        /* neither sends nor receives */
    struct hearsay_config config; /* the next node's */
    /* Returns false if the datagram is lost. NULL: no loss. */
    bool (*pass)(void *context, const struct pair_datagram *datagram);
    void *context;
    size_t carried; /* datagrams that arrived */
    struct pair_datagram *air;
    size_t air_count;
};

void pair_init(struct pair *pair);
void pair_fini(struct pair *pair); /* also asserts that all memory is released */

/* Makes a node at 10.0.0.(1 + place) and returns its place. */
unsigned pair_add(struct pair *pair, const char *name);
unsigned pair_add_at(struct pair *pair, const char *name, unsigned last);
/* Frees a node that has not left the cluster. */
void pair_kill(struct pair *pair, unsigned at);
struct hearsay_now pair_now(const struct pair *pair, unsigned at);

/* `at` joins through `through`. */
void pair_join(struct pair *pair, unsigned at, unsigned through);
/* Makes `count` nodes "n0", "n1", … that have joined and agree. */
void pair_form(struct pair *pair, unsigned count);

/* Lets time pass. */
void pair_run(struct pair *pair, uint64_t span);
/* Lets time pass until the status of `name` at node `at` is `status`; false after `span`. */
bool pair_until(struct pair *pair, unsigned at, const char *name, enum hearsay_status status,
                uint64_t span);
/* True when all living nodes' digests are equal. */
bool pair_agree(const struct pair *pair);

struct hearsay_member pair_member(const struct pair *pair, unsigned at, const char *name);
struct hearsay_stats pair_stats(const struct pair *pair, unsigned at);
/* Takes the next event of that kind at a node and drops others. */
bool pair_event(struct pair *pair, unsigned at, enum hearsay_event_kind kind,
                struct hearsay_event *ret_event);
bool pair_event_to(struct pair *pair, unsigned at, const char *name, enum hearsay_status to,
                   struct hearsay_event *ret_event);
void pair_forget_events(struct pair *pair);

#endif
