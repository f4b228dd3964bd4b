/* SPDX-License-Identifier: Apache-2.0 */
/* What a handler is told: the lines and the variables, whatever names and tags hold. */
#include "made.h"

#include "handle/words.h"

static const struct hearsay_tag wild[] = {{"role", "we\tb\n; rm -rf /"},
                                          {"a-b.c", "$(reboot)`x`"},
                                          {"a_b_c", "second"},
                                          {"\xc3\xa9", "caf\xc3\xa9 \"'\\"}};

static struct hs_item *wild_item(void)
{
    struct hs_mirror_member member = made_member("n;1", "failed");
    struct hs_item *item = hs_item_new(HS_KIND_FAILED);

    member.tags = wild;
    member.tag_count = 4;
    struct hs_subject *subject = hs_subject_new(&member);
    hs_item_add(item, NULL, subject);
    hs_subject_unref(subject);
    return item;
}

static char *input_of(const struct hs_item *item)
{
    size_t len = 0;
    char *text = hs_words_input(item, &len);

    ck_assert_uint_eq(strlen(text), len);
    return text;
}

START_TEST(test_tabs_and_newlines_do_not_break_a_line)
{
    struct hs_item *item = wild_item();
    char *text = input_of(item);

    ck_assert_str_eq(text, "n;1\t10.0.0.1\twe\\tb\\n; rm -rf /\t"
                           "role=we\\tb\\n; rm -rf /,a-b.c=$(reboot)`x`,a_b_c=second,"
                           "\xc3\xa9=caf\xc3\xa9 \"'\\\n");
    free(text);
    hs_item_unref(item);
}
END_TEST

START_TEST(test_each_member_has_a_line_and_one_that_is_gone_its_last_one)
{
    struct hs_item *item = hs_item_new(HS_KIND_REAP);
    struct hs_mirror_member member = made_member("v6", "left");
    char *text;

    text = input_of(item);
    ck_assert_str_eq(text, "");
    free(text);
    member.addr = (struct hearsay_addr){.family = 6, .port = 1, .bytes = {0x20, 1, [15] = 9}};
    struct hs_subject *was = hs_subject_new(&member), *other = made_subject("n2", "failed");
    hs_item_add(item, was, NULL);
    hs_item_add(item, other, NULL);
    text = input_of(item);
    ck_assert_str_eq(text, "v6\t2001::9\t\t\nn2\t10.0.0.1\t\t\n");
    free(text);
    hs_subject_unref(was);
    hs_subject_unref(other);
    hs_item_unref(item);
}
END_TEST

/* The value of a variable, or NULL. It must be there once. */
static const char *value(char *const *words, const char *name)
{
    const char *found = NULL;
    size_t len = strlen(name);

    for (; *words; words++) {
        if (strncmp(*words, name, len) != 0 || (*words)[len] != '=')
            continue;
        ck_assert_msg(!found, "%s is there twice", name);
        found = *words + len + 1;
    }
    return found;
}

static struct hs_mirror_member self;

static struct hs_teller teller_of(void)
{
    self = made_member("me", "alive");
    self.tags = wild;
    self.tag_count = 4;
    return (struct hs_teller){
        .node = "me", .cluster = "c 1", .control = "/run/x.sock", .self = &self};
}

START_TEST(test_serfs_variables_are_there)
{
    struct hs_item *item = wild_item();
    struct hs_teller teller = teller_of();
    char **words = hs_words_environ(item, &teller, NULL);

    ck_assert_str_eq(value(words, "SERF_EVENT"), "member-failed");
    ck_assert_str_eq(value(words, "SERF_SELF_NAME"), "me");
    ck_assert_str_eq(value(words, "SERF_SELF_ROLE"), "we\tb\n; rm -rf /");
    ck_assert_str_eq(value(words, "SERF_TAG_ROLE"), "we\tb\n; rm -rf /");
    /* a-b.c and a_b_c have one name: the first counts */
    ck_assert_str_eq(value(words, "SERF_TAG_A_B_C"), "$(reboot)`x`");
    ck_assert_str_eq(value(words, "SERF_TAG___"), "caf\xc3\xa9 \"'\\");
    hs_words_free(words);
    teller.self = NULL;
    words = hs_words_environ(item, &teller, NULL);
    ck_assert_str_eq(value(words, "SERF_SELF_ROLE"), "");
    ck_assert_ptr_null(value(words, "SERF_TAG_ROLE"));
    hs_words_free(words);
    hs_item_unref(item);
}
END_TEST

