/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Datagrams for the tests of the codec and for the corpus of the fuzzer: random messages of every
 * kind with all fields in range, made from a seed. Alice sends, Bob receives.
 */
#ifndef HS_TESTS_SAMPLE_H
#define HS_TESTS_SAMPLE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "codec/bitmap.h"
#include "codec/encode.h"
#include "codec/message.h"

#define SAMPLE_RUMORS  6
#define SAMPLE_ENTRIES 12
#define SAMPLE_TAGS    4

/* Every kind, and for sync every step. */
#define SAMPLE_VARIANTS 13

struct sample {
    struct hs_message message;
    uint8_t buckets[4 * HS_BUCKETS], bitmap[HS_BITMAP_SIZE];
    uint8_t entries[8 * HS_FINE_SIZE], masks[HS_BUCKETS];
    char name[HEARSAY_NAME_MAX + 1];
    struct hs_rumor rumors[SAMPLE_RUMORS];
    uint8_t blobs[SAMPLE_RUMORS][HS_BLOB_MAX];
    size_t rumor_count;
};

static inline struct hs_wire sample_wire(const char *name)
{
    return (struct hs_wire){
        .seal = &hearsay_seal_none,
        .cluster = hs_cluster_tag("hearsay"),
        .self_id = hs_member_id(name, strlen(name), 1),
        .self_binding = hs_hash(name, strlen(name)),
    };
}

static inline size_t sample_below(struct hs_random *random, uint32_t bound)
{
    return hs_random_below(random, bound);
}

static inline void sample_text(struct hs_random *random, char *text, size_t len)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    for (size_t i = 0; i < len; i++)
        text[i] = letters[sample_below(random, sizeof letters - 1)];
    text[len] = '\0';
}

static inline void sample_bytes(struct hs_random *random, uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        bytes[i] = (uint8_t)hs_random_next(random);
}

static inline struct hearsay_addr sample_addr(struct hs_random *random)
{
    struct hearsay_addr addr = {.family = hs_random_below(random, 2) ? 6 : 4};
    addr.port = (uint16_t)(1 + hs_random_below(random, 65535));
    sample_bytes(random, addr.bytes, addr.family == 4 ? 4 : 16);
    /* 32.0.0.0/3 or 2000::/3: addresses that a host can have, and not IPv4-mapped */
    addr.bytes[0] = (uint8_t)(0x20 | (addr.bytes[0] & 0x1f));
    return addr;
}

/* Writes a random blob; `small` ones have short names and no tags. Returns its length. */
static inline size_t sample_blob(struct hs_random *random, uint8_t bytes[HS_BLOB_MAX], bool small)
{
    char name[HEARSAY_NAME_MAX + 1], keys[SAMPLE_TAGS][16], values[SAMPLE_TAGS][64];
    struct hearsay_tag tags[SAMPLE_TAGS];
    size_t count = small ? 0 : sample_below(random, SAMPLE_TAGS + 1);
    for (size_t i = 0; i < count; i++) {
        sample_text(random, keys[i], 1 + sample_below(random, 14));
        keys[i][0] = (char)('a' + i); /* no key twice */
        sample_text(random, values[i], sample_below(random, 60));
        tags[i] = (struct hearsay_tag){keys[i], values[i]};
    }
    struct hs_blob blob = {.name = name, .addr = sample_addr(random)};
    blob.name_len = 1 + sample_below(random, small ? 8 : HEARSAY_NAME_MAX);
    sample_text(random, name, blob.name_len);
    blob.instance = hs_random_next(random);
    blob.start = hs_random_next(random);
    blob.tokens = 1 + hs_random_below(random, HEARSAY_TOKENS_MAX);
    blob.version_min = (uint8_t)hs_random_below(random, 16);
    blob.version_max = (uint8_t)(blob.version_min + hs_random_below(random, 200));
    int len = hs_blob_encode(bytes, HS_BLOB_MAX, &blob, tags, count);
    return len < 0 ? 0 : (size_t)len;
}

