/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compares our codec with msgpack-c (R13: reading): each reads what the other writes by our schema,
 * in the shortest form and in every width that msgpack allows.
 */
#include "harness.h"

#include <msgpack.h>
#include <string.h>

#include "codec/cursor.h"
#include "codec/decode.h"
#include "codec/message.h"
#include "same.h"
#include "sample.h"

#define ROUNDS  1100
#define OBJECTS 24

/* ---- msgpack-c reads --------------------------------------------------------------------- */

struct objects { /* as msgpack-c finds them */
    msgpack_unpacked unpacked[OBJECTS];
    size_t count, at;
};

static void objects_init(struct objects *objects, const void *bytes, size_t len)
{
    size_t offset = 0;
    objects->count = objects->at = 0;
    while (offset < len) {
        ck_assert_uint_lt(objects->count, OBJECTS);
        msgpack_unpacked *next = &objects->unpacked[objects->count++];
        msgpack_unpacked_init(next);
        ck_assert_int_eq(msgpack_unpack_next(next, bytes, len, &offset), MSGPACK_UNPACK_SUCCESS);
    }
    ck_assert_uint_eq(offset, len);
}

static void objects_fini(struct objects *objects)
{
    for (size_t i = 0; i < objects->count; i++)
        msgpack_unpacked_destroy(&objects->unpacked[i]);
}

static const msgpack_object *next_object(struct objects *objects)
{
    ck_assert_uint_lt(objects->at, objects->count);
    return &objects->unpacked[objects->at++].data;
}

static void is_uint(const msgpack_object *object, uint64_t value)
{
    ck_assert_int_eq(object->type, MSGPACK_OBJECT_POSITIVE_INTEGER);
    ck_assert_uint_eq(object->via.u64, value);
}

static void is_bin(const msgpack_object *object, const void *bytes, size_t len)
{
    ck_assert_int_eq(object->type, MSGPACK_OBJECT_BIN);
    ck_assert_uint_eq(object->via.bin.size, len);
    ck_assert(len == 0 || memcmp(object->via.bin.ptr, bytes, len) == 0);
}

static void is_str(const msgpack_object *object, const char *text, size_t len)
{
    ck_assert_int_eq(object->type, MSGPACK_OBJECT_STR);
    ck_assert_uint_eq(object->via.str.size, len);
    ck_assert(len == 0 || memcmp(object->via.str.ptr, text, len) == 0);
}

/* An array of `size`; returns its elements. */
static const msgpack_object *is_array(const msgpack_object *object, size_t size)
{
    ck_assert_int_eq(object->type, MSGPACK_OBJECT_ARRAY);
    ck_assert_uint_eq(object->via.array.size, size);
    return object->via.array.ptr;
}

static size_t addr_bytes(const struct hearsay_addr *addr, uint8_t bytes[18])
{
    size_t size = addr->family == 0 ? 0 : addr->family == 4 ? 4 : 16;
    memcpy(bytes, addr->bytes, size);
    bytes[size] = (uint8_t)(addr->port >> 8);
    bytes[size + 1] = (uint8_t)addr->port;
    return size > 0 ? size + 2 : 0;
}

static void is_addr(const msgpack_object *object, const struct hearsay_addr *addr)
{
    uint8_t bytes[18];
    is_bin(object, bytes, addr_bytes(addr, bytes));
}

static void is_tags(const msgpack_object *object, const struct hs_blob *blob)
{
    const char *key, *value;
    size_t cursor = 0, key_len, value_len;
    ck_assert_int_eq(object->type, MSGPACK_OBJECT_MAP);
    for (uint32_t i = 0; i < object->via.map.size; i++) {
        ck_assert(
            hs_tags_next(blob->tags, blob->tags_len, &cursor, &key, &key_len, &value, &value_len));
        is_str(&object->via.map.ptr[i].key, key, key_len);
        is_str(&object->via.map.ptr[i].val, value, value_len);
    }
    ck_assert(
        !hs_tags_next(blob->tags, blob->tags_len, &cursor, &key, &key_len, &value, &value_len));
}