START_TEST(test_the_line_of_the_log_is_taken_apart)
{
    struct hs_item *item = wild_item();
    struct hs_teller teller = teller_of();

    item->event = strdup("{\"event\":\"member\",\"from\":\"suspect\",\"reason\":\"failed\","
                         "\"accuser\":\"n3\"}");
    item->ring_version = 4;
    item->ring_checksum = 0xabc;
    snprintf(item->id, sizeof(item->id), "00000000000000a1-7");
    char **words = hs_words_environ(item, &teller, NULL);
    ck_assert_str_eq(value(words, "HEARSAY_JSON"), item->event);
    ck_assert_str_eq(value(words, "HEARSAY_EVENT"), "member-failed");
    ck_assert_str_eq(value(words, "HEARSAY_FROM"), "suspect");
    ck_assert_str_eq(value(words, "HEARSAY_REASON"), "failed");
    ck_assert_str_eq(value(words, "HEARSAY_ACCUSER"), "n3");
    ck_assert_str_eq(value(words, "HEARSAY_MEMBER"), "n;1");
    ck_assert_str_eq(value(words, "HEARSAY_ADDR"), "10.0.0.1:7847");
    ck_assert_str_eq(value(words, "HEARSAY_STATUS"), "dead");
    ck_assert_str_eq(value(words, "HEARSAY_CAUSE"), "failed");
    ck_assert_str_eq(value(words, "HEARSAY_ID"), "00000000000000a1-7");
    ck_assert_str_eq(value(words, "HEARSAY_COUNT"), "1");
    ck_assert_str_eq(value(words, "HEARSAY_CLUSTER"), "c 1");
    ck_assert_str_eq(value(words, "HEARSAY_CONTROL"), "/run/x.sock");
    ck_assert_str_eq(value(words, "HEARSAY_RING_VERSION"), "4");
    ck_assert_str_eq(value(words, "HEARSAY_RING_CHECKSUM"), "0000000000000abc");
    ck_assert_ptr_null(value(words, "HEARSAY_MOVED"));
    hs_words_free(words);
    hs_item_unref(item);
}
END_TEST

START_TEST(test_a_ring_is_no_event_of_serf)
{
    struct hs_item *item = hs_item_new(HS_KIND_RING);
    struct hs_teller teller = teller_of();

    item->event = strdup("{\"event\":\"ring\",\"moved\":0.25}");
    char **words = hs_words_environ(item, &teller, NULL);
    ck_assert_ptr_null(value(words, "SERF_EVENT"));
    ck_assert_str_eq(value(words, "HEARSAY_EVENT"), "ring");
    ck_assert_str_eq(value(words, "HEARSAY_MOVED"), "0.25");
    ck_assert_str_eq(value(words, "HEARSAY_COUNT"), "0");
    ck_assert_ptr_null(value(words, "HEARSAY_MEMBER"));
    hs_words_free(words);
    hs_item_unref(item);
}
END_TEST

START_TEST(test_what_another_run_has_set_is_not_handed_on)
{
    char *outer[] = {(char[]){"PATH=/bin"},
                     (char[]){"SERF_TAG_OLD=1"},
                     (char[]){"HEARSAY_MEMBER=old"},
                     (char[]){"HEARSAY_ACCUSER=old"},
                     (char[]){"HEARSAY_CONTROL=/old"},
                     (char[]){"HEARSAY_WEBHOOK=https://x"},
                     (char[]){"NOTIFY_SOCKET=/run/x"},
                     (char[]){"LISTEN_FDS=1"},
                     NULL};
    struct hs_item *item = hs_item_new(HS_KIND_ISOLATED);
    struct hs_teller teller = teller_of();
    char **words = hs_words_environ(item, &teller, outer);

    ck_assert_str_eq(value(words, "PATH"), "/bin");
    ck_assert_str_eq(value(words, "HEARSAY_WEBHOOK"), "https://x");
    ck_assert_str_eq(value(words, "HEARSAY_CONTROL"), "/run/x.sock");
    ck_assert_ptr_null(value(words, "SERF_TAG_OLD"));
    ck_assert_ptr_null(value(words, "HEARSAY_MEMBER"));
    ck_assert_ptr_null(value(words, "HEARSAY_ACCUSER"));
    ck_assert_ptr_null(value(words, "NOTIFY_SOCKET"));
    ck_assert_ptr_null(value(words, "LISTEN_FDS"));
    hs_words_free(words);
    hs_words_free(NULL);
    hs_item_unref(item);
}
END_TEST

HARNESS_MAIN("handle_words", test_tabs_and_newlines_do_not_break_a_line,
             test_each_member_has_a_line_and_one_that_is_gone_its_last_one,
             test_serfs_variables_are_there, test_the_line_of_the_log_is_taken_apart,
             test_a_ring_is_no_event_of_serf, test_what_another_run_has_set_is_not_handed_on)
