/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes JSON lines from events, as docs/log-schema.json describes. Readers of the lines, the log
 * and the control socket, register as sinks.
 */
#ifndef HS_AGENT_PARTS_REPORT_H
#define HS_AGENT_PARTS_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include <hearsay/event.h>

#include "agent/base/clock.h"
#include "agent/base/identity.h"
#include "agent/options/level.h"

/* Every event of the log. */
#define HS_LINES(X)                                                                                \
    X(START, "start")                                                                              \
    X(READY, "ready")                                                                              \
    X(MEMBER, "member")                                                                            \
    X(REFUTE, "refute")                                                                            \
    X(RING, "ring")                                                                                \
    X(JOIN, "join")                                                                                \
    X(REFUSE, "refuse")                                                                            \
    X(FOREIGN, "foreign")                                                                          \
    X(DROP, "drop")                                                                                \
    X(ADDRESS, "address")                                                                          \
    X(HEALTH, "health")                                                                            \
    X(LIBRARY, "library")                                                                          \
    X(RESOLVE, "resolve")                                                                          \
    X(KEYS, "keys")                                                                                \
    X(RELOAD, "reload")                                                                            \
    X(STATE, "state")                                                                              \
    X(STATUS, "status")                                                                            \
    X(STOP, "stop")

enum hs_line {
#define HS_LINE_ENUM(name, text) HS_LINE_##name,
    HS_LINES(HS_LINE_ENUM)
#undef HS_LINE_ENUM
        HS_LINE_COUNT
};

/* "start", …; never NULL. */
const char *hs_line_name(enum hs_line line);

/* A reader of lines. It is the first field of a larger struct, which `take` uses. */
struct hs_sink {
    struct hs_sink *next;
    /* Returns true if it would take a line of this level now. */
    bool (*wants)(const struct hs_sink *sink, enum hs_level level);
    /* Takes a line, including its newline. */
    void (*take)(struct hs_sink *sink, enum hs_level level, enum hs_line line, const char *text,
                 size_t len);
};

struct hs_report {
    const struct hs_clock *clock;
    const struct hearsay_node *node; /* its events and counters are reported */
    const struct hs_identity *identity;
    struct hs_sink *sinks;
};

/* Adds a sink. From now on it gets the lines that it wants. It must outlive the report. */
void hs_report_add(struct hs_report *report, struct hs_sink *sink);

/* Writes one line. Takes over the reference to `fields`, whose keys follow the common ones. No-op
 * if no sink wants the line. */
void hs_report(struct hs_report *report, enum hs_level level, enum hs_line line, json_t *fields);

/* True if a sink wants lines of this level. If not, a caller need not make the line. */
bool hs_report_wanted(const struct hs_report *report, enum hs_level level);

/* "given", "bound", …: the words for `addr_source`. */
const char *hs_report_addr_source(enum hs_advertise_source source);

void hs_report_start(struct hs_report *report);
void hs_report_ready(struct hs_report *report, const char *reason);
void hs_report_stop(struct hs_report *report, int exit_code, const char *reason,
                    const char *message);

/* Reports an event of the node other than JOIN. */
void hs_report_event(struct hs_report *report, const struct hearsay_event *event);

/* Reports the end of an attempt to join through `seed` (NULL: the node's own attempt to reach a
 * failed member). addr, name and message may be NULL. With retry_us 0 it is not tried again
 * automatically. */
struct hs_join_report {
    const char *seed;
    const struct hearsay_addr *addr;
    const char *result, *name, *message;
    uint64_t retry_us;
};
void hs_report_join(struct hs_report *report, enum hs_level level,
                    const struct hs_join_report *join);

#endif
