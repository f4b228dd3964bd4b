/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The key file: who may own it, who may open it, and what is said of each mistake. The sentence
 * must name the file, the line and what would be right, and show no key. Its exact wording is not
 * tested.
 */
#include "harness.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <hearsay/error.h>

#include "agent/parts/key_file.h"

#define KEY    "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
#define OTHER  "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE="
#define SECRET "AAECAwQF"
#define NOBODY 65534

static char folder[] = "/tmp/hearsay-key-XXXXXX", path[64];
static char error[HS_ERROR_TEXT_MAX];

static void begin(void)
{
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/key", folder);
}

static void end(void)
{
    unlink(path);
    rmdir(folder);
}

static void write_bytes(const char *bytes, size_t len, mode_t mode)
{
    unlink(path);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, bytes, len), (ssize_t)len);
    ck_assert_int_eq(fchmod(fd, mode), 0);
    close(fd);
}

static void write_text(const char *text, mode_t mode)
{
    write_bytes(text, strlen(text), mode);
}

/* The number of keys, or an error. */
static int load(bool guarded)
{
    struct hearsay_keyring *keyring = NULL;
    error[0] = '\0';
    int err = hs_key_file_load(path, "hearsay", guarded, &keyring, error);
    ck_assert((err == 0) == (keyring != NULL));
    ck_assert((err == 0) == (error[0] == '\0'));
    ck_assert_ptr_null(strstr(error, SECRET));
    ck_assert_ptr_null(strchr(error, '\n'));
    int count = keyring ? (int)hearsay_keyring_count(keyring) : err;
    hearsay_keyring_free(keyring);
    return count;
}

static void assert_refused(bool guarded, const char *says)
{
    int err = load(guarded);
    ck_assert_msg(err == HEARSAY_ERR_INVALID, "taken, but: %s", says);
    ck_assert_msg(strstr(error, path) && strstr(error, says), "%s: %s", says, error);
}

START_TEST(test_a_good_file_is_read)
{
    begin();
    write_text("# of 2026\n" KEY "\n" OTHER "\n", 0600);
    ck_assert_int_eq(load(true), 2);
    write_text(KEY "\n", 0640);
    ck_assert_int_eq(load(true), 1);
    write_text(KEY, 0400);
    ck_assert_int_eq(load(true), 1);
    end();
}
END_TEST

START_TEST(test_a_file_that_others_can_open_is_refused)
{
    static const struct {
        mode_t mode;
        const char *says;
    } cases[] = {
        {0644, "chmod 640 "}, {0604, "chmod 600 "}, {0602, "everybody"},
        {0601, "everybody"},  {0666, "chmod 640 "}, {0620, "its group may write"},
        {0660, "chmod 640 "}, {0777, "mode 0777"},
    };
    begin();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        write_text(KEY "\n", cases[i].mode);
        assert_refused(true, cases[i].says);
        ck_assert_int_eq(load(false), 1);
    }
    write_text(KEY "\n", 0440); /* as systemd has it under DynamicUser */
    ck_assert_int_eq(load(true), 1);
    end();
}
END_TEST

START_TEST(test_a_file_of_another_user_is_refused)
{
    if (geteuid() != 0)
        return; /* only root can give a file away */
    begin();
    write_text(KEY "\n", 0600);
    ck_assert_int_eq(chown(path, NOBODY, (gid_t)-1), 0);
    assert_refused(true, "belongs to user 65534");
    ck_assert_ptr_nonnull(strstr(error, "chown root"));
    ck_assert_int_eq(load(false), 1);
    ck_assert_int_eq(chmod(folder, 0755), 0);
    ck_assert_int_eq(seteuid(NOBODY), 0); /* its own it may be */
    ck_assert_int_eq(load(true), 1);
    ck_assert_int_eq(seteuid(0), 0);
    end();
}
END_TEST

START_TEST(test_a_file_that_may_not_be_read_is_told)
{
    if (geteuid() != 0)
        return;
    begin();
    write_text(KEY "\n", 0600);
    ck_assert_int_eq(chmod(folder, 0755), 0);
    ck_assert_int_eq(seteuid(NOBODY), 0);
    assert_refused(true, "the agent's user, 65534, may not read it");
    ck_assert_int_eq(seteuid(0), 0);
    end();
}
END_TEST

