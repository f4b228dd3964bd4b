/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Notices that the addresses or links of this machine have changed (netlink), and says so once they
 * have been quiet for a second (R38: advertised address).
 */
#ifndef HS_AGENT_PARTS_WATCH_H
#define HS_AGENT_PARTS_WATCH_H

#include <stdint.h>

#include <event2/event.h>

#include "agent/base/turn.h"

#define HS_WATCH_QUIET_US 1000000  /* so long nothing must have changed */
#define HS_WATCH_LAST_US  10000000 /* but no later than so long after the first change */
#define HS_WATCH_READS    16       /* messages of the kernel that are read in a row */

/* The caller sets the first fields; the rest must be zero. */
struct hs_watch {
    struct hs_turn *turn;
    void (*changed)(void *context);
    void *context;
    int fd; /* -1: not open */
    struct event *readable, *settle;
    uint64_t first; /* boot time of the first change that has not been said; 0: none */
};

/* Begins to watch. Returns 0, or HEARSAY_ERR_INVALID with errno, or HEARSAY_ERR_NOMEM. On failure
 * hs_watch_later still works, unless there was no memory. */
int hs_watch_open(struct hs_watch *watch, struct event_base *base);

/* What was never opened is a no-op. */
void hs_watch_close(struct hs_watch *watch);

/* Calls `changed` once more, after this many microseconds. */
void hs_watch_later(struct hs_watch *watch, uint64_t us);

#endif
