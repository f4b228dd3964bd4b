/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file of the state: what is written is read again, what is torn at any byte is told, and no
 * value is believed because its checksum is right.
 */
#include "harness.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <hearsay/ring.h>

#include "agent/options/endpoint.h"
#include "agent/options/fields.h"
#include "agent/parts/state_tags.h"
#include "agent/parts/state_text.h"

static char words[HS_ERROR_TEXT_MAX];

/* A content with everything in it. */
static struct hs_state_content sample(unsigned contacts)
{
    struct hs_state_content content = {.timestamp = UINT64_C(1795908838404270)};
    content.contact_count = contacts;
    for (unsigned i = 0; i < contacts; i++) {
        struct hs_state_contact *contact = &content.contacts[i];
        contact->addr = (struct hearsay_addr){
            .family = 4, .port = 7847, .bytes = {10, 0, (uint8_t)(i >> 8), (uint8_t)i}};
        contact->age_s = 3600 * i;
        contact->name_hash = 1000 + i;
        contact->id = UINT64_MAX - i;
        if (i % 2)
            snprintf(contact->name, sizeof(contact->name), "n%u", i);
    }
    content.founder = (struct hs_state_contact){
        .addr = {.family = 6, .port = 1, .bytes = {0x20, 1, [15] = 9}}, .name_hash = 7, .id = 8};
    content.join = json_pack("[s, s]", "10.0.0.1:7847", "_hearsay._udp.example.org");
    content.tags =
        json_pack("[{s:s, s:s, s:s}, {s:s, s:n, s:s}]", "key", "role", "value", "c\xc3\xbc\"\\",
                  "configured", "", "key", "old", "value", "configured", "1");
    ck_assert(content.join && content.tags);
    return content;
}

static char *text_of(unsigned contacts, size_t *ret_len)
{
    struct hs_state_content content = sample(contacts);
    char *text = hs_state_text_make(&content, "prod", "me", ret_len);
    hs_state_content_fini(&content);
    ck_assert_ptr_nonnull(text);
    return text;
}

static enum hs_state_found read_text(const char *text, size_t len,
                                     struct hs_state_content *ret_content)
{
    /* of its own size, so that a sanitizer sees what is read behind it */
    char *copy = malloc(len ? len : 1);
    memcpy(copy, text, len);
    words[0] = '\0';
    enum hs_state_found found = hs_state_text_read(copy, len, "prod", "me", ret_content, words);
    free(copy);
    ck_assert_msg(found == HS_STATE_GOOD || words[0] != '\0', "nothing is said");
    return found;
}

/* The same, of an object of which only the head is right. */
static enum hs_state_found read_body(const char *body, struct hs_state_content *ret_content)
{
    char *text;
    int len = asprintf(&text, "hearsay state 1 %016" PRIx64 " %zu\n%s\n",
                       hearsay_ring_hash(body, strlen(body)), strlen(body) + 1, body);
    ck_assert_int_gt(len, 0);
    enum hs_state_found found = read_text(text, (size_t)len, ret_content);
    free(text);
    return found;
}

START_TEST(test_what_is_written_is_read)
{
    static const unsigned counts[] = {0, 1, HS_STATE_CONTACTS_MAX};
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        struct hs_state_content content = sample(counts[i]), read;
        size_t len, again_len;
        char *text = hs_state_text_make(&content, "prod", "me", &len);
        ck_assert_uint_le(len, HS_STATE_TEXT_MAX);
        ck_assert_msg(read_text(text, len, &read) == HS_STATE_GOOD, "%s", words);
        ck_assert_uint_eq(read.timestamp, content.timestamp);
        ck_assert_uint_eq(read.contact_count, content.contact_count);
        ck_assert_int_eq(
            memcmp(read.contacts, content.contacts, counts[i] * sizeof(read.contacts[0])), 0);
        ck_assert_int_eq(memcmp(&read.founder, &content.founder, sizeof(read.founder)), 0);
        ck_assert(json_equal(read.join, content.join) && json_equal(read.tags, content.tags));
        char *again = hs_state_text_make(&read, "prod", "me", &again_len);
        ck_assert_uint_eq(len, again_len);
        ck_assert_int_eq(memcmp(text, again, len), 0);
        free(again);
        free(text);
        hs_state_content_fini(&read);
        hs_state_content_fini(&content);
    }
}
END_TEST

