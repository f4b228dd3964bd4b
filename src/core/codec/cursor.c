/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each msgpack object begins with a marker byte. It says how wide the count after it is and what is
 * counted. Reading and skipping use the same table of markers, so they agree on what is
 * well-formed.
 */
#include "codec/cursor.h"

#include "base/bytes.h"

enum type {
    TYPE_BAD, /* 0xc1, which msgpack never uses */
    TYPE_UINT,
    TYPE_INT,
    TYPE_STR,
    TYPE_BIN,
    TYPE_ARRAY,
    TYPE_MAP,
    TYPE_EXT,
    TYPE_OTHER, /* nil, booleans, floats: not used by us, only skipped */
};

/* The meaning of a marker. */
struct shape {
    uint8_t type;
    uint8_t width; /* bytes of the count after the marker; 0: the count is in the marker */
    uint8_t count;
};

#define TABLE_FIRST 0xc0
#define TABLE_END   0xe0
#define TRUE_MARKER 0xc3
#define U64_MARKER  0xcf

static const struct shape shapes[TABLE_END - TABLE_FIRST] = {
    {TYPE_OTHER, 0, 0}, {TYPE_BAD, 0, 0},   {TYPE_OTHER, 0, 0}, {TYPE_OTHER, 0, 0}, /* c0 */
    {TYPE_BIN, 1, 0},   {TYPE_BIN, 2, 0},   {TYPE_BIN, 4, 0},   {TYPE_EXT, 1, 0},   /* c4 */
    {TYPE_EXT, 2, 0},   {TYPE_EXT, 4, 0},   {TYPE_OTHER, 0, 4}, {TYPE_OTHER, 0, 8}, /* c8 */
    {TYPE_UINT, 0, 1},  {TYPE_UINT, 0, 2},  {TYPE_UINT, 0, 4},  {TYPE_UINT, 0, 8},  /* cc */
    {TYPE_INT, 0, 1},   {TYPE_INT, 0, 2},   {TYPE_INT, 0, 4},   {TYPE_INT, 0, 8},   /* d0 */
    {TYPE_EXT, 0, 1},   {TYPE_EXT, 0, 2},   {TYPE_EXT, 0, 4},   {TYPE_EXT, 0, 8},   /* d4 */
    {TYPE_EXT, 0, 16},  {TYPE_STR, 1, 0},   {TYPE_STR, 2, 0},   {TYPE_STR, 4, 0},   /* d8 */
    {TYPE_ARRAY, 2, 0}, {TYPE_ARRAY, 4, 0}, {TYPE_MAP, 2, 0},   {TYPE_MAP, 4, 0},   /* dc */
};

static struct shape shape_of(uint8_t marker)
{
    if (marker < 0x80)
        return (struct shape){TYPE_UINT, 0, 0};
    if (marker < 0x90)
        return (struct shape){TYPE_MAP, 0, marker & 0x0f};
    if (marker < 0xa0)
        return (struct shape){TYPE_ARRAY, 0, marker & 0x0f};
    if (marker < TABLE_FIRST)
        return (struct shape){TYPE_STR, 0, marker & 0x1f};
    if (marker < TABLE_END)
        return shapes[marker - TABLE_FIRST];
    return (struct shape){TYPE_INT, 0, 0};
}

/* The header of an object. */
struct header {
    enum type type;
    uint8_t marker;
    size_t count; /* elements of an array, pairs of a map, else bytes that follow */
};

/* The least number of bytes that must follow. */
static uint64_t bytes_owed(enum type type, uint64_t count)
{
    if (type == TYPE_MAP)
        return 2 * count;
    return type == TYPE_EXT ? count + 1 : count;
}

/* R13: reading. A count that exceeds the bytes left is refused here, for every type. */
static bool read_header(struct hs_cursor *cursor, struct header *ret_header)
{
    if (cursor->at == cursor->end)
        return false;
    uint8_t marker = *cursor->at;
    struct shape shape = shape_of(marker);
    size_t left = hs_cursor_left(cursor) - 1;
    if (shape.type == TYPE_BAD || shape.width > left)
        return false;
    uint64_t count = shape.width > 0 ? hs_big_endian(cursor->at + 1, shape.width) : shape.count;
    if (bytes_owed(shape.type, count) > left - shape.width)
        return false;
    *ret_header = (struct header){.type = shape.type, .marker = marker, .count = (size_t)count};
    cursor->at += 1u + shape.width;
    return true;
}

