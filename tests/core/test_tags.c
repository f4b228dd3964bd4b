/* SPDX-License-Identifier: Apache-2.0 */
/* Tags as a program reads them from a member: in the order of the record, or one by its key. */
#include "harness.h"

#include <string.h>

#include <hearsay/member.h>

/* {"zone": "a", "rack": "", "zon": "bc"} */
static const uint8_t encoded[] = "\x83\xa4zone\xa1"
                                 "a\xa4rack\xa0\xa3zon\xa2"
                                 "bc";

static struct hearsay_member tagged(void)
{
    return (struct hearsay_member){.tags = encoded, .tags_len = sizeof encoded - 1};
}

START_TEST(test_tags_come_in_order)
{
    static const char *const expected[][2] = {{"zone", "a"}, {"rack", ""}, {"zon", "bc"}};
    struct hearsay_member member = tagged();
    const char *key, *value;
    size_t cursor = 0, key_len, value_len, count = 0;
    while (hearsay_member_next_tag(&member, &cursor, &key, &key_len, &value, &value_len)) {
        ck_assert_uint_lt(count, 3);
        ck_assert_uint_eq(key_len, strlen(expected[count][0]));
        ck_assert_mem_eq(key, expected[count][0], key_len);
        ck_assert_uint_eq(value_len, strlen(expected[count][1]));
        ck_assert_mem_eq(value, expected[count][1], value_len);
        count++;
    }
    ck_assert_uint_eq(count, 3);
}
END_TEST

START_TEST(test_a_tag_is_found_by_its_whole_key)
{
    struct hearsay_member member = tagged();
    size_t len = 99;
    const char *value = hearsay_member_tag(&member, "zon", &len);
    ck_assert_ptr_nonnull(value);
    ck_assert_uint_eq(len, 2);
    ck_assert_mem_eq(value, "bc", 2);
    ck_assert_ptr_nonnull(hearsay_member_tag(&member, "rack", &len));
    ck_assert_uint_eq(len, 0);
}
END_TEST

START_TEST(test_a_tag_that_is_not_there_is_null)
{
    struct hearsay_member member = tagged(), bare = {.tags = NULL};
    size_t len = 99;
    ck_assert_ptr_null(hearsay_member_tag(&member, "zo", &len));
    ck_assert_ptr_null(hearsay_member_tag(&member, "zones", &len));
    ck_assert_ptr_null(hearsay_member_tag(&member, "", &len));
    ck_assert_ptr_null(hearsay_member_tag(&bare, "zone", &len));
    ck_assert_uint_eq(len, 99);
}
END_TEST

HARNESS_MAIN("tags", test_tags_come_in_order, test_a_tag_is_found_by_its_whole_key,
             test_a_tag_that_is_not_there_is_null)
