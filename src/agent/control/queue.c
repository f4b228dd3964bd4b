/* SPDX-License-Identifier: Apache-2.0 */
/* Singly linked: one that is taken out of the middle is rare, and a queue holds some tens. */
#include "agent/control/queue.h"

#include <stddef.h>

void hs_queue_append(struct hs_queue *queue, struct hs_queued *one)
{
    one->behind = NULL;
    if (queue->last)
        queue->last->behind = one;
    else
        queue->first = one;
    queue->last = one;
}

struct hs_queued *hs_queue_take(struct hs_queue *queue)
{
    struct hs_queued *one = queue->first;

    queue->first = one->behind;
    if (!queue->first)
        queue->last = NULL;
    return one;
}

void hs_queue_remove(struct hs_queue *queue, const struct hs_queued *one)
{
    struct hs_queued *before = NULL;

    for (struct hs_queued *at = queue->first; at; before = at, at = at->behind) {
        if (at != one)
            continue;
        if (before)
            before->behind = one->behind;
        else
            queue->first = one->behind;
        if (queue->last == one)
            queue->last = before;
        return;
    }
}
