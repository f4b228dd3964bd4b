/* SPDX-License-Identifier: Apache-2.0 */
/* The state: what is written is read again, and no byte of a file is believed that is wrong. */
#include "made.h"

#include <inttypes.h>

#include <hearsay/ring.h>

#include "handle/kept.h"

static struct hs_feed feed;
static struct hs_kept kept;
static struct hs_handler one, two;
static struct hs_handler *const both[] = {&one, &two};
static char words[HS_ERROR_TEXT_MAX];

/* Every feed has one; what it shows is kept by the tests of test_handle_resume.c. */
static struct hs_mirror *mirror;

static void new_mirror(void)
{
    hs_mirror_free(mirror);
    mirror = hs_mirror_new(NULL);
}

static void give(struct hs_handler *handler, struct hs_item *item)
{
    handler->backlog.items[handler->backlog.count++] = item;
}

static char *make(size_t *ret_len)
{
    struct hs_subject *a = made_subject("a", "alive"), *b = made_subject("b", "failed");

    new_mirror();
    feed = (struct hs_feed){
        .mirror = mirror, .isolated = true, .ring_checksum = 7, .zones_checksum = 8};
    snprintf(feed.id, sizeof(feed.id), "00000000000000a1-9");
    hs_handle_roster_put(&feed.roster, b);
    hs_handle_roster_put(&feed.roster, a);
    hs_subject_unref(a);
    hs_subject_unref(b);
    one = (struct hs_handler){.spec.label = strdup("*=one \"\xc3\xa9")};
    two = (struct hs_handler){.spec.label = strdup("ring=two")};
    give(&one, made_item(HS_KIND_FAILED, "b", "alive", "failed"));
    give(&one, hs_item_new(HS_KIND_RING));
    one.backlog.items[0]->event = strdup("{\"event\":\"member\"}");
    one.backlog.items[1]->ring_version = 3;
    char *text = hs_kept_make("prod", &feed, both, 2, ret_len);
    hs_handler_fini(&one);
    hs_handler_fini(&two);
    hs_feed_fini(&feed);
    return text;
}

static enum hs_kept_found read_text(const char *text, size_t len)
{
    /* of its own size, so that a sanitizer sees what is read behind it */
    char *copy = malloc(len ? len : 1);

    memcpy(copy, text, len);
    feed.mirror = mirror;
    enum hs_kept_found found = hs_kept_read(copy, len, &feed, &kept, words);
    free(copy);
    return found;
}

START_TEST(test_what_is_written_is_read_again)
{
    size_t len = 0;
    char *text = make(&len);

    ck_assert_int_eq(read_text(text, len), HS_KEPT_GOOD);
    ck_assert_str_eq(kept.cluster, "prod");
    ck_assert(feed.known && feed.isolated);
    ck_assert_str_eq(feed.id, "00000000000000a1-9");
    ck_assert_uint_eq(feed.ring_checksum, 7);
    ck_assert_uint_eq(feed.zones_checksum, 8);
    ck_assert_uint_eq(feed.roster.count, 2);
    ck_assert_int_eq(hs_subject_member(hs_handle_roster_find(&feed.roster, "b"))->cause,
                     HEARSAY_CAUSE_FAILED);
    one = (struct hs_handler){.spec.label = strdup("*=one \"\xc3\xa9")};
    two = (struct hs_handler){.spec.label = strdup("*=other")};
    ck_assert(hs_kept_restore(&kept, &one));
    ck_assert(!hs_kept_restore(&kept, &two));
    ck_assert_uint_eq(one.backlog.count, 2);
    const struct hs_item *item = one.backlog.items[0];
    ck_assert_int_eq(item->kind, HS_KIND_FAILED);
    ck_assert_str_eq(item->event, "{\"event\":\"member\"}");
    ck_assert_str_eq(item->id, "00000000000000a1-7");
    ck_assert_int_eq(hs_subject_member(item->lines[0].before)->status, HEARSAY_STATUS_ALIVE);
    ck_assert_int_eq(hs_item_member(item, 0)->status, HEARSAY_STATUS_DEAD);
    ck_assert_uint_eq(one.backlog.items[1]->ring_version, 3);
    hs_handler_fini(&one);
    hs_handler_fini(&two);
    hs_feed_fini(&feed);
    hs_kept_fini(&kept);
    free(text);
}
END_TEST

