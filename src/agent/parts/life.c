/* SPDX-License-Identifier: Apache-2.0 */
/* Nothing here ends the loop. A stop only sets a flag, so that the pump can send and write what is
 * left before it ends the loop. */
#include "agent/parts/life.h"

#include <inttypes.h>
#include <stdio.h>

#include <hearsay/error.h>

#include "service/service.h"
#include "service/timer.h"

static void on_leave_timer(evutil_socket_t fd, short what, void *context)
{
    struct hs_life *life = context;

    (void)fd;
    (void)what;
    hs_clock_read(life->turn->clock);
    hs_life_stop(life, HS_EXIT_OK, "left", NULL);
}

int hs_life_init(struct hs_life *life, struct event_base *base)
{
    life->leave_timer = evtimer_new(base, on_leave_timer, life);
    return life->leave_timer ? 0 : HEARSAY_ERR_NOMEM;
}

void hs_life_fini(struct hs_life *life)
{
    if (life->leave_timer)
        event_free(life->leave_timer);
    life->leave_timer = NULL;
}

void hs_life_ready(struct hs_life *life, const char *reason)
{
    if (life->ready || life->stopping)
        return;
    life->ready = true;
    hs_report_ready(life->report, reason);
}

void hs_life_unready(struct hs_life *life)
{
    life->ready = false;
}

void hs_life_stop(struct hs_life *life, int exit_code, const char *reason, const char *words)
{
    if (life->stopping)
        return;
    life->stopping = true;
    life->exit_code = exit_code;
    if (words)
        hs_error_text(life->last_words, "%s", words);
    hs_report_stop(life->report, exit_code, reason, words);
    hs_turn_touch(life->turn);
}

/* The manager would kill us in the middle of a goodbye that is longer than TimeoutStopSec of the
 * unit. If it cannot be told, it has a limit of its own all the same. */
static void tell_manager(uint64_t us)
{
    char state[64], error[HS_ERROR_TEXT_MAX];

    snprintf(state, sizeof(state), "STOPPING=1\nEXTEND_TIMEOUT_USEC=%" PRIu64, us);
    hs_service_notify(state, error);
}

void hs_life_leave(struct hs_life *life)
{
    uint64_t us = life->leave_timeout + HS_LEAVE_GRACE_US;

    if (life->leaving)
        return;
    life->leaving = true;
    tell_manager(us + HS_STOP_GRACE_US);
    if (hearsay_node_leave(life->node, life->turn->clock->now) < 0)
        hs_life_stop(life, HS_EXIT_OK, "left", NULL);
    else
        hs_timer_set(life->leave_timer, us);
}

void hs_life_signalled(struct hs_life *life)
{
    uint64_t now = life->turn->clock->now.boot;

    if (life->signalled && now - life->signalled_at > HS_IMPATIENT_US) {
        hs_life_stop(life, HS_EXIT_FAILED, "interrupted",
                     "stopped before the other members knew that it leaves");
        return;
    }
    if (!life->signalled)
        life->signalled_at = now;
    life->signalled = true;
    hs_life_leave(life);
}

bool hs_life_needs_no_words(const struct hs_life *life)
{
    return !life->stopping || life->exit_code != HS_EXIT_FAILED;
}

bool hs_life_has_left(const struct hs_life *life)
{
    return life->stopping && life->exit_code == HS_EXIT_OK;
}
