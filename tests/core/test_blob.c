/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The metadata of a member (R1: record) and records on the wire (R12: kinds). Blobs and rumors are
 * written here by msgpack-c, field by field, so that each field alone can be made wrong.
 */
#include "harness.h"

#include <msgpack.h>
#include <string.h>

#include <hearsay/error.h>

#include "codec/message.h"
#include "sample.h"

#define BYTES(...) (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})
#define TOO_LONG   "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

/* ---- blobs ------------------------------------------------------------------------------- */

/* A blob's fields, as they are to be written; where nothing is given all is as it should be. */
struct draft {
    const char *name;
    size_t name_len;
    const uint8_t *addr;
    size_t addr_len;
    const uint64_t *tokens;
    int version_min, version_max;
    const char *const *tags; /* key, value, …, NULL */
    bool no_tokens, short_instance, name_as_bin, tags_as_array;
    size_t extra;    /* elements behind the known ones */
    size_t trailing; /* bytes behind the array */
    size_t less;     /* the array says so many elements less */
};

static void pack_text(msgpack_packer *to, const char *text, size_t len)
{
    msgpack_pack_str(to, len);
    msgpack_pack_str_body(to, text, len);
}

static void pack_draft_tags(msgpack_packer *to, const struct draft *draft)
{
    size_t count = 0;
    while (draft->tags != NULL && draft->tags[2 * count] != NULL)
        count++;
    if (draft->tags_as_array)
        msgpack_pack_array(to, 2 * count);
    else
        msgpack_pack_map(to, count);
    for (size_t i = 0; i < 2 * count; i++)
        pack_text(to, draft->tags[i], strlen(draft->tags[i]));
}

static void pack_draft(msgpack_sbuffer *buffer, const struct draft *draft)
{
    static const uint8_t addr[] = {192, 0, 2, 1, 0x1e, 0xa7};
    msgpack_packer to;
    msgpack_packer_init(&to, buffer, msgpack_sbuffer_write);
    msgpack_pack_array(&to, 8 - draft->no_tokens + draft->extra - draft->less);
    if (draft->name_as_bin)
        msgpack_pack_bin_with_body(&to, "n1", 2);
    else if (draft->name != NULL)
        pack_text(&to, draft->name, draft->name_len);
    else
        pack_text(&to, "n1", 2);
    if (draft->addr != NULL)
        msgpack_pack_bin_with_body(&to, draft->addr, draft->addr_len);
    else
        msgpack_pack_bin_with_body(&to, addr, sizeof addr);
    if (draft->short_instance)
        msgpack_pack_uint64(&to, 7);
    else
        msgpack_pack_fix_uint64(&to, 7);
    msgpack_pack_fix_uint64(&to, 8);
    if (!draft->no_tokens)
        msgpack_pack_uint64(&to, draft->tokens != NULL ? *draft->tokens : 1);
    pack_draft_tags(&to, draft);
    msgpack_pack_int(&to, draft->version_min);
    msgpack_pack_int(&to, draft->version_max);
    for (size_t i = 0; i < draft->extra; i++)
        msgpack_pack_true(&to);
    for (size_t i = 0; i < draft->trailing; i++)
        msgpack_pack_nil(&to);
}

/* The blob decodes, read from a block of exactly its size. */
static bool decodes(const struct draft *draft)
{
    msgpack_sbuffer buffer;
    struct hs_blob blob;
    msgpack_sbuffer_init(&buffer);
    pack_draft(&buffer, draft);
    uint8_t *bytes = malloc(buffer.size);
    ck_assert_ptr_nonnull(bytes);
    memcpy(bytes, buffer.data, buffer.size);
    bool ok = hs_blob_decode(&blob, bytes, buffer.size);
    free(bytes);
    msgpack_sbuffer_destroy(&buffer);
    return ok;
}

#define DECODES(...) ck_assert(decodes(&(struct draft){__VA_ARGS__}))
#define REFUSED(...) ck_assert(!decodes(&(struct draft){__VA_ARGS__}))
#define NAMED(text)  .name = (text), .name_len = sizeof(text) - 1
#define AT(...)                                                                                    \
    .addr = (const uint8_t[]){__VA_ARGS__}, .addr_len = sizeof((const uint8_t[]){__VA_ARGS__})
#define TOKENS(n)                                                                                  \
    .tokens = &(const uint64_t)                                                                    \
    {                                                                                              \
        n                                                                                          \
    }
#define TAGGED(...)                                                                                \
    .tags = (const char *const[])                                                                  \
    {                                                                                              \
        __VA_ARGS__, NULL                                                                          \
    }

