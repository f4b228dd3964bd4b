/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cursor with input of a hostile sender: false counts, truncated objects, endless nesting.
 * Every input lies in a heap block of exactly its size, so a read past its end is seen by the
 * address sanitizer.
 */
#include "harness.h"

#include <string.h>

#include "codec/cursor.h"

#define BYTES(...) (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})

/* A cursor over a heap copy. */
struct input {
    uint8_t *bytes;
    struct hs_cursor cursor;
};

static struct input input_of(const uint8_t *bytes, size_t len)
{
    struct input input = {.bytes = malloc(len > 0 ? len : 1)};
    ck_assert_ptr_nonnull(input.bytes);
    if (len > 0)
        memcpy(input.bytes, bytes, len);
    /* An empty input ends where it begins: behind the block. */
    const uint8_t *at = len > 0 ? input.bytes : input.bytes + 1;
    input.cursor = (struct hs_cursor){at, at + len};
    return input;
}

/* All reading functions refuse, and the cursor stays. */
static void refused_by_all(const uint8_t *bytes, size_t len)
{
    struct input input = input_of(bytes, len);
    const uint8_t *at = input.cursor.at, *some = NULL;
    const char *text = NULL;
    uint64_t value = 7;
    size_t count = 7;
    ck_assert(!hs_cursor_u64(&input.cursor, &value));
    ck_assert(!hs_cursor_uint(&input.cursor, &value));
    ck_assert(!hs_cursor_str(&input.cursor, &text, &count));
    ck_assert(!hs_cursor_bin(&input.cursor, &some, &count));
    ck_assert(!hs_cursor_array(&input.cursor, &count));
    ck_assert(!hs_cursor_map(&input.cursor, &count));
    ck_assert(!hs_cursor_skip(&input.cursor, 1));
    ck_assert_ptr_eq(input.cursor.at, at);
    ck_assert_uint_eq(value, 7);
    ck_assert_uint_eq(count, 7);
    ck_assert_ptr_null(text);
    ck_assert_ptr_null(some);
    free(input.bytes);
}

static bool skips(const uint8_t *bytes, size_t len, size_t count)
{
    struct input input = input_of(bytes, len);
    bool skipped = hs_cursor_skip(&input.cursor, count);
    bool all = input.cursor.at == input.cursor.end;
    free(input.bytes);
    return skipped && all;
}

START_TEST(test_counts_larger_than_the_bytes_left_are_refused)
{
    refused_by_all(BYTES(0xdd, 0x0a, 0xff, 0xff, 0xff));       /* array 32 */
    refused_by_all(BYTES(0xdc, 0xff, 0xff, 1, 2, 3));          /* array 16 */
    refused_by_all(BYTES(0x93, 1, 2));                         /* array, one short */
    refused_by_all(BYTES(0xdf, 0xff, 0xff, 0xff, 0xff));       /* map 32 */
    refused_by_all(BYTES(0xdf, 0x80, 0, 0, 1, 1, 2));          /* map 32: twice wraps 32 bits */
    refused_by_all(BYTES(0xde, 0x00, 0x02, 1, 2, 3));          /* map 16, one short */
    refused_by_all(BYTES(0x82, 1, 2, 3));                      /* map, one short */
    refused_by_all(BYTES(0xc6, 0xff, 0xff, 0xff, 0xff));       /* bin 32 */
    refused_by_all(BYTES(0xc5, 0x00, 0x02, 1));                /* bin 16, one short */
    refused_by_all(BYTES(0xc4, 0xff));                         /* bin 8 */
    refused_by_all(BYTES(0xdb, 0xff, 0xff, 0xff, 0xff, 'a'));  /* str 32 */
    refused_by_all(BYTES(0xda, 0x00, 0x02, 'a'));              /* str 16, one short */
    refused_by_all(BYTES(0xd9, 0x02, 'a'));                    /* str 8, one short */
    refused_by_all(BYTES(0xa2, 'a'));                          /* str, one short */
    refused_by_all(BYTES(0xc9, 0xff, 0xff, 0xff, 0xff, 1, 2)); /* ext 32 */
    refused_by_all(BYTES(0xc7, 0x02, 1, 2)); /* ext 8: its type takes a byte too */
    refused_by_all(BYTES(0xd4, 1));          /* fixext 1 */
    refused_by_all(BYTES(0xd8, 1, 2, 3));    /* fixext 16 */
}
END_TEST

