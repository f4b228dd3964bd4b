/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The trace of a node, for maintainers who look for a defect: datagrams in and out, timers, changes
 * of records, probes, suspicions and exchanges. Events (hearsay/event.h) are few and meant for the
 * owner of a node. Steps of the trace are many. The node calls the `trace` function of its config
 * for each step, on the thread that makes the library call. The function must not call the node.
 * Its argument, and all that the argument points to, is borrowed for the call.
 *
 * Kinds, words and fields may change in any minor release.
 */
#ifndef HEARSAY_TRACE_H
#define HEARSAY_TRACE_H

#include <stddef.h>
#include <stdint.h>

#include <hearsay/addr.h>
#include <hearsay/event.h>
#include <hearsay/member.h>
#include <hearsay/now.h>
#include <hearsay/stats.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The kinds of step, and the fields that are set for each in addition to `when`. */
#define HEARSAY_TRACES(X)                                                                          \
    X(RECEIVED, "received")               /* addr, length; message, name, timestamp if known */    \
    X(DROPPED, "dropped")                 /* drop: of the datagram received before, or of one */   \
                                          /* record in it; no datagram made for want of room */    \
    X(UNREACHABLE, "unreachable")         /* an ICMP error: addr, length of the quote */           \
    X(SENT, "sent")                       /* addr, length, message, timestamp; name if known */    \
    X(UNSENT, "unsent")                   /* the socket did not take it: timestamp */              \
    X(TIMER, "timer")                     /* timer */                                              \
    X(RECORD, "record")                   /* taken: name, from, to, reason, timestamp */           \
    X(PROBE_BEGUN, "probe-begun")         /* name, purpose */                                      \
    X(PROBE_ENDED, "probe-ended")         /* name, purpose, end, tries */                          \
    X(SUSPICION_BEGUN, "suspicion-begun") /* name */                                               \
    X(SUSPICION_ENDED, "suspicion-ended") /* name, to */                                           \
    X(EXCHANGE_BEGUN, "exchange-begun")   /* by us: name */                                        \
    X(EXCHANGE_STEP, "exchange-step")     /* received: name, exchange */                           \
    X(EXCHANGE_ENDED, "exchange-ended")   /* name, end: ok or void */

enum hearsay_trace_kind {
#define HEARSAY_TRACE_ENUM(name, text) HEARSAY_TRACE_##name,
    HEARSAY_TRACES(HEARSAY_TRACE_ENUM)
#undef HEARSAY_TRACE_ENUM
};

#define HEARSAY_TRACE_TIMERS(X)                                                                    \
    X(PERIOD, "period")       /* R14: a round */                                                   \
    X(BURST, "burst")         /* R15: fresh rumors are sent */                                     \
    X(PROBE, "probe")         /* R17: a try of a probe, or its end */                              \
    X(SUSPICION, "suspicion") /* R22: a suspicion times out */                                     \
    X(CONTACT, "contact")     /* R25: a try to join */                                             \
    X(SYNC, "sync")           /* R24: no answer to an exchange */                                  \
    X(REAP, "reap")           /* R7: tombstones expire */                                          \
    X(REJOIN, "rejoin")       /* R26: seeds, failed members are tried */                           \
    X(LEAVE, "leave")         /* R23: leave_timeout has passed */                                  \
    X(RING, "ring")           /* R30: ring change */                                               \
    X(KEYS, "keys")           /* R33: our record tells which keys and ring settings we have */     \
    X(HOLD, "hold")           /* R62: a failed member may lose its tokens */

enum hearsay_trace_timer {
#define HEARSAY_TRACE_ENUM(name, text) HEARSAY_TRACE_TIMER_##name,
    HEARSAY_TRACE_TIMERS(HEARSAY_TRACE_ENUM)
#undef HEARSAY_TRACE_ENUM
};

#define HEARSAY_TRACE_PURPOSES(X)                                                                  \
    X(PERIODIC, "periodic")           /* R14: the probe of a round */                              \
    X(VERIFY, "verify")               /* R18: another member suspects it */                        \
    X(REPROBE, "re-probe")            /* R18: we suspect it and probe it again */                  \
    X(CONFIRM, "confirm")             /* R18: the last probe before it is declared dead */         \
    X(HELP, "help")                   /* R17: requested by another member */                       \
    X(NAME_CONFLICT, "name-conflict") /* R8: is the holder of a name alive? */

enum hearsay_trace_purpose {
#define HEARSAY_TRACE_ENUM(name, text) HEARSAY_TRACE_PURPOSE_##name,
    HEARSAY_TRACE_PURPOSES(HEARSAY_TRACE_ENUM)
#undef HEARSAY_TRACE_ENUM
};

/* How a probe or an exchange ended. */
#define HEARSAY_TRACE_ENDS(X)                                                                      \
    X(OK, "ok")           /* an exchange: all differences were handled */                          \
    X(REACHED, "reached") /* it answered us or a helper */                                         \
    X(SILENT, "silent")   /* it did not answer in time */                                          \
    X(REFUSED, "refused") /* its port is closed */                                                 \
    X(VOID, "void")       /* evidence too weak; an exchange: no answer */                          \
    X(MOOT, "moot")       /* no longer needed, or replaced by another probe */

enum hearsay_trace_end {
#define HEARSAY_TRACE_ENUM(name, text) HEARSAY_TRACE_END_##name,
    HEARSAY_TRACE_ENDS(HEARSAY_TRACE_ENUM)
#undef HEARSAY_TRACE_ENUM
};

/* The steps of an exchange, numbered as on the wire (R24; docs/protocol.md). */
#define HEARSAY_TRACE_EXCHANGES(X)                                                                 \
    X(BUCKETS, "buckets")                                                                          \
    X(DIFFER, "differ")                                                                            \
    X(LIST, "list")                                                                                \
    X(RECORDS, "records")                                                                          \
    X(FINE, "fine")                                                                                \
    X(FINER, "finer")

enum hearsay_trace_exchange {
#define HEARSAY_TRACE_ENUM(name, text) HEARSAY_TRACE_EXCHANGE_##name,
    HEARSAY_TRACE_EXCHANGES(HEARSAY_TRACE_ENUM)
#undef HEARSAY_TRACE_ENUM
};

/* One step. It belongs to the library. Read only the fields that its kind sets. Later releases add
 * fields at the end. */
struct hearsay_trace {
    enum hearsay_trace_kind kind;
    struct hearsay_now when;
    const char *name;                /* of the member concerned; NULL: not known */
    const struct hearsay_addr *addr; /* where it came from or goes to; NULL: none */
    uint64_t timestamp;              /* of a record; of a datagram its creation time */
    size_t length;                   /* bytes of the datagram */
    enum hearsay_kind message;
    enum hearsay_drop drop;
    enum hearsay_trace_timer timer;
    enum hearsay_trace_purpose purpose;
    enum hearsay_trace_end end;
    enum hearsay_trace_exchange exchange;
    enum hearsay_status from, to;
    enum hearsay_reason reason;
    uint32_t tries;
};

/* The words of the tables above, "unknown" for any other number. Static storage; safe from any
 * thread. */
const char *hearsay_trace_name(enum hearsay_trace_kind value);
const char *hearsay_trace_timer_name(enum hearsay_trace_timer value);
const char *hearsay_trace_purpose_name(enum hearsay_trace_purpose value);
const char *hearsay_trace_end_name(enum hearsay_trace_end value);
const char *hearsay_trace_exchange_name(enum hearsay_trace_exchange value);

#ifdef __cplusplus
}
#endif
#endif
