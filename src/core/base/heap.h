/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Timers: a binary heap of pointers to timers that live inside other structures. Ordered by
 * (deadline, sequence), so that equal deadlines fire in the order in which they were armed and a
 * run can be repeated to the byte.
 */
#ifndef HS_BASE_HEAP_H
#define HS_BASE_HEAP_H

#include <stdbool.h>
#include <stdint.h>

#include <hearsay/allocator.h>

struct hs_timer {
    uint64_t deadline; /* boot microseconds */
    uint64_t sequence;
    uint32_t position; /* place in the heap plus one; 0: not armed */
    uint32_t kind;     /* the owner's: what to do when it fires */
};

struct hs_heap {
    struct hs_timer **items;
    uint32_t count, room;
    uint64_t sequence;
};

/* Makes room for `timers` armed timers in all; arming never allocates. 0 or NOMEM. */
int hs_heap_reserve(struct hs_heap *heap, const struct hearsay_allocator *allocator,
                    uint32_t timers);
void hs_heap_fini(struct hs_heap *heap, const struct hearsay_allocator *allocator);

/* Arms a timer, or moves an armed one. Room must have been reserved. */
void hs_heap_arm(struct hs_heap *heap, struct hs_timer *timer, uint64_t deadline);

/* Arms a timer unless it is armed for an earlier time. */
void hs_heap_arm_by(struct hs_heap *heap, struct hs_timer *timer, uint64_t deadline);

/* No-op when it is not armed. */
void hs_heap_disarm(struct hs_heap *heap, struct hs_timer *timer);

/* The timer that fires first, or NULL. */
struct hs_timer *hs_heap_first(const struct hs_heap *heap);

static inline bool hs_timer_armed(const struct hs_timer *timer)
{
    return timer->position != 0;
}

#endif
