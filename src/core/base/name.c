/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names appear in logs, tables and shell commands of people who did not choose them, so they
 * consist of a few safe characters only. Values may be text in any language, but without characters
 * that move a cursor and without bytes that JSON cannot hold.
 */
#include "base/name.h"

#include <stdint.h>
#include <string.h>

#include <hearsay/config.h>
#include <hearsay/error.h>

#define TEXT_OF(number) #number
#define TEXT(number)    TEXT_OF(number)

static bool is_word(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
}

static bool all_words(const char *bytes, size_t len, bool colon)
{
    for (size_t i = 0; i < len; i++)
        if (!is_word(bytes[i]) && !(colon && bytes[i] == ':'))
            return false;
    return true;
}

bool hs_name_valid(const char *bytes, size_t len)
{
    return len >= 1 && len <= HEARSAY_NAME_MAX && all_words(bytes, len, true);
}

bool hs_cluster_valid(const char *bytes, size_t len)
{
    return len >= 1 && len <= HEARSAY_CLUSTER_MAX && all_words(bytes, len, true);
}

bool hs_tag_key_valid(const char *bytes, size_t len)
{
    return len >= 1 && len <= HEARSAY_TAG_KEY_MAX && all_words(bytes, len, false);
}

/* The length of the UTF-8 sequence that begins with this byte, or 0 if none does. */
static size_t utf8_length(uint8_t first)
{
    if (first < 0x80)
        return 1;
    if (first >= 0xc2 && first <= 0xdf)
        return 2;
    if (first >= 0xe0 && first <= 0xef)
        return 3;
    return first >= 0xf0 && first <= 0xf4 ? 4 : 0;
}

/* Reads one code point. Returns its length, or 0 if it is truncated, overlong, a surrogate, or
 * greater than U+10FFFF (RFC 3629). */
static size_t utf8_next(const char *bytes, size_t len, uint32_t *ret_point)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    uint8_t first = (uint8_t)bytes[0];
    size_t size = utf8_length(first);
    if (size == 0 || size > len)
        return 0;
    uint32_t point = size == 1 ? first : first & (0x7fu >> size);
    for (size_t i = 1; i < size; i++) {
        uint8_t next = (uint8_t)bytes[i];
        if ((next & 0xc0) != 0x80)
            return 0;
        point = point << 6 | (next & 0x3f);
    }
    if (point < least[size] || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
        return 0;
    *ret_point = point;
    return size;
}

bool hs_tag_value_valid(const char *bytes, size_t len)
{
    for (size_t at = 0; at < len;) {
        uint32_t point = 0;
        size_t size = utf8_next(bytes + at, len - at, &point);
        if (size == 0 || point < 0x20 || (point >= 0x7f && point < 0xa0))
            return false;
        at += size;
    }
    return true;
}

bool hearsay_name_valid(const char *name)
{
    return name != NULL && hs_name_valid(name, strnlen(name, HEARSAY_NAME_MAX + 1));
}

/* The size of a string in msgpack: its shortest header and its bytes. */
static size_t encoded_size(size_t len)
{
    if (len < 32)
        return 1 + len;
    return len < 256 ? 2 + len : 3 + len;
}

static bool key_repeats(const struct hearsay_tag *tags, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (strcmp(tags[i].key, tags[index].key) == 0)
            return true;
    return false;
}

/* Returns what is wrong with one tag, or NULL. */
static const char *tag_fault(const struct hearsay_tag *tags, size_t index)
{
    const struct hearsay_tag *tag = &tags[index];
    if (tag->key == NULL || !hs_tag_key_valid(tag->key, strnlen(tag->key, HEARSAY_TAG_KEY_MAX + 1)))
        return "tag: a key must be 1 to " TEXT(HEARSAY_TAG_KEY_MAX) " of A-Z a-z 0-9 . _ -";
    if (tag->value == NULL || !hs_tag_value_valid(tag->value, strlen(tag->value)))
        return "tag: a value must be UTF-8 without control characters";
    return key_repeats(tags, index) ? "tag: a key must not be given twice" : NULL;
}

static int tags_fail(int code, const char **ret_error, const char *error)
{
    if (ret_error != NULL)
        *ret_error = error;
    return code;
}

int hs_tags_check(const struct hearsay_tag *tags, size_t count, const char **ret_error)
{
    if (count > HEARSAY_TAGS_COUNT)
        return tags_fail(HEARSAY_ERR_TOOBIG, ret_error,
                         "tag: there must be at most " TEXT(HEARSAY_TAGS_COUNT) " tags");
    if (count > 0 && tags == NULL)
        return tags_fail(HEARSAY_ERR_INVALID, ret_error,
                         "tag: tags must be given when they are counted");
    size_t size = count < 16 ? 1 : 3; /* the map's header */
    for (size_t i = 0; i < count; i++) {
        const char *error = tag_fault(tags, i);
        if (error != NULL)
            return tags_fail(HEARSAY_ERR_INVALID, ret_error, error);
        size += encoded_size(strlen(tags[i].key)) + encoded_size(strlen(tags[i].value));
    }
    if (size > HEARSAY_TAGS_MAX)
        return tags_fail(HEARSAY_ERR_TOOBIG, ret_error,
                         "tag: all tags must take at most " TEXT(HEARSAY_TAGS_MAX) " bytes");
    return 0;
}
