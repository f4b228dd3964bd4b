/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counters of one node. Counters only grow, and a reader takes differences. Fields marked "now" are
 * present values. Bad input from the network shows only here: each dropped datagram or record
 * raises exactly one drop counter. The functions here are safe from any thread.
 */
#ifndef HEARSAY_STATS_H
#define HEARSAY_STATS_H

#include <stdbool.h>
#include <stdint.h>

#include <hearsay/addr.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Why a datagram, or one record in it, was dropped. Later releases add reasons at the end. */
#define HEARSAY_DROPS(X)                                                                           \
    X(OVERSIZED, "oversized")     /* longer than the protocol allows (R10) */                      \
    X(TRUNCATED, "truncated")     /* too short to hold head and checksum */                        \
    X(MALFORMED, "malformed")     /* not the msgpack that R9 and R12 describe */                   \
    X(VERSION, "version")         /* a wire version that we do not speak */                        \
    X(CLUSTER, "cluster")         /* another cluster's tag */                                      \
    X(CHECKSUM, "checksum")       /* plain, and damaged or bound to another name */                \
    X(SELF, "self")               /* our own datagram came back */                                 \
    X(DUPLICATE, "duplicate")     /* sender and creation time were seen before (R11) */            \
    X(REPLAYED, "replayed")       /* sealed, and it may be a repeat (R11a: freshness) */           \
    X(STRANGER, "stranger")       /* unknown, or not known to be there now: challenged (R11) */    \
    X(NONCE, "nonce")             /* echoes a nonce that we did not give, or too late */           \
    X(UNSOLICITED, "unsolicited") /* an answer without a question of ours */                       \
    X(VALUE, "value")             /* a field is out of range: name, address, status, tokens */     \
    X(FUTURE, "future")           /* a timestamp too far ahead (R6) */                             \
    X(UNKNOWN, "unknown")         /* a brief record of a member that we do not know */             \
    X(STALE, "stale")             /* a record older than ours */                                   \
    X(TABLE_FULL, "table-full")   /* max_members reached */                                        \
    X(NO_MEMORY, "no-memory")     /* no memory for a record; it will come again */                 \
    X(QUEUE_FULL, "queue-full")   /* no room for an answer: the send queue is full */              \
    X(DAMPED, "damped") /* word of others that a member is dead that keeps refuting (R18) */       \
    X(PLAIN, "plain")   /* not sealed, and this node takes sealed datagrams only (R35) */          \
    X(SEALED, "sealed") /* sealed, and this node has no key (R35) */                               \
    X(KEY, "key")       /* sealed with a key that is not ours (R33) */                             \
    X(FORGED, "forged") /* sealed, and altered, made without the key, or bound to another name */

enum hearsay_drop {
#define HEARSAY_DROP_ENUM(name, text) HEARSAY_DROP_##name,
    HEARSAY_DROPS(HEARSAY_DROP_ENUM)
#undef HEARSAY_DROP_ENUM
        HEARSAY_DROP_COUNT /* the reasons that these headers know */
};

/* The reasons HEARSAY_DROP_PLAIN to HEARSAY_DROP_FORGED: datagrams of a form that this node does
 * not take, or that did not open. */
#define HEARSAY_UNOPENED  4
#define HEARSAY_DROP_ROOM 64 /* counters in the struct: later fields keep their offsets */

/* Kinds of datagram, as numbered on the wire (R12). */
#define HEARSAY_KINDS(X)                                                                           \
    X(GOSSIP, 1, "gossip")                                                                         \
    X(ACK, 2, "ack")                                                                               \
    X(PROBE_REQUEST, 3, "probe-request")                                                           \
    X(NACK, 4, "nack")                                                                             \
    X(CHALLENGE, 5, "challenge")                                                                   \
    X(JOIN, 6, "join")                                                                             \
    X(SYNC, 7, "sync")                                                                             \
    X(REFUSAL, 8, "refusal")

enum hearsay_kind {
#define HEARSAY_KIND_ENUM(name, value, text) HEARSAY_KIND_##name = (value),
    HEARSAY_KINDS(HEARSAY_KIND_ENUM)
#undef HEARSAY_KIND_ENUM
        HEARSAY_KIND_COUNT = 9 /* one more than the greatest kind that these headers know */
};

#define HEARSAY_KIND_ROOM 16 /* a kind has four bits on the wire */

/* Whether this node reaches anybody (R39: isolation). While it does not, its view is what it was
 * before, and its members may think otherwise. */
