/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a node does, step by step, for whoever looks for a defect in it: datagrams in and out,
 * timers, changes of records, probes, suspicions, exchanges. Events (hearsay/event.h) are for the
 * owner of a node and few; steps are for maintainers and many. A config's `trace` is called for
 * each. It must not call the node, and what its argument points to is gone when it returns.
 *
 * Kinds, words and their fields may change in any minor release.
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

/* Kinds of step, and the fields that each has beside `when`. */
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
    X(BURST, "burst")         /* R15: rumors that are fresh */                                     \
    X(PROBE, "probe")         /* R17: a try of a probe, or its verdict */                          \
    X(SUSPICION, "suspicion") /* R22: a suspicion runs out */                                      \
    X(CONTACT, "contact")     /* R25: a try to join */                                             \
    X(SYNC, "sync")           /* R24: an exchange is not answered */                               \
    X(REAP, "reap")           /* R7: tombstones past their time */                                 \
    X(REJOIN, "rejoin")       /* R26 */                                                            \
    X(LEAVE, "leave")         /* R23 */                                                            \
    X(RING, "ring")           /* R30 */

enum hearsay_trace_timer {
#define HEARSAY_TRACE_ENUM(name, text) HEARSAY_TRACE_TIMER_##name,
    HEARSAY_TRACE_TIMERS(HEARSAY_TRACE_ENUM)
#undef HEARSAY_TRACE_ENUM
};

#define HEARSAY_TRACE_PURPOSES(X)                                                                  \
    X(PERIODIC, "periodic")           /* R14: the round's own */                                   \
    X(VERIFY, "verify")               /* R18: somebody else is in doubt about it */                \
    X(REPROBE, "re-probe")            /* R18: we have accused it, and keep asking */               \
    X(CONFIRM, "confirm")             /* R18: the last one before it is declared dead */           \
    X(HELP, "help")                   /* R17: asked for by another */                              \
    X(NAME_CONFLICT, "name-conflict") /* R8: does the holder of a name still live? */

enum hearsay_trace_purpose {
#define HEARSAY_TRACE_ENUM(name, text) HEARSAY_TRACE_PURPOSE_##name,
    HEARSAY_TRACE_PURPOSES(HEARSAY_TRACE_ENUM)
#undef HEARSAY_TRACE_ENUM
};

/* How a probe or an exchange ended. */
#define HEARSAY_TRACE_ENDS(X)                                                                      \
    X(OK, "ok")           /* an exchange: all that differed was gone through */                    \
    X(REACHED, "reached") /* by us or by a helper */                                               \
    X(SILENT, "silent")   /* long enough to say so */                                              \
    X(REFUSED, "refused") /* its port is closed */                                                 \
    X(VOID, "void")       /* evidence too weak, or no answer to an exchange */                     \
    X(MOOT, "moot")       /* its reason is gone, or another probe takes its place */

enum hearsay_trace_end {
#define HEARSAY_TRACE_ENUM(name, text) HEARSAY_TRACE_END_##name,
    HEARSAY_TRACE_ENDS(HEARSAY_TRACE_ENUM)
#undef HEARSAY_TRACE_ENUM
};

/* Steps of an exchange, as numbered on the wire (docs/protocol.md). */
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

/* The library's; read what the kind has. Later releases add fields at its end. */
struct hearsay_trace {
    enum hearsay_trace_kind kind;
    struct hearsay_now when;
    const char *name;                /* of the member in question; NULL: not known */
    const struct hearsay_addr *addr; /* where it came from or goes to; NULL: none */
    uint64_t timestamp;              /* of the record; of a datagram: its creation time */
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

/* Words of the tables above; "unknown" for a number that is in none. */
const char *hearsay_trace_name(enum hearsay_trace_kind kind);
const char *hearsay_trace_timer_name(enum hearsay_trace_timer timer);
const char *hearsay_trace_purpose_name(enum hearsay_trace_purpose purpose);
const char *hearsay_trace_end_name(enum hearsay_trace_end end);
const char *hearsay_trace_exchange_name(enum hearsay_trace_exchange exchange);

#ifdef __cplusplus
}
#endif
#endif