/* In milliseconds. Only a death of `failed` says more than its seconds. */
static inline uint64_t sample_age(struct hs_random *random, const struct hs_rumor *rumor)
{
    uint64_t age = (uint32_t)hs_random_next(random) >> sample_below(random, 32);
    if (rumor->status != HEARSAY_STATUS_DEAD)
        return age;
    return age * 1000 + (rumor->cause == HEARSAY_CAUSE_FAILED ? hs_random_below(random, 1000) : 0);
}

static inline struct hs_rumor sample_rumor(struct hs_random *random, uint8_t bytes[HS_BLOB_MAX],
                                           bool small)
{
    struct hs_rumor rumor = {.timestamp = hs_random_next(random)};
    if (hs_random_below(random, 2)) {
        rumor.blob = bytes;
        rumor.blob_len = sample_blob(random, bytes, small);
        hs_blob_decode(&rumor.decoded, bytes, rumor.blob_len);
        rumor.id = hs_member_id(rumor.decoded.name, rumor.decoded.name_len, rumor.decoded.instance);
    } else {
        rumor.id = hs_random_next(random);
        rumor.blob_check = (uint32_t)hs_random_next(random) >> sample_below(random, 32);
    }
    rumor.status = (enum hearsay_status)(1 + hs_random_below(random, 3));
    if (rumor.status == HEARSAY_STATUS_DEAD)
        rumor.cause = (enum hearsay_cause)(1 + hs_random_below(random, 3));
    if (rumor.cause == HEARSAY_CAUSE_FAILED)
        rumor.ended = hs_random_below(random, 2) == 1;
    if (rumor.status != HEARSAY_STATUS_ALIVE)
        rumor.age = sample_age(random, &rumor);
    if (rumor.status == HEARSAY_STATUS_SUSPECT) {
        rumor.accuser_count = (uint8_t)hs_random_below(random, HS_ACCUSERS_MAX + 1);
        rumor.refused_mask = (uint8_t)hs_random_below(random, 1u << rumor.accuser_count);
        for (size_t i = 0; i < rumor.accuser_count; i++)
            rumor.accusers[i] = hs_random_next(random);
    }
    return rumor;
}

static inline struct hs_origin sample_origin(struct hs_random *random)
{
    return (struct hs_origin){hs_random_below(random, 4) ? hs_random_next(random) : 0,
                              hs_random_next(random), sample_addr(random)};
}

/* In short, without or with what is known of the name, or in full, with both. */
static inline void sample_challenge(struct sample *sample, struct hs_random *random, bool small)
{
    static const uint8_t states[] = {1, 2, 7, 11, 15};
    struct hs_message *message = &sample->message;
    message->nonce = hs_random_next(random);
    message->echo = hs_random_next(random);
    if (hs_random_below(random, 2)) {
        message->timestamp = hs_random_next(random);
        message->start = hs_random_next(random);
        message->state = states[sample_below(random, sizeof states)];
    }
    if (hs_random_below(random, 2))
        return;
    message->name = sample->name;
    message->name_len = 1 + sample_below(random, small ? 8 : HEARSAY_NAME_MAX);
    sample_text(random, sample->name, message->name_len);
    message->origin = sample_origin(random);
}

