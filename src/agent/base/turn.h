/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A turn of the loop: what happens between two polls. Datagrams and the node's timer are served at
 * once by their own callbacks. Everything else marks the turn as touched. Then the pump runs once,
 * after all ready callbacks and before the next poll.
 *
 * Work for clients and files shares one budget of 4 ms per turn (R20a: turn budget). It is done in
 * small steps, and before each step the code checks whether time is left.
 */
#ifndef HS_AGENT_BASE_TURN_H
#define HS_AGENT_BASE_TURN_H

#include <stdbool.h>
#include <stdint.h>

#include <event2/event.h>

#include <hearsay/node.h>

#include "agent/base/clock.h"

#define HS_TURN_BUDGET_US 4000 /* per turn, for all work outside the protocol */
#define HS_TURN_LEAST_US  1000 /* the part that is granted even if the protocol has work to do */
#define HS_TURN_LOOK_US   250  /* between two checks for a datagram */

#define HS_TURN_SLOTS   7        /* slots of time; each has its longest turn */
#define HS_TURN_SLOT_US 10000000 /* so the slots cover the last 60 to 70 s */

struct hs_turn {
    struct hs_clock *clock;
    const struct hearsay_node *node; /* its deadline ends the work of a turn */
    int udp_fd;                      /* a datagram on it does so as well */
    struct event *pump;
    struct event *again; /* a zero timer: fires after the next poll */
    bool pumping;
    uint64_t number; /* of this turn, from 1 */

    uint64_t spent;  /* on work in this turn */
    uint64_t used;   /* as of the last hs_turn_left, including work under way */
    uint64_t since;  /* boot time at which work began; 0: no work under way */
    uint64_t looked; /* boot time of the last check of the socket */
    bool urgent;     /* the protocol has work to do: seen in this turn */

    uint64_t slot; /* number of the present slot */
    uint64_t longest[HS_TURN_SLOTS];
};

/* `pump` is called with `context` once in each turn that is touched. It must begin with
 * hs_turn_begin_pump and finish with hs_turn_end. Returns 0 or HEARSAY_ERR_NOMEM. */
int hs_turn_init(struct hs_turn *ret_turn, struct event_base *base, struct hs_clock *clock,
                 event_callback_fn pump, void *context);

void hs_turn_fini(struct hs_turn *turn);

/* Makes the pump run before the next poll. Every callback outside the protocol calls it. While the
 * pump runs it has the effect of hs_turn_again. */
void hs_turn_touch(struct hs_turn *turn);

/* Makes the pump run after the next poll, for work that is left over. */
void hs_turn_again(struct hs_turn *turn);

/* To be called before and after work that counts against the budget. */
void hs_turn_begin_work(struct hs_turn *turn);
void hs_turn_end_work(struct hs_turn *turn);

/* Returns the microseconds that work may still take in this turn. Returns 0 if the budget is used
 * up. Once HS_TURN_LEAST_US are used, it also returns 0 if the node's deadline has come or a
 * datagram waits. */
uint64_t hs_turn_left(struct hs_turn *turn);

void hs_turn_begin_pump(struct hs_turn *turn);

/* Ends the turn: records its length and starts a new budget. */
void hs_turn_end(struct hs_turn *turn);

/* The longest turn of the last minute, in microseconds. */
uint64_t hs_turn_longest(struct hs_turn *turn);

#endif
