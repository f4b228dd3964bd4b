/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What will happen, ordered by (time, sequence): a binary heap in which equal times keep the order
 * in which they were asked for, or a run would not repeat.
 */
#ifndef SIM_QUEUE_H
#define SIM_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sim_packet;

enum sim_item_kind {
    SIM_ITEM_WAKE = 1,    /* a node's deadline */
    SIM_ITEM_DATAGRAM,    /* reaches a socket */
    SIM_ITEM_UNREACHABLE, /* an ICMP error comes back */
    SIM_ITEM_WORD,        /* a witness says again what its process left (R60) */
    SIM_ITEM_CLOSE,       /* … and ends, which closes the port */
};

struct sim_item {
    uint64_t time, sequence;
    struct sim_packet *packet; /* NULL for a wake and an end; owned by the item */
    uint32_t machine;
    enum sim_item_kind kind;
};

struct sim_queue {
    struct sim_item *items;
    size_t count, room;
    uint64_t sequence;
};

/* Adds an item; its sequence is set here. Returns 0 or HEARSAY_ERR_NOMEM. */
int sim_queue_push(struct sim_queue *queue, struct sim_item item);

/* Takes the first item that is due by `until`. Returns false when there is none. */
bool sim_queue_pop(struct sim_queue *queue, uint64_t until, struct sim_item *ret_item);

/* Frees the queue's memory, not the packets in it: take them out before. */
void sim_queue_fini(struct sim_queue *queue);

#endif
