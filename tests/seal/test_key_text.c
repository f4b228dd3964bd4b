/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The text of a key file: what is a key, and what is said of each line that is none. The sentence
 * must say what is wrong, with the line, and show nothing of it. Its exact wording is not tested.
 */
#include "harness.h"

#include <stdio.h>

#include <hearsay/error.h>

#include "key_lines.h"

#define BOM "\xef\xbb\xbf"
/* Two keys whose marks are 33415312 in the cluster "hearsay", found by trying. */
#define MARK_1 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAcUA="
#define MARK_2 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABaSo="

#define HALF_A "AAECAwQFBgcICQoLDA0ODxAR"

static struct hearsay_keyring_error error;

static int parse(const char *text, size_t len, struct hearsay_keyring **ret_keyring)
{
    error = (struct hearsay_keyring_error){99, NULL};
    return hearsay_keyring_parse(ret_keyring, CLUSTER, text, len, &error);
}

static size_t keys_of(const char *text)
{
    struct hearsay_keyring *keyring = keyring_of(text);
    size_t count = hearsay_keyring_count(keyring);
    hearsay_keyring_free(keyring);
    return count;
}

START_TEST(test_lines_comments_and_blanks)
{
    ck_assert_uint_eq(keys_of(KEY_A), 1);
    ck_assert_uint_eq(keys_of(KEY_A "\n" KEY_B "\n"), 2);
    ck_assert_uint_eq(keys_of(KEY_A "\r\n" KEY_B "\r\n"), 2);
    ck_assert_uint_eq(keys_of("\n\n# new\n  " KEY_A "  \n\t\n#" KEY_B "\n" KEY_C "\t# old\r\n"), 2);
    ck_assert_uint_eq(keys_of(KEY_A " # caf\xc3\xa9 \xe2\x80\x8b\r\n"), 1);
}
END_TEST

START_TEST(test_keys_keep_the_order_of_the_file)
{
    struct hearsay_keyring *one = keyring_of(KEY_A "\n" KEY_B), *two = keyring_of(KEY_B "\n" KEY_A);
    uint8_t here[HEARSAY_FINGERPRINT_SIZE], there[HEARSAY_FINGERPRINT_SIZE];
    for (size_t i = 0; i < 2; i++) {
        hearsay_keyring_fingerprint(one, i, here);
        hearsay_keyring_fingerprint(two, 1 - i, there);
        ck_assert_mem_eq(here, there, sizeof(here));
    }
    hearsay_keyring_free(one);
    hearsay_keyring_free(two);
}
END_TEST

