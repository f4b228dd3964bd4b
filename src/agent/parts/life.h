/* SPDX-License-Identifier: Apache-2.0 */
/* The states of the daemon's life: ready, leaving, stopping; and the timers that bound them. */
#ifndef HS_AGENT_PARTS_LIFE_H
#define HS_AGENT_PARTS_LIFE_H

#include <stdbool.h>
#include <stdint.h>

#include <event2/event.h>

#include <hearsay/node.h>

#include "agent/base/turn.h"
#include "agent/parts/report.h"
#include "service/error_text.h"

#define HS_LEAVE_GRACE_US 1000000 /* so long after leave_timeout the agent ends in any case */
#define HS_IMPATIENT_US   200000 /* a signal to end this long after the first asks to end at once */
#define HS_STOP_GRACE_US  5000000 /* what the service manager adds before it kills the agent */

/* The caller sets the first fields; the rest must be zero. */
struct hs_life {
    struct hs_turn *turn;
    struct hs_report *report;
    struct hearsay_node *node;
    uint64_t leave_timeout;
    struct event *leave_timer;
    bool ready; /* what this agent knows is more than itself, or there is nobody to ask (R40) */
    bool leaving, stopping;
    bool signalled; /* to end; when, on the boot clock: */
    uint64_t signalled_at;
    int exit_code;
    char last_words[HS_ERROR_TEXT_MAX]; /* for stderr, if the agent ends because of a failure */
};

/* Returns 0 or HEARSAY_ERR_NOMEM. */
int hs_life_init(struct hs_life *life, struct event_base *base);

void hs_life_fini(struct hs_life *life);

/* Reports that the agent is ready. No-op if this was reported before or the agent is stopping. */
void hs_life_ready(struct hs_life *life, const char *reason);

/* The view was dropped and is learned anew: the agent is not ready until hs_life_ready. */
void hs_life_unready(struct hs_life *life);

/* Begins to leave the cluster (R23: leaving). No-op if the agent is leaving already. */
void hs_life_leave(struct hs_life *life);

/* A signal asks the agent to end. The first one begins to leave. Another one ends the agent at
 * once, if it comes HS_IMPATIENT_US later: those before it are the same wish, said by two
 * (timeout(1) signals its child and its group, a supervisor and an operator may do it together).
 */
void hs_life_signalled(struct hs_life *life);

/* The pump of this turn ends the loop, after the last lines and datagrams. `reason` is the word of
 * the `stop` event; `words` (may be NULL) go to stderr. */
void hs_life_stop(struct hs_life *life, int exit_code, const char *reason, const char *words);

/* True if the agent stops because it has left the cluster. */
bool hs_life_has_left(const struct hs_life *life);

/* R60: last words. True if nobody need be told that this process ends: others know, or another
 * process has the name, or it has not run. */
bool hs_life_needs_no_words(const struct hs_life *life);

#endif