static void is_blob(const msgpack_object *object, const uint8_t *bytes, size_t len)
{
    struct objects objects;
    struct hs_blob blob;
    is_bin(object, bytes, len);
    ck_assert(hs_blob_decode(&blob, bytes, len));
    objects_init(&objects, bytes, len);
    const msgpack_object *fields = is_array(next_object(&objects), 8);
    is_str(&fields[0], blob.name, blob.name_len);
    is_addr(&fields[1], &blob.addr);
    is_uint(&fields[2], blob.instance);
    is_uint(&fields[3], blob.start);
    is_uint(&fields[4], blob.tokens);
    is_tags(&fields[5], &blob);
    is_uint(&fields[6], blob.version_min);
    is_uint(&fields[7], blob.version_max);
    objects_fini(&objects);
}

/* The numbers behind the state, which accusers may follow. Returns how many there are. */
static size_t extra_of(const struct hs_rumor *rumor, uint64_t numbers[2])
{
    bool dead = rumor->status == HEARSAY_STATUS_DEAD;
    numbers[0] = dead ? rumor->age / 1000 : rumor->age;
    numbers[1] = dead ? rumor->age % 1000 : rumor->refused_mask;
    bool one = dead && rumor->cause != HEARSAY_CAUSE_FAILED;
    return rumor->status == HEARSAY_STATUS_ALIVE ? 0 : 2u - one;
}

static void is_rumor(const msgpack_object *object, const struct hs_rumor *rumor)
{
    bool brief = rumor->blob == NULL;
    uint64_t numbers[2];
    size_t extra = extra_of(rumor, numbers), last = rumor->ended + rumor->accuser_count;
    const msgpack_object *fields = is_array(object, (brief ? 5 : 4) + extra + last);
    is_uint(fields++, brief ? 1 : 0);
    if (brief) {
        is_uint(fields++, rumor->id);
        is_uint(fields++, rumor->blob_check);
    } else {
        is_blob(fields++, rumor->blob, rumor->blob_len);
    }
    is_uint(fields++, rumor->timestamp);
    is_uint(fields++, (unsigned)rumor->status | (unsigned)rumor->cause << 2);
    for (size_t i = 0; i < extra; i++)
        is_uint(fields++, numbers[i]);
    if (rumor->ended)
        ck_assert(fields->type == MSGPACK_OBJECT_BOOLEAN && fields->via.boolean);
    for (size_t i = 0; i < rumor->accuser_count; i++)
        is_uint(fields++, rumor->accusers[i]);
}

static void is_origin(struct objects *body, const struct hs_origin *origin)
{
    is_uint(next_object(body), origin->id);
    is_uint(next_object(body), origin->name_hash);
    is_addr(next_object(body), &origin->addr);
}

static void is_sync(struct objects *body, const struct hs_message *message)
{
    size_t bits = (size_t)1 << message->bits;
    is_uint(next_object(body), message->exchange);
    is_uint(next_object(body), message->step);
    is_uint(next_object(body), message->bits);
    if (message->step == HS_SYNC_BUCKETS)
        is_bin(next_object(body), message->buckets, 4 * bits);
    else
        is_bin(next_object(body), message->bitmap, bits < 8 ? 1 : bits / 8);
    if (message->step == HS_SYNC_LIST)
        is_bin(next_object(body), message->entries, message->entry_count * 8);
    if (message->step == HS_SYNC_LIST)
        is_bin(next_object(body), message->masks, message->mask_count);
    if (message->step == HS_SYNC_RECORDS)
        is_bin(next_object(body), message->entries, message->entry_count * 4);
    if (message->step == HS_SYNC_FINE)
        is_bin(next_object(body), message->entries, message->entry_count * 32);
    if (message->step == HS_SYNC_FINER)
        is_bin(next_object(body), message->entries, message->entry_count);
    if (message->origin.addr.family)
        is_origin(body, &message->origin);
}