/* The longest of everything still fits the bound of a file. */
START_TEST(test_the_largest_state_fits)
{
    struct hs_state_content content = sample(HS_STATE_CONTACTS_MAX);
    char text[600];
    size_t len;
    for (unsigned i = 0; i < HS_STATE_CONTACTS_MAX; i++) {
        struct hs_state_contact *contact = &content.contacts[i];
        memset(contact->name, 'n', HEARSAY_NAME_MAX);
        contact->addr = (struct hearsay_addr){.family = 6, .port = 65535};
        memset(contact->addr.bytes, 0x11, sizeof(contact->addr.bytes));
        contact->age_s = UINT32_MAX;
    }
    json_array_clear(content.join);
    memset(text, 'j', sizeof(text));
    text[HS_HOST_MAX + 6] = '\0';
    for (unsigned i = 0; i < HS_OPTION_LIST_MAX; i++)
        json_array_append_new(content.join, json_string(text));
    json_array_clear(content.tags);
    memset(text, '"', sizeof(text));
    text[HEARSAY_TAGS_MAX] = '\0';
    for (unsigned i = 0; i < HS_STATE_TAGS_MAX; i++)
        json_array_append_new(content.tags, json_pack("{s:s, s:s, s:s}", "key", "k", "value",
                                                      i ? "" : text, "configured", i ? "" : text));
    char *bytes = hs_state_text_make(&content, "prod", "me", &len);
    ck_assert_uint_le(len, HS_STATE_TEXT_MAX);
    free(bytes);
    hs_state_content_fini(&content);
}
END_TEST

START_TEST(test_what_is_torn_at_any_byte_is_told)
{
    struct hs_state_content read;
    size_t len;
    char *text = text_of(3, &len);
    for (size_t cut = 0; cut < len; cut++) {
        ck_assert_msg(read_text(text, cut, &read) == HS_STATE_DAMAGED, "cut at %zu", cut);
        ck_assert(read.contact_count == 0 && !read.join && !read.tags && read.timestamp == 0);
    }
    ck_assert_int_eq(read_text("", 0, &read), HS_STATE_DAMAGED);
    ck_assert_str_eq(words, "is empty");
    free(text);
}
END_TEST

START_TEST(test_each_changed_byte_is_told)
{
    struct hs_state_content read;
    size_t len;
    char *text = text_of(2, &len);
    for (size_t at = 0; at < len; at++)
        for (unsigned bit = 0; bit < 8; bit++) {
            text[at] = (char)(text[at] ^ (1 << bit));
            enum hs_state_found found = read_text(text, len, &read);
            /* another digit of the format is another format */
            ck_assert_msg(found == HS_STATE_DAMAGED || (found == HS_STATE_LATER && at == 14),
                          "byte %zu, bit %u", at, bit);
            text[at] = (char)(text[at] ^ (1 << bit));
        }
    ck_assert_int_eq(read_text(text, len, &read), HS_STATE_GOOD);
    hs_state_content_fini(&read);
    free(text);
}
END_TEST

START_TEST(test_blocks_of_zeroes_are_damage)
{
    struct hs_state_content read;
    size_t len;
    char *text = text_of(9, &len);
    for (size_t from = 0; from < len; from += 512) {
        char saved[512];
        size_t count = len - from < 512 ? len - from : 512;
        memcpy(saved, text + from, count);
        memset(text + from, 0, count);
        ck_assert_int_eq(read_text(text, len, &read), HS_STATE_DAMAGED);
        memcpy(text + from, saved, count);
    }
    free(text);
}
END_TEST

START_TEST(test_heads)
{
    static const struct {
        const char *text, *words;
        enum hs_state_found found;
    } cases[] = {
        {"hearsay state 2 ", "is of a later release: its format is 2, and not 1", HS_STATE_LATER},
        {"hearsay state 10 \n{}", "format is 10", HS_STATE_LATER},
        {"hearsay state 18446744073709551615 x", "format is", HS_STATE_LATER},
        {"hearsay state 18446744073709551616 x", "is damaged", HS_STATE_DAMAGED},
        {"hearsay state 2", "is damaged", HS_STATE_DAMAGED},
        {"hearsay state 0 0000000000000000 1\n\n", "is damaged", HS_STATE_DAMAGED},
        {"hearsay state -1 0000000000000000 1\n\n", "is damaged", HS_STATE_DAMAGED},
        {"hearsay state  1 0000000000000000 1\n\n", "is damaged", HS_STATE_DAMAGED},
        {"hearsay state 1 0000000000000000 0\n", "is damaged", HS_STATE_DAMAGED},
        {"hearsay state 1 000000000000000g 1\n\n", "is damaged", HS_STATE_DAMAGED},
        {"hearsay state 1 0000000000000000 1\n", "is damaged", HS_STATE_DAMAGED},
        {"# somebody's notes\n", "is damaged", HS_STATE_DAMAGED},
    };
    struct hs_state_content read;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ck_assert_msg(read_text(cases[i].text, strlen(cases[i].text), &read) == cases[i].found,
                      "%s", cases[i].text);
        ck_assert_msg(strstr(words, cases[i].words), "%s: %s", cases[i].text, words);
    }
}
END_TEST

