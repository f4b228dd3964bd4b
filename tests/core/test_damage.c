/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Damaged datagrams: each byte changed, each possible truncation, random bodies. The decoder must
 * drop the datagram or return a message with every field in range. Input is in a heap block of
 * exactly its size, so that the address sanitizer finds a read past its end. It is sealed again
 * after the damage, because otherwise the checksum would reject it before the decoder.
 */
#include "harness.h"

#include <string.h>

#include "codec/decode.h"
#include "codec/message.h"
#include "sample.h"

#define TRAILER (hearsay_seal_none.trailer_size)
#define LEAST   (HS_HEAD_SIZE + 12 + TRAILER) /* no kind is shorter than a refusal */

/* Ends the test at once; cheaper than ck_assert where it holds a million times. */
#define DEMAND(condition)                                                                          \
    do {                                                                                           \
        if (!(condition))                                                                          \
            ck_abort_msg("not so: %s", #condition);                                                \
    } while (0)

/* Bob hears a datagram in its own block. Returns true when it was taken. */
static bool survives(uint8_t *bytes, size_t len)
{
    struct hs_wire bob = sample_wire("bob");
    struct hs_message message;
    enum hearsay_drop reason = HEARSAY_DROP_COUNT;
    if (hs_message_decode(&message, &reason, &bob, bytes, len)) {
        const char *fault = sample_fault(&message);
        if (fault)
            ck_abort_msg("not so: %s", fault);
        return true;
    }
    DEMAND(reason == HEARSAY_DROP_MALFORMED || reason == HEARSAY_DROP_VALUE);
    return false;
}

/* A copy of the first `len` bytes in a block of that size. */
static uint8_t *block_of(const uint8_t *bytes, size_t len)
{
    uint8_t *block = malloc(len > 0 ? len : 1);
    ck_assert_ptr_nonnull(block);
    memcpy(block, bytes, len);
    return block;
}

START_TEST(test_every_changed_byte_sealed_again_is_dropped_or_in_range)
{
    struct hs_random random = {3};
    size_t taken = 0, dropped = 0;
    for (size_t round = 0; round < 2 * SAMPLE_VARIANTS; round++) {
        size_t len;
        uint8_t *bytes = sample_block(&random, round % SAMPLE_VARIANTS, &len);
        for (size_t i = HS_HEAD_SIZE; i < len - TRAILER; i++) {
            uint8_t was = bytes[i];
            for (unsigned change = 1; change < 256; change++) {
                bytes[i] = (uint8_t)(was ^ change);
                sample_reseal(bytes, len);
                bool ok = survives(bytes, len);
                taken += ok;
                dropped += !ok;
            }
            bytes[i] = was;
        }
        free(bytes);
    }
    /* Both ends were met often enough to mean something. */
    ck_assert_uint_gt(taken, 10000);
    ck_assert_uint_gt(dropped, 10000);
}
END_TEST

START_TEST(test_every_changed_byte_is_seen_by_the_checksum)
{
    struct hs_random random = {4};
    struct hs_wire bob = sample_wire("bob");
    for (size_t variant = 0; variant < SAMPLE_VARIANTS; variant++) {
        size_t len;
        uint8_t *bytes = sample_block(&random, variant, &len);
        for (size_t i = 0; i < len; i++)
            for (unsigned change = 1; change < 256; change++) {
                struct hs_message message;
                enum hearsay_drop reason = HEARSAY_DROP_COUNT;
                bytes[i] ^= (uint8_t)change;
                DEMAND(!hs_message_decode(&message, &reason, &bob, bytes, len));
                DEMAND(i < HS_HEAD_SIZE || reason == HEARSAY_DROP_CHECKSUM);
                bytes[i] ^= (uint8_t)change;
            }
        free(bytes);
    }
}
END_TEST

START_TEST(test_every_truncation_is_dropped)
{
    struct hs_random random = {5};
    struct hs_wire bob = sample_wire("bob");
    for (size_t variant = 0; variant < SAMPLE_VARIANTS; variant++) {
        size_t len;
        uint8_t *bytes = sample_block(&random, variant, &len);
        for (size_t cut = 0; cut < len; cut++) {
            struct hs_message message;
            enum hearsay_drop reason = HEARSAY_DROP_COUNT;
            uint8_t *part = block_of(bytes, cut);
            DEMAND(!hs_message_decode(&message, &reason, &bob, part, cut));
            DEMAND(reason == HEARSAY_DROP_TRUNCATED);
            free(part);
        }
        free(bytes);
    }
}
END_TEST

START_TEST(test_every_truncation_sealed_again_is_dropped_or_in_range)
{
    struct hs_random random = {6};
    size_t taken = 0;
    for (size_t round = 0; round < 3 * SAMPLE_VARIANTS; round++) {
        size_t len;
        uint8_t *bytes = sample_block(&random, round % SAMPLE_VARIANTS, &len);
        for (size_t cut = HS_HEAD_SIZE + TRAILER; cut < len; cut++) {
            uint8_t *part = block_of(bytes, cut);
            sample_reseal(part, cut);
            bool ok = survives(part, cut);
            DEMAND(!ok || cut >= LEAST);
            taken += ok; /* cut between two rumors */
            free(part);
        }
        free(bytes);
    }
    ck_assert_uint_gt(taken, 10);
}
END_TEST

START_TEST(test_random_bodies_of_every_kind_are_dropped_or_in_range)
{
    struct hs_random random = {7};
    size_t taken = 0;
    for (int round = 0; round < 20000; round++) {
        uint8_t body[120], bytes[HEARSAY_DATAGRAM_MAX];
        size_t body_len = sample_below(&random, sizeof body);
        sample_bytes(&random, body, body_len);
        for (size_t i = 0; i < 4 && i * 9 < body_len; i++)
            body[i * 9] = 0xcf; /* so that fixed parts are likely right */
        size_t len = sample_craft(bytes, hs_random_below(&random, 16), body, body_len);
        uint8_t *block = block_of(bytes, len);
        taken += survives(block, len);
        free(block);
    }
    ck_assert_uint_gt(taken, 100);
}
END_TEST

HARNESS_MAIN("damage", test_every_changed_byte_sealed_again_is_dropped_or_in_range,
             test_every_changed_byte_is_seen_by_the_checksum, test_every_truncation_is_dropped,
             test_every_truncation_sealed_again_is_dropped_or_in_range,
             test_random_bodies_of_every_kind_are_dropped_or_in_range)
