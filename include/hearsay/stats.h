/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counters of one node. All of them only grow; a reader subtracts. Bad input from the network shows
 * here and nowhere else: each dropped datagram or record raises exactly one drop counter.
 */
#ifndef HEARSAY_STATS_H
#define HEARSAY_STATS_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Why a datagram, or one record in it, changed nothing. Later releases add reasons behind the
 * last. */
#define HEARSAY_DROPS(X)                                                                           \
    X(OVERSIZED, "oversized")     /* longer than the protocol allows (R10) */                      \
    X(TRUNCATED, "truncated")     /* too short to hold head and checksum */                        \
    X(MALFORMED, "malformed")     /* not the msgpack that R9 and R12 describe */                   \
    X(VERSION, "version")         /* a wire version that we do not speak */                        \
    X(CLUSTER, "cluster")         /* another cluster's tag */                                      \
    X(CHECKSUM, "checksum")       /* damaged, sealed otherwise, or meant for another name */       \
    X(SELF, "self")               /* our own datagram came back */                                 \
    X(DUPLICATE, "duplicate")     /* seen before: sender and creation time in the cache (R11) */   \
    X(REPLAYED, "replayed")       /* older than its sender's floor (R11, sealed traffic) */        \
    X(STRANGER, "stranger")       /* an unknown sender: challenged, not heard (R11) */             \
    X(NONCE, "nonce")             /* echoes a nonce that we did not give, or too late */           \
    X(UNSOLICITED, "unsolicited") /* an answer to nothing that we asked */                         \
    X(VALUE, "value")             /* a field out of its range: name, address, status, tokens */    \
    X(FUTURE, "future")           /* a timestamp too far ahead (R6) */                             \
    X(UNKNOWN, "unknown")         /* a brief record about a member that we do not know */          \
    X(STALE, "stale")             /* a record older than ours: not taken */                        \
    X(TABLE_FULL, "table-full")   /* max_members reached */                                        \
    X(NO_MEMORY, "no-memory")     /* no memory for a record: not taken, and it comes again */      \
    X(QUEUE_FULL, "queue-full")   /* no room to answer: the bound of outgoing messages */

enum hearsay_drop {
#define HEARSAY_DROP_ENUM(name, text) HEARSAY_DROP_##name,
    HEARSAY_DROPS(HEARSAY_DROP_ENUM)
#undef HEARSAY_DROP_ENUM
        HEARSAY_DROP_COUNT /* those of these headers */
};

#define HEARSAY_DROP_ROOM 64 /* counters kept for them, so that what follows keeps its place */

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
        HEARSAY_KIND_COUNT = 9 /* one past the greatest kind of these headers */
};

#define HEARSAY_KIND_ROOM 16 /* a kind has four bits */

struct hearsay_stats {
    uint64_t received[HEARSAY_KIND_ROOM]; /* datagrams accepted, by kind */
    uint64_t sent[HEARSAY_KIND_ROOM];     /* datagrams made, by kind */
    uint64_t bytes_received, bytes_sent;  /* payload, without IP and UDP headers */
    uint64_t unsent;                      /* datagrams that the socket did not take */
    uint64_t drops[HEARSAY_DROP_ROOM];
    uint64_t records_merged; /* records that replaced ours */
    uint64_t rumors_sent;    /* records that travelled in our datagrams */
    uint64_t probes, probes_failed;
    uint64_t suspicions;     /* raised by us */
    uint64_t refutations;    /* of ourselves */
    uint64_t syncs_started;  /* exchanges that we began (R24) */
    uint64_t syncs_unequal;  /* exchanges that ended and views still differed */
    uint64_t events_lost;    /* overflowed event queue */
    uint64_t probes_refused; /* the bound of concurrent probes was reached */
    uint32_t members[4];     /* now, by enum hearsay_status; [0] = hidden tombstones */
    uint32_t rumors_waiting; /* now */
    uint64_t digest;         /* now: equal on agents whose views are equal (R24) */
    bool ring_waits;         /* now: a large ring rests before it takes in the last changes (R30) */
    uint32_t loss_permille;  /* now: our own measured loss of round trips (R17) */
};

/* "malformed", …; never NULL. */
const char *hearsay_drop_name(enum hearsay_drop drop);

/* "gossip", …; "unknown" for a number that is no kind. */
const char *hearsay_kind_name(unsigned kind);

#ifdef __cplusplus
}
#endif
#endif