START_TEST(test_a_wrong_line_is_told_with_its_number)
{
    static const struct {
        const char *text;
        unsigned line;
        const char *says;
    } cases[] = {
        {"", 0, "no key"},
        {"\n# nothing\n", 0, "no key"},
        {BOM KEY_A "\n", 1, "U+FEFF"},
        {KEY_A "\n" BOM KEY_B "\n", 2, "U+FEFF"},
        {KEY_A "\xc2\xa0\n", 1, "U+00A0"},
        {KEY_A "\n\xe2\x80\x8b" KEY_B "\n", 2, "U+200B"},
        {KEY_A "\xe2\x81\xa0\n", 1, "U+2060"},
        {KEY_A "\xe3\x80\x80\n", 1, "not ASCII"},
        {"k\xc3\xa4y\n", 1, "not ASCII"},
        {"\x1b[0m" KEY_A "\n", 1, "control character"},
        {KEY_A "\r" KEY_B "\r\n", 1, "carriage return"},
        {"\xff\xfe" KEY_A, 1, "UTF-16"},
        {"# fine\n\nAAECAwQFBgc=\n", 3, "too short"},
        {KEY_A KEY_A "\n", 1, "too long"},
        {"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\n", 1, "'=' at the end"},
        {"__________________________________________8=\n", 1, "standard base64"},
        {"\"" KEY_A "\"\n", 1, "quotes"},
        {"key = " KEY_A "\n", 1, "one word"},
        {KEY_A " " KEY_B "\n", 1, "one key a line"},
        {HALF_A " " HALF_A "\n", 1, "blank within"},
        {"AAECAwQFBgcICQoLDA0O=xAREhMUFRYXGBkaGxwdHh8=\n", 1, "not base64"},
        {"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9=\n", 1, "not base64"}, /* bits left over */
        {"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8A\n", 1, "not base64"}, /* 33 bytes */
        {"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHg==\n", 1, "not base64"}, /* 31 bytes */
        {"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n", 1, "too long"},
        {KEY_A "\n\n" KEY_B "\n" KEY_A "\n", 4, "same key twice"},
        {KEY_A "#" KEY_B "\n", 1, "too long"},
        {MARK_1 "\n" MARK_2 "\n", 2, "begins like that of another"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct hearsay_keyring *keyring = NULL;
        ck_assert_int_eq(parse(cases[i].text, strlen(cases[i].text), &keyring),
                         HEARSAY_ERR_INVALID);
        ck_assert_ptr_null(keyring);
        ck_assert_msg(error.line == cases[i].line && strstr(error.text, cases[i].says),
                      "%s: %u: %s", cases[i].text, error.line, error.text);
    }
}
END_TEST

START_TEST(test_text_with_nul_bytes_is_told)
{
    static const char inside[] = KEY_A "\nab\0cd\n", wide[] = "A\0A\0E\0\n\0", big[] = "\0A\0A\0\n";
    struct hearsay_keyring *keyring = NULL;
    ck_assert_int_lt(parse(inside, sizeof(inside) - 1, &keyring), 0);
    ck_assert_uint_eq(error.line, 2);
    ck_assert_ptr_nonnull(strstr(error.text, "NUL"));
    ck_assert_int_lt(parse(wide, sizeof(wide) - 1, &keyring), 0);
    ck_assert_ptr_nonnull(strstr(error.text, "UTF-16"));
    ck_assert_int_lt(parse(big, sizeof(big) - 1, &keyring), 0);
    ck_assert_ptr_nonnull(strstr(error.text, "UTF-16"));
}
END_TEST

START_TEST(test_eight_keys_fit_and_the_ninth_is_told)
{
    char text[9 * HEARSAY_KEY_TEXT_SIZE + 1] = "", line[HEARSAY_KEY_TEXT_SIZE];
    for (int i = 0; i < 8; i++) {
        ck_assert_int_eq(hearsay_key_generate(line), 0);
        strcat(text, line);
    }
    ck_assert_uint_eq(keys_of(text), 8);
    ck_assert_int_eq(hearsay_key_generate(line), 0);
    strcat(text, line);
    struct hearsay_keyring *keyring = NULL;
    ck_assert_int_lt(parse(text, strlen(text), &keyring), 0);
    ck_assert_uint_eq(error.line, 9);
    ck_assert_ptr_nonnull(strstr(error.text, "the 8 of a key file"));
}
END_TEST

START_TEST(test_a_text_may_be_as_long_as_its_bound)
{
    static char text[HEARSAY_KEY_FILE_MAX + 1];
    struct hearsay_keyring *keyring = NULL;
    memset(text, '#', sizeof(text));
    memcpy(text, KEY_A "\n", HEARSAY_KEY_TEXT_SIZE - 1);
    ck_assert_int_eq(parse(text, HEARSAY_KEY_FILE_MAX, &keyring), 0);
    hearsay_keyring_free(keyring);
    keyring = NULL;
    ck_assert_int_lt(parse(text, sizeof(text), &keyring), 0);
    ck_assert_uint_eq(error.line, 0);
    ck_assert_ptr_nonnull(strstr(error.text, "8192 bytes"));
    ck_assert_ptr_null(keyring);
}
END_TEST

/* A sentence is static: it cannot hold what the file holds. Nor does it name more than a line. */
START_TEST(test_no_sentence_shows_a_key)
{
    struct hearsay_keyring *keyring = NULL;
    ck_assert_int_lt(parse(KEY_A KEY_B, 2 * (sizeof(KEY_A) - 1), &keyring), 0);
    ck_assert_ptr_null(strstr(error.text, "AAEC"));
}
END_TEST

START_TEST(test_a_key_that_was_changed_a_little_resembles_one)
{
    static const char *const keys[] = {KEY_A, "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
                                       "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd",
                                       "_-ECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
                                       "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8====="};
    static const char *const others[] = {"", "/etc/hearsay/key",
                                         "/etc/hearsay/keys/the.key.of.the.cluster.one",
                                         "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxw", KEY_A KEY_A};
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        ck_assert_msg(hearsay_key_resembles(keys[i]), "%s", keys[i]);
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        ck_assert_msg(!hearsay_key_resembles(others[i]), "%s", others[i]);
}
END_TEST

START_TEST(test_the_cluster_must_have_a_name_that_one_can_have)
{
    struct hearsay_keyring *keyring = NULL;
    char name[66];
    memset(name, 'x', sizeof(name));
    name[65] = '\0';
    ck_assert_int_lt(hearsay_keyring_parse(&keyring, name, KEY_A, 44, &error), 0);
    ck_assert_ptr_nonnull(strstr(error.text, "cluster"));
    ck_assert_int_lt(hearsay_keyring_parse(&keyring, "", KEY_A, 44, NULL), 0);
    ck_assert_int_lt(hearsay_keyring_parse(&keyring, NULL, KEY_A, 44, NULL), 0);
    name[64] = '\0';
    ck_assert_int_eq(hearsay_keyring_parse(&keyring, name, KEY_A, 44, NULL), 0);
    hearsay_keyring_free(keyring);
}
END_TEST

HARNESS_MAIN("key_text", test_lines_comments_and_blanks, test_keys_keep_the_order_of_the_file,
             test_a_wrong_line_is_told_with_its_number, test_text_with_nul_bytes_is_told,
             test_eight_keys_fit_and_the_ninth_is_told, test_a_text_may_be_as_long_as_its_bound,
             test_no_sentence_shows_a_key, test_a_key_that_was_changed_a_little_resembles_one,
             test_the_cluster_must_have_a_name_that_one_can_have)
