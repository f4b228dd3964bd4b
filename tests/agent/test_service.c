/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The agent as a service: what the service manager is told, what the journal is told, and what a
 * path says that the sandbox forbids. tests/systemd has the same with a real systemd.
 */
#include "harness.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

#include <hearsay/error.h>

#include "agent/parts/log.h"
#include "service/secret.h"
#include "service/service.h"

#define LINE_LEN 64
#define LINES    3000 /* more than a socket holds */

static char error[HS_ERROR_TEXT_MAX];

/* Line i, of LINE_LEN bytes with its newline. */
static void make_line(char line[LINE_LEN], unsigned i)
{
    memset(line, 'x', LINE_LEN);
    (void)snprintf(line, LINE_LEN, "%08u", i);
    line[8] = ' ';
    line[LINE_LEN - 1] = '\n';
}

static void read_file(const char *name, char *text, size_t room)
{
    int fd = open(name, O_RDONLY | O_CLOEXEC);
    ssize_t n = read(fd, text, room - 1);

    ck_assert_int_ge(n, 0);
    text[n] = '\0';
    (void)close(fd);
}

/* Makes `end` our standard output, opens the log on it, and restores. */
static void open_on_stdout(struct hs_log *log, int end)
{
    int saved = dup(STDOUT_FILENO);

    (void)fflush(stdout);
    ck_assert_int_ge(dup2(end, STDOUT_FILENO), 0);
    ck_assert_msg(hs_log_open(log, "-", error) == 0, "%s", error);
    ck_assert_int_eq(fcntl(STDOUT_FILENO, F_GETFL) & O_NONBLOCK, 0);
    ck_assert_int_ge(dup2(saved, STDOUT_FILENO), 0);
    (void)close(saved);
    (void)close(end);
}

/* ---- the journal -------------------------------------------------------------------------- */

/* $JOURNAL_STREAM of a stream: the journal's, if `inode` is added to nothing. */
static void claim_journal(int fd, unsigned long more)
{
    char stream[64];
    struct stat st;

    ck_assert_int_eq(fstat(fd, &st), 0);
    (void)snprintf(stream, sizeof(stream), "%lu:%lu", (unsigned long)st.st_dev,
                   (unsigned long)st.st_ino + more);
    ck_assert_int_eq(setenv("JOURNAL_STREAM", stream, 1), 0);
}

START_TEST(test_only_the_journal_is_told_priorities)
{
    static const struct {
        unsigned long more;
        const char *text;
    } cases[] = {{0, "<4>one\n<7>two\n"}, {1, "one\ntwo\n"}};
    char text[64];

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct hs_log log;
        int ends[2];

        ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
        claim_journal(ends[1], cases[i].more);
        open_on_stdout(&log, ends[1]);
        hs_log_write(&log, LOG_WARNING, "one\n", 4);
        hs_log_write(&log, LOG_DEBUG, "two\n", 4);
        ssize_t n = read(ends[0], text, sizeof(text) - 1);
        ck_assert_int_gt(n, 0);
        text[n] = '\0';
        ck_assert_str_eq(text, cases[i].text);
        hs_log_close(&log);
        (void)close(ends[0]);
    }
}
END_TEST

/* The stream of a service that has --log FILE is the journal's, but the file is not. */
START_TEST(test_a_file_has_no_priorities_beside_a_journal)
{
    char file[] = "/tmp/test_service.XXXXXX", text[64];
    struct hs_log log;
    int made = mkstemp(file);

    ck_assert_int_ge(made, 0);
    (void)close(made);
    claim_journal(STDOUT_FILENO, 0);
    ck_assert_int_eq(hs_log_open(&log, file, error), 0);
    hs_log_write(&log, LOG_WARNING, "one\n", 4);
    (void)read_file(file, text, sizeof(text));
    ck_assert_str_eq(text, "one\n");
    ck_assert_int_eq(setenv("JOURNAL_STREAM", "no numbers", 1), 0);
    ck_assert(!hs_service_is_journal(STDOUT_FILENO));
    hs_log_close(&log);
    (void)unlink(file);
}
END_TEST

