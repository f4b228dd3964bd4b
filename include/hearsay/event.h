/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a node tells its owner: typed events, pulled with hearsay_node_next_event. The node never
 * calls back and never logs; programs turn events into words.
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
    X(JOINED, "joined")       /* first seen, or back after leaving */                              \
    X(SILENT, "silent")       /* suspected: it answered nobody who asked (R17) */                  \
    X(REFUSED, "refused")     /* suspected: its port is closed (R17) */                            \
    X(REFUTED, "refuted")     /* the subject itself said it is alive (R4) */                       \
    X(RESTARTED, "restarted") /* another process has taken the name (R8) */                        \
    X(UPDATED, "updated")     /* new tags, address or tokens, same status */                       \
    X(FAILED, "failed")       /* its suspicion ran out (R22) */                                    \
    X(LEFT, "left")           /* it said goodbye (R23) */                                          \
    X(FORCED, "forced")       /* removed by an operator */                                         \
    X(PRUNED, "pruned")       /* its tombstone's time is over, or an operator pruned it (R7) */    \
    X(FORGOTTEN, "forgotten") /* we were away for too long: our view was dropped (R20) */

enum hearsay_reason {
#define HEARSAY_REASON_ENUM(name, text) HEARSAY_REASON_##name,
    HEARSAY_REASONS(HEARSAY_REASON_ENUM)
#undef HEARSAY_REASON_ENUM
};

enum hearsay_event_kind {
    HEARSAY_EVENT_MEMBER = 1, /* name, addr, id, from, to, reason, accuser, timestamp */
    HEARSAY_EVENT_REFUTE,     /* we were called suspect or dead and answered: accuser, timestamp */
    /* Another ring, since members or their tokens or zones have changed: ring_version,
     * ring_checksum, ring_zones, ring_tokens, ring_moved. With a change of zones alone the checksum
     * stays (R63). */
    HEARSAY_EVENT_RING,
    HEARSAY_EVENT_JOIN,     /* an attempt on addr has ended: result (below), name if known */
    HEARSAY_EVENT_REFUSED,  /* our name is held by a live member at addr: stop (R8) */
    HEARSAY_EVENT_REPLACED, /* a later start of our name lives at addr: stop (R8) */
    HEARSAY_EVENT_LEFT,     /* our goodbye is known, or leave_timeout has passed: stop (R23) */
    HEARSAY_EVENT_FULL,     /* max_members reached: name was not taken in (said once a minute) */
    HEARSAY_EVENT_AWAY,     /* we were stopped, suspended or late: away_us, view_dropped (R20) */
    /* Events were lost, or the view was dropped: read the member list again. lost, others_lost */
    HEARSAY_EVENT_RESYNC,
};

/* How an attempt to join ended. */
enum hearsay_join_result {
    HEARSAY_JOIN_OK = 1,  /* joined, and views exchanged */
    HEARSAY_JOIN_SELF,    /* the address is our own */
    HEARSAY_JOIN_TIMEOUT, /* nobody answered */
    HEARSAY_JOIN_REFUSED, /* answered, but would not have us: see reason */
    HEARSAY_JOIN_CLOSED,  /* the port is closed (ICMP) */
};

struct hearsay_event {
    enum hearsay_event_kind kind;
    char name[HEARSAY_NAME_MAX + 1];
    char accuser[HEARSAY_NAME_MAX + 1]; /* on whose word; "" when by the subject or unknown */
    struct hearsay_addr addr;
    uint64_t id;
    uint64_t timestamp;
    enum hearsay_status from, to;
    enum hearsay_reason reason;
    enum hearsay_join_result result;
    uint64_t ring_version, ring_checksum, ring_tokens;
    uint64_t ring_zones; /* hearsay_ring_zones_checksum */
    uint64_t away_us;    /* how long nothing was done; 0 when only the wall clock jumped */
    uint64_t lost;       /* events, since the last RESYNC; 0: the view was dropped */
    bool others_lost;    /* some of them were no MEMBER events: ends of attempts to join, too */
    bool view_dropped;   /* away for longer than tombstones live: all others are forgotten (R20) */
    double ring_moved;   /* share of the key space whose owner changed, 0 to 1 */
};

/* "joined", "silent", …; never NULL. */
const char *hearsay_reason_name(enum hearsay_reason reason);

/* "ok", "self", "timeout", "refused", "closed"; never NULL. */
const char *hearsay_join_result_name(enum hearsay_join_result result);

#ifdef __cplusplus
}
#endif
#endif
