/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/blob.h"

/*
 * The blob of a record (R1: record). Its subject writes it and all other members pass it on
 * unchanged, so only this file knows its contents. It also checks every field of a received blob.
 * What passes can be printed, can be sent to, and can be put on the ring.
 */
#include <string.h>

#include <hearsay/error.h>
#include <hearsay/ring.h>

#include "base/name.h"
#include "codec/cursor.h"
#include "codec/form.h"
#include "codec/pack.h"
#include "codec/wire.h"

#define BLOB_ELEMENTS 8
/* Behind these: the marks of the keys (bin, may be empty), an array of ring-hold and ring-settle in
 * milliseconds, and 1 if it is drained. They are left out from the end, as long as they say
 * nothing: without them a member has no keys, both durations are 0, and it is not drained. */
#define BLOB_ELEMENTS_KEYS    9
#define BLOB_ELEMENTS_TIMING  10
#define BLOB_ELEMENTS_DRAINED 11

/* ---- writing ----------------------------------------------------------------------------- */

static void pack_tags(struct hs_pack *pack, const struct hearsay_tag *tags, size_t count)
{
    msgpack_pack_map(&pack->to, count);
    for (size_t i = 0; i < count; i++) {
        hs_pack_str(pack, tags[i].key, strlen(tags[i].key));
        hs_pack_str(pack, tags[i].value, strlen(tags[i].value));
    }
}

static size_t element_count(const struct hs_blob *blob)
{
    if (blob->tokens == 0)
        return BLOB_ELEMENTS_DRAINED;
    if (blob->ring_hold || blob->ring_settle)
        return BLOB_ELEMENTS_TIMING;
    return blob->mark_count ? BLOB_ELEMENTS_KEYS : BLOB_ELEMENTS;
}

/* The elements that the first release does not know. */
static void pack_later(struct hs_pack *pack, const struct hs_blob *blob, size_t elements)
{
    if (elements >= BLOB_ELEMENTS_KEYS)
        hs_pack_bin(pack, blob->marks, blob->mark_count * HS_MARK_SIZE);
    if (elements >= BLOB_ELEMENTS_TIMING) {
        msgpack_pack_array(&pack->to, 2);
        hs_pack_uint(pack, blob->ring_hold / 1000);
        hs_pack_uint(pack, blob->ring_settle / 1000);
    }
    if (elements >= BLOB_ELEMENTS_DRAINED)
        hs_pack_uint(pack, 1);
}

int hs_blob_encode(uint8_t *bytes, size_t room, const struct hs_blob *blob,
                   const struct hearsay_tag *tags, size_t tag_count)
{
    uint8_t addr[HS_ADDR_SIZE_MAX];
    struct hs_pack pack;
    if (tag_count > HEARSAY_TAGS_COUNT)
        return HEARSAY_ERR_TOOBIG;
    hs_pack_init(&pack, bytes, 0, room < HS_BLOB_MAX ? room : HS_BLOB_MAX);
    size_t elements = element_count(blob);
    msgpack_pack_array(&pack.to, elements);
    hs_pack_str(&pack, blob->name, blob->name_len);
    hs_pack_bin(&pack, addr, hs_wire_write_addr(addr, &blob->addr));
    hs_pack_u64(&pack, blob->instance);
    hs_pack_u64(&pack, blob->start);
    hs_pack_uint(&pack, blob->tokens ? blob->tokens : 1); /* the first release refuses 0 */
    size_t before = pack.at;
    pack_tags(&pack, tags, tag_count);
    bool tags_fit = pack.at - before <= HEARSAY_TAGS_MAX;
    hs_pack_uint(&pack, blob->version_min);
    hs_pack_uint(&pack, blob->version_max);
    pack_later(&pack, blob, elements);
    return pack.full || !tags_fit ? HEARSAY_ERR_TOOBIG : (int)pack.at;
}

/* ---- reading ----------------------------------------------------------------------------- */

static bool read_name(struct hs_cursor *cursor, struct hs_blob *blob)
{
    return hs_cursor_str(cursor, &blob->name, &blob->name_len) &&
           hs_name_valid(blob->name, blob->name_len);
}

static bool read_addr(struct hs_cursor *cursor, struct hs_blob *blob)
{
    const uint8_t *bytes;
    size_t len;
    return hs_cursor_bin(cursor, &bytes, &len) && hs_wire_read_addr(&blob->addr, bytes, len);
}

static bool read_tokens(struct hs_cursor *cursor, struct hs_blob *blob)
{
    uint64_t tokens;
    if (!hs_cursor_uint(cursor, &tokens) || tokens < 1 || tokens > HEARSAY_TOKENS_MAX)
        return false;
    blob->tokens = (uint32_t)tokens;
    return true;
}

struct text {
    const char *bytes;
    size_t len;
};

static bool read_tag(struct hs_cursor *cursor, struct text *ret_key, struct text *ret_value)
{
    return hs_cursor_str(cursor, &ret_key->bytes, &ret_key->len) &&
           hs_cursor_str(cursor, &ret_value->bytes, &ret_value->len);
}

static bool is_among(const struct text *texts, size_t count, const struct text *text)
{
    for (size_t i = 0; i < count; i++)
        if (texts[i].len == text->len && memcmp(texts[i].bytes, text->bytes, text->len) == 0)
            return true;
    return false;
}

