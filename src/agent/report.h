/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From what happens to JSON lines, by the schema in docs/log-schema.json: for the log, if the level
 * allows, and for the clients that monitor.
 */
#ifndef HS_AGENT_REPORT_H
#define HS_AGENT_REPORT_H

#include <stdint.h>

#include <jansson.h>

#include <hearsay/event.h>
#include <hearsay/stats.h>

#include "agent/options.h"

/* Every event of the log. */
#define HS_LINES(X)                                                                                \
    X(START, "start")                                                                              \
    X(READY, "ready")                                                                              \
    X(MEMBER, "member")                                                                            \
    X(REFUTE, "refute")                                                                            \
    X(RING, "ring")                                                                                \
    X(JOIN, "join")                                                                                \
    X(REFUSE, "refuse")                                                                            \
    X(DROP, "drop")                                                                                \
    X(HEALTH, "health")                                                                            \
    X(RELOAD, "reload")                                                                            \
    X(STOP, "stop")

enum hs_line {
#define HS_LINE_ENUM(name, text) HS_LINE_##name,
    HS_LINES(HS_LINE_ENUM)
#undef HS_LINE_ENUM
        HS_LINE_COUNT
};

/* "start", …; never NULL. */
const char *hs_line_name(enum hs_line line);

#define HS_LOSS_BOUND_PERMILLE                                                                     \
    250                           /* `health` says so above; a fifth is what a new agent assumes   \
                                   */
#define HS_LOSS_CALM_PERMILLE 150 /* and again once it is below this */

struct hs_agent;

struct hs_report {
    uint64_t stats_at; /* boot time at which counters were last told; 0: never */
    uint64_t drops[HEARSAY_DROP_COUNT];
    bool lossy;
};

/* Writes one line. Takes over the reference to `fields`, whose keys follow the common ones. Does
 * nothing when nobody would read it. */
void hs_report(struct hs_agent *agent, enum hs_level level, enum hs_line line, json_t *fields);

/* True when a line of this level has a reader: spares the making of it. */
bool hs_report_wanted(const struct hs_agent *agent, enum hs_level level);

void hs_report_start(struct hs_agent *agent);
void hs_report_ready(struct hs_agent *agent, const char *reason);
void hs_report_stop(struct hs_agent *agent, const char *reason, const char *words);

/* An event of the node other than JOIN. */
void hs_report_event(struct hs_agent *agent, const struct hearsay_event *event);

/* An attempt to join through `seed` (NULL: the node's own attempt on a lost member) has ended.
 * addr, name and message may be NULL; retry_us 0: it is not tried again by itself. */
struct hs_join_report {
    const char *seed;
    const struct hearsay_addr *addr;
    const char *result, *name, *message;
    uint64_t retry_us;
};
void hs_report_join(struct hs_agent *agent, enum hs_level level, const struct hs_join_report *join);

/* `drop` and `health`, from the differences of the counters, at most once a second. */
void hs_report_stats(struct hs_agent *agent);

/* Text as JSON; what is not UTF-8 becomes '?'. NULL only when memory is out. */
json_t *hs_json_text(const char *text, size_t len);

json_t *hs_json_addr(const struct hearsay_addr *addr);

#endif