START_TEST(test_cut_objects_and_the_unused_marker_are_refused)
{
    static const uint8_t markers[] = {0xca, 0xcb, 0xcc, 0xcd, 0xce, 0xcf, 0xd0, 0xd1, 0xd2, 0xd3,
                                      0xc4, 0xc5, 0xc6, 0xc7, 0xc8, 0xc9, 0xd9, 0xda, 0xdb, 0xdc,
                                      0xdd, 0xde, 0xdf, 0xd4, 0xd8, 0xc1, 0x91, 0x81, 0xa1};
    for (size_t i = 0; i < sizeof markers; i++)
        refused_by_all(&markers[i], 1);
    refused_by_all(NULL, 0);
    refused_by_all(BYTES(0xcf, 1, 2, 3, 4, 5, 6, 7));
    refused_by_all(BYTES(0xc1, 1, 2, 3, 4, 5, 6, 7, 8));
}
END_TEST

/* An integer as it may be written. */
struct spelling {
    uint8_t len, bytes[9];
    uint64_t value;
};

START_TEST(test_integers_of_every_width_are_read)
{
    static const struct spelling spellings[] = {
        {1, {0x00}, 0},
        {1, {0x7f}, 127},
        {2, {0xcc, 0x05}, 5},
        {2, {0xcc, 0xff}, 255},
        {3, {0xcd, 0x00, 0x05}, 5},
        {3, {0xcd, 0xff, 0xff}, 65535},
        {5, {0xce, 0, 0, 0, 5}, 5},
        {5, {0xce, 0xff, 0xff, 0xff, 0xff}, UINT32_MAX},
        {9, {0xcf, 0, 0, 0, 0, 0, 0, 0, 5}, 5},
        {9, {0xcf, 255, 255, 255, 255, 255, 255, 255, 255}, UINT64_MAX},
        {2, {0xd0, 0x7f}, 127},
        {3, {0xd1, 0x00, 0x05}, 5},
        {5, {0xd2, 0x7f, 0xff, 0xff, 0xff}, INT32_MAX},
        {9, {0xd3, 0, 0, 0, 0, 0, 0, 1, 0}, 256},
    };
    for (size_t i = 0; i < sizeof spellings / sizeof spellings[0]; i++) {
        const struct spelling *spelling = &spellings[i];
        struct input input = input_of(spelling->bytes, spelling->len);
        uint64_t value = 1;
        ck_assert(hs_cursor_uint(&input.cursor, &value));
        ck_assert_uint_eq(value, spelling->value);
        ck_assert_ptr_eq(input.cursor.at, input.cursor.end);
        free(input.bytes);
        ck_assert(skips(spelling->bytes, spelling->len, 1));
    }
}
END_TEST

START_TEST(test_what_is_no_unsigned_integer_is_refused)
{
    static const struct spelling others[] = {
        {1, {0xff}, 0},
        {1, {0xe0}, 0},
        {2, {0xd0, 0x80}, 0},
        {3, {0xd1, 0xff, 0xff}, 0},
        {5, {0xd2, 0x80, 0, 0, 0}, 0},
        {9, {0xd3, 0x80, 0, 0, 0, 0, 0, 0, 0}, 0},
        {1, {0xc0}, 0},
        {1, {0xc2}, 0},
        {5, {0xca, 0, 0, 0, 0}, 0},
        {2, {0xa1, '5'}, 0},
    };
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        struct input input = input_of(others[i].bytes, others[i].len);
        uint64_t value = 1;
        ck_assert(!hs_cursor_uint(&input.cursor, &value));
        ck_assert_ptr_eq(input.cursor.at, input.bytes);
        free(input.bytes);
        ck_assert(skips(others[i].bytes, others[i].len, 1));
    }
}
END_TEST

START_TEST(test_u64_is_nine_bytes_and_nothing_else)
{
    struct input input = input_of(BYTES(0xcf, 1, 2, 3, 4, 5, 6, 7, 8));
    uint64_t value = 0;
    ck_assert(hs_cursor_u64(&input.cursor, &value));
    ck_assert_uint_eq(value, UINT64_C(0x0102030405060708));
    ck_assert_ptr_eq(input.cursor.at, input.cursor.end);
    free(input.bytes);
    input = input_of(BYTES(0xce, 1, 2, 3, 4, 5, 6, 7, 8));
    ck_assert(!hs_cursor_u64(&input.cursor, &value));
    free(input.bytes);
    input = input_of(BYTES(0xd3, 1, 2, 3, 4, 5, 6, 7, 8));
    ck_assert(!hs_cursor_u64(&input.cursor, &value));
    free(input.bytes);
}
END_TEST