static inline void sample_sync(struct sample *sample, struct hs_random *random, bool small)
{
    struct hs_message *message = &sample->message;
    message->digest = hs_random_next(random);
    message->exchange = hs_random_next(random);
    message->bits = hs_random_below(random, small ? 5 : HS_BUCKET_BITS + 1);
    if (message->step == HS_SYNC_BUCKETS)
        message->buckets = sample->buckets;
    else
        message->bitmap = sample->bitmap;
    if (hs_sync_has_origin(message->step) && hs_random_below(random, 2))
        message->origin = sample_origin(random);
    sample_bytes(random, sample->buckets, sizeof sample->buckets);
    sample_bytes(random, sample->bitmap, sizeof sample->bitmap);
    sample_bytes(random, sample->entries, sizeof sample->entries);
    sample_bytes(random, sample->masks, sizeof sample->masks);
    for (size_t i = 0; i < sizeof sample->masks; i++) /* an empty one is out of range */
        sample->masks[i] |= (uint8_t)(1u << i % HS_EIGHTHS);
    if (message->step == HS_SYNC_FINE || message->step == HS_SYNC_FINER)
        memset(sample->bitmap + 1, 0, sizeof sample->bitmap - 1); /* so many fit a datagram */
    if (message->step == HS_SYNC_BUCKETS || message->step == HS_SYNC_DIFFER)
        return;
    message->entries = sample->entries;
    size_t buckets = hs_bitmap_count(sample->bitmap, message->bits);
    bool of_each = message->step == HS_SYNC_FINE || message->step == HS_SYNC_FINER;
    message->entry_count = of_each ? buckets : sample_below(random, SAMPLE_ENTRIES + 1);
    if (message->step != HS_SYNC_LIST)
        return;
    message->masks = sample->masks;
    message->mask_count = hs_random_below(random, 2) ? buckets : 0;
}

static inline void sample_fields(struct sample *sample, struct hs_random *random, bool small)
{
    struct hs_message *message = &sample->message;
    switch (message->kind) {
    case HEARSAY_KIND_CHALLENGE:
        sample_challenge(sample, random, small);
        break;
    case HEARSAY_KIND_JOIN:
        message->nonce = hs_random_next(random);
        message->echo = hs_random_next(random);
        break;
    case HEARSAY_KIND_REFUSAL:
        message->echo = hs_random_next(random);
        message->reason = (enum hs_refusal_reason)hs_random_below(random, HS_REFUSAL_OTHER);
        if (message->reason == HS_REFUSAL_NAME || hs_random_below(random, 2))
            message->holder = sample_addr(random);
        message->refuser = "refuser";
        message->refuser_len = hs_random_below(random, 8);
        message->table_max = (uint32_t)hs_random_next(random);
        message->clock = hs_random_next(random);
        break;
    case HEARSAY_KIND_SYNC:
        sample_sync(sample, random, small);
        break;
    default:
        message->digest = hs_random_next(random);
        if (message->kind == HEARSAY_KIND_GOSSIP)
            message->timestamp = hs_random_next(random);
        else if (message->kind == HEARSAY_KIND_PROBE_REQUEST)
            message->target = hs_random_next(random);
        else
            message->acked = hs_random_next(random);
        if (message->kind == HEARSAY_KIND_NACK)
            message->finding = (enum hs_finding)hs_random_below(random, 2);
    }
}

static inline bool sample_has_rumors(const struct hs_message *message)
{
    if (message->kind == HEARSAY_KIND_SYNC)
        return message->step == HS_SYNC_RECORDS;
    return message->kind != HEARSAY_KIND_CHALLENGE && message->kind != HEARSAY_KIND_REFUSAL;
}

/* Variant 0 to 7: the kinds, sync with its first step; 8 to 12: sync's other steps. */
static inline void sample_make(struct sample *sample, struct hs_random *random, size_t variant,
                               bool small)
{
    memset(sample, 0, sizeof *sample);
    struct hs_message *message = &sample->message;
    message->kind = variant < 8 ? (unsigned)variant + 1 : HEARSAY_KIND_SYNC;
    message->step = variant < 8 ? HS_SYNC_BUCKETS : (enum hs_sync_step)(variant - 7);
    message->sender = sample_wire("alice").self_id;
    message->created = hs_random_next(random);
    sample_fields(sample, random, small);
    if (!sample_has_rumors(message))
        return;
    sample->rumor_count = sample_below(random, small ? 3 : SAMPLE_RUMORS + 1);
    for (size_t i = 0; i < sample->rumor_count; i++)
        sample->rumors[i] = sample_rumor(random, sample->blobs[i], small);
}

