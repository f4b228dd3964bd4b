/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A map from 64-bit hashes to slots of an array that the owner keeps: open addressing, linear
 * probing, four bytes per place. A ready-made hash table costs more: uthash takes 56 bytes and one
 * malloc per entry, where a whole member may cost 160 (docs/architecture.md). The keys stay in the
 * owner's array and are read through `key`.
 */
#ifndef HS_VIEW_INDEX_H
#define HS_VIEW_INDEX_H

#include <stdint.h>

#include <hearsay/allocator.h>

#define HS_NO_SLOT         UINT32_MAX
#define HS_INDEX_SLOTS_MAX (1u << 20) /* slots are below this; the last one is never used */

/* Returns the key of a slot. Keys are hashes already. Their low bits choose the place; their top
 * bits avoid most reads of the owner's array. */
typedef uint64_t hs_index_key(const void *owner, uint32_t slot);

struct hs_index {
    uint32_t *places;
    uint32_t mask; /* number of places minus one */
    uint32_t used;
    hs_index_key *key;
    const void *owner;
};

/* Makes an index with room for `entries`. `owner`, borrowed, is passed to `key`. 0 or NOMEM. */
int hs_index_init(struct hs_index *index, const struct hearsay_allocator *allocator,
                  uint32_t entries, hs_index_key *key, const void *owner);
/* Frees what the index holds. */
void hs_index_fini(struct hs_index *index, const struct hearsay_allocator *allocator);

/* Makes room for `entries` in total. Adding within that room never allocates. 0 or NOMEM; on
 * failure the index is unchanged. */
int hs_index_reserve(struct hs_index *index, const struct hearsay_allocator *allocator,
                     uint32_t entries);

/* The slot with this key, or HS_NO_SLOT. */
uint32_t hs_index_find(const struct hs_index *index, uint64_t key);

/* Adds a slot. The key must not be in the index yet, and the slot's key must already be set. */
void hs_index_add(struct hs_index *index, uint64_t key, uint32_t slot);

/* Removes a key. No-op when it is not in the index. The slot's key must still be set. */
void hs_index_remove(struct hs_index *index, uint64_t key);

#endif
