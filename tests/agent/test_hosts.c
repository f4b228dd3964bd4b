/* SPDX-License-Identifier: Apache-2.0 */
/* A hosts file, read in steps: whatever is in it, each name is found, and no step is large. */
#include "harness.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/parts/hosts.h"

static char file[32];

static void make_file(const char *text, size_t len)
{
    snprintf(file, sizeof(file), "/tmp/test_hosts.XXXXXX");
    int fd = mkstemp(file);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, len), (ssize_t)len);
    close(fd);
}

/* What was found: "addr name;" for each pair, as long as there is room. */
struct found {
    char text[4096];
    unsigned long count;
};

static void on_pair(void *context, const char *addr, const char *name)
{
    struct found *found = context;
    size_t len = strlen(found->text);

    found->count++;
    snprintf(found->text + len, sizeof(found->text) - len, "%s %s;", addr, name);
}

/* Returns the number of steps. */
static unsigned read_file(struct found *found)
{
    struct hs_hosts *hosts = NULL;
    unsigned steps = 1;

    memset(found, 0, sizeof(*found));
    ck_assert_int_eq(hs_hosts_open(&hosts, file), 0);
    while (hs_hosts_step(hosts, on_pair, found))
        steps++;
    hs_hosts_close(hosts);
    unlink(file);
    return steps;
}

START_TEST(test_pairs_of_a_file)
{
    static const char text[] = "# comment\n"
                               "127.0.0.1\tlocalhost  box # of all\n"
                               "\n"
                               "  10.0.0.1 a\r\n"
                               "10.0.0.2\n"
                               "#10.0.0.3 b\n"
                               "fd00::1 c#d\n"
                               "10.0.0.4 last";
    struct found found;

    make_file(text, sizeof(text) - 1);
    read_file(&found);
    ck_assert_str_eq(found.text, "127.0.0.1 localhost;127.0.0.1 box;10.0.0.1 a;fd00::1 c;"
                                 "10.0.0.4 last;");
}
END_TEST

START_TEST(test_a_large_file_takes_many_steps_and_loses_nothing)
{
    enum { LINES = 40000, ROOM = LINES * 40 };
    char *text = malloc(ROOM);
    struct found found;
    size_t len = 0;

    for (unsigned i = 0; i < LINES; i++)
        len += (size_t)snprintf(text + len, ROOM - len, "0.0.0.0 blocked-%u.example.org\n", i);
    make_file(text, len);
    free(text);
    unsigned steps = read_file(&found);
    ck_assert_uint_eq(found.count, LINES);
    ck_assert_uint_ge(steps, (unsigned)(len / HS_HOSTS_STEP_MAX));
}
END_TEST

/* The names of a line that fit a step are found, the rest of it is ignored, and the next line is
 * read. */
START_TEST(test_a_line_that_is_too_long)
{
    enum { LEN = 3 * HS_HOSTS_STEP_MAX };
    static char text[LEN + 32];
    struct found found;

    memset(text, 'x', LEN);
    memcpy(text, "10.0.0.1 a ", 11);
    int tail = snprintf(text + LEN, 32, "\n10.0.0.2 b\n");
    make_file(text, LEN + (size_t)tail);
    read_file(&found);
    ck_assert_uint_eq(found.count, 3); /* a, the long name, b */
    ck_assert_ptr_nonnull(strstr(found.text, "10.0.0.1 a;"));
    make_file(text, LEN + (size_t)tail);
    read_file(&found);
    memset(text, ' ', LEN);
    make_file(text, LEN + (size_t)tail);
    read_file(&found);
    ck_assert_str_eq(found.text, "10.0.0.2 b;");
}
END_TEST

START_TEST(test_bytes_that_are_no_text)
{
    static const char text[] = "10.0.0.1 a\0b\n\xff\xfe 10.0.0.2 \0\n10.0.0.3 c\n";
    struct found found;

    make_file(text, sizeof(text) - 1);
    read_file(&found);
    ck_assert_ptr_nonnull(strstr(found.text, "10.0.0.3 c;"));
}
END_TEST

START_TEST(test_what_is_no_file)
{
    struct hs_hosts *hosts = NULL;
    struct found found = {.count = 0};

    ck_assert_int_eq(hs_hosts_open(&hosts, "/nonexistent/hosts"), 0);
    ck_assert_ptr_null(hosts);
    ck_assert(!hs_hosts_step(hosts, on_pair, &found));
    hs_hosts_close(hosts);
    ck_assert_int_eq(hs_hosts_open(&hosts, "/tmp"), -EINVAL);
    snprintf(file, sizeof(file), "/tmp/test_hosts.%d", (int)getpid());
    ck_assert_int_eq(mkfifo(file, 0600), 0); /* nobody writes to it: opening must not wait */
    ck_assert_int_eq(hs_hosts_open(&hosts, file), -EINVAL);
    unlink(file);
}
END_TEST

HARNESS_MAIN("hosts", test_pairs_of_a_file, test_a_large_file_takes_many_steps_and_loses_nothing,
             test_a_line_that_is_too_long, test_bytes_that_are_no_text, test_what_is_no_file)
