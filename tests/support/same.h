/* SPDX-License-Identifier: Apache-2.0 */
/* Compares what was sent with what was decoded, field by field, so that a failure names the
 * field. */
#ifndef HS_TESTS_SAME_H
#define HS_TESTS_SAME_H

#include <check.h>
#include <string.h>

#include "codec/message.h"

static inline void same_bytes(const uint8_t *a, const uint8_t *b, size_t len)
{
    ck_assert_int_eq(a == NULL, b == NULL);
    if (a != NULL)
        ck_assert_mem_eq(a, b, len);
}

static inline void same_message(const struct hs_message *a, const struct hs_message *b)
{
    ck_assert_uint_eq(a->kind, b->kind);
    ck_assert_uint_eq(a->sender, b->sender);
    ck_assert_uint_eq(a->created, b->created);
    ck_assert_uint_eq(a->digest, b->digest);
    ck_assert_uint_eq(a->timestamp, b->timestamp);
    ck_assert_uint_eq(a->acked, b->acked);
    ck_assert_uint_eq(a->target, b->target);
    ck_assert_int_eq(a->finding, b->finding);
    ck_assert_uint_eq(a->nonce, b->nonce);
    ck_assert_uint_eq(a->echo, b->echo);
    ck_assert_uint_eq(a->start, b->start);
    ck_assert_uint_eq(a->state, b->state);
    ck_assert_int_eq(a->name == NULL, b->name == NULL);
    ck_assert_uint_eq(a->name_len, b->name_len);
    ck_assert(!a->name || memcmp(a->name, b->name, a->name_len) == 0);
    ck_assert_uint_eq(a->origin.id, b->origin.id);
    ck_assert_uint_eq(a->origin.name_hash, b->origin.name_hash);
    ck_assert(hearsay_addr_equal(&a->origin.addr, &b->origin.addr));
    ck_assert_int_eq(a->reason, b->reason);
    ck_assert(hearsay_addr_equal(&a->holder, &b->holder));
    ck_assert_uint_eq(a->exchange, b->exchange);
    ck_assert_int_eq(a->step, b->step);
    ck_assert_uint_eq(a->bits, b->bits);
    ck_assert_uint_eq(a->entry_count, b->entry_count);
    same_bytes(a->buckets, b->buckets, (size_t)4 << a->bits);
    same_bytes(a->bitmap, b->bitmap, a->bits < 3 ? 1 : (size_t)1 << (a->bits - 3));
    same_bytes(a->entries, b->entries, a->entry_count * hs_sync_entry_size(a->step));
    ck_assert_uint_eq(a->mask_count, b->mask_count);
    same_bytes(a->masks, b->masks, a->mask_count);
}

/* Compares what was decoded from two copies of one blob. */
static inline void same_blob(const struct hs_blob *a, const struct hs_blob *b)
{
    ck_assert_uint_eq(a->name_len, b->name_len);
    ck_assert_mem_eq(a->name, b->name, a->name_len);
    ck_assert(hearsay_addr_equal(&a->addr, &b->addr));
    ck_assert_uint_eq(a->instance, b->instance);
    ck_assert_uint_eq(a->start, b->start);
    ck_assert_uint_eq(a->tokens, b->tokens);
    ck_assert_uint_eq(a->tags_len, b->tags_len);
    same_bytes(a->tags, b->tags, a->tags_len);
    ck_assert_uint_eq(a->version_min, b->version_min);
    ck_assert_uint_eq(a->version_max, b->version_max);
}

static inline void same_rumor(const struct hs_rumor *a, const struct hs_rumor *b)
{
    ck_assert_uint_eq(a->blob_len, b->blob_len);
    same_bytes(a->blob, b->blob, a->blob_len);
    if (a->blob != NULL)
        same_blob(&a->decoded, &b->decoded);
    ck_assert_uint_eq(a->id, b->id);
    ck_assert_uint_eq(a->blob_check, b->blob_check);
    ck_assert_uint_eq(a->timestamp, b->timestamp);
    ck_assert_int_eq(a->status, b->status);
    ck_assert_int_eq(a->cause, b->cause);
    ck_assert_uint_eq(a->age, b->age);
    ck_assert_int_eq(a->ended, b->ended);
    ck_assert_uint_eq(a->accuser_count, b->accuser_count);
    ck_assert_uint_eq(a->refused_mask, b->refused_mask);
    ck_assert_mem_eq(a->accusers, b->accusers, sizeof a->accusers);
}

#endif
