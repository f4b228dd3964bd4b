/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whole datagrams: every kind is decoded as it was encoded, datagrams that are not for us or out of
 * range are dropped with the right reason, and what is written keeps its bounds. test_damage.c
 * tests damage by brute force. Input lies in a heap block of exactly its size, so a read past its
 * end is seen by the address sanitizer.
 */
#include "harness.h"

#include <string.h>

#include "codec/decode.h"
#include "codec/encode.h"
#include "codec/message.h"
#include "same.h"
#include "sample.h"

#define ROUNDS 1500

#define BYTES(...) (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})
#define U64        0xcf, 1, 2, 3, 4, 5, 6, 7, 8

/* Datagram in its own heap block, as Bob hears it. */
struct heard {
    uint8_t *bytes;
    bool ok;
    enum hearsay_drop reason;
    struct hs_message message;
};

static struct heard hear_as(const char *name, const uint8_t *bytes, size_t len)
{
    struct hs_wire wire = sample_wire(name);
    struct heard heard = {.bytes = malloc(len > 0 ? len : 1), .reason = HEARSAY_DROP_COUNT};
    ck_assert_ptr_nonnull(heard.bytes);
    if (len > 0)
        memcpy(heard.bytes, bytes, len);
    heard.ok = hs_message_decode(&heard.message, &heard.reason, &wire, heard.bytes, len);
    return heard;
}

static void expect_drop(const uint8_t *bytes, size_t len, enum hearsay_drop reason)
{
    struct heard heard = hear_as("bob", bytes, len);
    ck_assert_msg(!heard.ok, "taken, should be %s", hearsay_drop_name(reason));
    ck_assert_str_eq(hearsay_drop_name(heard.reason), hearsay_drop_name(reason));
    free(heard.bytes);
}

/* Bob hears this body, sealed as it should be. */
static void expect_body(unsigned kind, const uint8_t *body, size_t body_len, bool taken,
                        enum hearsay_drop reason)
{
    uint8_t bytes[HEARSAY_DATAGRAM_MAX];
    size_t len = sample_craft(bytes, kind, body, body_len);
    if (!taken) {
        expect_drop(bytes, len, reason);
        return;
    }
    struct heard heard = hear_as("bob", bytes, len);
    ck_assert_msg(heard.ok, "dropped: %s", hearsay_drop_name(heard.reason));
    free(heard.bytes);
}

