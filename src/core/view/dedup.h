/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cache of seen datagrams: a datagram is identified by its sender and its creation time, and a
 * repeat is ignored (R11). The cache is a FIFO of fixed size. An id that leaves it raises the floor
 * of its sender. So, with sealed traffic, a replay older than the cache is recognised too, at a
 * cost of eight bytes per member.
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
    struct hs_datagram_id *ids;        /* a ring of HS_DEDUP_SIZE */
    uint8_t sealed[HS_DEDUP_SIZE / 8]; /* a bit for each: it was sealed */
    uint32_t count, next;
    struct hs_index index;
};

/* Allocates the cache, HS_DEDUP_SIZE ids. 0 or NOMEM. */
int hs_dedup_init(struct hs_dedup *dedup, const struct hearsay_allocator *allocator);
/* Frees what the cache holds. A cache that failed in hs_dedup_init is allowed. */
void hs_dedup_fini(struct hs_dedup *dedup, const struct hearsay_allocator *allocator);

/* Returns true if the cache holds this id. */
bool hs_dedup_seen(const struct hs_dedup *dedup, struct hs_datagram_id id);

/* Adds an id that is not in the cache. Returns true and sets *ret_evicted when an older id had to
 * leave that was of a sealed datagram. */
bool hs_dedup_add(struct hs_dedup *dedup, struct hs_datagram_id id, bool is_sealed,
                  struct hs_datagram_id *ret_evicted);

#endif