/* Encodes the sample as Alice's datagram to Bob. Rumors that do not fit are left out of it and of
 * the sample. Returns its length, 0 when it does not fit at all. */
static inline size_t sample_encode(struct sample *sample, uint8_t *bytes, size_t max)
{
    struct hs_wire alice = sample_wire("alice");
    struct hs_encoder encoder;
    if (!hs_encode_begin(&encoder, &alice, bytes, max, hs_hash("bob", 3), &sample->message))
        return 0;
    for (size_t i = 0; i < sample->rumor_count; i++)
        if (!hs_encode_rumor(&encoder, &sample->rumors[i]))
            sample->rumor_count = i;
    return hs_encode_end(&encoder);
}

/* A small datagram of a variant, in a heap block of exactly its size; NULL without memory. */
static inline uint8_t *sample_block(struct hs_random *random, size_t variant, size_t *ret_len)
{
    struct sample sample;
    uint8_t bytes[HEARSAY_DATAGRAM_MAX];
    sample_make(&sample, random, variant, true);
    *ret_len = sample_encode(&sample, bytes, sizeof bytes);
    uint8_t *block = malloc(*ret_len);
    if (block != NULL)
        memcpy(block, bytes, *ret_len);
    return block;
}

/* Seals a whole datagram again after its head or body was changed, as for Bob. */
static inline void sample_reseal(uint8_t *bytes, size_t len)
{
    size_t body_len = len - HS_HEAD_SIZE - hearsay_seal_none.trailer_size;
    unsigned kind = bytes[1] & 0x0fu;
    bool open = kind == HEARSAY_KIND_JOIN || kind == HEARSAY_KIND_CHALLENGE;
    bytes[26] = (uint8_t)(body_len >> 8);
    bytes[27] = (uint8_t)body_len;
    hearsay_seal_none.seal(NULL, open ? 0 : hs_hash("bob", 3), bytes, HS_HEAD_SIZE,
                           bytes + HS_HEAD_SIZE, body_len, bytes + HS_HEAD_SIZE + body_len);
}

/* Makes a datagram of this kind with any body. Returns its length. */
static inline size_t sample_craft(uint8_t *bytes, unsigned kind, const void *body, size_t body_len)
{
    struct sample gossip = {.message = {.kind = HEARSAY_KIND_GOSSIP, .created = 1}};
    size_t len = HS_HEAD_SIZE + body_len + hearsay_seal_none.trailer_size;
    uint8_t whole[HEARSAY_DATAGRAM_MAX];
    sample_encode(&gossip, whole, sizeof whole);
    memcpy(bytes, whole, HS_HEAD_SIZE);
    memcpy(bytes + HS_HEAD_SIZE, body, body_len);
    bytes[1] = (uint8_t)(HS_WIRE_VERSION << 4 | kind);
    sample_reseal(bytes, len);
    return len;
}

/* ---- what a decoded message must be, whatever the datagram was ---------------------------- */

/* Each of these functions returns the condition that does not hold, or NULL. */
#define SAMPLE_HOLDS(condition)                                                                    \
    do {                                                                                           \
        if (!(condition))                                                                          \
            return #condition;                                                                     \
    } while (0)