static void is_challenge(struct objects *body, const struct hs_message *message)
{
    is_uint(next_object(body), message->nonce);
    is_uint(next_object(body), message->echo);
    if (message->state == 0 && !message->name)
        return;
    is_uint(next_object(body), message->timestamp);
    is_uint(next_object(body), message->start);
    is_uint(next_object(body), message->state);
    if (!message->name)
        return;
    is_str(next_object(body), message->name, message->name_len);
    is_origin(body, &message->origin);
}

static void is_refuser(const msgpack_object *object, const struct hs_message *message)
{
    const msgpack_object *fields = is_array(object, 4);
    is_uint(&fields[0], message->reason);
    is_str(&fields[1], message->refuser, message->refuser_len);
    is_uint(&fields[2], message->table_max);
    is_uint(&fields[3], message->clock);
}

static void is_fixed(struct objects *body, const struct hs_message *message)
{
    switch (message->kind) {
    case HEARSAY_KIND_CHALLENGE:
        is_challenge(body, message);
        return;
    case HEARSAY_KIND_JOIN:
        is_uint(next_object(body), message->nonce);
        is_uint(next_object(body), message->echo);
        return;
    case HEARSAY_KIND_REFUSAL:
        is_uint(next_object(body), message->echo);
        is_uint(next_object(body), message->reason > 0);
        is_addr(next_object(body), &message->holder);
        is_refuser(next_object(body), message);
        return;
    default:
        break;
    }
    is_uint(next_object(body), message->digest);
    if (message->kind == HEARSAY_KIND_SYNC)
        is_sync(body, message);
    else if (message->kind == HEARSAY_KIND_GOSSIP)
        is_uint(next_object(body), message->timestamp);
    else if (message->kind == HEARSAY_KIND_PROBE_REQUEST)
        is_uint(next_object(body), message->target);
    else
        is_uint(next_object(body), message->acked);
    if (message->kind == HEARSAY_KIND_NACK)
        is_uint(next_object(body), message->finding);
}

START_TEST(test_msgpack_reads_all_that_we_write)
{
    struct hs_random random = {1};
    for (size_t round = 0; round < ROUNDS; round++) {
        struct sample sample;
        struct objects datagram, body;
        uint8_t bytes[HEARSAY_DATAGRAM_MAX];
        sample_make(&sample, &random, round % SAMPLE_VARIANTS, round % 2);
        size_t len = sample_encode(&sample, bytes, sizeof bytes);
        ck_assert_uint_gt(len, 0);
        objects_init(&datagram, bytes, len);
        const msgpack_object *head = is_array(next_object(&datagram), 6);
        is_uint(&head[0], HS_WIRE_VERSION << 4 | sample.message.kind);
        is_uint(&head[1], hs_cluster_tag("hearsay"));
        is_uint(&head[2], sample.message.sender);
        is_uint(&head[3], sample.message.created);
        is_bin(&head[4], bytes + HS_HEAD_SIZE, len - HS_HEAD_SIZE - 5);
        ck_assert_int_eq(head[5].type, MSGPACK_OBJECT_POSITIVE_INTEGER);
        objects_init(&body, head[4].via.bin.ptr, head[4].via.bin.size);
        is_fixed(&body, &sample.message);
        for (size_t i = 0; i < sample.rumor_count; i++)
            is_rumor(next_object(&body), &sample.rumors[i]);
        ck_assert_uint_eq(body.at, body.count);
        objects_fini(&body);
        objects_fini(&datagram);
    }
}
END_TEST

/* ---- msgpack-c writes -------------------------------------------------------------------- */

/* Our schema in msgpack-c's hand: as short as it writes, or with any width that holds the value. */
struct writer {
    msgpack_sbuffer buffer;
    msgpack_packer to;
    struct hs_random *random;
    bool wide;
};

static void writer_init(struct writer *writer, struct hs_random *random, bool wide)
{
    msgpack_sbuffer_init(&writer->buffer);
    msgpack_packer_init(&writer->to, &writer->buffer, msgpack_sbuffer_write);
    writer->random = random;
    writer->wide = wide;
}

static void put_u64(struct writer *writer, uint64_t value)
{
    msgpack_pack_fix_uint64(&writer->to, value);
}

