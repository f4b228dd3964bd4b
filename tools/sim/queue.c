/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A binary heap that holds items by value: the simulator spends more time here than anywhere else,
 * and items are small.
 */
#include "queue.h"

#include <stdlib.h>

#include <hearsay/error.h>

#include "grow.h"

static bool comes_before(const struct sim_item *a, const struct sim_item *b)
{
    return a->time != b->time ? a->time < b->time : a->sequence < b->sequence;
}

static void move_up(struct sim_item *items, size_t at)
{
    struct sim_item item = items[at];
    while (at > 0 && comes_before(&item, &items[(at - 1) / 2])) {
        items[at] = items[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    items[at] = item;
}

static void move_down(struct sim_item *items, size_t count, size_t at)
{
    struct sim_item item = items[at];
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= count)
            break;
        if (child + 1 < count && comes_before(&items[child + 1], &items[child]))
            child++;
        if (!comes_before(&items[child], &item))
            break;
        items[at] = items[child];
        at = child;
    }
    items[at] = item;
}

int sim_queue_push(struct sim_queue *queue, struct sim_item item)
{
    struct sim_item *items = sim_grow(queue->items, queue->count, &queue->room, sizeof(*items));
    if (!items)
        return HEARSAY_ERR_NOMEM;
    queue->items = items;
    item.sequence = queue->sequence++;
    queue->items[queue->count] = item;
    move_up(queue->items, queue->count++);
    return 0;
}

bool sim_queue_pop(struct sim_queue *queue, uint64_t until, struct sim_item *ret_item)
{
    if (queue->count == 0 || queue->items[0].time > until)
        return false;
    *ret_item = queue->items[0];
    queue->items[0] = queue->items[--queue->count];
    if (queue->count > 0)
        move_down(queue->items, queue->count, 0);
    return true;
}

void sim_queue_fini(struct sim_queue *queue)
{
    free(queue->items);
    *queue = (struct sim_queue){0};
}
