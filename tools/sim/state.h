/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The whole state of a world, for the files of libsim alone. There are no functions here: each
 * file's own header declares what that file does with the state. docs/architecture.md lists these
 * files.
 */
#ifndef SIM_STATE_H
#define SIM_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hearsay/config.h>
#include <hearsay/event.h>
#include <hearsay/node.h>

#include "counting.h"
#include "names.h"
#include "queue.h"
#include "random.h"

#define SIM_MACHINES_MAX  100000u
#define SIM_INBOX_DEFAULT 256u /* datagrams a socket holds while nobody reads it */
#define SIM_PERMILLE      1000u
#define SIM_SIDES_MAX     8u /* clusters in one world */

/* The wall clock of a machine without offset, when the world begins: 2026-06-01 00:00 UTC. */
#define SIM_WALL_START UINT64_C(1780272000000000)

/* One-way latency by percentile, with straight lines between: 0, 50, 90, 99, 100. */
#define SIM_LATENCY_POINTS 5
struct sim_latency {
    uint32_t us[SIM_LATENCY_POINTS];
};

/* What a path does to datagrams; each permille is drawn for each datagram by itself. */
struct sim_link {
    struct sim_latency latency;
    uint32_t loss;       /* permille that never arrive; SIM_PERMILLE is a cut */
    uint32_t duplicate;  /* permille that arrive twice */
    uint32_t reorder;    /* permille that are held back, */
    uint32_t reorder_us; /* up to this much longer */
    uint32_t corrupt;    /* permille with one byte changed */
    bool refuse;         /* a firewall answers for the receiver: its port is closed (ICMP) */
    uint64_t until;      /* of a rule: the world's time at which it ends; 0: it does not */
};

/* What ails one machine's own connection, whoever is at the other end; on top of the link's. */
struct sim_ailment {
    uint32_t loss_in, loss_out; /* permille */
    uint32_t delay_us;          /* each way, up to this much longer */
};
struct sim_traffic {
    uint64_t sent, bytes; /* datagrams that nodes sent, and their payload */
    uint64_t delivered;   /* to a socket, duplicates included */
    uint64_t lost;        /* on the way, or at a silent or missing machine */
    uint64_t overflowed;  /* at a full socket */
    uint64_t refused;     /* at a closed port */
    uint64_t duplicated, corrupted, delayed;
    size_t longest; /* bytes of the longest datagram */
};
/* What a node has said in the last step or command, oldest first; forgotten by the next one. */
struct sim_event {
    uint32_t machine; /* whose node it was */
    uint32_t subject; /* number of the name that a MEMBER event is about, else SIM_NOBODY */
    struct hearsay_event event;
};

enum sim_state {
    SIM_SILENT = 1, /* powered off, or never on: datagrams vanish */
    SIM_CLOSED,     /* on, but no process: a datagram is answered with ICMP port unreachable */
    SIM_RUNNING,
    SIM_PAUSED, /* the process is stopped: its socket fills */
};

#define SIM_VIOLATION_MAX 512    /* bytes of the text of a violation */
#define SIM_TURNS_MAX     1000u  /* turns of one node at one instant: more is a loop without end */
#define SIM_BURST_MAX     65536u /* datagrams or events of one turn: likewise */
#define SIM_QUOTE_MAX     520u   /* bytes of payload that an ICMP error quotes */

/* Whose doing a datagram is, if there is an attacker. */
enum sim_origin {
    SIM_ORIGIN_MEMBER,
    SIM_ORIGIN_HELD,   /* a member's, which the attacker has held back */
    SIM_ORIGIN_REPEAT, /* bytes that a member once sent, to wherever the attacker likes */
    SIM_ORIGIN_FORGED, /* bytes that the attacker has made */
};

#define SIM_PACKET_ROOM 2048u /* more than any mtu, so that a node that ignores it is caught */

_Static_assert(SIM_PACKET_ROOM > HEARSAY_DATAGRAM_MAX, "a datagram that is too long shows");

/* A datagram on its way or in a socket. All are of one size, and used again: what was just freed is
 * still in the cache. */
struct sim_packet {
    struct sim_packet *next; /* in the pool */
    uint32_t from, to;
    enum sim_origin origin;
    uint32_t seen; /* one more than its place on the attacker's tape; 0: it is not there */
    size_t len;
    uint8_t bytes[SIM_PACKET_ROOM];
};

struct sim_inbox {
    struct sim_packet *packets[SIM_INBOX_DEFAULT];
    size_t count;
};

/* What an observer has last said about a member: enough to see a record go back. */
struct sim_sight {
    uint64_t timestamp : 62; /* R6 keeps it far below that */
    uint64_t status : 2;     /* enum hearsay_status; NONE: never seen, or pruned */
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
    bool counted;               /* in the names' tallies */
    uint8_t side;               /* its cluster */
    struct sim_counting memory; /* of its node */
    struct sim_inbox inbox;
    struct sim_inbox errors;  /* datagrams that a closed port refused */
    struct sim_sight *sights; /* by name number */
    uint32_t sight_room;
    uint32_t seen[4];                  /* members by status, as its events tell */
    const struct sim_keyring *keyring; /* of its processes; NULL: none */
    enum hearsay_seal_mode mode;
    uint64_t started_at; /* the world's time at which its process began */
};

struct sim_rule {
    struct sim_link link;
    uint8_t *from, *to; /* bitmaps of machines */
    uint32_t from_limit, to_limit;
};

struct sim_attacker; /* tape.h */
struct sim_keyring;  /* keyed.h */

struct sim_world {
    uint64_t seed, time, steps, digest, events_digest;
    struct sim_random random;
    struct hearsay_config config;
    struct hs_meta_pool *meta_pool; /* of all nodes */
    struct sim_queue queue;
    struct sim_packet *pool;
    struct sim_machine **machines;
    uint32_t machine_count;
    size_t machine_room;
    struct sim_link network;
    struct sim_rule *rules;
    size_t rule_count;
    struct sim_traffic traffic;
    struct sim_names names;
    uint32_t observers[SIM_SIDES_MAX]; /* machines that are counted, by their cluster */
    struct sim_event *events;
    size_t event_count, event_room, event_next;
    struct sim_keyring **keyrings;
    size_t keyring_count, keyring_room;
    uint64_t refused_before;   /* datagrams that processes which have ended refused for their key */
    uint64_t promises_checked; /* R62: pairs of nodes whose views were equal and rings settled */
    struct sim_attacker *attacker; /* NULL: there is none */
    char violation[SIM_VIOLATION_MAX];
};

#endif
