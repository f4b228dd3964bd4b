/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a member says of itself, as views hold it: its blob, still encoded (R1), and the fields that
 * are read often, decoded once. Metadata never changes: when a member says something new of itself,
 * its record gets another object.
 *
 * Nodes of one thread may share a pool (hearsay-tree/many.h). The pool keeps equal metadata once
 * for all holders. Without a pool, metadata belongs to the one view that holds it.
 */
#ifndef HS_VIEW_METADATA_H
#define HS_VIEW_METADATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hearsay-tree/many.h>
#include <hearsay/addr.h>
#include <hearsay/allocator.h>

#include "codec/message.h"

struct hs_meta {
    uint64_t id; /* hs_member_id of name and instance */
    uint64_t name_hash;
    uint64_t hash;   /* of the blob */
    uint32_t shares; /* number of holders */
    uint32_t place;  /* in the pool; HS_NO_SLOT: not in a pool */
    struct hearsay_addr addr;
    uint16_t len, tokens;
    uint16_t zone_at, marks_at; /* in the blob */
    uint8_t mark_count;         /* of its keys (R33) */
    uint8_t zone_len;           /* 0: no zone */
    uint8_t name_len;
    uint8_t blob[]; /* len bytes, then the name, terminated */
};

/* Returns a share of the metadata with this blob: the pool's, or a new one. The caller owns the
 * share and gives it back with hs_meta_drop. `pool` may be NULL. `hash` is that of the blob. NULL:
 * no memory. */
const struct hs_meta *hs_meta_take(struct hs_meta_pool *pool,
                                   const struct hearsay_allocator *allocator, const uint8_t *blob,
                                   size_t len, const struct hs_blob *decoded, uint64_t hash);

/* Gives a share back. `pool` and `allocator` must be those that it was taken with. NULL is a
 * no-op. */
void hs_meta_drop(struct hs_meta_pool *pool, const struct hearsay_allocator *allocator,
                  const struct hs_meta *meta);

/* The name, terminated. Borrowed from the metadata. */
static inline const char *hs_meta_name(const struct hs_meta *meta)
{
    return (const char *)meta->blob + meta->len;
}

/* The marks of the member's keys, mark_count of them. Borrowed from the metadata. */
static inline const uint8_t *hs_meta_marks(const struct hs_meta *meta)
{
    return meta->blob + meta->marks_at;
}

/* Returns true if the two differ in the marks of their keys or in their ring settings, and in
 * nothing else (R33: keys; R62: ring hold). */
bool hs_meta_keys_alone_differ(const struct hs_meta *a, const struct hs_meta *b);

/* Size of the object in bytes. */
static inline size_t hs_meta_size(const struct hs_meta *meta)
{
    return offsetof(struct hs_meta, blob) + meta->len + meta->name_len + 1u;
}

#endif