static void expect_nothing(enum hs_kept_found found, const char *why)
{
    ck_assert_int_ne(found, HS_KEPT_GOOD);
    ck_assert_msg(strstr(words, why) != NULL, "%s", words);
    ck_assert_uint_eq(feed.roster.count, 0);
    ck_assert(!feed.known && feed.id[0] == '\0' && feed.ring_checksum == 0);
    ck_assert_ptr_null(kept.handlers);
    ck_assert_str_eq(kept.cluster, "");
}

START_TEST(test_a_torn_file_is_not_believed)
{
    size_t len = 0;
    char *text = make(&len);

    for (size_t cut = 0; cut < len; cut++)
        expect_nothing(read_text(text, cut), cut == 0 ? "is empty" : "is damaged");
    for (size_t at = 0; at < len; at++) {
        text[at] = (char)(text[at] ^ 1);
        expect_nothing(read_text(text, len), "is ");
        text[at] = (char)(text[at] ^ 1);
    }
    free(text);
}
END_TEST

START_TEST(test_a_file_of_a_later_release_is_told_apart)
{
    new_mirror();
    static const char text[] = "hearsay handled 2 whatever comes then";

    ck_assert_int_eq(read_text(text, strlen(text)), HS_KEPT_LATER);
    expect_nothing(HS_KEPT_LATER, "later release");
    static const char other[] = "hearsay state 1 0000000000000000 1\n\n";
    expect_nothing(read_text(other, strlen(other)), "is damaged");
}
END_TEST

/* A body with a right head. */
static enum hs_kept_found read_body(const char *body)
{
    static char text[4096];
    size_t len = strlen(body);
    int all = snprintf(text, sizeof(text), "hearsay handled 1 %016" PRIx64 " %zu\n%s\n",
                       hearsay_ring_hash(body, len), len + 1, body);

    return read_text(text, (size_t)all);
}

#define REST "\"isolated\":false,\"ring\":\"0000000000000007\",\"zones\":\"0000000000000000\""
#define ITEM                                                                                       \
    "\"id\":\"a-1\",\"time\":\"t\",\"ring_version\":1,\"ring_checksum\":\"0000000000000007\""

START_TEST(test_a_checksum_makes_no_wrong_value_right)
{
    static const char *const bodies[] = {
        "",
        "[]",
        "{}",
        "{\"cluster\":7,\"id\":\"a\"," REST ",\"members\":[],\"handlers\":{}}",
        "{\"cluster\":\"c\"," REST ",\"members\":[],\"handlers\":{}}",
        "{\"cluster\":\"c\",\"id\":\"a\"," REST ",\"members\":{},\"handlers\":{}}",
        "{\"cluster\":\"c\",\"id\":\"a\"," REST ",\"members\":[{}],\"handlers\":{}}",
        "{\"cluster\":\"c\",\"id\":\"a\"," REST ",\"members\":[],\"handlers\":[]}",
        "{\"cluster\":\"c\",\"id\":\"a\"," REST ",\"members\":[],\"handlers\":{\"x\":7}}",
        "{\"cluster\":\"c\",\"id\":\"a\"," REST ",\"members\":[],\"handlers\":{\"x\":[7]}}",
        /* events of members without any, and others with some */
        "{\"cluster\":\"c\",\"id\":\"a\"," REST ",\"members\":[],\"handlers\":{\"x\":[{\"event\":"
        "\"member-join\"," ITEM ",\"members\":[]}]}}",
        "{\"cluster\":\"c\",\"id\":\"a\"," REST ",\"members\":[],\"handlers\":{\"x\":[{\"event\":"
        "\"ring\"," ITEM ",\"members\":[{}]}]}}",
        "{\"cluster\":\"c\",\"id\":\"a\"," REST ",\"members\":[],\"handlers\":{\"x\":[{\"event\":"
        "\"rung\"," ITEM ",\"members\":[]}]}}",
        "{\"cluster\":\"c\",\"id\":\"0123456789012345678901234567890123456789\"," REST
        ",\"members\":[],\"handlers\":{}}",
    };

    new_mirror();
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++)
        expect_nothing(read_body(bodies[i]), "has a wrong value");
    ck_assert_int_eq(read_body("{\"cluster\":\"c\",\"id\":\"a\"," REST
                               ",\"members\":[],\"handlers\":{\"x\":[{\"event\":\"ring\"," ITEM
                               ",\"members\":[]}]},\"more\":1}"),
                     HS_KEPT_GOOD);
    hs_feed_fini(&feed);
    hs_kept_fini(&kept);
}
END_TEST

HARNESS_MAIN("handle_kept", test_what_is_written_is_read_again, test_a_torn_file_is_not_believed,
             test_a_file_of_a_later_release_is_told_apart,
             test_a_checksum_makes_no_wrong_value_right)
