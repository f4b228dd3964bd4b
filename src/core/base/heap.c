/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A plain binary heap. Timers know their place, so moving or disarming one costs O(log n) without
 * a search, and nothing stale is ever left in the heap.
 */
#include "base/heap.h"

#include <hearsay/error.h>

#include "base/memory.h"

static bool before(const struct hs_timer *a, const struct hs_timer *b)
{
    return a->deadline != b->deadline ? a->deadline < b->deadline : a->sequence < b->sequence;
}

static void place(struct hs_heap *heap, uint32_t at, struct hs_timer *timer)
{
    heap->items[at] = timer;
    timer->position = at + 1;
}

static void sift_up(struct hs_heap *heap, uint32_t at, struct hs_timer *timer)
{
    while (at > 0) {
        uint32_t parent = (at - 1) / 2;
        if (!before(timer, heap->items[parent]))
            break;
        place(heap, at, heap->items[parent]);
        at = parent;
    }
    place(heap, at, timer);
}

static void sift_down(struct hs_heap *heap, uint32_t at, struct hs_timer *timer)
{
    for (;;) {
        uint32_t child = 2 * at + 1;
        if (child >= heap->count)
            break;
        if (child + 1 < heap->count && before(heap->items[child + 1], heap->items[child]))
            child++;
        if (!before(heap->items[child], timer))
            break;
        place(heap, at, heap->items[child]);
        at = child;
    }
    place(heap, at, timer);
}

int hs_heap_reserve(struct hs_heap *heap, const struct hearsay_allocator *allocator,
                    uint32_t timers)
{
    void *items = heap->items;
    if (!hs_grow(allocator, &items, &heap->room, timers, sizeof(*heap->items)))
        return HEARSAY_ERR_NOMEM;
    heap->items = items;
    return 0;
}

void hs_heap_fini(struct hs_heap *heap, const struct hearsay_allocator *allocator)
{
    hs_release(allocator, heap->items);
    *heap = (struct hs_heap){0};
}

void hs_heap_arm(struct hs_heap *heap, struct hs_timer *timer, uint64_t deadline)
{
    hs_heap_disarm(heap, timer);
    timer->deadline = deadline;
    timer->sequence = heap->sequence++;
    sift_up(heap, heap->count++, timer);
}

void hs_heap_arm_by(struct hs_heap *heap, struct hs_timer *timer, uint64_t deadline)
{
    if (!hs_timer_armed(timer) || timer->deadline > deadline)
        hs_heap_arm(heap, timer, deadline);
}

void hs_heap_disarm(struct hs_heap *heap, struct hs_timer *timer)
{
    if (!hs_timer_armed(timer))
        return;
    uint32_t at = timer->position - 1;
    struct hs_timer *last = heap->items[--heap->count];
    timer->position = 0;
    if (last == timer)
        return;
    if (at > 0 && before(last, heap->items[(at - 1) / 2]))
        sift_up(heap, at, last);
    else
        sift_down(heap, at, last);
}

struct hs_timer *hs_heap_first(const struct hs_heap *heap)
{
    return heap->count ? heap->items[0] : NULL;
}
