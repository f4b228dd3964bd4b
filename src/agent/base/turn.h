/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A turn of the loop: what happens between two polls. Datagrams and the node's timer are served at
 * once by their own callbacks. Everything else marks the turn as touched; then the pump runs once,
 * after all that was ready and before the next poll.
 *
 * Work for clients and files has one budget a turn (R20a: 4 ms together). It is done in small
 * steps, and whoever does it asks before each step whether time is left.
 */
#ifndef HS_AGENT_BASE_TURN_H
#define HS_AGENT_BASE_TURN_H

#include <stdbool.h>
#include <stdint.h>

#include <event2/event.h>

#include <hearsay/node.h>

#include "agent/base/clock.h"

#define HS_TURN_BUDGET_US 4000 /* of each turn, for all that is not the protocol */
#define HS_TURN_LEAST_US  1000 /* of it that is given even when the protocol has work to do */
#define HS_TURN_LOOK_US   250  /* between two looks whether a datagram has arrived */

#define HS_TURN_SLOTS   7        /* the longest turn is remembered for each of these */
#define HS_TURN_SLOT_US 10000000 /* so what is said is of the last 60 to 70 s */

struct hs_turn {
    struct hs_clock *clock;
    const struct hearsay_node *node; /* whose deadline ends the work of a turn */
    int udp_fd;                      /* whose datagrams do so, too */
    struct event *pump;
    struct event *again; /* a zero timer: fires after the next poll */
    bool pumping;
    uint64_t number; /* of this turn, from 1 */

    uint64_t spent;  /* on work in this turn */
    uint64_t used;   /* the same when hs_turn_left was last asked, work under way included */
    uint64_t since;  /* boot time at which work began; 0: none is being done */
    uint64_t looked; /* boot time of the last look at the socket */
    bool urgent;     /* the protocol has work to do: seen in this turn */

    uint64_t slot; /* number of the present one of `longest` */
    uint64_t longest[HS_TURN_SLOTS];
};

/* `pump` is called with `context` once in each turn that is touched. It must begin with
 * hs_turn_begin_pump and finish with hs_turn_end. Returns 0 or HEARSAY_ERR_NOMEM. */
int hs_turn_init(struct hs_turn *ret_turn, struct event_base *base, struct hs_clock *clock,
                 event_callback_fn pump, void *context);

void hs_turn_fini(struct hs_turn *turn);

/* The pump will run before the next poll. For every callback that is not the protocol's. While the
 * pump runs it means hs_turn_again. */
void hs_turn_touch(struct hs_turn *turn);

/* The pump will run after the next poll: for work that is left over. */
void hs_turn_again(struct hs_turn *turn);

/* Around work that counts against the budget. */
void hs_turn_begin_work(struct hs_turn *turn);
void hs_turn_end_work(struct hs_turn *turn);

/* Microseconds that work may still take in this turn. 0 when the budget is used up; and, once
 * HS_TURN_LEAST_US are used, when the node's deadline has come or a datagram waits. */
uint64_t hs_turn_left(struct hs_turn *turn);

void hs_turn_begin_pump(struct hs_turn *turn);

/* The turn is over: counts its length and gives the next one its budget. */
void hs_turn_end(struct hs_turn *turn);

/* The longest turn of the last minute, in microseconds. */
uint64_t hs_turn_longest(struct hs_turn *turn);

#endif