static inline const char *sample_blob_fault(const struct hs_rumor *rumor)
{
    const struct hs_blob blob = rumor->decoded;
    const char *key, *value;
    size_t cursor = 0, key_len, value_len, seen = 0;
    SAMPLE_HOLDS(hs_member_id(blob.name, blob.name_len, blob.instance) == rumor->id);
    SAMPLE_HOLDS(blob.name_len >= 1 && blob.name_len <= HEARSAY_NAME_MAX);
    SAMPLE_HOLDS(blob.addr.port != 0 && !hearsay_addr_fault(&blob.addr));
    SAMPLE_HOLDS(blob.tokens <= HEARSAY_TOKENS_MAX);
    SAMPLE_HOLDS(blob.version_min <= blob.version_max);
    SAMPLE_HOLDS(blob.tags_len >= 1 && blob.tags_len <= HEARSAY_TAGS_MAX);
    while (hs_tags_next(blob.tags, blob.tags_len, &cursor, &key, &key_len, &value, &value_len)) {
        SAMPLE_HOLDS(key_len >= 1 && key_len <= HEARSAY_TAG_KEY_MAX && !memchr(key, ' ', key_len));
        seen += key_len + value_len;
    }
    SAMPLE_HOLDS(seen <= HEARSAY_TAGS_MAX);
    SAMPLE_HOLDS(cursor == blob.tags_len || cursor == 0);
    return NULL;
}

static inline const char *sample_rumor_fault(const struct hs_rumor *rumor)
{
    SAMPLE_HOLDS(rumor->status >= HEARSAY_STATUS_SUSPECT && rumor->status <= HEARSAY_STATUS_DEAD);
    SAMPLE_HOLDS((rumor->status == HEARSAY_STATUS_DEAD) == (rumor->cause != HEARSAY_CAUSE_NONE));
    SAMPLE_HOLDS(rumor->cause >= HEARSAY_CAUSE_NONE && rumor->cause <= HEARSAY_CAUSE_FORCED);
    SAMPLE_HOLDS(!rumor->ended || rumor->cause == HEARSAY_CAUSE_FAILED);
    SAMPLE_HOLDS(rumor->accuser_count <= HS_ACCUSERS_MAX);
    SAMPLE_HOLDS(rumor->refused_mask >> rumor->accuser_count == 0);
    return rumor->blob ? sample_blob_fault(rumor) : NULL;
}

/* Reads all bytes that the message borrows, so that a sanitizer finds invalid ones. */
static inline void sample_touch(const struct hs_message *message)
{
    size_t bits = (size_t)1 << message->bits;
    if (message->name)
        hs_hash(message->name, message->name_len);
    if (message->buckets)
        hs_hash(message->buckets, 4 * bits);
    if (message->bitmap)
        hs_hash(message->bitmap, bits < 8 ? 1 : bits / 8);
    if (message->entries)
        hs_hash(message->entries, message->entry_count * hs_sync_entry_size(message->step));
    if (message->masks)
        hs_hash(message->masks, message->mask_count);
    if (message->refuser)
        hs_hash(message->refuser, message->refuser_len);
}

static inline const char *sample_fault(const struct hs_message *message)
{
    SAMPLE_HOLDS(message->kind >= HEARSAY_KIND_GOSSIP && message->kind < HEARSAY_KIND_COUNT);
    SAMPLE_HOLDS(message->finding <= HS_FINDING_REFUSED && message->reason <= HS_REFUSAL_OTHER);
    SAMPLE_HOLDS(message->step <= HS_SYNC_FINER && message->bits <= HS_BUCKET_BITS);
    SAMPLE_HOLDS(message->state <= 15);
    if (message->kind == HEARSAY_KIND_REFUSAL && message->reason == HS_REFUSAL_NAME)
        SAMPLE_HOLDS(message->holder.port != 0);
    SAMPLE_HOLDS(!message->name || message->name_len <= HEARSAY_NAME_MAX);
    SAMPLE_HOLDS(!message->name || message->origin.addr.port != 0);
    sample_touch(message);
    struct hs_rumors rumors = message->rumors;
    struct hs_rumor rumor;
    enum hs_rumor_result result;
    const char *fault = NULL;
    while (!fault && (result = hs_rumors_next(&rumors, &rumor)) != HS_RUMOR_END)
        if (result == HS_RUMOR_OK)
            fault = sample_rumor_fault(&rumor);
    return fault;
}

#endif