#define HEARSAY_ISOLATIONS(X)                                                                      \
    X(NO, "no")                                                                                    \
    X(UNSENT, "unsent") /* the socket takes none of its datagrams */                               \
    X(SILENT, "silent") /* nothing comes from anybody, though somebody should answer */

enum hearsay_isolation {
#define HEARSAY_ISOLATION_ENUM(name, text) HEARSAY_ISOLATION_##name,
    HEARSAY_ISOLATIONS(HEARSAY_ISOLATION_ENUM)
#undef HEARSAY_ISOLATION_ENUM
};

/* Classes of round trips, from 0.1 ms to 2.5 s: hearsay_rtt_bound. They stay as they are, so that
 * counts of different releases can be added. */
#define HEARSAY_RTT_CLASSES 15

/* Places for statuses and causes of death in the struct. */
#define HEARSAY_STATUS_ROOM 4
#define HEARSAY_CAUSE_ROOM  8

struct hearsay_stats {
    uint64_t received[HEARSAY_KIND_ROOM]; /* datagrams accepted, by kind */
    uint64_t sent[HEARSAY_KIND_ROOM];     /* datagrams made, by kind */
    uint64_t bytes_received, bytes_sent;  /* payload, without IP and UDP headers */
    uint64_t unsent;                      /* datagrams that the socket did not take */
    uint64_t drops[HEARSAY_DROP_ROOM];
    uint64_t records_merged; /* records that replaced ours */
    uint64_t rumors_sent;    /* records in datagrams that we sent */
    uint64_t probes, probes_failed;
    uint64_t suspicions;     /* begun by us */
    uint64_t refutations;    /* of ourselves */
    uint64_t syncs_started;  /* exchanges that we began (R24) */
    uint64_t syncs_unequal;  /* exchanges after which the views still differed */
    uint64_t events_lost;    /* the event queue was full */
    uint64_t probes_refused; /* not begun: too many probes under way */
    uint32_t members[4];     /* now, by enum hearsay_status; [0]: hidden tombstones */
    uint32_t rumors_waiting; /* now */
    uint64_t digest;         /* now: equal on nodes whose views are equal (R24) */
    bool ring_waits;         /* now: ring changes are batched and not yet in the ring (R30) */
    uint32_t loss_permille;  /* now: lost round trips, as measured by this node (R17) */
    uint64_t exchanged;      /* now: 1 if our view was compared with another member's (R40) */
    uint64_t drained;        /* now: alive and suspect members that own no tokens */
    /* answers from another address than that of their sender's record (R38) */
    uint64_t answers_elsewhere;
    uint64_t isolated; /* now: enum hearsay_isolation (R39) */
    /* From where the last datagram came that was dropped as plain, sealed, key or forged, in this
     * order. Anybody can write anything there. Family 0: there was none. */
    struct hearsay_addr unopened_from[HEARSAY_UNOPENED];
    uint64_t seal_mode; /* now: enum hearsay_seal_mode (R35) */
    /* Members that got a status and a cause, by both: other than they had, or as a new process.
     * One that is first heard of when it is dead does not count. */
    uint64_t transitions[HEARSAY_STATUS_ROOM][HEARSAY_CAUSE_ROOM];
    uint64_t members_max; /* max_members of the config */
    uint64_t away_us;     /* in which this node was stopped, suspended or late (R20) */
    uint64_t rtt_sum_us;  /* of the round trips of answered probes, which are counted below */
    uint64_t rtts[HEARSAY_RTT_CLASSES];
    /* now: 1 if nodes with an equal view and equal settings may have another ring (R62): a change
     * is not yet in the ring, or was less than ring_settle and 3 s ago, or a failed member is near
     * the age at which it loses its tokens */
    uint64_t ring_settling;
    uint64_t ring_held; /* now: members that have failed and keep their tokens (R62) */
};

/* "malformed", …; never NULL; static storage. */
const char *hearsay_drop_name(enum hearsay_drop drop);

/* The upper bound of a class of round trips, microseconds; UINT64_MAX for the last one and for
 * numbers that are no class. */
uint64_t hearsay_rtt_bound(unsigned rtt_class);

/* "no", "unsent", "silent"; never NULL; static storage. */
const char *hearsay_isolation_name(enum hearsay_isolation isolation);

/* "gossip", …; "unknown" for a number that is not a kind. Static storage. */
const char *hearsay_kind_name(unsigned kind);

#ifdef __cplusplus
}
#endif
#endif
