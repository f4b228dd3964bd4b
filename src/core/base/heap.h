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
    uint32_t position; /* place in the heap plus one; 0: not armed */
    uint32_t kind;     /* set by the owner: what to do when it fires */
};

/* The heap holds the sort keys itself, so that a comparison does not read the timers. */
struct hs_heap_item {
    uint64_t deadline; /* boot microseconds */
    uint64_t sequence;
    struct hs_timer *timer;
};

struct hs_heap {
    struct hs_heap_item *items;
    uint32_t count, room;
    uint64_t sequence;
};

/* Makes room for `timers` armed timers in all, because arming never allocates. Returns 0 or
 * NOMEM. */
int hs_heap_reserve(struct hs_heap *heap, const struct hearsay_allocator *allocator,
                    uint32_t timers);
void hs_heap_fini(struct hs_heap *heap, const struct hearsay_allocator *allocator);

/* Arms a timer, or moves an armed one. Room must have been reserved. */
void hs_heap_arm(struct hs_heap *heap, struct hs_timer *timer, uint64_t deadline);

/* Arms a timer unless it is armed for an earlier time. */
void hs_heap_arm_by(struct hs_heap *heap, struct hs_timer *timer, uint64_t deadline);

/* Disarms a timer. No-op if it is not armed. */
void hs_heap_disarm(struct hs_heap *heap, struct hs_timer *timer);

/* The earliest deadline, or HEARSAY_NEVER if no timer is armed. */
uint64_t hs_heap_deadline(const struct hs_heap *heap);

/* Disarms and returns the first timer that is due at `boot`, or returns NULL. */
struct hs_timer *hs_heap_take(struct hs_heap *heap, uint64_t boot);

static inline bool hs_timer_armed(const struct hs_timer *timer)
{
    return timer->position != 0;
}

#endif
