/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads msgpack out of a datagram (R13). msgpack-c's unpacker sizes its arrays by the count that
 * the sender claims, before the elements are there: five bytes can ask for gigabytes. This cursor
 * allocates nothing, never looks behind `end`, and refuses a count that the bytes left cannot hold.
 *
 * Every function returns false, with cursor and outputs as they were, when the next object is not
 * what was asked for.
 */
#ifndef HS_CODEC_CURSOR_H
#define HS_CODEC_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/assert.h"

struct hs_cursor {
    const uint8_t *at, *end;
};

static inline size_t hs_cursor_left(const struct hs_cursor *cursor)
{
    HS_ASSERT(cursor->at <= cursor->end);
    return (size_t)(cursor->end - cursor->at);
}

/* Exactly 0xcf and eight bytes: the wire's "u64". */
bool hs_cursor_u64(struct hs_cursor *cursor, uint64_t *ret_value);

/* An integer in any of msgpack's widths, signed formats too, that is not negative. */
bool hs_cursor_uint(struct hs_cursor *cursor, uint64_t *ret_value);

/* A string or byte string, with a count of any width; borrows from the datagram. */
bool hs_cursor_str(struct hs_cursor *cursor, const char **ret_text, size_t *ret_len);
bool hs_cursor_bin(struct hs_cursor *cursor, const uint8_t **ret_bytes, size_t *ret_len);

/* Only the header: its elements, or its pairs of objects, come next. */
bool hs_cursor_array(struct hs_cursor *cursor, size_t *ret_count);
bool hs_cursor_map(struct hs_cursor *cursor, size_t *ret_pairs);

/* Steps over `count` whole objects, whatever is in them. */
bool hs_cursor_skip(struct hs_cursor *cursor, size_t count);

#endif