START_TEST(test_names_are_those_that_are_allowed)
{
    char name[HEARSAY_NAME_MAX + 1];
    memset(name, 'n', sizeof name);
    DECODES(NAMED("a"));
    DECODES(NAMED("AZaz09._:-"));
    DECODES(.name = name, .name_len = HEARSAY_NAME_MAX);
    REFUSED(.name = name, .name_len = HEARSAY_NAME_MAX + 1);
    REFUSED(NAMED(""));
    REFUSED(NAMED("a b"));
    REFUSED(NAMED("a\0"));
    REFUSED(NAMED("a\n"));
    REFUSED(NAMED("\xc3\xa4"));
    REFUSED(.name_as_bin = true);
}
END_TEST

START_TEST(test_addresses_are_those_that_can_be_sent_to)
{
    DECODES(AT(127, 0, 0, 1, 0, 1));
    DECODES(AT(0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, 0xff));
    REFUSED(AT(127, 0, 0, 1, 0, 0));
    REFUSED(AT(0, 0, 0, 0, 0, 1));
    REFUSED(AT(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1));
    REFUSED(AT(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0, 0, 1));
    REFUSED(AT(127, 0, 0, 1, 1));
    REFUSED(AT(127, 0, 0, 1, 0, 1, 1));
    REFUSED(AT(0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff));
}
END_TEST

START_TEST(test_mapped_addresses_become_ipv4)
{
    struct hs_blob blob = {.name = "n", .name_len = 1, .tokens = 1};
    uint8_t bytes[HS_BLOB_MAX];
    blob.addr = (struct hearsay_addr){
        .family = 6, .port = 9, .bytes = {[10] = 0xff, [11] = 0xff, 192, 0, 2, 1}};
    int len = hs_blob_encode(bytes, sizeof bytes, &blob, NULL, 0);
    ck_assert_int_gt(len, 0);
    ck_assert(hs_blob_decode(&blob, bytes, (size_t)len));
    struct hearsay_addr expected = {.family = 4, .port = 9, .bytes = {192, 0, 2, 1}};
    ck_assert(hearsay_addr_equal(&blob.addr, &expected));
}
END_TEST

START_TEST(test_numbers_of_a_blob_are_in_range)
{
    DECODES(TOKENS(4096));
    REFUSED(TOKENS(0));
    REFUSED(TOKENS(4097));
    REFUSED(TOKENS(UINT64_C(1) << 32 | 1));
    REFUSED(.no_tokens = true);
    REFUSED(.short_instance = true);
    DECODES(.version_min = 3, .version_max = 3);
    DECODES(.version_min = 0, .version_max = 255);
    REFUSED(.version_min = 4, .version_max = 3);
    REFUSED(.version_max = 256);
    REFUSED(.version_min = -1, .version_max = 3);
}
END_TEST

START_TEST(test_tags_are_those_that_are_allowed)
{
    DECODES(TAGGED("zone", "eu-1", "rack", ""));
    DECODES(TAGGED("k", "gr\xc3\xbc\xc3\x9f dich"));
    REFUSED(TAGGED("", "v"));
    REFUSED(TAGGED("k:", "v"));
    REFUSED(TAGGED("k k", "v"));
    REFUSED(TAGGED("k", "two\nlines"));
    REFUSED(TAGGED("k", "\x7f"));
    REFUSED(TAGGED("k", "\xff\xfe"));
    REFUSED(TAGGED("k", "1", "l", "2", "k", "3"));
    DECODES(TAGGED(TOO_LONG, "v")); /* 64 */
    REFUSED(TAGGED(TOO_LONG "x", "v"));
    REFUSED(TAGGED("k", "v"), .tags_as_array = true);
}
END_TEST

START_TEST(test_tags_have_a_bound_in_number_and_size)
{
    const char *many[2 * HEARSAY_TAGS_COUNT + 3];
    char keys[HEARSAY_TAGS_COUNT + 1][4], value[HEARSAY_TAGS_MAX + 1];
    for (size_t i = 0; i <= HEARSAY_TAGS_COUNT; i++) {
        memcpy(keys[i], "k00", 4);
        keys[i][1] = (char)('0' + i / 10);
        keys[i][2] = (char)('0' + i % 10);
        many[2 * i] = keys[i];
        many[2 * i + 1] = "v";
    }
    many[2 * HEARSAY_TAGS_COUNT + 2] = NULL;
    REFUSED(.tags = many);
    many[2 * HEARSAY_TAGS_COUNT] = NULL;
    DECODES(.tags = many);
    memset(value, 'v', sizeof value);
    value[HEARSAY_TAGS_MAX - 6] = '\0'; /* with map, key and str 16 header: 512 */
    DECODES(TAGGED("k", value));
    value[HEARSAY_TAGS_MAX - 6] = 'v';
    value[HEARSAY_TAGS_MAX - 5] = '\0';
    REFUSED(TAGGED("k", value));
}
END_TEST

