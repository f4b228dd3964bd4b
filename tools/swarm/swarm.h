/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A swarm: thousands of members of one cluster in one process, for real agents to live among.
 *
 * Each member has a name, an address, a UDP socket and a record of its own, and has joined by the
 * protocol. What would not fit is a view for each: ten thousand views of ten thousand records are
 * 27 GB. So there are fewer *nodes*, which are libhearsay's unchanged core with a whole view each,
 * than members, and each node answers for several members, its *faces*; the first one is itself.
 *
 *     outside agent                            swarm
 *        | -- gossip, bound to s00007 --> socket of s00007 (face)
 *        |                                   | opened with s00007's binding     (seal.c)
 *        |                                   v
 *        |                                 node 2: merges, answers              (unchanged core)
 *        |                                   | sender := s00007, sealed anew    (deliver.c, wire.h)
 *        | <-- ack from s00007 ------------- v
 *
 * A node that stands for m members has a period m times shorter, so as many probes are sent as the
 * members would send, by the core's own rules. Datagrams between members of the swarm are handed
 * over in memory. With as many nodes as members nothing of this is needed, and nothing differs from
 * real agents but the loop around them. What is true of it and what is not: hearsay-swarm(1).
 */
#ifndef SWARM_H
#define SWARM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hearsay/hearsay.h>

#include "options.h"
#include "seal.h"

#define SWARM_NOBODY    UINT32_MAX
#define SWARM_ERRANDS   64u  /* questions to a node's faces that it may answer later */
#define SWARM_JOIN_SIZE 256u /* bytes of a member's join: its blob has no tags */
#define SWARM_OUTSIDERS 64u  /* agents from outside that are told of */

/* A question to a face that is answered later, or in several steps. */
struct swarm_errand {
    uint64_t key; /* what the answer repeats: creation time or exchange */
    uint32_t face;
};

struct swarm_node {
    struct hearsay_node *core; /* NULL: not made yet, or killed */
    struct swarm_seal seal;
    struct swarm_seal_context *context;
    struct swarm_errand errands[SWARM_ERRANDS];
    uint32_t errand_next;
    uint32_t face;    /* in whose name it answers now, or SWARM_NOBODY */
    uint64_t created; /* of the datagram that it answers now */
    uint32_t heap_at; /* place in the heap of deadlines, or SWARM_NOBODY */
    uint64_t deadline;
};

struct swarm_face {
    uint64_t id, binding, timestamp;
    uint64_t ended; /* boot time at which it was killed; 0: it lives */
    uint8_t *join;  /* the datagram that it joined by, up to the end of its record */
    uint16_t join_len;
    bool alive, silent;
    uint32_t node;
    uint32_t buried; /* nodes that have said dead of it since */
    int fd;
};

/* An agent that is no member of the swarm. */
struct swarm_outsider {
    char name[HEARSAY_NAME_MAX + 1];
    struct hearsay_addr addr;
    uint64_t binding;
    enum hearsay_status status; /* as the first node sees it */
    uint32_t suspect, dead;     /* nodes that hold it so */
};

struct swarm_counts {
    uint64_t received, sent, bytes_received, bytes_sent; /* with the outside */
    uint64_t within;                                     /* handed over in memory */
    uint64_t copies;       /* sent in the name of faces whose node sent one elsewhere */
    uint64_t unsent, lost; /* refused by a socket; found the queue of memory full */
    uint64_t false_suspect, false_dead; /* words of nodes about members that live */
    uint64_t refuted;                   /* by faces; nodes do it themselves */
    uint64_t late_us;                   /* greatest since the last status */
};

struct swarm_flight; /* deliver.c */

struct swarm {
    struct swarm_options options;
    struct hearsay_now now;
    int64_t skew; /* the swarm's clocks less the machine's: they stand still while it forms */
    uint32_t faces_each;            /* members a node stands for, rounded up */
    struct hs_meta_pool *meta_pool; /* of all nodes: each member is there once */
    struct swarm_node *nodes;
    struct swarm_face *faces;
    uint32_t *heap, heap_count; /* nodes by deadline */
    struct swarm_flight *flights;
    uint32_t flight_first, flight_count;
    struct swarm_outsider outsiders[SWARM_OUTSIDERS];
    uint32_t outsider_count;
    struct swarm_node newcomer; /* is on its way in */
    uint32_t joining;           /* … as this face, or SWARM_NOBODY */
    struct swarm_counts counts;
    uint64_t created; /* of the last datagram that we made ourselves */
    uint64_t random;
    int epoll;
    uint64_t began; /* boot time at which it stood; 0: it forms */
    bool hushed;    /* forming, and all know all: news is acked and not handed over */
};

#endif
