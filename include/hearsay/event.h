/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events: what a node tells its owner. The owner takes them one at a time with
 * hearsay_node_next_event. The node never calls back and writes no log. An event is a plain value
 * that the caller owns. The functions here are safe from any thread.
 */
#ifndef HEARSAY_EVENT_H
#define HEARSAY_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include <hearsay/addr.h>
#include <hearsay/member.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Why a member's record changed: the `reason` of a `member` event. */
#define HEARSAY_REASONS(X)                                                                         \
    X(NONE, "none")                                                                                \
    X(JOINED, "joined")       /* first seen */                                                     \
    X(SILENT, "silent")       /* suspected: it answered no probe (R17) */                          \
    X(REFUSED, "refused")     /* suspected: its port is closed (R17) */                            \
    X(REFUTED, "refuted")     /* the subject itself said it is alive (R4) */                       \
    X(RESTARTED, "restarted") /* a new process has the name (R8) */                                \
    X(UPDATED, "updated")     /* new tags, address or tokens, same status */                       \
    X(FAILED, "failed")       /* its suspicion timed out (R22) */                                  \
    X(LEFT, "left")           /* it said goodbye (R23) */                                          \
    X(FORCED, "forced")       /* removed by an operator */                                         \
    X(PRUNED, "pruned")       /* a tombstone expired, gave way, or was pruned (R7) */              \
    X(FORGOTTEN, "forgotten") /* this node was away for too long and dropped its view (R20) */     \
    X(NOT_LEFT, "not-left")   /* alive: it had been said to have left, or been forced out */       \
    X(KEYS, "keys")           /* it has other keys or ring settings, nothing else (R33, R62) */    \
    X(ENDED, "ended")         /* its own last words say that its process has ended (R60) */

enum hearsay_reason {
#define HEARSAY_REASON_ENUM(name, text) HEARSAY_REASON_##name,
    HEARSAY_REASONS(HEARSAY_REASON_ENUM)
#undef HEARSAY_REASON_ENUM
};

enum hearsay_event_kind {
    HEARSAY_EVENT_MEMBER = 1, /* name, addr, id, from, to, reason, accuser, timestamp */
    /* We were called suspect or dead, or alive by a record that we have not written, and refuted
     * it: from, accuser if known, timestamp. */
    HEARSAY_EVENT_REFUTE,
    /* The ring is a new one, because members, their tokens or their zones have changed:
     * ring_version, ring_checksum, ring_zones, ring_tokens, ring_moved, ring_held, ring_settling.
     * If only zones have changed, the checksum stays the same (R63: zones). */
    HEARSAY_EVENT_RING,
    /* An attempt to join through addr has ended: result, name if known; refusal, clock_ahead_us,
     * table_max. */
    HEARSAY_EVENT_JOIN,
    HEARSAY_EVENT_REFUSED,  /* a live member at addr holds our name: stop the node (R8) */
    HEARSAY_EVENT_REPLACED, /* a later process of our name lives at addr: stop the node (R8) */
    HEARSAY_EVENT_LEFT,     /* others know that we leave, or leave_timeout has passed: stop (R23) */
    HEARSAY_EVENT_FULL,     /* max_members reached: name was not added (at most once per minute) */
    HEARSAY_EVENT_AWAY,     /* we were stopped, suspended or late: away_us, view_dropped (R20) */
    /* Events were lost, or the view was dropped: read the member list again. Fields: lost,
     * others_lost. */
    HEARSAY_EVENT_RESYNC,
    /* At addr, which a lost member or a seed had, a process of another cluster answers. So it was
     * not joined. Fields: name (of the member, if it is known), accuser and id (of the process).
     * At most once an hour for each (R26: who is meant). */
    HEARSAY_EVENT_FOREIGN,
    /* A live member answers from addr, which is not the address of its record, and so that address
     * stays unproven: name, id, addr (at most once per minute; R38: advertised address). */
    HEARSAY_EVENT_UNPROVEN,
};

/* How an attempt to join ended. */
enum hearsay_join_result {
    HEARSAY_JOIN_OK = 1,  /* joined, and views were exchanged */
    HEARSAY_JOIN_SELF,    /* the address is our own */
    HEARSAY_JOIN_TIMEOUT, /* nobody answered */
    HEARSAY_JOIN_REFUSED, /* a member answered and refused us */
    HEARSAY_JOIN_CLOSED,  /* the port is closed (ICMP) */
    HEARSAY_JOIN_FOREIGN, /* somebody else than the member that was meant answered (R26) */
};

/* Why a join was refused: the `refusal` of a JOIN event with the result REFUSED. Later releases add
 * reasons at the end. */
#define HEARSAY_REFUSALS(X)                                                                        \
    X(NONE, "none")                                                                                \
    X(NAME, "name-taken") /* a live member has our name (R8) */                                    \
    X(FULL, "table-full") /* `name`, which may be we, knows max_members living ones: table_max */  \
    X(CLOCK, "clock")     /* a clock is too far ahead of the other (R6): clock_ahead_us */         \
    X(CLUSTER, "cluster") /* who answered is in another cluster */                                 \
    X(OTHER, "other")     /* for a reason that this release does not know */

enum hearsay_refusal {
#define HEARSAY_REFUSAL_ENUM(name, text) HEARSAY_REFUSAL_##name,
    HEARSAY_REFUSALS(HEARSAY_REFUSAL_ENUM)
#undef HEARSAY_REFUSAL_ENUM
};

struct hearsay_event {
    enum hearsay_event_kind kind;
    char name[HEARSAY_NAME_MAX + 1];
    char accuser[HEARSAY_NAME_MAX + 1]; /* who said it; "" if the subject itself, or not known */
    struct hearsay_addr addr;
    uint64_t id;
    uint64_t timestamp;
    enum hearsay_status from, to;
    enum hearsay_reason reason;
    enum hearsay_join_result result;
    uint64_t ring_version, ring_checksum, ring_tokens;
    uint64_t ring_zones; /* hearsay_ring_zones_checksum */
    uint64_t away_us;    /* how long the node did nothing; 0: only the wall clock jumped */
    uint64_t lost;       /* events lost since the last RESYNC; 0: the view was dropped */
    bool others_lost;    /* some of them were not MEMBER events, for example JOIN */
    bool view_dropped;   /* away for longer than tombstone_ttl: other members are forgotten (R20) */
    double ring_moved;   /* share of the key space whose owner changed, 0 to 1 */
    /* refused for its clock: how far the clock of who answered is ahead of ours, microseconds;
     * negative: ours is ahead of its */
    int64_t clock_ahead_us;
    uint32_t table_max; /* refused by a full table: its max_members; 0: not said */
    enum hearsay_refusal refusal;
    uint64_t ring_held;     /* members of the ring that are dead and held (R62) */
    uint64_t ring_settling; /* 1: see hearsay/stats.h */
};

/* "joined", "silent", …; never NULL. */
const char *hearsay_reason_name(enum hearsay_reason reason);

/* "ok", "self", "timeout", "refused", "closed", "foreign"; never NULL. */
const char *hearsay_join_result_name(enum hearsay_join_result result);

/* "none", "name-taken", …; never NULL. */
const char *hearsay_refusal_name(enum hearsay_refusal refusal);

#ifdef __cplusplus
}
#endif
#endif
