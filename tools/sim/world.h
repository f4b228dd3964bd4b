/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The world's whole state, for the files of libsim alone:
 *
 *     world.c      time, steps, the events of the last step
 *     queue.c      what will happen, in order
 *     network.c    what a path does to a datagram
 *     machine.c    processes: start, stop, pause, and one turn of a node's loop
 *     invariant.c  what must hold after each turn
 *     digest.c     what all nodes said, as one number
 *     sight.c      what each node has said about each member, and how many say what
 *     names.c      a small number for each name, so that views are arrays
 */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include "queue.h"
#include "random.h"
#include "sim.h"

#define SIM_VIOLATION_MAX 512    /* bytes of the text of a violation */
#define SIM_TURNS_MAX     1000u  /* turns of one node at one instant: more is a loop without end */
#define SIM_BURST_MAX     65536u /* datagrams or events of one turn: likewise */
#define SIM_QUOTE_MAX     520u   /* bytes of payload that an ICMP error quotes */
#define SIM_NAMES_MAX     SIM_MACHINES_MAX

#define SIM_PACKET_ROOM 2048u /* more than any mtu, so that a node that ignores it is caught */

_Static_assert(SIM_PACKET_ROOM > HEARSAY_DATAGRAM_MAX, "a datagram that is too long shows");

/* A datagram on its way or in a socket. All are of one size, and used again: what was just freed is
 * still in the cache. */
struct sim_packet {
    struct sim_packet *next; /* in the pool */
    uint32_t from, to;
    size_t len;
    uint8_t bytes[SIM_PACKET_ROOM];
};

struct sim_inbox {
    struct sim_packet *packets[SIM_INBOX_DEFAULT];
    size_t count;
};

/* What an observer has last said about a member: enough to see a record go back. */
struct sim_sight {
    uint64_t stamp : 62; /* R6 keeps it far below that */
    uint64_t status : 2; /* enum hearsay_status; NONE: never seen, or pruned */
};
_Static_assert(sizeof(struct sim_sight) == 8, "each member has one of each");

struct sim_machine {
    struct hearsay_node *node;
    enum sim_state state;
    uint32_t name;        /* of its node, or of the last one */
    int64_t offset;       /* of its wall clock */
    uint64_t boot_base;   /* its boot clock at drift_from */
    uint64_t drift_from;  /* the world's time since which it gains drift_ppm */
    int64_t drift_gained; /* by then */
    int32_t drift_ppm;
    struct sim_ailment ailment;
    uint64_t wake_at; /* the world's time of the wake that counts; others in the queue are stale */
    uint64_t turn_at; /* time of the last turn, */
    uint32_t turns;   /* and how many there were at it */
    bool leaving, over, neglected;
    bool counted; /* in the names' tallies */
    size_t memory;
    struct sim_inbox inbox;
    struct sim_inbox errors;  /* datagrams that a closed port refused */
    struct sim_sight *sights; /* by name number */
    uint32_t sight_room;
    uint32_t seen[4]; /* members by status, as its events tell */
};

struct sim_rule {
    struct sim_link link;
    uint8_t *from, *to; /* bitmaps of machines */
    uint32_t from_limit, to_limit;
};

/* How many of the counted machines hold a name so. */
struct sim_tally {
    uint32_t held[4]; /* by status */
    bool judged;      /* a node has said more of it than that it is there */
};

struct sim_names {
    char **names;
    struct sim_tally *tallies;
    uint32_t count, room;
    uint32_t *slots; /* open addressing: number plus one */
    uint32_t slot_count;
};

struct sim_world {
    uint64_t seed, time, steps, digest, events_digest;
    struct sim_random random;
    struct hearsay_config config;
    struct hearsay_cards *cards; /* of all nodes */
    struct sim_queue queue;
    struct sim_packet *pool;
    struct sim_machine **machines;
    uint32_t machine_count, machine_room;
    struct sim_link network;
    struct sim_rule *rules;
    size_t rule_count;
    struct sim_traffic traffic;
    struct sim_names names;
    uint32_t observers; /* machines that are counted */
    struct sim_event *events;
    size_t event_count, event_room, event_next;
    char violation[SIM_VIOLATION_MAX];
};

/* world.c */
void sim_say(struct sim_world *world, uint32_t machine, uint32_t subject,
             const struct hearsay_event *event);
void sim_forget_events(struct sim_world *world);

/* network.c */
void sim_send(struct sim_world *world, uint32_t from, const struct hearsay_addr *to,
              const uint8_t *bytes, size_t len);
void sim_arrive(struct sim_world *world, struct sim_packet *packet);
void sim_return(struct sim_world *world, struct sim_packet *packet);
void sim_packet_free(struct sim_world *world, struct sim_packet *packet);
void sim_network_fini(struct sim_world *world);

/* machine.c */
void sim_wake(struct sim_world *world, uint32_t machine);
void sim_hear(struct sim_world *world, uint32_t machine, struct sim_packet *packet);
void sim_hear_closed(struct sim_world *world, uint32_t machine, struct sim_packet *packet);
void sim_machine_free(struct sim_world *world, struct sim_machine *machine);

/* invariant.c */
void sim_violate(struct sim_world *world, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
uint32_t sim_check_event(struct sim_world *world, uint32_t machine,
                         const struct hearsay_event *event);
void sim_check_turn(struct sim_world *world, uint32_t machine);

/* digest.c */
void sim_digest_event(struct sim_world *world, uint32_t machine, uint32_t subject,
                      const struct hearsay_event *event);

/* sight.c */
struct sim_sight *sim_sight(struct sim_world *world, uint32_t machine, uint32_t subject);
void sim_see(struct sim_world *world, uint32_t machine, uint32_t subject,
             enum hearsay_status status, uint64_t stamp);
void sim_unsee(struct sim_world *world, uint32_t machine);

/* names.c: the number of a name, or SIM_NOBODY without memory. */
uint32_t sim_names_number(struct sim_names *names, const char *name);
void sim_names_fini(struct sim_names *names);

#endif