START_TEST(test_whose_state_it_is)
{
    struct hs_state_content read;
    size_t len;
    char *text = text_of(1, &len);
    ck_assert_int_eq(hs_state_text_read(text, len, "prod", "you", &read, words), HS_STATE_FOREIGN);
    ck_assert_str_eq(words, "is that of member me of cluster prod, and not of you of prod");
    ck_assert_int_eq(hs_state_text_read(text, len, "test", "me", &read, words), HS_STATE_FOREIGN);
    ck_assert_str_eq(words, "is that of member me of cluster prod, and not of me of test");
    free(text);
    /* It is left alone, whatever else is in it. */
    ck_assert_int_eq(read_body("{\"cluster\":\"x\",\"name\":\"y\",\"contacts\":7}", &read),
                     HS_STATE_FOREIGN);
    ck_assert_int_eq(read_body("{\"cluster\":\"x\"}", &read), HS_STATE_DAMAGED);
}
END_TEST

#define BODY(contacts, more)                                                                       \
    "{\"cluster\":\"prod\",\"name\":\"me\",\"timestamp\":1,\"contacts\":" contacts                 \
    ",\"join\":[],\"tags\":[]" more "}"
#define CONTACT(addr, hash, age, more)                                                             \
    "[{\"addr\":" addr ",\"name_hash\":\"" hash                                                    \
    "\",\"id\":\"0000000000000000\",\"age_s\":" age more "}]"
#define HASH "00000000000000ff"

START_TEST(test_hostile_values)
{
    static const char *const good[] = {
        BODY("[]", ""),
        BODY(CONTACT("\"10.0.0.1:1\"", HASH, "0", ""), ""),
        BODY(CONTACT("\"[2001:db8::1]:7847\"", HASH, "4294967295", ",\"name\":\"n1\""), ""),
        BODY("[]", ",\"of a later release\":{\"with\":[\"the same format\"]}"),
    };
    static const char *const bad[] = {
        "",
        "null",
        "[]",
        "7",
        "{",
        "{}",
        "{}{}",
        BODY("{}", ""),
        BODY("null", ""),
        BODY("[7]", ""),
        BODY("[[]]", ""),
        BODY(CONTACT("\"10.0.0.1\"", HASH, "0", ""), ""),
        BODY(CONTACT("\"10.0.0.1:0\"", HASH, "0", ""), ""),
        BODY(CONTACT("\"example.org:1\"", HASH, "0", ""), ""),
        BODY(CONTACT("7", HASH, "0", ""), ""),
        BODY(CONTACT("\"10.0.0.1:1\\u0000\"", HASH, "0", ""), ""),
        BODY(CONTACT("\"10.0.0.1:1\"", "ff", "0", ""), ""),
        BODY(CONTACT("\"10.0.0.1:1\"", HASH, "-1", ""), ""),
        BODY(CONTACT("\"10.0.0.1:1\"", HASH, "1.5", ""), ""),
        BODY(CONTACT("\"10.0.0.1:1\"", HASH, "4294967296", ""), ""),
        BODY(CONTACT("\"10.0.0.1:1\"", HASH, "99999999999999999999", ""), ""),
        BODY(CONTACT("\"10.0.0.1:1\"", HASH, "0", ",\"name\":\"a b\""), ""),
        BODY(CONTACT("\"10.0.0.1:1\"", HASH, "0", ",\"name\":\"\""), ""),
        BODY(CONTACT("\"10.0.0.1:1\"", HASH, "0", ",\"name\":7"), ""),
        BODY(CONTACT("\"10.0.0.1:1\"", HASH, "0", ",\"name\":\"\\u001b[2J\""), ""),
        BODY("[]", ",\"founder\":7"),
        BODY("[]", ",\"founder\":{\"addr\":\"10.0.0.1:1\",\"id\":\"" HASH "\"}"),
        BODY("[]", ",\"timestamp\":2"), /* twice */
        "{\"cluster\":\"prod\",\"name\":\"me\",\"timestamp\":-1,\"contacts\":[],\"join\":[],"
        "\"tags\":[]}",
        "{\"cluster\":\"prod\",\"name\":\"me\",\"timestamp\":1,\"contacts\":[],\"join\":[7],"
        "\"tags\":[]}",
        "{\"cluster\":\"prod\",\"name\":\"me\",\"timestamp\":1,\"contacts\":[],\"join\":[]}",
    };
    struct hs_state_content read;
    char name[HEARSAY_NAME_MAX + 2], *body;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        ck_assert_msg(read_body(good[i], &read) == HS_STATE_GOOD, "%s: %s", good[i], words);
        hs_state_content_fini(&read);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        ck_assert_msg(read_body(bad[i], &read) == HS_STATE_DAMAGED, "%s", bad[i]);
    memset(name, 'n', sizeof(name));
    name[sizeof(name) - 1] = '\0';
    ck_assert_int_gt(
        asprintf(&body, BODY(CONTACT("\"10.0.0.1:1\"", HASH, "0", ",\"name\":\"%s\""), ""), name),
        0);
    ck_assert_int_eq(read_body(body, &read), HS_STATE_DAMAGED);
    free(body);
}
END_TEST

