/* SPDX-License-Identifier: Apache-2.0 */
/* A queue of clients that wait for their turn. What is queued has a link in itself, so that nothing
 * is allocated. */
#ifndef HS_AGENT_CONTROL_QUEUE_H
#define HS_AGENT_CONTROL_QUEUE_H

/* The first field of what is queued. It is in one queue at most. */
struct hs_queued {
    struct hs_queued *behind;
};

/* A queue of all zeroes is empty. */
struct hs_queue {
    struct hs_queued *first, *last;
};

void hs_queue_append(struct hs_queue *queue, struct hs_queued *one);

/* Takes the first one. The queue is not empty. */
struct hs_queued *hs_queue_take(struct hs_queue *queue);

/* Takes this one out. No-op if it is not in the queue. */
void hs_queue_remove(struct hs_queue *queue, const struct hs_queued *one);

#endif