/* One of the widths, or false when it cannot hold the value. */
static bool put_uint_as(msgpack_packer *to, size_t width, uint64_t value)
{
    static const uint64_t greatest[] = {UINT8_MAX, UINT16_MAX, UINT32_MAX, UINT64_MAX,
                                        INT8_MAX,  INT16_MAX,  INT32_MAX,  INT64_MAX};
    if (value > greatest[width])
        return false;
    switch (width) {
    case 0:
        return msgpack_pack_fix_uint8(to, (uint8_t)value) == 0;
    case 1:
        return msgpack_pack_fix_uint16(to, (uint16_t)value) == 0;
    case 2:
        return msgpack_pack_fix_uint32(to, (uint32_t)value) == 0;
    case 3:
        return msgpack_pack_fix_uint64(to, value) == 0;
    case 4:
        return msgpack_pack_fix_int8(to, (int8_t)value) == 0;
    case 5:
        return msgpack_pack_fix_int16(to, (int16_t)value) == 0;
    case 6:
        return msgpack_pack_fix_int32(to, (int32_t)value) == 0;
    default:
        return msgpack_pack_fix_int64(to, (int64_t)value) == 0;
    }
}

static void put_uint(struct writer *writer, uint64_t value)
{
    if (!writer->wide) {
        msgpack_pack_uint64(&writer->to, value);
        return;
    }
    while (!put_uint_as(&writer->to, sample_below(writer->random, 8), value))
        ;
}

/* msgpack-c has no call for a count wider than need be: these markers are by hand. */
static void put_wide(struct writer *writer, const uint8_t markers[3], size_t count)
{
    uint8_t bytes[5];
    size_t width, which;
    do {
        which = sample_below(writer->random, 3);
        width = (size_t)1 << which;
    } while (markers[which] == 0 || (which == 0 && count > UINT8_MAX));
    bytes[0] = markers[which];
    for (size_t i = 0; i < width; i++)
        bytes[1 + i] = (uint8_t)(count >> 8 * (width - 1 - i));
    msgpack_sbuffer_write(&writer->buffer, (const char *)bytes, 1 + width);
}

static void put_array(struct writer *writer, size_t count)
{
    static const uint8_t markers[3] = {0, 0xdc, 0xdd};
    if (writer->wide)
        put_wide(writer, markers, count);
    else
        msgpack_pack_array(&writer->to, count);
}

static void put_bin(struct writer *writer, const void *bytes, size_t len)
{
    static const uint8_t markers[3] = {0xc4, 0xc5, 0xc6};
    if (writer->wide)
        put_wide(writer, markers, len);
    else
        msgpack_pack_bin(&writer->to, len);
    if (len > 0)
        msgpack_pack_bin_body(&writer->to, bytes, len);
}

static void put_str(struct writer *writer, const char *text, size_t len)
{
    static const uint8_t markers[3] = {0xd9, 0xda, 0xdb};
    if (writer->wide)
        put_wide(writer, markers, len);
    else
        msgpack_pack_str(&writer->to, len);
    if (len > 0)
        msgpack_pack_str_body(&writer->to, text, len);
}

static void put_tags(struct writer *writer, const struct hs_blob *blob)
{
    static const uint8_t markers[3] = {0, 0xde, 0xdf};
    const char *key, *value;
    size_t cursor = 0, key_len, value_len, count = 0;
    while (hs_tags_next(blob->tags, blob->tags_len, &cursor, &key, &key_len, &value, &value_len))
        count++;
    if (writer->wide)
        put_wide(writer, markers, count);
    else
        msgpack_pack_map(&writer->to, count);
    cursor = 0;
    while (hs_tags_next(blob->tags, blob->tags_len, &cursor, &key, &key_len, &value, &value_len)) {
        put_str(writer, key, key_len);
        put_str(writer, value, value_len);
    }
}

static void put_addr(struct writer *writer, const struct hearsay_addr *addr)
{
    uint8_t bytes[18];
    put_bin(writer, bytes, addr_bytes(addr, bytes));
}