#define TAKEN(kind, ...)                                                                           \
    expect_body(HEARSAY_KIND_##kind, BYTES(__VA_ARGS__), true, HEARSAY_DROP_COUNT)
#define DROPPED(reason, kind, ...)                                                                 \
    expect_body(HEARSAY_KIND_##kind, BYTES(__VA_ARGS__), false, HEARSAY_DROP_##reason)

/* ---- there and back ---------------------------------------------------------------------- */

START_TEST(test_every_kind_comes_back_as_it_was_sent)
{
    struct hs_random random = {1};
    size_t rumors = 0;
    for (size_t round = 0; round < ROUNDS; round++) {
        struct sample sample;
        uint8_t bytes[HEARSAY_DATAGRAM_MAX];
        sample_make(&sample, &random, round % SAMPLE_VARIANTS, round % 2);
        size_t len = sample_encode(&sample, bytes, sizeof bytes);
        ck_assert_uint_gt(len, 0);
        struct heard heard = hear_as("bob", bytes, len);
        ck_assert_msg(heard.ok, "round %zu: %s", round, hearsay_drop_name(heard.reason));
        same_message(&sample.message, &heard.message);
        struct hs_rumor rumor;
        for (size_t i = 0; i < sample.rumor_count; i++, rumors++) {
            ck_assert_int_eq(hs_rumors_next(&heard.message.rumors, &rumor), HS_RUMOR_OK);
            same_rumor(&sample.rumors[i], &rumor);
        }
        ck_assert_int_eq(hs_rumors_next(&heard.message.rumors, &rumor), HS_RUMOR_END);
        free(heard.bytes);
    }
    ck_assert_uint_gt(rumors, ROUNDS / 4);
}
END_TEST

/* R9; and a challenge to a stranger is no longer than what it answers (R28). */
START_TEST(test_idle_gossip_ack_and_challenge_take_51_bytes)
{
    static const unsigned kinds[] = {HEARSAY_KIND_GOSSIP, HEARSAY_KIND_ACK, HEARSAY_KIND_CHALLENGE};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        struct sample sample = {.message = {.kind = kinds[i],
                                            .created = UINT64_MAX,
                                            .digest = UINT64_MAX,
                                            .acked = UINT64_MAX,
                                            .nonce = UINT64_MAX}};
        uint8_t bytes[HEARSAY_DATAGRAM_MAX];
        ck_assert_uint_eq(sample_encode(&sample, bytes, sizeof bytes), 51);
    }
}
END_TEST

/* The datagram that docs/protocol.md shows: from the first "alice" to "bob". */
START_TEST(test_the_documented_datagram_is_what_we_write)
{
    static const uint8_t documented[51] = {
        0x96, 0x11, 0xce, 0x25, 0x1d, 0x71, 0xcb, 0xcf, 0x59, 0x96, 0xf7, 0xdc, 0x3c,
        0xb7, 0xa0, 0xfb, 0xcf, 0x00, 0x06, 0x24, 0xc4, 0x0d, 0x3f, 0x9a, 0x40, 0xc5,
        0x00, 0x12, 0xcf, 0x1f, 0x9a, 0xdd, 0xa3, 0xb1, 0x0c, 0x5e, 0x77, 0xcf, 0x00,
        0x06, 0x24, 0xc4, 0x0a, 0x11, 0x22, 0x33, 0xce, 0xc2, 0x2a, 0x2d, 0xed};
    struct sample sample = {.message = {.kind = HEARSAY_KIND_GOSSIP,
                                        .created = UINT64_C(0x000624c40d3f9a40),
                                        .digest = UINT64_C(0x1f9adda3b10c5e77),
                                        .timestamp = UINT64_C(0x000624c40a112233)}};
    uint8_t bytes[HEARSAY_DATAGRAM_MAX];
    ck_assert_uint_eq(sample_encode(&sample, bytes, sizeof bytes), sizeof documented);
    ck_assert_mem_eq(bytes, documented, sizeof documented);
}
END_TEST

/* ---- who it is for ----------------------------------------------------------------------- */

START_TEST(test_only_join_and_challenge_open_under_another_name)
{
    struct hs_random random = {8};
    for (size_t variant = 0; variant < SAMPLE_VARIANTS; variant++) {
        size_t len;
        uint8_t *bytes = sample_block(&random, variant, &len);
        unsigned kind = bytes[1] & 0x0fu;
        bool open = kind == HEARSAY_KIND_JOIN || kind == HEARSAY_KIND_CHALLENGE;
        struct heard heard = hear_as("carol", bytes, len);
        ck_assert_int_eq(heard.ok, open);
        ck_assert(open || heard.reason == HEARSAY_DROP_CHECKSUM);
        free(heard.bytes);
        free(bytes);
    }
}
END_TEST

/* R11a: before a datagram has opened nothing is believed, not even that it is our own. */
START_TEST(test_our_own_datagram_is_known_only_once_it_has_opened)
{
    struct hs_random random = {11};
    for (size_t variant = 0; variant < SAMPLE_VARIANTS; variant++) {
        size_t len;
        uint8_t *bytes = sample_block(&random, variant, &len);
        unsigned kind = bytes[1] & 0x0fu;
        bool open = kind == HEARSAY_KIND_JOIN || kind == HEARSAY_KIND_CHALLENGE;
        struct heard heard = hear_as("alice", bytes, len);
        ck_assert(!heard.ok);
        ck_assert_int_eq(heard.reason, open ? HEARSAY_DROP_SELF : HEARSAY_DROP_CHECKSUM);
        free(heard.bytes);
        bytes[len - 1] ^= 1;
        heard = hear_as("alice", bytes, len);
        ck_assert(!heard.ok && heard.reason == HEARSAY_DROP_CHECKSUM);
        free(heard.bytes);
        free(bytes);
    }
}
END_TEST

START_TEST(test_each_fault_of_the_head_has_its_reason)
{
    struct hs_random random = {9};
    size_t len;
    uint8_t *bytes = sample_block(&random, 0, &len), large[HEARSAY_DATAGRAM_MAX + 1] = {0};
    memcpy(large, bytes, len);
    expect_drop(large, sizeof large, HEARSAY_DROP_OVERSIZED);
    expect_drop(large, len + 1, HEARSAY_DROP_TRUNCATED); /* longer than it says */
    static const uint8_t markers[] = {0, 2, 7, 16, 25};
    for (size_t i = 0; i < sizeof markers; i++) {
        bytes[markers[i]]++;
        expect_drop(bytes, len, HEARSAY_DROP_MALFORMED);
        bytes[markers[i]]--;
    }
    for (unsigned version = 0; version < 16; version++) {
        bytes[1] = (uint8_t)(version << 4 | HEARSAY_KIND_GOSSIP);
        if (version > 7) /* no positive fixint */
            expect_drop(bytes, len, HEARSAY_DROP_MALFORMED);
        else if (version != HS_WIRE_VERSION)
            expect_drop(bytes, len, HEARSAY_DROP_VERSION);
    }
    bytes[1] = HS_WIRE_VERSION << 4 | HEARSAY_KIND_GOSSIP;
    bytes[3] ^= 1;
    expect_drop(bytes, len, HEARSAY_DROP_CLUSTER);
    free(bytes);
}
END_TEST

START_TEST(test_numbers_that_are_no_kind_are_malformed)
{
    for (unsigned kind = 0; kind < 16; kind++)
        if (kind == 0 || kind >= HEARSAY_KIND_COUNT)
            expect_body(kind, BYTES(U64, U64, U64, U64, 0, 0), false, HEARSAY_DROP_MALFORMED);
}
END_TEST

START_TEST(test_head_alone_can_be_read_from_28_bytes)
{
    struct hs_random random = {10};
    size_t len;
    uint8_t *bytes = sample_block(&random, 0, &len), *quoted = malloc(HS_HEAD_SIZE);
    struct hs_head head;
    ck_assert_ptr_nonnull(quoted);
    memcpy(quoted, bytes, HS_HEAD_SIZE);
    ck_assert(hs_head_decode(&head, quoted, HS_HEAD_SIZE));
    ck_assert_uint_eq(head.version, HS_WIRE_VERSION);
    ck_assert_uint_eq(head.kind, HEARSAY_KIND_GOSSIP);
    ck_assert_uint_eq(head.cluster, hs_cluster_tag("hearsay"));
    ck_assert_uint_eq(head.sender, sample_wire("alice").self_id);
    ck_assert_uint_eq(head.body_len, len - HS_HEAD_SIZE - 5);
    ck_assert(!hs_head_decode(&head, quoted, HS_HEAD_SIZE - 1));
    free(quoted);
    free(bytes);
}
END_TEST

/* ---- fields out of their range ----------------------------------------------------------- */

START_TEST(test_fields_out_of_range_are_of_no_value)
{
    TAKEN(NACK, U64, U64, 1);
    DROPPED(VALUE, NACK, U64, U64, 2);
    TAKEN(CHALLENGE, U64, U64);
    DROPPED(VALUE, CHALLENGE, U64, U64, U64, U64, 0);
    TAKEN(CHALLENGE, U64, U64, U64, U64, 15);
    DROPPED(VALUE, CHALLENGE, U64, U64, U64, U64, 3);          /* dead of nothing */
    DROPPED(VALUE, CHALLENGE, U64, U64, U64, U64, 6);          /* alive with a cause */
    DROPPED(VALUE, CHALLENGE, U64, U64, U64, U64, 4);          /* a cause without status */
    DROPPED(VALUE, CHALLENGE, U64, U64, U64, U64, 19);         /* no such cause */
    DROPPED(VALUE, CHALLENGE, U64, U64, U64, U64, 0xcd, 1, 2); /* 258: 2 in its low byte */
    TAKEN(REFUSAL, U64, 0, 0xc4, 6, 10, 0, 0, 1, 0, 9);
    TAKEN(REFUSAL, U64, 1, 0xc4, 0);
    DROPPED(VALUE, REFUSAL, U64, 2, 0xc4, 6, 10, 0, 0, 1, 0, 9);
    DROPPED(VALUE, REFUSAL, U64, 0, 0xc4, 0);                    /* held by nobody */
    DROPPED(VALUE, REFUSAL, U64, 0, 0xc4, 6, 10, 0, 0, 1, 0, 0); /* port 0 */
    DROPPED(VALUE, REFUSAL, U64, 0, 0xc4, 6, 0, 0, 0, 0, 0, 9);  /* the any-address */
    DROPPED(VALUE, REFUSAL, U64, 1, 0xc4, 5, 10, 0, 0, 1, 9);    /* no family has 5 bytes */
    DROPPED(VALUE, REFUSAL, U64, 1, 0xc4, 7, 10, 0, 0, 1, 0, 9, 9);
    TAKEN(REFUSAL, U64, 1, 0xc4, 0, 0x94, 1, 0xa0, 0, U64);
    TAKEN(REFUSAL, U64, 1, 0xc4, 0, 0x94, 0xcd, 1, 0, 0xa0, 0,
          U64); /* a reason of a later release */
    DROPPED(VALUE, REFUSAL, U64, 1, 0xc4, 0, 0x94, 0, 0xa0, 0, U64); /* held by nobody */
    DROPPED(VALUE, REFUSAL, U64, 0, 0xc4, 6, 10, 0, 0, 1, 0, 9, 0x94, 2, 0xa0, 0, U64);
    DROPPED(VALUE, REFUSAL, U64, 1, 0xc4, 0, 0x94, 1, 0xa1, '/', 0, U64); /* no name */
    DROPPED(VALUE, REFUSAL, U64, 1, 0xc4, 0, 0x94, 1, 0xa0, 0xcf, 0, 0, 0, 1, 0, 0, 0, 0, U64);
    DROPPED(MALFORMED, REFUSAL, U64, 1, 0xc4, 0, 0x94, 1, 0xa0, 0, 0);
}
END_TEST

START_TEST(test_sync_with_sizes_that_contradict_is_of_no_value)
{
    TAKEN(SYNC, U64, U64, 0, 0, 0xc4, 4, 1, 2, 3, 4);
    TAKEN(SYNC, U64, U64, 1, 0, 0xc4, 1, 1);
    TAKEN(SYNC, U64, U64, 1, 3, 0xc4, 1, 1);
    TAKEN(SYNC, U64, U64, 1, 4, 0xc4, 2, 1, 1);
    TAKEN(SYNC, U64, U64, 2, 0, 0xc4, 1, 1, 0xc4, 8, 1, 2, 3, 4, 5, 6, 7, 8, 0xc4, 0);
    TAKEN(SYNC, U64, U64, 2, 3, 0xc4, 1, 5, 0xc4, 0, 0xc4, 2, 255, 1);
    TAKEN(SYNC, U64, U64, 5, 3, 0xc4, 1, 5, 0xc4, 2, 255, 1);
    TAKEN(SYNC, U64, U64, 3, 0, 0xc4, 1, 1, 0xc4, 4, 1, 2, 3, 4);
    DROPPED(VALUE, SYNC, U64, U64, 2, 3, 0xc4, 1, 5, 0xc4, 0, 0xc4, 2, 255, 0); /* of nothing */
    DROPPED(VALUE, SYNC, U64, U64, 6, 0, 0xc4, 1, 1);                           /* no such step */
    DROPPED(VALUE, SYNC, U64, U64, 1, 9, 0xc4, 1, 1);          /* too many buckets */
    DROPPED(VALUE, SYNC, U64, U64, 0, 1, 0xc4, 4, 1, 2, 3, 4); /* half the buckets */
    DROPPED(VALUE, SYNC, U64, U64, 0, 0, 0xc4, 5, 1, 2, 3, 4, 5);
    DROPPED(VALUE, SYNC, U64, U64, 1, 0, 0xc4, 0);
    DROPPED(VALUE, SYNC, U64, U64, 1, 3, 0xc4, 2, 1, 1);
    DROPPED(VALUE, SYNC, U64, U64, 2, 0, 0xc4, 1, 1, 0xc4, 4, 1, 2, 3, 4);
    DROPPED(VALUE, SYNC, U64, U64, 3, 0, 0xc4, 1, 1, 0xc4, 3, 1, 2, 3);
    DROPPED(VALUE, SYNC, U64, U64, 2, 3, 0xc4, 1, 5, 0xc4, 0, 0xc4, 1,
            255); /* two buckets, one mask */
    DROPPED(VALUE, SYNC, U64, U64, 5, 3, 0xc4, 1, 5, 0xc4, 1, 255);
    DROPPED(VALUE, SYNC, U64, U64, 4, 0, 0xc4, 1, 1, 0xc4, 4, 1, 2, 3,
            4);                                                    /* an eighth of the sums */
    DROPPED(MALFORMED, SYNC, U64, U64, 2, 0, 0xc4, 1, 1, 0xc4, 0); /* no masks at all */
}
END_TEST

START_TEST(test_missing_fields_and_bad_msgpack_are_malformed)
{
    DROPPED(MALFORMED, GOSSIP, U64);
    DROPPED(MALFORMED, GOSSIP, U64, 5); /* a u64 has nine bytes */
    DROPPED(MALFORMED, GOSSIP, U64, 0xce, 1, 2, 3, 4);
    DROPPED(MALFORMED, NACK, U64, U64);
    DROPPED(MALFORMED, NACK, U64, U64, 0xff); /* negative */
    DROPPED(MALFORMED, CHALLENGE, U64);
    DROPPED(MALFORMED, CHALLENGE, U64, U64, U64);
    DROPPED(MALFORMED, CHALLENGE, U64, U64, U64, U64);
    DROPPED(MALFORMED, CHALLENGE, U64, U64, U64, U64, 0xc0);
    DROPPED(MALFORMED, REFUSAL, U64, 1);
    DROPPED(MALFORMED, REFUSAL, U64, 1, 0xa0);
    DROPPED(MALFORMED, SYNC, U64, U64, 1, 0);
    DROPPED(MALFORMED, SYNC, U64, U64, 0, 0, 0xc6, 0xff, 0xff, 0xff, 0xff);
    DROPPED(MALFORMED, GOSSIP, U64, U64, 0xdd, 0x0a, 0xff, 0xff, 0xff);
    DROPPED(MALFORMED, GOSSIP, U64, U64, 0xc6, 0xff, 0xff, 0xff, 0xff);
    DROPPED(MALFORMED, GOSSIP, U64, U64, 0xc1);
    DROPPED(MALFORMED, GOSSIP, U64, U64, 0x91);
    DROPPED(MALFORMED, REFUSAL, U64, 1, 0xc4, 0, 0x91); /* also where no rumors are carried */
}
END_TEST

static size_t rumors_in(unsigned kind, const uint8_t *body, size_t body_len)
{
    uint8_t bytes[HEARSAY_DATAGRAM_MAX];
    size_t len = sample_craft(bytes, kind, body, body_len), count = 0;
    struct heard heard = hear_as("bob", bytes, len);
    struct hs_rumor rumor;
    ck_assert(heard.ok);
    while (hs_rumors_next(&heard.message.rumors, &rumor) != HS_RUMOR_END)
        count++;
    free(heard.bytes);
    return count;
}

#define RUMORS(kind, ...) rumors_in(HEARSAY_KIND_##kind, BYTES(__VA_ARGS__))

START_TEST(test_kinds_without_rumors_have_none)
{
    ck_assert_uint_eq(RUMORS(GOSSIP, U64, U64, 0x91, 0), 1);
    ck_assert_uint_eq(RUMORS(ACK, U64, U64, 0x91, 0, 0x91, 9), 2);
    ck_assert_uint_eq(RUMORS(REFUSAL, U64, 1, 0xc4, 0, 0x91, 0), 0);
    ck_assert_uint_eq(RUMORS(CHALLENGE, U64, U64, U64, U64, 2, 0x91, 0), 0);
    ck_assert_uint_eq(RUMORS(SYNC, U64, U64, 0, 0, 0xc4, 4, 1, 2, 3, 4, 0x91, 0), 0);
    ck_assert_uint_eq(RUMORS(SYNC, U64, U64, 1, 0, 0xc4, 1, 1, 0x91, 0), 0);
    ck_assert_uint_eq(RUMORS(SYNC, U64, U64, 2, 0, 0xc4, 1, 1, 0xc4, 0, 0xc4, 0, 0x91, 0), 0);
    ck_assert_uint_eq(RUMORS(SYNC, U64, U64, 3, 0, 0xc4, 1, 1, 0xc4, 0, 0x91, 0), 1);
}
END_TEST

/* ---- room -------------------------------------------------------------------------------- */

/* Every bound from nothing to plenty: nothing is written behind it, and what fits is whole. */
START_TEST(test_encoding_stays_within_any_bound)
{
    struct hs_random random = {11};
    for (size_t variant = 0; variant < SAMPLE_VARIANTS; variant++) {
        struct sample made, sample;
        sample_make(&made, &random, variant, true);
        for (size_t max = 0; max <= 400; max++) {
            uint8_t *bytes = malloc(max > 0 ? max : 1);
            ck_assert_ptr_nonnull(bytes);
            sample = made;
            size_t len = sample_encode(&sample, bytes, max);
            ck_assert_uint_le(len, max);
            struct heard heard = hear_as("bob", bytes, len);
            ck_assert_int_eq(heard.ok, len > 0);
            free(heard.bytes);
            free(bytes);
        }
        ck_assert_uint_eq(sample.rumor_count, made.rumor_count);
    }
}
END_TEST

START_TEST(test_a_rumor_that_does_not_fit_appends_nothing)
{
    struct hs_wire alice = sample_wire("alice");
    struct hs_message message = {.kind = HEARSAY_KIND_GOSSIP};
    struct hs_rumor rumor = {.status = HEARSAY_STATUS_DEAD, .cause = HEARSAY_CAUSE_LEFT};
    struct hs_encoder encoder;
    uint8_t bytes[HEARSAY_DATAGRAM_MAX];
    ck_assert(hs_encode_begin(&encoder, &alice, bytes, 51 + 30, 0, &message));
    ck_assert_uint_eq(hs_encode_room(&encoder), 30);
    ck_assert(hs_encode_rumor(&encoder, &rumor)); /* 23 bytes */
    ck_assert_uint_eq(hs_encode_room(&encoder), 7);
    ck_assert(!hs_encode_rumor(&encoder, &rumor));
    ck_assert_uint_eq(hs_encode_room(&encoder), 7);
    ck_assert_uint_eq(hs_encode_end(&encoder), 51 + 23);
}
END_TEST

START_TEST(test_no_datagram_exceeds_the_protocols_bound)
{
    struct hs_wire alice = sample_wire("alice");
    struct hs_message message = {.kind = HEARSAY_KIND_GOSSIP};
    struct hs_encoder encoder;
    uint8_t bytes[2 * HEARSAY_DATAGRAM_MAX];
    ck_assert(hs_encode_begin(&encoder, &alice, bytes, sizeof bytes, 0, &message));
    ck_assert_uint_eq(hs_encode_room(&encoder), HEARSAY_DATAGRAM_MAX - 51);
    message.kind = HEARSAY_KIND_CHALLENGE; /* carries no rumors */
    ck_assert(hs_encode_begin(&encoder, &alice, bytes, sizeof bytes, 0, &message));
    ck_assert_uint_eq(hs_encode_room(&encoder), 0);
    message.kind = HEARSAY_KIND_COUNT;
    ck_assert(!hs_encode_begin(&encoder, &alice, bytes, sizeof bytes, 0, &message));
}
END_TEST

START_TEST(test_the_greatest_record_fits_a_join_of_the_least_mtu)
{
    struct sample sample = {.message = {.kind = HEARSAY_KIND_JOIN}, .rumor_count = 1};
    uint8_t bytes[HEARSAY_MTU_MIN];
    uint8_t *blob = sample.blobs[0];
    /* The greatest that a later release may write: 8 elements of ours and one that fills it up. */
    struct hs_random random = {12};
    size_t len = sample_blob(&random, blob, false);
    size_t fill = HS_BLOB_MAX - len - 3;
    blob[0] = 0x99;
    blob[len] = 0xc5;
    blob[len + 1] = (uint8_t)(fill >> 8);
    blob[len + 2] = (uint8_t)fill;
    memset(blob + len + 3, 0, fill);
    sample.rumors[0] = (struct hs_rumor){.blob = blob,
                                         .blob_len = HS_BLOB_MAX,
                                         .status = HEARSAY_STATUS_SUSPECT,
                                         .age = UINT32_MAX,
                                         .accuser_count = HS_ACCUSERS_MAX};
    size_t size = sample_encode(&sample, bytes, sizeof bytes);
    ck_assert_uint_eq(sample.rumor_count, 1);
    struct heard heard = hear_as("bob", bytes, size);
    struct hs_rumor rumor;
    ck_assert(heard.ok);
    ck_assert_int_eq(hs_rumors_next(&heard.message.rumors, &rumor), HS_RUMOR_OK);
    ck_assert_uint_eq(rumor.blob_len, HS_BLOB_MAX);
    ck_assert_uint_le(size, HS_HEAD_SIZE + 18 + HS_BLOB_MAX + HS_RUMOR_OVERHEAD + 5);
    free(heard.bytes);
}
END_TEST

/* ---- who is meant (R26) ------------------------------------------------------------------ */

/* Releases before the call pass over it, as over an unknown rumor. */
START_TEST(test_a_call_follows_the_record_of_a_join_and_looks_like_an_unknown_rumor)
{
    struct hs_random random = {14};
    for (size_t round = 0; round < ROUNDS; round++) {
        struct sample sample;
        uint8_t bytes[HEARSAY_DATAGRAM_MAX];
        struct hs_wire alice = sample_wire("alice");
        struct hs_encoder encoder;
        struct hs_rumor rumor;
        struct hs_call found, call = {sample_origin(&random), hs_random_next(&random), round % 2};
        sample_make(&sample, &random, HEARSAY_KIND_JOIN - 1, true);
        ck_assert(hs_encode_begin(&encoder, &alice, bytes, sizeof bytes, 0, &sample.message));
        for (size_t i = 0; i < sample.rumor_count; i++)
            ck_assert(hs_encode_rumor(&encoder, &sample.rumors[i]));
        size_t before = encoder.at;
        ck_assert(hs_encode_call(&encoder, &call));
        ck_assert_uint_le(encoder.at - before, HS_CALL_MAX);
        hs_encode_pad(&encoder, 267);
        size_t len = hs_encode_end(&encoder);
        ck_assert_uint_ge(len, 300);
        struct heard heard = hear_as("bob", bytes, len);
        ck_assert(heard.ok);
        hs_call_find((struct hs_cursor){heard.message.rumors.at, heard.message.rumors.end}, &found);
        ck_assert_uint_eq(found.origin.id, call.origin.id);
        ck_assert_uint_eq(found.origin.name_hash, call.origin.name_hash);
        ck_assert(hearsay_addr_equal(&found.origin.addr, &call.origin.addr));
        ck_assert_uint_eq(found.meant, call.meant);
        ck_assert_int_eq(found.judged, call.judged);
        for (size_t i = 0; i < sample.rumor_count; i++)
            ck_assert_int_eq(hs_rumors_next(&heard.message.rumors, &rumor), HS_RUMOR_OK);
        ck_assert_int_eq(hs_rumors_next(&heard.message.rumors, &rumor), HS_RUMOR_SKIP);
        free(heard.bytes);
    }
}
END_TEST

START_TEST(test_a_join_without_a_call_or_with_a_broken_one_means_anybody)
{
    static const uint8_t others[] = {0xc0, 0x96, 9, 1, 2, 3, 4, 5, 0x91, 9, 0x92, 8, 0};
    struct hs_call call = {.meant = 5};
    hs_call_find((struct hs_cursor){others, others + sizeof others}, &call);
    ck_assert_uint_eq(call.meant, 0);
    ck_assert_uint_eq(call.origin.addr.family, 0);
    call.meant = 5;
    hs_call_find((struct hs_cursor){others, others}, &call);
    ck_assert_uint_eq(call.meant, 0);
}
END_TEST

START_TEST(test_the_longest_challenge_in_full_fits_the_shortest_join_that_means_somebody)
{
    struct hs_random random = {15};
    struct sample sample = {.message = {.kind = HEARSAY_KIND_CHALLENGE, .nonce = 1, .echo = 2}};
    uint8_t bytes[HEARSAY_DATAGRAM_MAX];
    sample.message.sender = sample_wire("alice").self_id;
    sample_text(&random, sample.name, HEARSAY_NAME_MAX);
    sample.message.name = sample.name;
    sample.message.name_len = HEARSAY_NAME_MAX;
    sample.message.origin = sample_origin(&random);
    sample.message.origin.addr = (struct hearsay_addr){.family = 6, .port = 1, .bytes = {0x20}};
    size_t whole = HS_HEAD_SIZE + HS_CHALLENGE_MAX + hearsay_seal_none.trailer_size;
    ck_assert_uint_eq(sample_encode(&sample, bytes, whole), whole);
    struct heard heard = hear_as("bob", bytes, whole);
    ck_assert(heard.ok);
    same_message(&sample.message, &heard.message);
    free(heard.bytes);
}
END_TEST

HARNESS_MAIN("message", test_every_kind_comes_back_as_it_was_sent,
             test_idle_gossip_ack_and_challenge_take_51_bytes,
             test_the_documented_datagram_is_what_we_write,
             test_only_join_and_challenge_open_under_another_name,
             test_our_own_datagram_is_known_only_once_it_has_opened,
             test_each_fault_of_the_head_has_its_reason,
             test_numbers_that_are_no_kind_are_malformed, test_head_alone_can_be_read_from_28_bytes,
             test_fields_out_of_range_are_of_no_value,
             test_sync_with_sizes_that_contradict_is_of_no_value,
             test_missing_fields_and_bad_msgpack_are_malformed, test_kinds_without_rumors_have_none,
             test_encoding_stays_within_any_bound, test_a_rumor_that_does_not_fit_appends_nothing,
             test_no_datagram_exceeds_the_protocols_bound,
             test_the_greatest_record_fits_a_join_of_the_least_mtu,
             test_a_call_follows_the_record_of_a_join_and_looks_like_an_unknown_rumor,
             test_a_join_without_a_call_or_with_a_broken_one_means_anybody,
             test_the_longest_challenge_in_full_fits_the_shortest_join_that_means_somebody)