START_TEST(test_strings_and_byte_strings_are_not_each_other)
{
    struct input input = input_of(BYTES(0xc4, 2, 1, 2, 0xda, 0, 1, 'x', 0xa0));
    const uint8_t *bytes;
    const char *text;
    size_t len;
    ck_assert(!hs_cursor_str(&input.cursor, &text, &len));
    ck_assert(hs_cursor_bin(&input.cursor, &bytes, &len));
    ck_assert_uint_eq(len, 2);
    ck_assert_ptr_eq(bytes, input.bytes + 2);
    ck_assert(!hs_cursor_bin(&input.cursor, &bytes, &len));
    ck_assert(hs_cursor_str(&input.cursor, &text, &len));
    ck_assert_uint_eq(len, 1);
    ck_assert_int_eq(*text, 'x');
    ck_assert(hs_cursor_str(&input.cursor, &text, &len));
    ck_assert_uint_eq(len, 0);
    ck_assert_uint_eq(hs_cursor_left(&input.cursor), 0);
    free(input.bytes);
}
END_TEST

START_TEST(test_skipping_steps_over_whole_objects)
{
    ck_assert(skips(BYTES(0x92, 0x81, 0xa1, 'k', 0xc4, 1, 9, 0xc7, 1, 5, 6), 1));
    ck_assert(skips(BYTES(0xdc, 0, 2, 0xca, 1, 2, 3, 4, 0xcb, 1, 2, 3, 4, 5, 6, 7, 8), 1));
    ck_assert(skips(BYTES(0xdf, 0, 0, 0, 1, 0xc0, 0xc3, 1), 2));
    ck_assert(skips(BYTES(0xd7, 1, 1, 2, 3, 4, 5, 6, 7, 8), 1));
    ck_assert(skips(NULL, 0, 0));
    ck_assert(!skips(BYTES(1, 2), 3));
    ck_assert(!skips(BYTES(0x92, 0x92, 1, 2), 1)); /* each count fits alone, together they don't */
    ck_assert(!skips(BYTES(0x91, 0xc1), 1));
}
END_TEST

START_TEST(test_nesting_of_any_depth_is_skipped_without_a_stack)
{
    enum { DEPTH = 1 << 20 };
    uint8_t *bytes = malloc(DEPTH);
    ck_assert_ptr_nonnull(bytes);
    memset(bytes, 0x91, DEPTH);
    struct hs_cursor cursor = {bytes, bytes + DEPTH};
    ck_assert(!hs_cursor_skip(&cursor, 1)); /* the innermost has no element */
    ck_assert_ptr_eq(cursor.at, bytes);
    bytes[DEPTH - 1] = 0xc0;
    ck_assert(hs_cursor_skip(&cursor, 1));
    ck_assert_ptr_eq(cursor.at, cursor.end);
    free(bytes);
}
END_TEST

/* Random bytes, most of them markers: skipping agrees with itself cut anywhere. */
START_TEST(test_an_object_cut_anywhere_is_refused)
{
    uint64_t random = 13;
    size_t whole = 0;
    for (int round = 0; round < 20000; round++) {
        uint8_t bytes[24];
        for (size_t i = 0; i < sizeof bytes; i++)
            bytes[i] = (uint8_t)(harness_below(&random, 3) ? harness_below(&random, 4)
                                                           : 0x80 + harness_below(&random, 128));
        struct input input = input_of(bytes, sizeof bytes);
        if (hs_cursor_skip(&input.cursor, 1)) {
            size_t len = (size_t)(input.cursor.at - input.bytes);
            ck_assert(skips(bytes, len, 1));
            for (size_t cut = 0; cut < len; cut++)
                ck_assert(!skips(bytes, cut, 1));
            whole++;
        }
        free(input.bytes);
    }
    ck_assert_uint_gt(whole, 1000);
}
END_TEST

HARNESS_MAIN("cursor", test_counts_larger_than_the_bytes_left_are_refused,
             test_cut_objects_and_the_unused_marker_are_refused,
             test_integers_of_every_width_are_read, test_what_is_no_unsigned_integer_is_refused,
             test_u64_is_nine_bytes_and_nothing_else,
             test_strings_and_byte_strings_are_not_each_other,
             test_skipping_steps_over_whole_objects,
             test_nesting_of_any_depth_is_skipped_without_a_stack,
             test_an_object_cut_anywhere_is_refused)