static void put_blob(struct writer *writer, const struct hs_blob *blob)
{
    put_array(writer, 8);
    put_str(writer, blob->name, blob->name_len);
    put_addr(writer, &blob->addr);
    put_u64(writer, blob->instance);
    put_u64(writer, blob->start);
    put_uint(writer, blob->tokens);
    put_tags(writer, blob);
    put_uint(writer, blob->version_min);
    put_uint(writer, blob->version_max);
}

static void put_rumor(struct writer *writer, const struct hs_rumor *rumor)
{
    uint64_t numbers[2], extra = extra_of(rumor, numbers);
    put_array(writer, (rumor->blob ? 4 : 5) + extra + rumor->ended + rumor->accuser_count);
    put_uint(writer, rumor->blob == NULL);
    if (!rumor->blob) {
        put_u64(writer, rumor->id);
        put_uint(writer, rumor->blob_check);
    } else {
        put_bin(writer, rumor->blob, rumor->blob_len);
    }
    put_u64(writer, rumor->timestamp);
    put_uint(writer, (unsigned)rumor->status | (unsigned)rumor->cause << 2);
    for (size_t i = 0; i < extra; i++)
        put_uint(writer, numbers[i]);
    if (rumor->ended)
        msgpack_pack_true(&writer->to);
    for (size_t i = 0; i < rumor->accuser_count; i++)
        put_u64(writer, rumor->accusers[i]);
}

static void put_origin(struct writer *writer, const struct hs_origin *origin)
{
    put_u64(writer, origin->id);
    put_u64(writer, origin->name_hash);
    put_addr(writer, &origin->addr);
}

static void put_sync(struct writer *writer, const struct hs_message *message)
{
    size_t bits = (size_t)1 << message->bits;
    put_u64(writer, message->digest);
    put_u64(writer, message->exchange);
    put_uint(writer, message->step);
    put_uint(writer, message->bits);
    if (message->step == HS_SYNC_BUCKETS)
        put_bin(writer, message->buckets, 4 * bits);
    else
        put_bin(writer, message->bitmap, bits < 8 ? 1 : bits / 8);
    if (message->step == HS_SYNC_LIST)
        put_bin(writer, message->entries, message->entry_count * 8);
    if (message->step == HS_SYNC_LIST)
        put_bin(writer, message->masks, message->mask_count);
    if (message->step == HS_SYNC_RECORDS)
        put_bin(writer, message->entries, message->entry_count * 4);
    if (message->step == HS_SYNC_FINE)
        put_bin(writer, message->entries, message->entry_count * 32);
    if (message->step == HS_SYNC_FINER)
        put_bin(writer, message->entries, message->entry_count);
    if (message->origin.addr.family)
        put_origin(writer, &message->origin);
}

static void put_fixed(struct writer *writer, const struct hs_message *message)
{
    switch (message->kind) {
    case HEARSAY_KIND_SYNC:
        put_sync(writer, message);
        return;
    case HEARSAY_KIND_CHALLENGE:
    case HEARSAY_KIND_JOIN:
        put_u64(writer, message->nonce);
        put_u64(writer, message->echo);
        break;
    case HEARSAY_KIND_REFUSAL:
        put_u64(writer, message->echo);
        put_uint(writer, message->reason > 0);
        put_addr(writer, &message->holder);
        put_array(writer, 4);
        put_uint(writer, message->reason);
        put_str(writer, message->refuser, message->refuser_len);
        put_uint(writer, message->table_max);
        put_u64(writer, message->clock);
        return;
    default: /* of timestamp, target and acked, one is not 0 */
        put_u64(writer, message->digest);
        put_u64(writer, message->timestamp | message->target | message->acked);
    }
    if (message->kind == HEARSAY_KIND_NACK)
        put_uint(writer, message->finding);
    if (message->state != 0 || message->name) {
        put_u64(writer, message->timestamp);
        put_u64(writer, message->start);
        put_uint(writer, message->state);
    }
    if (message->name) {
        put_str(writer, message->name, message->name_len);
        put_origin(writer, &message->origin);
    }
}

