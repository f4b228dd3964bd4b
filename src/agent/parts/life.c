/* SPDX-License-Identifier: Apache-2.0 */
/* Nothing here ends the loop. A stop only sets a flag, so that the pump can send and write what is
 * left before it ends the loop. */
#include "agent/parts/life.h"

#include <hearsay/error.h>

static void on_ready_timer(evutil_socket_t fd, short what, void *context)
{
    struct hs_life *life = context;

    (void)fd;
    (void)what;
    hs_clock_read(life->turn->clock);
    hs_life_ready(life, "timeout");
    hs_turn_touch(life->turn);
}

static void on_leave_timer(evutil_socket_t fd, short what, void *context)
{
    struct hs_life *life = context;

    (void)fd;
    (void)what;
    hs_clock_read(life->turn->clock);
    hs_life_stop(life, 0, "left", NULL);
}

int hs_life_init(struct hs_life *life, struct event_base *base)
{
    static const struct timeval alone = {HS_READY_ALONE_US / 1000000, HS_READY_ALONE_US % 1000000};

    life->ready_timer = evtimer_new(base, on_ready_timer, life);
    life->leave_timer = evtimer_new(base, on_leave_timer, life);
    if (!life->ready_timer || !life->leave_timer || evtimer_add(life->ready_timer, &alone) < 0)
        return HEARSAY_ERR_NOMEM;
    return 0;
}

void hs_life_fini(struct hs_life *life)
{
    if (life->ready_timer)
        event_free(life->ready_timer);
    if (life->leave_timer)
        event_free(life->leave_timer);
    life->ready_timer = life->leave_timer = NULL;
}

void hs_life_ready(struct hs_life *life, const char *reason)
{
    if (life->ready || life->stopping)
        return;
    life->ready = true;
    evtimer_del(life->ready_timer);
    hs_report_ready(life->report, reason);
}

bool hs_life_isolated(const struct hs_life *life)
{
    return life->isolated;
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

void hs_life_leave(struct hs_life *life)
{
    uint64_t us = life->leave_timeout + HS_LEAVE_GRACE_US;
    struct timeval delay = {(time_t)(us / 1000000), (suseconds_t)(us % 1000000)};

    if (life->leaving) {
        hs_life_stop(life, 1, "interrupted",
                     "stopped before the other members knew that it leaves");
        return;
    }
    life->leaving = true;
    if (hearsay_node_leave(life->node, life->turn->clock->now) < 0)
        hs_life_stop(life, 0, "left", NULL);
    else
        evtimer_add(life->leave_timer, &delay);
}

bool hs_life_has_left(const struct hs_life *life)
{
    return life->stopping && life->exit_code == 0;
}
