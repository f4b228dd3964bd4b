/* SPDX-License-Identifier: Apache-2.0 */
/* The states of the daemon's life: ready, leaving, stopping; and the timers that bound them. */
#ifndef HS_AGENT_PARTS_LIFE_H
#define HS_AGENT_PARTS_LIFE_H

#include <stdbool.h>
#include <stdint.h>

#include <event2/event.h>

#include <hearsay/node.h>

#include "agent/base/error_text.h"
#include "agent/base/turn.h"
#include "agent/parts/report.h"

#define HS_READY_ALONE_US 10000000 /* `ready` after this long without an answer (R25) */
#define HS_LEAVE_GRACE_US 1000000  /* so long after leave_timeout the agent ends in any case */

/* The caller sets the first fields; the rest must be zero. */
struct hs_life {
    struct hs_turn *turn;
    struct hs_report *report;
    struct hearsay_node *node;
    uint64_t leave_timeout;
    struct event *ready_timer, *leave_timer;
    bool isolated; /* nothing comes from those who should answer (R39) */
    bool ready, leaving, stopping;
    int exit_code;
    char last_words[HS_ERROR_TEXT_MAX]; /* for stderr, if the agent ends because of a failure */
};

/* Starts the timer for `ready`. Returns 0 or HEARSAY_ERR_NOMEM. */
int hs_life_init(struct hs_life *life, struct event_base *base);

void hs_life_fini(struct hs_life *life);

/* Reports that the agent is ready. No-op if this was reported before or the agent is stopping. */
void hs_life_ready(struct hs_life *life, const char *reason);

/* R39: true if nothing comes from those who should answer, so that the view may be old. */
bool hs_life_isolated(const struct hs_life *life);

/* Begins to leave the cluster (R23: leaving). A second call ends the agent at once. */
void hs_life_leave(struct hs_life *life);

/* The pump of this turn ends the loop, after the last lines and datagrams. `reason` is the word of
 * the `stop` event; `words` (may be NULL) go to stderr. */
void hs_life_stop(struct hs_life *life, int exit_code, const char *reason, const char *words);

/* True if the agent stops because it has left the cluster. */
bool hs_life_has_left(const struct hs_life *life);

#endif