/* A ring asks for the zone at each change of metadata. Here it costs nothing to find. */
static void note_zone(struct hs_blob *blob, const struct text *key, const struct text *value)
{
    static const char name[] = HS_ZONE_TAG;
    if (key->len != sizeof(name) - 1 || memcmp(key->bytes, name, sizeof(name) - 1) != 0 ||
        value->len > HEARSAY_ZONE_MAX)
        return;
    blob->zone = value->bytes;
    blob->zone_len = value->len;
}

static bool read_tags(struct hs_cursor *cursor, struct hs_blob *blob)
{
    struct text keys[HEARSAY_TAGS_COUNT], value;
    const uint8_t *begin = cursor->at;
    size_t count;
    if (!hs_cursor_map(cursor, &count) || count > HEARSAY_TAGS_COUNT)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!read_tag(cursor, &keys[i], &value) || is_among(keys, i, &keys[i]) ||
            !hs_tag_key_valid(keys[i].bytes, keys[i].len) ||
            !hs_tag_value_valid(value.bytes, value.len))
            return false;
        note_zone(blob, &keys[i], &value);
    }
    blob->tags = begin;
    blob->tags_len = (size_t)(cursor->at - begin);
    return blob->tags_len <= HEARSAY_TAGS_MAX;
}

static bool read_versions(struct hs_cursor *cursor, struct hs_blob *blob)
{
    uint64_t least, greatest;
    if (!hs_cursor_uint(cursor, &least) || !hs_cursor_uint(cursor, &greatest) ||
        greatest > UINT8_MAX || least > greatest)
        return false;
    blob->version_min = (uint8_t)least;
    blob->version_max = (uint8_t)greatest;
    return true;
}

/* R33: keys. Anything else may mean something in a later release, and is no key here. */
static void note_marks(struct hs_cursor at, struct hs_blob *blob)
{
    const uint8_t *marks;
    size_t len;
    if (!hs_cursor_bin(&at, &marks, &len) || len % HS_MARK_SIZE != 0 ||
        len / HS_MARK_SIZE > HEARSAY_KEYS_MAX)
        return;
    blob->marks = marks;
    blob->mark_count = len / HS_MARK_SIZE;
}

/* R62: ring hold. What is not two numbers of milliseconds may mean something in a later release,
 * and is no setting here. */
static void note_timing(struct hs_cursor at, struct hs_blob *blob)
{
    uint64_t hold, settle;
    size_t count;
    if (!hs_cursor_array(&at, &count) || count < 2 || !hs_cursor_uint(&at, &hold) ||
        !hs_cursor_uint(&at, &settle) || hold > UINT32_MAX || settle > UINT32_MAX)
        return;
    blob->ring_hold = hold * 1000;
    blob->ring_settle = settle * 1000;
}

/* A member is drained if this element is the number 1; another type or number may mean something in
 * a later release, and nothing here. */
static void note_drained(struct hs_cursor at, struct hs_blob *blob)
{
    uint64_t drained;
    if (hs_cursor_uint(&at, &drained) && drained == 1)
        blob->tokens = 0;
}

/* What follows the first release's elements, from BLOB_ELEMENTS up to `count`. Those of a later
 * release are skipped. */
static bool read_later(struct hs_cursor *cursor, struct hs_blob *blob, size_t count)
{
    for (size_t element = BLOB_ELEMENTS + 1; element <= count; element++) {
        if (element == BLOB_ELEMENTS_KEYS)
            note_marks(*cursor, blob);
        if (element == BLOB_ELEMENTS_TIMING)
            note_timing(*cursor, blob);
        if (element == BLOB_ELEMENTS_DRAINED)
            note_drained(*cursor, blob);
        if (element > BLOB_ELEMENTS_DRAINED)
            return hs_cursor_skip(cursor, count - BLOB_ELEMENTS_DRAINED);
        if (!hs_cursor_skip(cursor, 1))
            return false;
    }
    return true;
}

bool hs_blob_decode(struct hs_blob *ret_blob, const uint8_t *bytes, size_t len)
{
    struct hs_cursor cursor = {bytes, bytes + len};
    struct hs_blob blob = {0};
    size_t count;
    if (len > HS_BLOB_MAX || !hs_cursor_array(&cursor, &count) || count < BLOB_ELEMENTS)
        return false;
    if (!read_name(&cursor, &blob) || !read_addr(&cursor, &blob) ||
        !hs_cursor_u64(&cursor, &blob.instance) || !hs_cursor_u64(&cursor, &blob.start) ||
        !read_tokens(&cursor, &blob) || !read_tags(&cursor, &blob) ||
        !read_versions(&cursor, &blob))
        return false;
    if (!read_later(&cursor, &blob, count) || cursor.at != cursor.end)
        return false;
    *ret_blob = blob;
    return true;
}

/* `cursor` is the offset of the next pair. The map's header is at 0. */
bool hs_tags_next(const uint8_t *tags, size_t len, size_t *cursor, const char **key,
                  size_t *key_len, const char **value, size_t *value_len)
{
    struct text next_key, next_value;
    size_t pairs;
    if (tags == NULL || *cursor >= len)
        return false;
    struct hs_cursor in = {tags + *cursor, tags + len};
    if ((*cursor == 0 && !hs_cursor_map(&in, &pairs)) || !read_tag(&in, &next_key, &next_value))
        return false;
    *cursor = (size_t)(in.at - tags);
    *key = next_key.bytes;
    *key_len = next_key.len;
    *value = next_value.bytes;
    *value_len = next_value.len;
    return true;
}