/* The prefix belongs to the line: it is written once, however the line is split. */
START_TEST(test_priorities_survive_a_slow_journal)
{
    unsigned seen = 0;
    char got[LINE_LEN + 3], line[LINE_LEN];
    struct hs_log log;
    int ends[2];

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    claim_journal(ends[1], 0);
    open_on_stdout(&log, ends[1]);
    for (unsigned i = 0; i < LINES; i++) {
        make_line(line, i);
        hs_log_write(&log, LOG_INFO, line, LINE_LEN);
    }
    ck_assert_uint_gt(log.waiting_lines, 0);
    for (; seen < LINES; seen++) {
        ck_assert_int_eq(recv(ends[0], got, sizeof(got), MSG_WAITALL), (ssize_t)sizeof(got));
        make_line(line, seen);
        ck_assert_mem_eq(got, "<6>", 3);
        ck_assert_mem_eq(got + 3, line, LINE_LEN);
        hs_log_flush(&log);
    }
    ck_assert_uint_eq(log.written, LINES);
    ck_assert_uint_eq(log.waiting_lines, 0);
    hs_log_close(&log);
    (void)close(ends[0]);
}
END_TEST

/* ---- the service manager ------------------------------------------------------------------ */

/* A manager's socket at `path`, as in $NOTIFY_SOCKET. */
static int make_manager(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t len = strlen(path);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    memcpy(address.sun_path, path, len);
    if (path[0] == '@')
        address.sun_path[0] = '\0';
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(bind(fd, (const struct sockaddr *)&address,
                          (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)),
                     0);
    ck_assert_int_eq(setenv("NOTIFY_SOCKET", path, 1), 0);
    return fd;
}

static void expect_told(int fd, const char *state)
{
    char text[128];
    ssize_t n = recv(fd, text, sizeof(text) - 1, 0);

    ck_assert_int_ge(n, 0);
    text[n] = '\0';
    ck_assert_str_eq(text, state);
}

START_TEST(test_the_manager_is_told_at_a_path_and_at_a_name)
{
    static const char *const places[] = {"/tmp/", "@"};
    char path[64];

    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        (void)snprintf(path, sizeof(path), "%stest_service.%d", places[i], (int)getpid());
        int fd = make_manager(path);
        ck_assert_msg(hs_service_notify("READY=1", error) == 0, "%s", error);
        expect_told(fd, "READY=1");
        (void)close(fd);
        (void)unlink(path);
    }
}
END_TEST

START_TEST(test_without_a_manager_nobody_is_told)
{
    ck_assert_int_eq(unsetenv("NOTIFY_SOCKET"), 0);
    ck_assert_int_eq(hs_service_notify("READY=1", error), 0);
    ck_assert_int_eq(setenv("NOTIFY_SOCKET", "", 1), 0);
    ck_assert_int_eq(hs_service_notify("READY=1", error), 0);
}
END_TEST

START_TEST(test_a_manager_that_cannot_be_told_is_named)
{
    char long_path[256] = "/";

    memset(long_path + 1, 'x', sizeof(long_path) - 2);
    const char *const paths[] = {"vsock:2:1234", "/", "@", "relative", long_path, "/nonexistent/n"};
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        ck_assert_int_eq(setenv("NOTIFY_SOCKET", paths[i], 1), 0);
        error[0] = '\0';
        ck_assert_int_lt(hs_service_notify("READY=1", error), 0);
        ck_assert_msg(strncmp(error, "NOTIFY_SOCKET ", 14) == 0, "%s", error);
    }
}
END_TEST

/* The protocol goes on if the manager does not read. */
START_TEST(test_a_manager_that_does_not_read_is_not_waited_for)
{
    char path[64];
    int told = 0;

    (void)snprintf(path, sizeof(path), "@test_service.full.%d", (int)getpid());
    int fd = make_manager(path);
    while (hs_service_notify("READY=1", error) == 0)
        ck_assert_int_lt(++told, 100000);
    ck_assert_ptr_nonnull(strstr(error, strerror(EAGAIN)));
    (void)close(fd);
}
END_TEST

/* ---- standard error ----------------------------------------------------------------------- */

/* Says it with `end` as standard error. */
static void say_to(int end, bool patient)
{
    static char name[] = "hearsayd";
    int saved = dup(STDERR_FILENO);

    ck_assert_int_ge(dup2(end, STDERR_FILENO), 0);
    program_invocation_short_name = name;
    hs_service_say(LOG_WARNING, "words", patient);
    ck_assert_int_ge(dup2(saved, STDERR_FILENO), 0);
    (void)close(saved);
}

static void expect_read(int fd, const char *words)
{
    char text[64];
    ssize_t n = read(fd, text, sizeof(text) - 1);

    ck_assert_int_ge(n, 0);
    text[n] = '\0';
    ck_assert_str_eq(text, words);
}

START_TEST(test_standard_error_is_told_its_priority_if_it_is_the_journal)
{
    int ends[2];

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    ck_assert_int_eq(unsetenv("JOURNAL_STREAM"), 0);
    say_to(ends[1], true);
    expect_read(ends[0], "hearsayd: words\n");
    claim_journal(ends[1], 0);
    say_to(ends[1], false);
    expect_read(ends[0], "<4>hearsayd: words\n");
    (void)close(ends[0]);
    (void)close(ends[1]);
}
END_TEST