START_TEST(test_fields_of_a_later_release_are_skipped)
{
    DECODES(.extra = 1);
    DECODES(.extra = 200);
    REFUSED(.extra = HS_BLOB_MAX); /* the blob's own bound */
    REFUSED(.trailing = 1);
    REFUSED(.less = 1);
}
END_TEST

START_TEST(test_blob_comes_back_as_it_was_written)
{
    const struct hearsay_tag tags[] = {{"zone", "eu-1"}, {"role", ""}};
    struct hs_blob blob = {.name = "n1", .name_len = 2, .instance = 5, .start = 6, .tokens = 300};
    uint8_t bytes[HS_BLOB_MAX];
    const char *key, *value;
    size_t cursor = 0, key_len, value_len;
    struct hs_random random = {1};
    blob.version_min = 1;
    blob.version_max = 2;
    blob.addr = sample_addr(&random);
    int len = hs_blob_encode(bytes, sizeof bytes, &blob, tags, 2);
    ck_assert_int_gt(len, 0);
    struct hs_blob back;
    ck_assert(hs_blob_decode(&back, bytes, (size_t)len));
    ck_assert(back.name_len == 2 && memcmp(back.name, "n1", 2) == 0);
    ck_assert(hearsay_addr_equal(&back.addr, &blob.addr));
    ck_assert(back.instance == 5 && back.start == 6 && back.tokens == 300);
    ck_assert(back.version_min == 1 && back.version_max == 2);
    for (size_t i = 0; i < 2; i++) {
        ck_assert(
            hs_tags_next(back.tags, back.tags_len, &cursor, &key, &key_len, &value, &value_len));
        ck_assert(key_len == strlen(tags[i].key) && memcmp(key, tags[i].key, key_len) == 0);
        ck_assert(value_len == strlen(tags[i].value) &&
                  memcmp(value, tags[i].value, value_len) == 0);
    }
    for (int i = 0; i < 2; i++) /* and the end stays the end */
        ck_assert(
            !hs_tags_next(back.tags, back.tags_len, &cursor, &key, &key_len, &value, &value_len));
    cursor = 0;
    ck_assert(!hs_tags_next(NULL, 0, &cursor, &key, &key_len, &value, &value_len));
    ck_assert(!hs_tags_next(BYTES(0x80), &cursor, &key, &key_len, &value, &value_len));
}
END_TEST

START_TEST(test_what_is_too_big_is_not_encoded)
{
    char value[HEARSAY_TAGS_MAX + 1];
    struct hearsay_tag tag = {"k", value}, many[HEARSAY_TAGS_COUNT + 1];
    struct hs_blob blob = {.name = "n", .name_len = 1, .addr = {.family = 4}};
    uint8_t bytes[HS_BLOB_MAX];
    memset(value, 'v', sizeof value);
    value[HEARSAY_TAGS_MAX - 6] = '\0';
    int len = hs_blob_encode(bytes, sizeof bytes, &blob, &tag, 1);
    ck_assert_int_gt(len, HEARSAY_TAGS_MAX);
    for (size_t room = 0; room < (size_t)len; room++) {
        uint8_t *block = malloc(room > 0 ? room : 1);
        ck_assert_ptr_nonnull(block);
        ck_assert_int_eq(hs_blob_encode(block, room, &blob, &tag, 1), HEARSAY_ERR_TOOBIG);
        free(block);
    }
    value[HEARSAY_TAGS_MAX - 6] = 'v';
    value[HEARSAY_TAGS_MAX - 5] = '\0';
    ck_assert_int_eq(hs_blob_encode(bytes, sizeof bytes, &blob, &tag, 1), HEARSAY_ERR_TOOBIG);
    for (size_t i = 0; i <= HEARSAY_TAGS_COUNT; i++)
        many[i] = (struct hearsay_tag){"k", ""};
    ck_assert_int_eq(hs_blob_encode(bytes, sizeof bytes, &blob, many, HEARSAY_TAGS_COUNT + 1),
                     HEARSAY_ERR_TOOBIG);
}
END_TEST

/* ---- rumors ------------------------------------------------------------------------------ */

#define U64 0xcf, 1, 2, 3, 4, 5, 6, 7, 8