START_TEST(test_bounds)
{
    struct hs_state_content read, content = sample(HS_STATE_CONTACTS_MAX);
    char *body = malloc(HS_STATE_TEXT_MAX), *at = body;
    at += sprintf(at, "{\"cluster\":\"prod\",\"name\":\"me\",\"timestamp\":1,\"join\":[],"
                      "\"tags\":[],\"contacts\":[");
    for (unsigned i = 0; i <= HS_STATE_CONTACTS_MAX; i++)
        at += sprintf(at,
                      "%s{\"addr\":\"10.0.0.1:1\",\"name_hash\":\"" HASH "\",\"id\":\"" HASH
                      "\",\"age_s\":0}",
                      i ? "," : "");
    sprintf(at, "]}");
    ck_assert_int_eq(read_body(body, &read), HS_STATE_DAMAGED);
    /* nested as deep as the file is long */
    memset(body, '[', HS_STATE_TEXT_MAX - 100);
    body[HS_STATE_TEXT_MAX - 100] = '\0';
    ck_assert_int_eq(read_body(body, &read), HS_STATE_DAMAGED);
    free(body);
    hs_state_content_fini(&content);
}
END_TEST

/* ---- memory ------------------------------------------------------------------------------ */

static unsigned allowed; /* calls that go well */

static void *failing(size_t size)
{
    if (allowed == 0)
        return NULL;
    allowed--;
    return malloc(size);
}

/* From whatever call on there is none: the whole, or nothing. */
START_TEST(test_without_memory_there_is_the_whole_or_nothing)
{
    struct hs_state_content content = sample(3);
    size_t len = 0, whole_len = 0;
    char *whole = hs_state_text_make(&content, "prod", "me", &whole_len), *text = NULL;
    unsigned calls = 0;
    ck_assert_ptr_nonnull(whole);
    json_set_alloc_funcs(failing, free);
    for (; !text; calls++) {
        allowed = calls;
        text = hs_state_text_make(&content, "prod", "me", &len);
    }
    ck_assert(len == whole_len && memcmp(text, whole, len) == 0);
    ck_assert_uint_gt(calls, 20);
    json_set_alloc_funcs(malloc, free);
    hs_state_content_fini(&content);
    free(text);
    free(whole);
}
END_TEST

/* ---- tags -------------------------------------------------------------------------------- */

static json_t *json_of(const char *text)
{
    json_t *json = json_loads(text, JSON_DECODE_ANY, NULL);
    ck_assert_ptr_nonnull(json);
    return json;
}