/* A running agent does not wait for whoever reads its standard error. */
START_TEST(test_a_full_standard_error_is_not_waited_for)
{
    static char filling[4096];
    int ends[2];

    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(fcntl(ends[1], F_SETFL, O_NONBLOCK), 0);
    while (write(ends[1], filling, sizeof(filling)) > 0) {
    }
    ck_assert_int_eq(fcntl(ends[1], F_SETFL, 0), 0);
    say_to(ends[1], false);
    ck_assert_int_eq(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
    while (read(ends[0], filling, sizeof(filling)) == sizeof(filling)) {
    }
    say_to(ends[1], false);
    expect_read(ends[0], "hearsayd: words\n");
    (void)close(ends[0]);
    (void)close(ends[1]);
}
END_TEST

/* ---- paths -------------------------------------------------------------------------------- */

START_TEST(test_a_full_disk_may_pass_and_a_forbidden_path_does_not)
{
    static const int settings[] = {EACCES, EISDIR, ENOENT, ENOTDIR, EPERM, EROFS},
                     others[] = {ENOSPC, EIO, EMFILE, ENOMEM, EADDRINUSE};

    for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
        ck_assert_int_eq(hs_service_path_error(settings[i]), HS_ERR_SETTING);
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        ck_assert_int_eq(hs_service_path_error(others[i]), HEARSAY_ERR_INVALID);
}
END_TEST

START_TEST(test_the_sandbox_is_named_only_where_it_forbids)
{
    hs_error_text(error, "no");
    ck_assert_int_eq(unsetenv("LOGS_DIRECTORY"), 0);
    hs_service_hint(EROFS, "LOGS_DIRECTORY", error);
    ck_assert_str_eq(error, "no");
    ck_assert_int_eq(setenv("LOGS_DIRECTORY", "/var/log/hearsay", 1), 0);
    hs_service_hint(ENOENT, "LOGS_DIRECTORY", error);
    ck_assert_str_eq(error, "no");
    hs_service_hint(EROFS, "LOGS_DIRECTORY", error);
    ck_assert_str_eq(error, "no; the service may write in /var/log/hearsay");
}
END_TEST

#define KEY "Vn+DvgMuVJZ3r5iwqQ2QLhAnw24PNxZ7itWCW7Vpkg8="

START_TEST(test_no_message_shows_a_key)
{
    static const char *const quotes[] = {KEY,
                                         "'" KEY "'",
                                         "--key=" KEY,
                                         "--key" KEY,
                                         KEY "\r\n",
                                         "key = " KEY,
                                         KEY "," KEY,
                                         "-n_DvgMuVJZ3r5iwqQ2QLhAnw24PNxZ7itWCW7Vpkg8",
                                         "Vn+DvgMuVJZ3r5iwqQ2QLhAnw24PNxZ7itWCW7Vp"};
    static const char *const others[] = {"",
                                         "-",
                                         "no file /usr/local/etc/hearsay/clusters/of-the-house/key",
                                         "--name=web-1: taken",
                                         "A",
                                         "====",
                                         "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"};

    for (size_t i = 0; i < sizeof(quotes) / sizeof(quotes[0]); i++) {
        hs_error_text(error, "no %s here", quotes[i]);
        ck_assert_msg(!strstr(error, "QLhAnw24P"), "%s", error);
        ck_assert_msg(strstr(error, HS_SECRET_SHOWN), "%s", error);
        ck_assert_msg(strcmp(error + strlen(error) - 5, " here") == 0, "%s", error);
    }
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        hs_error_text(error, "%s", others[i]);
        ck_assert_str_eq(error, others[i]);
    }
}
END_TEST

HARNESS_MAIN("service", test_the_manager_is_told_at_a_path_and_at_a_name,
             test_without_a_manager_nobody_is_told, test_a_manager_that_cannot_be_told_is_named,
             test_a_manager_that_does_not_read_is_not_waited_for,
             test_standard_error_is_told_its_priority_if_it_is_the_journal,
             test_a_full_standard_error_is_not_waited_for,
             test_a_full_disk_may_pass_and_a_forbidden_path_does_not,
             test_the_sandbox_is_named_only_where_it_forbids, test_no_message_shows_a_key,
             test_only_the_journal_is_told_priorities,
             test_a_file_has_no_priorities_beside_a_journal, test_priorities_survive_a_slow_journal)
