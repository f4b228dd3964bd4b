/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The blob (R1: record): a member's metadata, which only the member itself writes. codec/message.h
 * shows its bytes.
 */
#ifndef HS_CODEC_BLOB_H
#define HS_CODEC_BLOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hearsay/addr.h>
#include <hearsay/member.h>

#define HS_ZONE_TAG "zone" /* the tag that a ring reads */

/* A decoded blob. It borrows from the bytes of the blob. `tags` is the encoded msgpack map. */
struct hs_blob {
    const char *name; /* not terminated */
    size_t name_len;
    struct hearsay_addr addr;
    uint64_t instance, start;
    uint32_t tokens; /* 0: drained; the encoded number is 1 then */
    const uint8_t *tags;
    size_t tags_len;
    const char
        *zone; /* value of the tag HS_ZONE_TAG, not terminated; NULL: none that a ring takes */
    size_t zone_len;
    uint8_t version_min, version_max;
    const uint8_t *marks;            /* of its keys in their order, HS_MARK_SIZE bytes each (R33) */
    size_t mark_count;               /* at most HEARSAY_KEYS_MAX */
    uint64_t ring_hold, ring_settle; /* R62: its settings, microseconds; whole milliseconds */
};

/* Returns the blob's length, or HEARSAY_ERR_TOOBIG if it or its tags exceed their bounds. `tags`
 * are the pairs to encode; blob->tags and blob->zone are ignored. */
int hs_blob_encode(uint8_t *bytes, size_t room, const struct hs_blob *blob,
                   const struct hearsay_tag *tags, size_t tag_count);

/* Returns false unless every known field is present and in range. Fields after them are skipped, so
 * that a later release can add fields. */
bool hs_blob_decode(struct hs_blob *ret_blob, const uint8_t *bytes, size_t len);

/* Walks an encoded tag map; see hearsay_member_next_tag. */
bool hs_tags_next(const uint8_t *tags, size_t len, size_t *cursor, const char **key,
                  size_t *key_len, const char **value, size_t *value_len);

#endif