/* Reads one rumor from a block of exactly its size; a second must not be there. */
static enum hs_rumor_result rumor_of(const uint8_t *bytes, size_t len, struct hs_rumor *ret_rumor)
{
    uint8_t *block = malloc(len);
    struct hs_rumor none;
    ck_assert_ptr_nonnull(block);
    memcpy(block, bytes, len);
    struct hs_rumors rumors = {block, block + len};
    enum hs_rumor_result result = hs_rumors_next(&rumors, ret_rumor);
    ck_assert_int_eq(hs_rumors_next(&rumors, &none), HS_RUMOR_END);
    free(block);
    return result;
}

#define RUMOR(result, ...) ck_assert_int_eq(rumor_of(BYTES(__VA_ARGS__), &rumor), HS_RUMOR_##result)

START_TEST(test_unknown_kinds_of_rumor_are_skipped)
{
    struct hs_rumor rumor;
    RUMOR(SKIP, 0x91, 2);
    RUMOR(SKIP, 0x93, 0xcc, 0xff, 0x81, 1, 2, 0xc4, 2, 0, 0);
    RUMOR(SKIP, 0x91, 0xff);
    RUMOR(SKIP, 0x91, 0xa1, 'x');
    RUMOR(SKIP, 0x90);
    RUMOR(SKIP, 0xc0);
    RUMOR(SKIP, 0x81, 0, 0);
}
END_TEST

START_TEST(test_brief_is_read_with_any_width)
{
    struct hs_rumor rumor;
    RUMOR(OK, 0x95, 1, U64, 5, U64, 2);
    ck_assert(rumor.blob == NULL && rumor.blob_check == 5 && rumor.status == HEARSAY_STATUS_ALIVE);
    ck_assert(rumor.id == UINT64_C(0x0102030405060708) && rumor.timestamp == rumor.id);
    RUMOR(OK, 0xdc, 0, 5, 0xcc, 1, U64, 0xcf, 0, 0, 0, 0, 0, 0, 0, 5, U64, 0xd0, 2);
    ck_assert(rumor.blob_check == 5 && rumor.status == HEARSAY_STATUS_ALIVE);
}
END_TEST

START_TEST(test_rumors_with_fields_out_of_range_are_of_no_value)
{
    struct hs_rumor rumor;
    RUMOR(VALUE, 0x91, 1);
    RUMOR(VALUE, 0x95, 1, 5, 5, U64, 2);                                 /* a short id */
    RUMOR(VALUE, 0x95, 1, U64, 0xcf, 0, 0, 0, 1, 0, 0, 0, 0, U64, 2);    /* check of 33 bits */
    RUMOR(VALUE, 0x95, 1, U64, 5, U64, 0);                               /* no status */
    RUMOR(VALUE, 0x95, 1, U64, 5, U64, 3);                               /* dead of nothing */
    RUMOR(VALUE, 0x95, 1, U64, 5, U64, 5);                               /* suspect, failed */
    RUMOR(VALUE, 0x95, 1, U64, 5, U64, 18);                              /* cause 4 */
    RUMOR(VALUE, 0x95, 1, U64, 5, U64, 7);                               /* no age */
    RUMOR(VALUE, 0x96, 1, U64, 5, U64, 7, 0xcf, 0, 0, 0, 1, 0, 0, 0, 0); /* 2^32 s */
    RUMOR(VALUE, 0x95, 1, U64, 5, U64, 1);                               /* no age */
    RUMOR(VALUE, 0x96, 1, U64, 5, U64, 1, 9);                            /* no mask */
    RUMOR(VALUE, 0x97, 1, U64, 5, U64, 1, 9, 1);                         /* refused by none */
    RUMOR(VALUE, 0x98, 1, U64, 5, U64, 1, 9, 2, U64);                    /* second of one */
    RUMOR(VALUE, 0x94, 0, 0xc4, 1, 0x90, U64, 2);                        /* a bad blob */
    RUMOR(VALUE, 0x94, 0, 0xa1, 0x90, U64, 2);                           /* no bin */
    RUMOR(VALUE, 0x91);                                                  /* not walked before */
}
END_TEST

