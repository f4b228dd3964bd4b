/* SPDX-License-Identifier: Apache-2.0 */
/* The C library keeps freed memory for the next use. After an answer of megabytes, which may be the
 * only one in days, that is most of the agent's memory. After the start, with its settings,
 * look-ups and first rings, it is a tenth. */
#include "agent/control/trim.h"

#include <malloc.h>

#include <hearsay/error.h>
#include <hearsay/host.h>

#include "service/timer.h"

static void on_trim(evutil_socket_t fd, short what, void *context)
{
    struct hs_trim *trim = context;

    (void)fd;
    (void)what;
    hs_clock_read(trim->turn->clock);
    malloc_trim(0);
    trim->trimmed = trim->turn->clock->now.boot;
    hs_turn_touch(trim->turn);
}

int hs_trim_init(struct hs_trim *ret_trim, struct event_base *base, struct hs_turn *turn)
{
    *ret_trim = (struct hs_trim){.turn = turn};
    ret_trim->timer = evtimer_new(base, on_trim, ret_trim);
    return ret_trim->timer ? 0 : HEARSAY_ERR_NOMEM;
}

void hs_trim_fini(struct hs_trim *trim)
{
    if (trim->timer)
        event_free(trim->timer);
    trim->timer = NULL;
}

void hs_trim_plan(struct hs_trim *trim)
{
    uint64_t boot, due;

    if (evtimer_pending(trim->timer, NULL))
        return;
    boot = hearsay_host_now().boot;
    due = boot + HS_TRIM_DELAY_US;
    if (trim->trimmed > 0 && due < trim->trimmed + HS_TRIM_PERIOD_US)
        due = trim->trimmed + HS_TRIM_PERIOD_US;
    hs_timer_set(trim->timer, due - boot);
}

void hs_trim_after(struct hs_trim *trim, uint64_t bytes)
{
    if (bytes > HS_TRIM_ANSWER)
        hs_trim_plan(trim);
}