START_TEST(test_we_read_all_that_msgpack_writes)
{
    struct hs_random random = {2};
    for (size_t round = 0; round < ROUNDS; round++) {
        struct sample sample;
        struct writer writer;
        struct hs_wire bob = sample_wire("bob");
        struct hs_message message;
        struct hs_rumor rumor;
        enum hearsay_drop reason;
        uint8_t bytes[HEARSAY_DATAGRAM_MAX];
        sample_make(&sample, &random, round % SAMPLE_VARIANTS, true);
        sample.message.created = 1;
        writer_init(&writer, &random, round % 2);
        put_fixed(&writer, &sample.message);
        for (size_t i = 0; i < sample.rumor_count; i++)
            put_rumor(&writer, &sample.rumors[i]);
        size_t len =
            sample_craft(bytes, sample.message.kind, writer.buffer.data, writer.buffer.size);
        ck_assert(hs_message_decode(&message, &reason, &bob, bytes, len));
        same_message(&sample.message, &message);
        for (size_t i = 0; i < sample.rumor_count; i++) {
            ck_assert_int_eq(hs_rumors_next(&message.rumors, &rumor), HS_RUMOR_OK);
            same_rumor(&sample.rumors[i], &rumor);
        }
        ck_assert_int_eq(hs_rumors_next(&message.rumors, &rumor), HS_RUMOR_END);
        msgpack_sbuffer_destroy(&writer.buffer);
    }
}
END_TEST

START_TEST(test_we_read_all_blobs_that_msgpack_writes)
{
    struct hs_random random = {3};
    for (size_t round = 0; round < ROUNDS; round++) {
        uint8_t bytes[HS_BLOB_MAX];
        struct hs_blob blob, back;
        struct writer writer, plain;
        size_t len = sample_blob(&random, bytes, false);
        ck_assert(hs_blob_decode(&blob, bytes, len));
        writer_init(&writer, &random, true);
        put_blob(&writer, &blob);
        ck_assert(hs_blob_decode(&back, (const uint8_t *)writer.buffer.data, writer.buffer.size));
        /* Written as short as can be, what was read is our blob to the byte. */
        writer_init(&plain, &random, false);
        put_blob(&plain, &back);
        ck_assert_uint_eq(plain.buffer.size, len);
        ck_assert_mem_eq(plain.buffer.data, bytes, len);
        msgpack_sbuffer_destroy(&plain.buffer);
        msgpack_sbuffer_destroy(&writer.buffer);
    }
}
END_TEST

/* Any bytes: both find an object of the same length, or neither finds one. Markers with counts of
 * 32 bits are left out: msgpack-c would allocate what they ask for. */
START_TEST(test_we_skip_what_msgpack_reads)
{
    struct hs_random random = {4};
    size_t found = 0, refused = 0;
    for (int round = 0; round < 40000; round++) {
        uint8_t bytes[24];
        for (size_t i = 0; i < sizeof bytes; i++) {
            bytes[i] =
                (uint8_t)(hs_random_below(&random, 3) ? hs_random_below(&random, 4)
                                                      : 0x80 + hs_random_below(&random, 128));
            if (bytes[i] == 0xdd || bytes[i] == 0xdf)
                bytes[i] = 0x92;
        }
        struct hs_cursor cursor = {bytes, bytes + sizeof bytes};
        msgpack_unpacked unpacked;
        size_t offset = 0;
        msgpack_unpacked_init(&unpacked);
        bool theirs = msgpack_unpack_next(&unpacked, (const char *)bytes, sizeof bytes, &offset) ==
                      MSGPACK_UNPACK_SUCCESS;
        bool ours = hs_cursor_skip(&cursor, 1);
        msgpack_unpacked_destroy(&unpacked);
        ck_assert_int_eq(ours, theirs);
        ck_assert(!ours || cursor.at == bytes + offset);
        found += ours;
        refused += !ours;
    }
    ck_assert_uint_gt(found, 1000);
    ck_assert_uint_gt(refused, 1000);
}
END_TEST

HARNESS_MAIN("oracle", test_msgpack_reads_all_that_we_write, test_we_read_all_that_msgpack_writes,
             test_we_read_all_blobs_that_msgpack_writes, test_we_skip_what_msgpack_reads)