START_TEST(test_what_is_no_file_is_told_and_not_waited_for)
{
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    begin();
    assert_refused(true, "no such file; hearsay keygen -o");
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    assert_refused(true, "it is a pipe");
    assert_refused(false, "it is a pipe");
    unlink(path);
    ck_assert_int_eq(mkdir(path, 0700), 0);
    assert_refused(true, "it is a directory");
    rmdir(path);
    memcpy(un.sun_path, path, strlen(path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    ck_assert_int_eq(bind(fd, (const struct sockaddr *)&un, sizeof(un)), 0);
    assert_refused(true, "No such device");
    close(fd);
    unlink(path);
    ck_assert_int_eq(symlink("/dev/zero", path), 0);
    assert_refused(true, "it is a device");
    unlink(path);
    ck_assert_int_eq(symlink("key", path), 0);
    assert_refused(true, "symbolic links");
    end();
}
END_TEST

/* Managers of secrets hand out symlinks. The file behind it counts. */
START_TEST(test_a_symlink_leads_to_the_file_that_is_judged)
{
    char target[80];
    begin();
    snprintf(target, sizeof(target), "%s/..data", folder);
    write_text(KEY "\n", 0600);
    ck_assert_int_eq(rename(path, target), 0);
    ck_assert_int_eq(symlink("..data", path), 0);
    ck_assert_int_eq(load(true), 1);
    ck_assert_int_eq(chmod(target, 0644), 0);
    assert_refused(true, "everybody");
    unlink(target);
    end();
}
END_TEST

START_TEST(test_a_wrong_text_is_told_with_its_line)
{
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"", ": it is empty"},
        {"# none\n", ": there is no key in it: hearsay keygen"},
        {KEY "\n" KEY "\n", ":2: the same key twice"},
        {KEY "\nSGVsbG8=\n", ":2: the line is too short"},
        {"\xef\xbb\xbf" KEY "\n", ":1: here is a byte order mark"},
        {"key = " KEY "\n", ":1: here is a blank within"},
    };
    begin();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        write_text(cases[i].text, 0600);
        assert_refused(true, cases[i].says);
    }
    end();
}
END_TEST

START_TEST(test_nine_keys_are_one_too_many)
{
    char text[9 * HEARSAY_KEY_TEXT_SIZE] = "", line[HEARSAY_KEY_TEXT_SIZE];
    begin();
    for (int i = 0; i < 8; i++) {
        ck_assert_int_eq(hearsay_key_generate(line), 0);
        strcat(text, line);
    }
    write_text(text, 0600);
    ck_assert_int_eq(load(true), 8);
    strcat(text, KEY);
    write_text(text, 0600);
    assert_refused(true, ":9: this is one key more than the 8");
    end();
}
END_TEST

START_TEST(test_a_file_that_is_too_large_is_told)
{
    static char text[HEARSAY_KEY_FILE_MAX + 100];
    begin();
    memset(text, '\n', sizeof(text));
    memcpy(text, KEY, sizeof(KEY) - 1);
    write_bytes(text, HEARSAY_KEY_FILE_MAX, 0600);
    ck_assert_int_eq(load(true), 1);
    write_bytes(text, HEARSAY_KEY_FILE_MAX + 1, 0600);
    assert_refused(true, "8192 bytes");
    write_bytes(text, sizeof(text), 0600);
    assert_refused(true, "8192 bytes");
    end();
}
END_TEST

/* The longest path must leave room for what is wrong. */
START_TEST(test_a_long_path_does_not_cut_the_sentence)
{
    char longest[300], sentence[HS_ERROR_TEXT_MAX];
    struct hearsay_keyring *keyring = NULL;
    memset(longest, 'x', sizeof(longest));
    longest[0] = '/';
    longest[sizeof(longest) - 1] = '\0';
    ck_assert_int_lt(hs_key_file_load(longest, "hearsay", true, &keyring, sentence), 0);
    ck_assert_ptr_nonnull(strstr(sentence, "too long"));
}
END_TEST

HARNESS_MAIN("key_file", test_a_good_file_is_read, test_a_file_that_others_can_open_is_refused,
             test_a_file_of_another_user_is_refused, test_a_file_that_may_not_be_read_is_told,
             test_what_is_no_file_is_told_and_not_waited_for,
             test_a_symlink_leads_to_the_file_that_is_judged,
             test_a_wrong_text_is_told_with_its_line, test_nine_keys_are_one_too_many,
             test_a_file_that_is_too_large_is_told, test_a_long_path_does_not_cut_the_sentence)
