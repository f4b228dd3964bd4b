/* SPDX-License-Identifier: Apache-2.0 */
#include "heap.h"
/*
 * Nodes by deadline. A node's deadline moves with each datagram, thousands of times a second, so
 * each knows its place in the heap and moves from there.
 */

static bool is_before(const struct swarm *swarm, uint32_t a, uint32_t b)
{
    uint64_t one = swarm->nodes[a].deadline, other = swarm->nodes[b].deadline;
    return one != other ? one < other : a < b;
}

static void place(struct swarm *swarm, uint32_t at, uint32_t node)
{
    swarm->heap[at] = node;
    swarm->nodes[node].heap_at = at;
}

static void sift(struct swarm *swarm, uint32_t at)
{
    uint32_t node = swarm->heap[at];
    while (at > 0 && is_before(swarm, node, swarm->heap[(at - 1) / 2])) {
        place(swarm, at, swarm->heap[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    for (;;) {
        uint32_t child = 2 * at + 1;
        if (child + 1 < swarm->heap_count &&
            is_before(swarm, swarm->heap[child + 1], swarm->heap[child]))
            child++;
        if (child >= swarm->heap_count || !is_before(swarm, swarm->heap[child], node))
            break;
        place(swarm, at, swarm->heap[child]);
        at = child;
    }
    place(swarm, at, node);
}

void swarm_heap_set(struct swarm *swarm, uint32_t node)
{
    struct swarm_node *n = &swarm->nodes[node];
    uint64_t deadline = hearsay_node_deadline(n->core);
    if (n->heap_at != SWARM_NOBODY && n->deadline == deadline)
        return;
    n->deadline = deadline;
    if (n->heap_at == SWARM_NOBODY)
        place(swarm, swarm->heap_count++, node);
    sift(swarm, n->heap_at);
}

void swarm_heap_remove(struct swarm *swarm, uint32_t node)
{
    uint32_t at = swarm->nodes[node].heap_at;
    if (at == SWARM_NOBODY)
        return;
    swarm->nodes[node].heap_at = SWARM_NOBODY;
    uint32_t last = swarm->heap[--swarm->heap_count];
    if (last == node)
        return;
    place(swarm, at, last);
    sift(swarm, at);
}
