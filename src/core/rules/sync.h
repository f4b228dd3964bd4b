/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the two halves of anti-entropy share: sync.c asks, serve.c answers.
 */
#ifndef HS_RULES_SYNC_H
#define HS_RULES_SYNC_H

#include "rules/node.h"

/* Bitmaps of buckets, least bit of the first byte first. */
bool hs_bitmap_get(const uint8_t *bitmap, uint32_t at);
void hs_bitmap_set(uint8_t *bitmap, uint32_t at);
size_t hs_bitmap_size(unsigned bits);
bool hs_bitmap_empty(const uint8_t *bitmap, unsigned bits);

uint32_t hs_get_u32(const uint8_t *bytes);
void hs_put_u32(uint8_t *bytes, uint32_t value);

/* Which eighth of its bucket a name lies in; its bit in a mask. */
static inline unsigned hs_eighth_of(uint64_t name_hash)
{
    return (unsigned)(name_hash >> (64 - HS_BUCKET_BITS - 3)) % HS_EIGHTHS;
}

/* The sums of the eighths of bucket `bucket` of HS_BUCKETS. */
void hs_sync_eighths(const struct hearsay_node *node, uint32_t bucket,
                     uint32_t ret_sums[HS_EIGHTHS]);

/* Answers to a peer's steps: each makes one serve, whose datagrams follow. When all are in use the
 * peer is not answered, and asks again. */
void hs_serve_differ(struct hearsay_node *node, uint32_t slot, const struct hs_message *message);
void hs_serve_finer(struct hearsay_node *node, uint32_t slot, const struct hs_message *message);
void hs_serve_records(struct hearsay_node *node, uint32_t slot, const struct hs_message *message);

/* Sends the records that a peer has asked for. */
void hs_serve_wanted(struct hearsay_node *node, uint32_t slot, const struct hs_message *message);

/* True when all records left fit into the next datagram, which then closes the answer. */
bool hs_serve_is_last(const struct hearsay_node *node, const struct hs_serve *serve);

#endif
