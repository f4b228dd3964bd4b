/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pump is one event of the same priority as all others. libevent serves a lower priority only
 * in a pass in which nothing else was ready, so a pump of lower priority would starve in a flood.
 * An event that is activated again by its own callback is served in the same pass, without a poll,
 * and blocks all other sockets and the signals. So the pump never activates itself. Work that is
 * left over continues through a timer of zero, because a timer fires after a poll.
 */
#include "agent/base/turn.h"

#include <poll.h>
#include <string.h>
#include <time.h>

#include <hearsay/error.h>

#include "service/timer.h"

/* Reads only the boot clock of struct hearsay_now, because it is read between any two steps. */
static uint64_t boot_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_BOOTTIME, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void on_again(evutil_socket_t fd, short what, void *context)
{
    struct hs_turn *turn = context;

    (void)fd;
    (void)what;
    hs_clock_read(turn->clock);
    hs_turn_touch(turn);
}

int hs_turn_init(struct hs_turn *ret_turn, struct event_base *base, struct hs_clock *clock,
                 event_callback_fn pump, void *context)
{
    *ret_turn = (struct hs_turn){.clock = clock, .udp_fd = -1, .number = 1};
    ret_turn->pump = event_new(base, -1, 0, pump, context);
    ret_turn->again = evtimer_new(base, on_again, ret_turn);
    if (ret_turn->pump && ret_turn->again)
        return 0;
    hs_turn_fini(ret_turn);
    return HEARSAY_ERR_NOMEM;
}

void hs_turn_fini(struct hs_turn *turn)
{
    if (turn->pump)
        event_free(turn->pump);
    if (turn->again)
        event_free(turn->again);
    turn->pump = turn->again = NULL;
}

void hs_turn_touch(struct hs_turn *turn)
{
    if (turn->pumping)
        hs_turn_again(turn);
    else if (turn->pump)
        event_active(turn->pump, EV_TIMEOUT, 0);
}

void hs_turn_again(struct hs_turn *turn)
{
    if (turn->again && !evtimer_pending(turn->again, NULL))
        hs_timer_set(turn->again, 0);
}

/* ---- the budget -------------------------------------------------------------------------- */

void hs_turn_begin_work(struct hs_turn *turn)
{
    turn->since = boot_now();
    turn->used = turn->spent;
}

void hs_turn_end_work(struct hs_turn *turn)
{
    turn->spent += boot_now() - turn->since;
    turn->since = 0;
}

/* Returns true if the protocol has work to do. To ask the kernel costs as much as a step of work,
 * so this is done only every HS_TURN_LOOK_US. */
static bool is_urgent(struct hs_turn *turn, uint64_t boot)
{
    if (turn->urgent)
        return true;
    if (turn->node && hearsay_node_deadline(turn->node) <= boot) {
        turn->urgent = true;
    } else if (turn->udp_fd >= 0 && boot - turn->looked >= HS_TURN_LOOK_US) {
        struct pollfd udp = {.fd = turn->udp_fd, .events = POLLIN};

        turn->looked = boot;
        turn->urgent = poll(&udp, 1, 0) > 0;
    }
    return turn->urgent;
}

uint64_t hs_turn_left(struct hs_turn *turn)
{
    uint64_t boot = boot_now();

    turn->used = turn->spent + (turn->since > 0 ? boot - turn->since : 0);
    if (turn->used < HS_TURN_LEAST_US)
        return HS_TURN_LEAST_US - turn->used;
    if (turn->used >= HS_TURN_BUDGET_US || is_urgent(turn, boot))
        return 0;
    return HS_TURN_BUDGET_US - turn->used;
}

/* ---- its length -------------------------------------------------------------------------- */

/* Moves to the slot of this time and clears slots that are too old. */
static void turn_slots(struct hs_turn *turn, uint64_t boot)
{
    uint64_t slot = boot / HS_TURN_SLOT_US;

    if (slot - turn->slot >= HS_TURN_SLOTS)
        memset(turn->longest, 0, sizeof(turn->longest));
    else
        while (turn->slot < slot)
            turn->longest[++turn->slot % HS_TURN_SLOTS] = 0;
    turn->slot = slot;
}

void hs_turn_begin_pump(struct hs_turn *turn)
{
    turn->pumping = true;
}

void hs_turn_end(struct hs_turn *turn)
{
    uint64_t boot = boot_now();
    uint64_t *longest;

    turn_slots(turn, boot);
    longest = &turn->longest[turn->slot % HS_TURN_SLOTS];
    if (turn->clock->began > 0 && boot - turn->clock->began > *longest)
        *longest = boot - turn->clock->began;
    turn->clock->began = 0;
    turn->spent = turn->used = turn->looked = 0;
    turn->urgent = turn->pumping = false;
    turn->number++;
}

uint64_t hs_turn_longest(struct hs_turn *turn)
{
    uint64_t longest = 0;

    turn_slots(turn, boot_now());
    for (int i = 0; i < HS_TURN_SLOTS; i++)
        if (turn->longest[i] > longest)
            longest = turn->longest[i];
    return longest;
}
