/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every rule may use: time, settings, timers, random numbers, counters, the view and the send
 * queue. It is apart from the node so that a rule depends only on what it needs: each rule has a
 * struct of its own, which points to the core and to the few lower rules that it calls. All rules
 * run within one call of the public API, at the instant core->now.
 */
#ifndef HS_RULES_CORE_H
#define HS_RULES_CORE_H

#include <stdbool.h>
#include <stdint.h>

#include <hearsay/config.h>
#include <hearsay/now.h>
#include <hearsay/stats.h>

#include "base/heap.h"
#include "base/random.h"
#include "base/trace.h"
#include "codec/message.h"
#include "rules/send_queue.h"
#include "view/view.h"

#define HS_WALL_RELEASE UINT64_C(1767225600000000) /* 2026-01-01, before the first release */
#define HS_FUTURE_US    UINT64_C(315576000000000)  /* R6: limit of future timestamps, ten years */

enum hs_timer_kind {
    HS_TIMER_PERIOD,
    HS_TIMER_BURST,
    HS_TIMER_PROBE,
    HS_TIMER_SUSPICION,
    HS_TIMER_CONTACT,
    HS_TIMER_SYNC,
    HS_TIMER_REAP,
    HS_TIMER_REJOIN,
    HS_TIMER_LEAVE,
    HS_TIMER_RING,
    HS_TIMER_KEYS,
    HS_TIMER_HOLD,
    HS_TIMER_KINDS
};

enum hs_leave_state { HS_LEAVE_NO = 0, HS_LEAVE_SAYING, HS_LEAVE_DONE };

struct hs_core {
    struct hearsay_allocator allocator;
    struct hearsay_config config; /* its strings are owned by this structure */
    char name[HEARSAY_NAME_MAX + 1];
    char cluster[HEARSAY_CLUSTER_MAX + 1];
    struct hs_wire wire;
    struct hs_random random;
    struct hearsay_now now; /* time of the current call */
    uint64_t created;       /* creation time of our last datagram */
    struct hs_heap timers;
    struct hearsay_stats stats;
    uint64_t dropped; /* all of stats.drops together */
    struct hs_view view;
    struct hs_send_queue queue;
    enum hs_leave_state leaving;
    struct hs_origin origin; /* of our cluster (R26); id 0: we have met nobody */
    /* R37: state. Of the cluster of an earlier process of this member; id 0: not known */
    struct hs_origin remembered;
    bool joined; /* an attempt to join has succeeded, or a process has joined through us */
    /* R40: our view was compared with that of another member, since it was last made or dropped */
    bool exchanged;
};

/* Counts a dropped datagram. */
void hs_drop(struct hs_core *core, enum hearsay_drop reason);

/* Returns true if a timestamp is too far ahead of our wall clock and of the release (R6: limit of
 * future timestamps). */
bool hs_is_future(const struct hs_core *core, uint64_t timestamp);

/* The same by a wall clock that says `wall`. */
bool hs_is_future_at(uint64_t wall, uint64_t timestamp);

/* Our own member, and the member at a slot. Borrowed until the next addition to the table. */
static inline struct hs_member *hs_member_at(const struct hs_core *core, uint32_t slot)
{
    return hs_table_at(&core->view.table, slot);
}
static inline struct hs_member *hs_self(const struct hs_core *core)
{
    return hs_member_at(core, core->view.self);
}

#endif
