/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cache of datagrams seen: a message is named by its sender and its creation time, and a repeat
 * is a no-op (R11). A FIFO of fixed size; an id that leaves it raises its own sender's floor, so
 * that with sealed traffic a replay from before the cache's memory is known too, at eight bytes a
 * member.
 */
#ifndef HS_VIEW_DEDUP_H
#define HS_VIEW_DEDUP_H

#include <stdbool.h>
#include <stdint.h>

#include <hearsay/allocator.h>

#include "view/index.h"

#define HS_DEDUP_SIZE 4096u

struct hs_datagram_id {
    uint64_t sender, created;
};

struct hs_dedup {
    struct hs_datagram_id *ids; /* a ring of HS_DEDUP_SIZE */
    uint32_t count, next;
    struct hs_index index;
};

int hs_dedup_init(struct hs_dedup *dedup, const struct hearsay_allocator *allocator);
void hs_dedup_fini(struct hs_dedup *dedup, const struct hearsay_allocator *allocator);

bool hs_dedup_seen(const struct hs_dedup *dedup, struct hs_datagram_id id);

/* Remembers an id that has not been seen. Returns true with *ret_evicted when another had to go. */
bool hs_dedup_add(struct hs_dedup *dedup, struct hs_datagram_id id,
                  struct hs_datagram_id *ret_evicted);

#endif
