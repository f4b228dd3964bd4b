/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads msgpack from a datagram (R13: reading). The unpacker of msgpack-c allocates arrays by the
 * count that the sender claims, before it has seen the elements: five bytes can ask for gigabytes.
 * This cursor allocates nothing, never reads past `end`, and refuses a count that exceeds the bytes
 * left.
 *
 * Every function returns false, and leaves cursor and outputs unchanged, if the next object is not
 * of the type that was asked for.
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

/* An integer that is not negative, in any width and format of msgpack, signed ones too. */
bool hs_cursor_uint(struct hs_cursor *cursor, uint64_t *ret_value);

/* The value true. */
bool hs_cursor_true(struct hs_cursor *cursor);

/* A string or byte string, with a count of any width. It borrows from the datagram. */
bool hs_cursor_str(struct hs_cursor *cursor, const char **ret_text, size_t *ret_len);
bool hs_cursor_bin(struct hs_cursor *cursor, const uint8_t **ret_bytes, size_t *ret_len);

/* Read only the header. The elements, or the pairs of objects, come next. */
bool hs_cursor_array(struct hs_cursor *cursor, size_t *ret_count);
bool hs_cursor_map(struct hs_cursor *cursor, size_t *ret_pairs);

/* Skips `count` whole objects of any type. */
bool hs_cursor_skip(struct hs_cursor *cursor, size_t count);

#endif
