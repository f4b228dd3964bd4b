/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A binary heap. Each timer knows its position, so moving or disarming it costs O(log n) without a
 * search, and the heap never holds an outdated entry. Deadlines are stored beside the pointers
 * because a node asks for the first one at every call, and to read it from the timer would be one
 * more cache miss.
 */
#include "base/heap.h"

#include <hearsay/error.h>
#include <hearsay/node.h>

#include "base/assert.h"
#include "base/memory.h"

static bool is_before(const struct hs_heap_item *a, const struct hs_heap_item *b)
{
    return a->deadline != b->deadline ? a->deadline < b->deadline : a->sequence < b->sequence;
}

static void heap_place(struct hs_heap *heap, uint32_t at, struct hs_heap_item item)
{
    heap->items[at] = item;
    item.timer->position = at + 1;
}

static void sift_up(struct hs_heap *heap, uint32_t at, struct hs_heap_item item)
{
    while (at > 0) {
        uint32_t parent = (at - 1) / 2;
        if (!is_before(&item, &heap->items[parent]))
            break;
        heap_place(heap, at, heap->items[parent]);
        at = parent;
    }
    heap_place(heap, at, item);
}

static void sift_down(struct hs_heap *heap, uint32_t at, struct hs_heap_item item)
{
    for (;;) {
        uint32_t child = 2 * at + 1;
        if (child >= heap->count)
            break;
        if (child + 1 < heap->count && is_before(&heap->items[child + 1], &heap->items[child]))
            child++;
        if (!is_before(&heap->items[child], &item))
            break;
        heap_place(heap, at, heap->items[child]);
        at = child;
    }
    heap_place(heap, at, item);
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
    HS_ASSERT(heap->count < heap->room);
    struct hs_heap_item item = {deadline, heap->sequence++, timer};
    sift_up(heap, heap->count++, item);
}

void hs_heap_arm_by(struct hs_heap *heap, struct hs_timer *timer, uint64_t deadline)
{
    if (!hs_timer_armed(timer) || heap->items[timer->position - 1].deadline > deadline)
        hs_heap_arm(heap, timer, deadline);
}

void hs_heap_disarm(struct hs_heap *heap, struct hs_timer *timer)
{
    if (!hs_timer_armed(timer))
        return;
    uint32_t at = timer->position - 1;
    HS_ASSERT(at < heap->count && heap->items[at].timer == timer);
    struct hs_heap_item last = heap->items[--heap->count];
    timer->position = 0;
    if (last.timer == timer)
        return;
    if (at > 0 && is_before(&last, &heap->items[(at - 1) / 2]))
        sift_up(heap, at, last);
    else
        sift_down(heap, at, last);
}

uint64_t hs_heap_deadline(const struct hs_heap *heap)
{
    return heap->count ? heap->items[0].deadline : HEARSAY_NEVER;
}

struct hs_timer *hs_heap_take(struct hs_heap *heap, uint64_t boot)
{
    if (!heap->count || heap->items[0].deadline > boot)
        return NULL;
    struct hs_timer *timer = heap->items[0].timer;
    hs_heap_disarm(heap, timer);
    return timer;
}