/* Reads a header of one type only. */
static bool expect_type(struct hs_cursor *cursor, enum type type, size_t *ret_count)
{
    struct hs_cursor ahead = *cursor;
    struct header header;
    if (!read_header(&ahead, &header) || header.type != type)
        return false;
    *cursor = ahead;
    *ret_count = header.count;
    return true;
}

bool hs_cursor_u64(struct hs_cursor *cursor, uint64_t *ret_value)
{
    if (hs_cursor_left(cursor) < 9 || *cursor->at != U64_MARKER)
        return false;
    *ret_value = hs_big_endian(cursor->at + 1, 8);
    cursor->at += 9;
    return true;
}

bool hs_cursor_uint(struct hs_cursor *cursor, uint64_t *ret_value)
{
    if (cursor->at != cursor->end && *cursor->at < 0x80) { /* nearly all that are read */
        *ret_value = *cursor->at++;
        return true;
    }
    struct hs_cursor ahead = *cursor;
    struct header header;
    if (!read_header(&ahead, &header) || (header.type != TYPE_UINT && header.type != TYPE_INT))
        return false;
    bool negative = header.count > 0 ? (*ahead.at & 0x80) != 0 : (header.marker & 0x80) != 0;
    if (header.type == TYPE_INT && negative)
        return false;
    *ret_value = header.count > 0 ? hs_big_endian(ahead.at, header.count) : header.marker;
    cursor->at = ahead.at + header.count;
    return true;
}

bool hs_cursor_true(struct hs_cursor *cursor)
{
    if (cursor->at == cursor->end || *cursor->at != TRUE_MARKER)
        return false;
    cursor->at++;
    return true;
}

bool hs_cursor_str(struct hs_cursor *cursor, const char **ret_text, size_t *ret_len)
{
    if (!expect_type(cursor, TYPE_STR, ret_len))
        return false;
    *ret_text = (const char *)cursor->at;
    cursor->at += *ret_len;
    return true;
}

bool hs_cursor_bin(struct hs_cursor *cursor, const uint8_t **ret_bytes, size_t *ret_len)
{
    if (!expect_type(cursor, TYPE_BIN, ret_len))
        return false;
    *ret_bytes = cursor->at;
    cursor->at += *ret_len;
    return true;
}

bool hs_cursor_array(struct hs_cursor *cursor, size_t *ret_count)
{
    return expect_type(cursor, TYPE_ARRAY, ret_count);
}

bool hs_cursor_map(struct hs_cursor *cursor, size_t *ret_pairs)
{
    return expect_type(cursor, TYPE_MAP, ret_pairs);
}

/* The size of an object of the two shapes that most of our messages consist of, or 0: another. */
static size_t small_size(uint8_t marker)
{
    if (marker < 0x80 || marker >= TABLE_END)
        return 1;
    return marker == U64_MARKER ? 1 + sizeof(uint64_t) : 0;
}

/* Nested objects are only counted, as a number of objects that must still follow. This needs no
 * stack, so deep nesting is harmless. Each object takes at least one byte, so a number greater than
 * the bytes left is refused at once. */
bool hs_cursor_skip(struct hs_cursor *cursor, size_t count)
{
    struct hs_cursor ahead = *cursor;
    for (size_t owed = count; owed > 0;) {
        struct header header;
        size_t left = hs_cursor_left(&ahead);
        if (owed > left)
            return false;
        owed--;
        size_t small = small_size(*ahead.at);
        if (small && small <= left) {
            ahead.at += small;
            continue;
        }
        if (!read_header(&ahead, &header))
            return false;
        if (header.type == TYPE_ARRAY || header.type == TYPE_MAP)
            owed += (size_t)bytes_owed(header.type, header.count);
        else
            ahead.at += bytes_owed(header.type, header.count);
    }
    *cursor = ahead;
    return true;
}