START_TEST(test_elements_of_a_later_release_are_skipped)
{
    struct hs_rumor rumor;
    RUMOR(OK, 0x97, 1, U64, 5, U64, 2, 0xc0, U64);
    ck_assert_int_eq(rumor.status, HEARSAY_STATUS_ALIVE);
    RUMOR(OK, 0x98, 1, U64, 5, U64, 7, 60, 0x91, 1, U64);
    ck_assert(rumor.status == HEARSAY_STATUS_DEAD && rumor.cause == HEARSAY_CAUSE_FAILED);
    ck_assert_uint_eq(rumor.age, 60000);
    RUMOR(OK, 0x98, 1, U64, 5, U64, 7, 60, 7, 0x91, 1);
    ck_assert_uint_eq(rumor.age, 60007);
    RUMOR(OK, 0x97, 1, U64, 5, U64, 7, 60, 0xcd, 3, 0xe8); /* no milliseconds: a thousand */
    ck_assert_uint_eq(rumor.age, 60000);
    RUMOR(OK, 0x97, 1, U64, 5, U64, 11, 60, 7); /* who left has seconds only */
    ck_assert_uint_eq(rumor.age, 60000);
    RUMOR(OK, 0x9a, 1, U64, 5, U64, 1, 9, 2, U64, U64, 0xc0);
    ck_assert(rumor.accuser_count == 2 && rumor.refused_mask == 2 && rumor.age == 9);
    RUMOR(OK, 0x9c, 1, U64, 5, U64, 1, 9, 15, U64, U64, U64, U64, U64);
    ck_assert(rumor.accuser_count == 4 && rumor.refused_mask == 15);
}
END_TEST

START_TEST(test_a_bad_rumor_does_not_spoil_the_next)
{
    static const uint8_t bytes[] = {0x91, 9, 0x91, 1, 0x95, 1, U64, 5, U64, 2};
    struct hs_rumors rumors = {bytes, bytes + sizeof bytes};
    struct hs_rumor rumor = {.age = 77};
    ck_assert_int_eq(hs_rumors_next(&rumors, &rumor), HS_RUMOR_SKIP);
    ck_assert_int_eq(hs_rumors_next(&rumors, &rumor), HS_RUMOR_VALUE);
    ck_assert_uint_eq(rumor.age, 77); /* outputs of what failed are as they were */
    ck_assert_int_eq(hs_rumors_next(&rumors, &rumor), HS_RUMOR_OK);
    ck_assert_int_eq(hs_rumors_next(&rumors, &rumor), HS_RUMOR_END);
}
END_TEST

/* Element 11: the first release must find a token, and passes over what it does not know. */
START_TEST(test_drained_member_has_one_token_for_the_first_release)
{
    struct hs_blob blob = {.name = "n1", .name_len = 2, .addr = {.family = 4, .port = 9}};
    uint8_t bytes[HS_BLOB_MAX];
    blob.addr.bytes[0] = 10;
    int len = hs_blob_encode(bytes, sizeof bytes, &blob, NULL, 0);
    const uint8_t end[] = {0xc4, 0, 0x92, 0, 0, 1};
    ck_assert_int_gt(len, (int)sizeof end);
    ck_assert_uint_eq(bytes[0], 0x9b);
    ck_assert_uint_eq(bytes[1 + 3 + 8 + 18], 1); /* name, address, instance and start before it */
    ck_assert_mem_eq(bytes + len - sizeof end, end, sizeof end);
    ck_assert(hs_blob_decode(&blob, bytes, (size_t)len));
    ck_assert_uint_eq(blob.tokens, 0);
    bytes[len - 1] = 0;
    ck_assert(hs_blob_decode(&blob, bytes, (size_t)len));
    ck_assert_uint_eq(blob.tokens, 1);
    bytes[len - 1] = 0xc3; /* what a later release may write there is no mistake */
    ck_assert(hs_blob_decode(&blob, bytes, (size_t)len));
    ck_assert_uint_eq(blob.tokens, 1);
    blob.tokens = 128;
    len = hs_blob_encode(bytes, sizeof bytes, &blob, NULL, 0);
    ck_assert_uint_eq(bytes[0], 0x98); /* others write what they always wrote */
}
END_TEST

HARNESS_MAIN("blob", test_names_are_those_that_are_allowed,
             test_addresses_are_those_that_can_be_sent_to, test_mapped_addresses_become_ipv4,
             test_numbers_of_a_blob_are_in_range, test_tags_are_those_that_are_allowed,
             test_tags_have_a_bound_in_number_and_size, test_fields_of_a_later_release_are_skipped,
             test_blob_comes_back_as_it_was_written, test_what_is_too_big_is_not_encoded,
             test_unknown_kinds_of_rumor_are_skipped, test_brief_is_read_with_any_width,
             test_rumors_with_fields_out_of_range_are_of_no_value,
             test_elements_of_a_later_release_are_skipped, test_a_bad_rumor_does_not_spoil_the_next,
             test_drained_member_has_one_token_for_the_first_release)