START_TEST(test_differences_that_cannot_be)
{
    static const char *const bad[] = {
        "{}",
        "[7]",
        "[{\"key\":\"a\",\"value\":\"b\"}]",
        "[{\"key\":\"a\",\"value\":null,\"configured\":null}]",
        "[{\"key\":\"a b\",\"value\":\"b\",\"configured\":null}]",
        "[{\"key\":\"\",\"value\":\"b\",\"configured\":null}]",
        "[{\"key\":\"a\",\"value\":\"line\\nend\",\"configured\":null}]",
        "[{\"key\":\"a\",\"value\":7,\"configured\":null}]",
        "[{\"key\":\"a\",\"value\":\"b\",\"configured\":\"\\u007f\"}]",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        json_t *tags = json_of(bad[i]);
        ck_assert_msg(!hs_state_tags_valid(tags), "%s", bad[i]);
        json_decref(tags);
    }
    ck_assert(!hs_state_tags_valid(NULL));
}
END_TEST

static void expect_tags(const char *difference, const struct hearsay_tag *configured, size_t count,
                        const char *wanted, size_t wanted_used)
{
    struct hearsay_tag tags[HEARSAY_TAGS_COUNT];
    char text[200] = "";
    size_t used;
    json_t *json = json_of(difference);
    ck_assert(hs_state_tags_valid(json));
    int left = hs_state_tags_apply(json, configured, count, tags, &used);
    for (int i = 0; i < left; i++)
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s=%s", i ? " " : "",
                 tags[i].key, tags[i].value);
    ck_assert_str_eq(text, wanted);
    ck_assert_uint_eq(used, wanted_used);
    json_decref(json);
}

START_TEST(test_a_changed_configuration_wins)
{
    static const struct hearsay_tag configured[] = {{"a", "1"}, {"b", "2"}, {"c", ""}};
    expect_tags("[]", configured, 3, "a=1 b=2 c=", 0);
    expect_tags("[]", NULL, 0, "", 0);
    expect_tags("[{\"key\":\"a\",\"value\":\"9\",\"configured\":\"1\"}]", configured, 3,
                "a=9 b=2 c=", 1);
    expect_tags("[{\"key\":\"a\",\"value\":\"9\",\"configured\":\"0\"}]", configured, 3,
                "a=1 b=2 c=", 0);
    expect_tags("[{\"key\":\"a\",\"value\":\"9\",\"configured\":null}]", configured, 3,
                "a=1 b=2 c=", 0);
    expect_tags("[{\"key\":\"d\",\"value\":\"9\",\"configured\":null}]", configured, 3,
                "a=1 b=2 c= d=9", 1);
    expect_tags("[{\"key\":\"d\",\"value\":\"9\",\"configured\":\"8\"}]", configured, 3,
                "a=1 b=2 c=", 0);
    expect_tags("[{\"key\":\"a\",\"value\":null,\"configured\":\"1\"}]", configured, 3, "c= b=2",
                1);
    expect_tags("[{\"key\":\"c\",\"value\":\"\",\"configured\":\"x\"}]", configured, 3,
                "a=1 b=2 c=", 0);
}
END_TEST

START_TEST(test_too_many_tags_are_refused)
{
    struct hearsay_tag configured[HEARSAY_TAGS_COUNT], tags[HEARSAY_TAGS_COUNT];
    char keys[HEARSAY_TAGS_COUNT][8];
    size_t used;
    for (unsigned i = 0; i < HEARSAY_TAGS_COUNT; i++) {
        snprintf(keys[i], sizeof(keys[i]), "k%u", i);
        configured[i] = (struct hearsay_tag){keys[i], "v"};
    }
    json_t *json = json_of("[{\"key\":\"one-more\",\"value\":\"v\",\"configured\":null}]");
    ck_assert_int_eq(hs_state_tags_apply(json, configured, HEARSAY_TAGS_COUNT, tags, &used), -1);
    ck_assert_int_eq(hs_state_tags_apply(json, configured, HEARSAY_TAGS_COUNT - 1, tags, &used),
                     HEARSAY_TAGS_COUNT);
    json_decref(json);
}
END_TEST

HARNESS_MAIN("state-text", test_what_is_written_is_read, test_the_largest_state_fits,
             test_what_is_torn_at_any_byte_is_told, test_each_changed_byte_is_told,
             test_blocks_of_zeroes_are_damage, test_heads, test_whose_state_it_is,
             test_hostile_values, test_bounds, test_without_memory_there_is_the_whole_or_nothing,
             test_differences_that_cannot_be, test_a_changed_configuration_wins,
             test_too_many_tags_are_refused)
