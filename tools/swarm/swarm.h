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

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hearsay/hearsay.h>

#define SWARM_NOBODY       UINT32_MAX
#define SWARM_MEMBERS_MAX  50000u
#define SWARM_NODES_FULL   1000u /* up to here each member is a node, unless told otherwise */
#define SWARM_NODES_FEW    250u  /* … and beyond there are so many */
#define SWARM_FACES_MAX    100u  /* of a node: its period is not shorter than 10 ms */
#define SWARM_ROOM         1000u /* members from outside that have a place in the nodes' tables */
#define SWARM_ERRANDS      64u   /* questions to a node's faces that it may answer later */
#define SWARM_OUTSIDERS    64u   /* agents from outside that are told of */
#define SWARM_JOINS_MAX    8u
#define SWARM_JOIN_SIZE    256u /* bytes of a member's join: its blob has no tags */
#define SWARM_NAME_SIZE    16u  /* "s00000", terminated */
#define SWARM_BATCH        16u  /* datagrams read by one call */
#define SWARM_TURN_US      10000u
#define SWARM_SETTLE_LIMIT 600000000u /* of the swarm's own time, until all nodes agree */

/* What a node's seal is told and tells. */
struct swarm_seal {
    uint64_t opens; /* binding with which the datagram at hand is opened */
    uint64_t bound; /* binding with which the last one was to be sealed */
    bool trusted;   /* it comes from within: not sealed */
};

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

struct swarm_seal_context {
    struct swarm_seal *seal; /* the vtable's context is const, what happens is not */
};

struct swarm_face {
    uint64_t id, binding, stamp;
    uint64_t ended; /* boot time at which it was killed; 0: it lives */
    uint8_t *join;  /* the datagram that it joined by; its record is the last thing in it */
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

struct swarm_options {
    uint32_t members, nodes;
    struct hearsay_addr net; /* address of the first member; the next one has the next address */
    const char *cluster;
    enum hearsay_profile profile;
    struct hearsay_addr joins[SWARM_JOINS_MAX];
    uint32_t join_count;
    uint64_t run; /* seconds; 0: until told */
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
    uint32_t faces_each;         /* members a node stands for, rounded up */
    struct hearsay_cards *cards; /* of all nodes: each member is there once */
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

extern volatile sig_atomic_t swarm_stopped;

/* ---- base.c: names, addresses, chance ------------------------------------------------------ */

void swarm_name(uint32_t face, char ret_name[SWARM_NAME_SIZE]);
uint32_t swarm_face_named(const struct swarm *swarm, const char *name);
struct hearsay_addr swarm_addr(const struct swarm *swarm, uint32_t face);
uint32_t swarm_face_at(const struct swarm *swarm, const struct hearsay_addr *addr);
uint64_t swarm_random(struct swarm *swarm);
uint32_t swarm_below(struct swarm *swarm, uint32_t limit);
void swarm_clock(struct swarm *swarm);

/* ---- seal.c -------------------------------------------------------------------------------- */

extern const struct hearsay_seal swarm_seal;

/* ---- heap.c: nodes by deadline ------------------------------------------------------------- */

void swarm_heap_set(struct swarm *swarm, uint32_t node);
void swarm_heap_remove(struct swarm *swarm, uint32_t node);

/* ---- deliver.c ----------------------------------------------------------------------------- */

int swarm_deliver_init(struct swarm *swarm);

/* A datagram for a face that came from `from`; its node takes it and answers. */
void swarm_give(struct swarm *swarm, uint32_t face, const struct hearsay_addr *from, uint8_t *bytes,
                size_t len, bool trusted);

/* Sends what the node has to send, and what that brings about, until nothing is on its way. */
void swarm_drain(struct swarm *swarm, uint32_t node);
void swarm_pump(struct swarm *swarm);

/* Puts a datagram within the swarm on its way. */
void swarm_post(struct swarm *swarm, uint32_t to, const struct hearsay_addr *from,
                const uint8_t *bytes, size_t len);

/* Lets all nodes act whose time has come, for one turn at most. */
void swarm_tick(struct swarm *swarm);

/* ---- socket.c ------------------------------------------------------------------------------ */

int swarm_socket_open(struct swarm *swarm, uint32_t face);
void swarm_socket_close(struct swarm *swarm, uint32_t face);
bool swarm_socket_send(struct swarm *swarm, uint32_t face, const struct hearsay_addr *to,
                       const uint8_t *bytes, size_t len);
void swarm_socket_read(struct swarm *swarm, uint32_t face);
void swarm_socket_errors(struct swarm *swarm, uint32_t face);

/* ---- form.c -------------------------------------------------------------------------------- */

/* Members, from the first to the last, and until all nodes agree. 0 or -1, having said why. */
int swarm_form(struct swarm *swarm);
void swarm_free(struct swarm *swarm);

/* A member joins by way of another. False: it was not taken in. */
bool swarm_join(struct swarm *swarm, uint32_t face, uint32_t via);

/* Its process is gone, from one moment to the next. */
void swarm_end(struct swarm *swarm, uint32_t node);

/* ---- events.c ------------------------------------------------------------------------------ */

void swarm_take_events(struct swarm *swarm, uint32_t node);
void swarm_look(struct swarm *swarm);

/* ---- act.c: what is told on standard input, or by flags ------------------------------------ */

/* One line; answers on standard output. False: the end. */
bool swarm_act(struct swarm *swarm, char *line);

/* ---- status.c ------------------------------------------------------------------------------ */

void swarm_status(struct swarm *swarm);
void swarm_said(struct swarm *swarm, const char *event, const char *name, double seconds,
                uint32_t nodes);

/* ---- options.c ----------------------------------------------------------------------------- */

/* 0, or an exit code plus one: 1 ends well (help), 3 is wrong usage. */
int swarm_options_read(struct swarm_options *ret_options, int argc, char **argv);

#endif
