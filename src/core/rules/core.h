/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every rule may use: time, settings, timers, random numbers, counters, the view, and the queue
 * of what is to be sent. Each rule has a struct of its own in its own header, which points to the core
 * and to the few lower rules that it needs. All of it runs within one call of the public API, at the
 * instant core->now.
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
#define HS_FUTURE_US    UINT64_C(315576000000000)  /* R6: ten years */

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
    HS_TIMER_KINDS
};

enum hs_leave_state { HS_LEAVE_NO = 0, HS_LEAVE_SAYING, HS_LEAVE_DONE };

struct hs_core {
    struct hearsay_allocator allocator;
    struct hearsay_config config; /* its strings point into this structure */
    char name[HEARSAY_NAME_MAX + 1];
    char cluster[HEARSAY_CLUSTER_MAX + 1];
    struct hs_wire wire;
    struct hs_random random;
    struct hearsay_now now; /* of the call under way */
    uint64_t created;       /* of our last datagram: its creation time */
    struct hs_heap timers;
    struct hearsay_stats stats;
    struct hs_view view;
    struct hs_send_queue queue;
    enum hs_leave_state leaving;
    bool joined; /* an attempt to join has succeeded, or somebody has joined through us */
};

/* Counts a drop. */
void hs_drop(struct hs_core *core, enum hearsay_drop reason);

/* R6: is a timestamp too far ahead of our wall clock and of the release? */
bool hs_is_future(const struct hs_core *core, uint64_t timestamp);

/* Our own record; and another member's. */
struct hs_member *hs_self(const struct hs_core *core);
struct hs_member *hs_member_at(const struct hs_core *core, uint32_t slot);

#endif
