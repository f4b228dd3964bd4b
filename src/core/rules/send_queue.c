/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ring starts again at its first place whenever it is empty, so that an idle node touches
 * little memory.
 */
#include "rules/send_queue.h"

#include <hearsay/error.h>

#include "base/assert.h"
#include "base/memory.h"

int hs_send_queue_init(struct hs_send_queue *queue, const struct hearsay_allocator *allocator)
{
    *queue = (struct hs_send_queue){0};
    queue->items = hs_alloc(allocator, HS_SEND_QUEUE_MAX * sizeof(*queue->items));
    return queue->items ? 0 : HEARSAY_ERR_NOMEM;
}

void hs_send_queue_fini(struct hs_send_queue *queue, const struct hearsay_allocator *allocator)
{
    hs_release(allocator, queue->items);
    *queue = (struct hs_send_queue){0};
}

bool hs_send_queue_push(struct hs_send_queue *queue, const struct hs_send *send)
{
    if (queue->count == HS_SEND_QUEUE_MAX)
        return false;
    queue->items[(queue->first + queue->count++) % HS_SEND_QUEUE_MAX] = *send;
    return true;
}

const struct hs_send *hs_send_queue_first(const struct hs_send_queue *queue)
{
    return queue->count ? &queue->items[queue->first] : NULL;
}

void hs_send_queue_pop(struct hs_send_queue *queue)
{
    HS_ASSERT(queue->count);
    queue->first = (queue->first + 1) % HS_SEND_QUEUE_MAX;
    if (--queue->count == 0)
        queue->first = 0;
}
