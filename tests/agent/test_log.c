/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing the log with readers and disks that are slow, full or gone: it never waits, loses nothing
 * below its bound, counts the lines that it loses above it, and never writes half a line.
 */
#include "harness.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include <hearsay/error.h>

#include "agent/parts/log.h"
#include "service/service.h"

#define LINE_LEN 256

static char dir[32], file[64], moved[64];
static char error[HS_ERROR_TEXT_MAX];

static void make_dir(void)
{
    (void)snprintf(dir, sizeof(dir), "/tmp/test_log.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    (void)snprintf(file, sizeof(file), "%s/log", dir);
    (void)snprintf(moved, sizeof(moved), "%s/log.1", dir);
}

static void remove_dir(void)
{
    (void)unlink(file);
    (void)unlink(moved);
    ck_assert_int_eq(rmdir(dir), 0);
}

/* Line i, of LINE_LEN bytes with its newline. */
static void make_line(char line[LINE_LEN + 1], unsigned i)
{
    memset(line, 'x', LINE_LEN);
    for (int digit = 7; digit >= 0; digit--, i /= 10)
        line[digit] = (char)('0' + i % 10);
    line[LINE_LEN - 1] = '\n';
    line[LINE_LEN] = '\0';
}

static void write_line(struct hs_log *log, unsigned i)
{
    char line[LINE_LEN + 1];

    make_line(line, i);
    hs_log_write(log, LOG_INFO, line, LINE_LEN);
}

static size_t read_all(const char *name, char *text, size_t room)
{
    int fd = open(name, O_RDONLY);
    ssize_t n;

    ck_assert_int_ge(fd, 0);
    n = read(fd, text, room - 1);
    ck_assert_int_ge(n, 0);
    text[n] = '\0';
    (void)close(fd);
    return (size_t)n;
}

START_TEST(test_a_line_is_in_the_file_at_once_and_behind_what_was_there)
{
    struct hs_log log;
    char text[256];

    make_dir();
    for (int i = 0; i < 2; i++) {
        ck_assert_msg(hs_log_open(&log, file, error) == 0, "%s", error);
        hs_log_write(&log, LOG_INFO, "{\"a\":1}\n", 8);
        (void)read_all(file, text, sizeof(text));
        ck_assert_str_eq(text, i == 0 ? "{\"a\":1}\n" : "{\"a\":1}\n{\"a\":1}\n");
        ck_assert_uint_eq(log.written, 1);
        ck_assert_uint_eq(log.dropped, 0);
        hs_log_close(&log);
    }
    remove_dir();
}
END_TEST

START_TEST(test_reopen_follows_a_rotation)
{
    struct hs_log log;
    char text[256];

    make_dir();
    ck_assert_int_eq(hs_log_open(&log, file, error), 0);
    hs_log_write(&log, LOG_INFO, "one\n", 4);
    ck_assert_int_eq(rename(file, moved), 0);
    hs_log_write(&log, LOG_INFO, "two\n", 4);
    ck_assert_int_eq(hs_log_reopen(&log, file, error), 0);
    hs_log_write(&log, LOG_INFO, "three\n", 6);
    (void)read_all(moved, text, sizeof(text));
    ck_assert_str_eq(text, "one\ntwo\n");
    (void)read_all(file, text, sizeof(text));
    ck_assert_str_eq(text, "three\n");
    ck_assert_int_lt(hs_log_reopen(&log, "/nonexistent/log", error), 0);
    hs_log_write(&log, LOG_INFO, "four\n", 5);
    (void)read_all(file, text, sizeof(text));
    ck_assert_str_eq(text, "three\nfour\n");
    hs_log_close(&log);
    remove_dir();
}
END_TEST

START_TEST(test_a_log_that_cannot_be_opened_is_named)
{
    struct hs_log log = {.fd = 77};

    ck_assert_int_eq(hs_log_open(&log, "/nonexistent/log", error), HS_ERR_SETTING);
    ck_assert_int_eq(log.fd, 77);
    ck_assert_ptr_nonnull(strstr(error, "/nonexistent/log"));
    ck_assert_int_eq(hs_log_open(&log, "/", error), HS_ERR_SETTING);
}
END_TEST

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

/* Reads what can be read now and checks that it is whole lines in order from *next on. */
static void expect_lines(struct hs_log *log, int fd, unsigned *next)
{
    char line[LINE_LEN + 1], got[LINE_LEN];
    size_t have = 0;

    for (;;) {
        ssize_t n = read(fd, got + have, LINE_LEN - have);

        if (n <= 0) {
            ck_assert_int_eq(errno, EAGAIN);
            if (hs_log_flush(log)) {
                n = read(fd, got + have, LINE_LEN - have);
                if (n <= 0)
                    break;
            } else {
                continue;
            }
        }
        have += (size_t)n;
        if (have < LINE_LEN)
            continue;
        make_line(line, (*next)++);
        ck_assert_mem_eq(got, line, LINE_LEN);
        have = 0;
    }
    ck_assert_uint_eq(have, 0);
}

/* A reader that stops for longer than the bound allows, then comes back. */
static void slow_reader(int reader, int writer)
{
    unsigned sent = 0, seen = 0, kept;
    struct hs_log log;

    ck_assert_int_eq(fcntl(reader, F_SETFL, O_NONBLOCK), 0);
    open_on_stdout(&log, writer);
    while (log.dropped == 0)
        write_line(&log, sent++);
    kept = sent - 1;
    ck_assert_uint_ge(kept, HS_LOG_WAITING_MAX / LINE_LEN);
    ck_assert_uint_le(log.room, HS_LOG_WAITING_MAX);
    for (int i = 0; i < 9; i++)
        write_line(&log, sent++);
    ck_assert_uint_eq(log.dropped, 10);
    ck_assert_uint_eq(log.written + log.waiting_lines, kept);
    ck_assert_uint_ge(log.waiting_lines, HS_LOG_WAITING_MAX / LINE_LEN);
    ck_assert_str_eq(hs_log_trouble(&log), "its reader is too slow");
    ck_assert_uint_eq(hs_log_lost(&log), 0); /* still stuck: not the time to say so */

    expect_lines(&log, reader, &seen);
    ck_assert_uint_eq(seen, kept);
    ck_assert_uint_eq(log.written, kept);
    ck_assert_uint_eq(log.waiting_lines, 0);
    ck_assert_uint_eq(hs_log_lost(&log), 10);
    hs_log_told(&log, 10);
    ck_assert_uint_eq(hs_log_lost(&log), 0);
    ck_assert_uint_eq(log.dropped, 10);
    ck_assert_ptr_null(log.waiting); /* held only while it is needed */

    write_line(&log, seen);
    expect_lines(&log, reader, &seen);
    ck_assert_uint_eq(seen, kept + 1);
    hs_log_close(&log);
    (void)close(reader);
}

START_TEST(test_a_pipe_that_nobody_reads_does_not_block)
{
    int ends[2];

    ck_assert_int_eq(pipe(ends), 0);
    slow_reader(ends[0], ends[1]);
}
END_TEST

START_TEST(test_a_socket_that_nobody_reads_does_not_block)
{
    int ends[2];

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    slow_reader(ends[0], ends[1]);
}
END_TEST

START_TEST(test_a_full_disk_is_survived)
{
    struct hs_log log;

    ck_assert_msg(hs_log_open(&log, "/dev/full", error) == 0, "%s", error);
    for (unsigned i = 0; i < 3 * HS_LOG_WAITING_MAX / LINE_LEN; i++)
        write_line(&log, i);
    ck_assert_uint_eq(log.written, 0);
    ck_assert_uint_eq(log.waiting_lines, HS_LOG_WAITING_MAX / LINE_LEN);
    ck_assert_uint_eq(log.dropped, 2 * HS_LOG_WAITING_MAX / LINE_LEN);
    ck_assert_str_eq(hs_log_trouble(&log), strerror(ENOSPC));
    ck_assert(!hs_log_flush(&log));
    /* At the end nobody was told of any of them. */
    ck_assert_uint_eq(hs_log_end(&log), 3 * HS_LOG_WAITING_MAX / LINE_LEN);
    hs_log_close(&log);
}
END_TEST

START_TEST(test_what_waits_goes_to_the_reopened_log)
{
    struct hs_log log;
    char text[1024];

    make_dir();
    ck_assert_int_eq(hs_log_open(&log, "/dev/full", error), 0);
    hs_log_write(&log, LOG_INFO, "one\n", 4);
    hs_log_write(&log, LOG_INFO, "two\n", 4);
    ck_assert_int_eq(hs_log_reopen(&log, file, error), 0);
    hs_log_write(&log, LOG_INFO, "three\n", 6);
    (void)read_all(file, text, sizeof(text));
    ck_assert_str_eq(text, "one\ntwo\nthree\n");
    hs_log_close(&log);
    remove_dir();
}
END_TEST

/* The disk takes half a line; the file is rotated: the new one begins with a whole line. */
START_TEST(test_a_line_that_is_half_written_stays_behind)
{
    struct rlimit limit, old;
    struct hs_log log;
    char text[1024];

    make_dir();
    (void)signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &old), 0);
    limit = old;
    limit.rlim_cur = 6;
    ck_assert_int_eq(hs_log_open(&log, file, error), 0);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    hs_log_write(&log, LOG_INFO, "one\n", 4);
    hs_log_write(&log, LOG_INFO, "two\n", 4);
    hs_log_write(&log, LOG_INFO, "three\n", 6);
    ck_assert_int_eq(rename(file, moved), 0);
    ck_assert_int_eq(hs_log_reopen(&log, file, error), 0);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &old), 0);
    hs_log_write(&log, LOG_INFO, "four\n", 5);
    (void)read_all(moved, text, sizeof(text));
    ck_assert_str_eq(text, "one\ntw");
    (void)read_all(file, text, sizeof(text));
    ck_assert_str_eq(text, "three\nfour\n");
    ck_assert_uint_eq(log.written, 3);
    ck_assert_uint_eq(hs_log_lost(&log), 1);
    hs_log_close(&log);
    remove_dir();
}
END_TEST

START_TEST(test_a_reader_that_is_gone_is_survived)
{
    struct hs_log log;
    uint64_t lost;
    int ends[2];

    (void)signal(SIGPIPE, SIG_IGN);
    ck_assert_int_eq(pipe(ends), 0);
    open_on_stdout(&log, ends[1]);
    for (unsigned i = 0; i < 1000; i++) /* more than the pipe holds: some of it waits */
        write_line(&log, i);
    ck_assert_uint_eq(log.dropped, 0);
    ck_assert_uint_eq(log.written + log.waiting_lines, 1000);
    (void)close(ends[0]);
    write_line(&log, 1000);
    ck_assert_uint_gt(log.dropped, 1);
    ck_assert_uint_eq(log.waiting_lines, 0);
    ck_assert_uint_eq(log.dropped + log.written, 1001);
    lost = hs_log_lost(&log);
    ck_assert_uint_eq(lost, log.dropped);
    write_line(&log, 1001); /* which would tell of them, and is lost as well */
    hs_log_told(&log, lost);
    ck_assert_uint_eq(hs_log_lost(&log), lost);
    ck_assert_uint_eq(log.dropped, lost);
    hs_log_close(&log);
}
END_TEST

/* ---- a file that ends within a line ------------------------------------------------------- */

/* The file of a process that was killed while it wrote, or whose disk was full. */
static void leave(const char *bytes)
{
    int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, bytes, strlen(bytes)), (ssize_t)strlen(bytes));
    (void)close(fd);
}

START_TEST(test_a_line_of_another_process_is_ended_first)
{
    static const char *const pairs[][2] = {
        {"{\"ev", "{\"ev\none\ntwo\n"},
        {"whole\n", "whole\none\ntwo\n"},
        {"\n", "\none\ntwo\n"},
        {"", "one\ntwo\n"},
    };
    struct hs_log log;
    char text[64];

    make_dir();
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        leave(pairs[i][0]);
        ck_assert_int_eq(hs_log_open(&log, file, error), 0);
        (void)read_all(file, text, sizeof(text));
        ck_assert_str_eq(text, pairs[i][0]); /* a file that is only opened is not changed */
        hs_log_write(&log, LOG_INFO, "one\n", 4);
        hs_log_write(&log, LOG_INFO, "two\n", 4);
        (void)read_all(file, text, sizeof(text));
        ck_assert_str_eq(text, pairs[i][1]);
        ck_assert_uint_eq(log.written, 2);
        hs_log_close(&log);
    }
    remove_dir();
}
END_TEST

/* The same while the disk is still full: the line waits until the newline has been written. */
START_TEST(test_a_line_of_another_process_is_ended_when_the_disk_allows)
{
    struct rlimit limit, old;
    struct hs_log log;
    char text[64];

    make_dir();
    (void)signal(SIGXFSZ, SIG_IGN);
    leave("{\"ev");
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &old), 0);
    limit = old;
    limit.rlim_cur = 4;
    ck_assert_int_eq(hs_log_open(&log, file, error), 0);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    hs_log_write(&log, LOG_INFO, "one\n", 4);
    ck_assert_uint_eq(log.written, 0);
    ck_assert_uint_eq(log.waiting_lines, 1);
    limit.rlim_cur = 5;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    ck_assert(!hs_log_flush(&log));
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &old), 0);
    ck_assert(hs_log_flush(&log));
    (void)read_all(file, text, sizeof(text));
    ck_assert_str_eq(text, "{\"ev\none\n");
    ck_assert_uint_eq(log.written, 1);
    hs_log_close(&log);
    remove_dir();
}
END_TEST

/* SIGHUP without a rotation: the rest of the torn line goes, and the line is ended. */
START_TEST(test_an_own_torn_line_is_ended_when_the_same_file_is_reopened)
{
    struct rlimit limit, old;
    struct hs_log log;
    char text[64];

    make_dir();
    (void)signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &old), 0);
    limit = old;
    limit.rlim_cur = 6;
    ck_assert_int_eq(hs_log_open(&log, file, error), 0);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    hs_log_write(&log, LOG_INFO, "one\n", 4);
    hs_log_write(&log, LOG_INFO, "two\n", 4);
    ck_assert_uint_eq(log.written, 1);
    ck_assert_uint_eq(log.waiting_lines, 1);
    ck_assert_int_eq(hs_log_reopen(&log, file, error), 0);
    ck_assert_uint_eq(log.dropped, 1);
    ck_assert_uint_eq(log.waiting_lines, 0);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &old), 0);
    hs_log_write(&log, LOG_INFO, "three\n", 6);
    (void)read_all(file, text, sizeof(text));
    ck_assert_str_eq(text, "one\ntw\nthree\n");
    hs_log_close(&log);
    remove_dir();
}
END_TEST

/* An operator makes room: `> log`. */
START_TEST(test_the_rest_of_a_torn_line_does_not_begin_an_emptied_file)
{
    struct rlimit limit, old;
    struct hs_log log;
    char text[64];

    make_dir();
    (void)signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &old), 0);
    limit = old;
    limit.rlim_cur = 6;
    ck_assert_int_eq(hs_log_open(&log, file, error), 0);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    hs_log_write(&log, LOG_INFO, "one\n", 4);
    hs_log_write(&log, LOG_INFO, "two\n", 4);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &old), 0);
    ck_assert_int_eq(truncate(file, 0), 0);
    hs_log_write(&log, LOG_INFO, "three\n", 6);
    (void)read_all(file, text, sizeof(text));
    ck_assert_str_eq(text, "three\n");
    ck_assert_uint_eq(log.written, 2);
    ck_assert_uint_eq(hs_log_lost(&log), 1);
    hs_log_close(&log);
    remove_dir();
}
END_TEST

/* ---- a file that is deleted --------------------------------------------------------------- */

START_TEST(test_a_deleted_file_is_made_again)
{
    struct hs_log log;
    char text[64];

    make_dir();
    ck_assert_int_eq(hs_log_open(&log, file, error), 0);
    hs_log_write(&log, LOG_INFO, "one\n", 4);
    ck_assert(!hs_log_restore(&log, file));
    ck_assert_int_eq(rename(file, moved), 0);
    ck_assert(!hs_log_restore(&log, file)); /* rotated: its reader has it */
    ck_assert_int_eq(unlink(moved), 0);
    hs_log_write(&log, LOG_INFO, "two\n", 4); /* nobody could read it in the old file */
    ck_assert_uint_eq(log.waiting_lines, 1);
    ck_assert(hs_log_restore(&log, file));
    hs_log_write(&log, LOG_INFO, "three\n", 6);
    (void)read_all(file, text, sizeof(text));
    ck_assert_str_eq(text, "two\nthree\n");
    ck_assert_uint_eq(log.written, 3);
    ck_assert_int_eq(unlink(file), 0);
    hs_log_write(&log, LOG_INFO, "four\n", 5);
    ck_assert_int_eq(hs_log_reopen(&log, file, error), 0);
    ck_assert(hs_log_flush(&log));
    (void)read_all(file, text, sizeof(text));
    ck_assert_str_eq(text, "four\n");
    hs_log_close(&log);
    remove_dir();
}
END_TEST

START_TEST(test_lines_wait_for_a_directory_that_vanished)
{
    struct hs_log log;
    char text[64];

    make_dir();
    ck_assert_int_eq(hs_log_open(&log, file, error), 0);
    remove_dir();
    ck_assert(!hs_log_restore(&log, file));
    hs_log_write(&log, LOG_INFO, "one\n", 4);
    ck_assert_uint_eq(log.written, 0);
    ck_assert_uint_eq(log.waiting_lines, 1);
    ck_assert_str_eq(hs_log_trouble(&log), strerror(ENOENT));
    ck_assert_uint_eq(hs_log_end(&log), 1);
    ck_assert_int_eq(mkdir(dir, 0700), 0);
    ck_assert(hs_log_restore(&log, file));
    hs_log_write(&log, LOG_INFO, "two\n", 4);
    (void)read_all(file, text, sizeof(text));
    ck_assert_str_eq(text, "one\ntwo\n");
    ck_assert_uint_eq(log.written, 2);
    hs_log_close(&log);
    remove_dir();
}
END_TEST

/* ---- the end ------------------------------------------------------------------------------ */

/* A reader that has not kept up, but reads on, gets all of it. */
START_TEST(test_the_end_waits_for_a_slow_reader)
{
    unsigned lines = HS_LOG_WAITING_MAX / LINE_LEN / 2;
    struct hs_log log;
    int ends[2];

    ck_assert_int_eq(pipe(ends), 0);
    open_on_stdout(&log, ends[1]);
    for (unsigned i = 0; i < lines; i++)
        write_line(&log, i);
    ck_assert_uint_gt(log.waiting_lines, 0);
    if (fork() == 0) {
        char bytes[4096];

        hs_log_close(&log);
        for (size_t got = 0; got < (size_t)lines * LINE_LEN;) {
            ssize_t n = read(ends[0], bytes, sizeof(bytes));

            if (n <= 0)
                _exit(1);
            got += (size_t)n;
        }
        _exit(0);
    }
    ck_assert_uint_eq(hs_log_end(&log), 0);
    ck_assert_uint_eq(log.written, lines);
    hs_log_close(&log);
    (void)close(ends[0]);
}
END_TEST

START_TEST(test_the_end_does_not_wait_for_ever)
{
    struct hs_log log;
    int ends[2];

    ck_assert_int_eq(pipe(ends), 0);
    open_on_stdout(&log, ends[1]);
    for (unsigned i = 0; i < 1000; i++)
        write_line(&log, i);
    ck_assert_uint_eq(hs_log_end(&log), log.waiting_lines);
    ck_assert_uint_gt(log.waiting_lines, 0);
    ck_assert_uint_eq(log.written + log.waiting_lines, 1000);
    hs_log_close(&log);
    (void)close(ends[0]);
}
END_TEST

START_TEST(test_closing_twice_and_never_opened_is_nothing)
{
    struct hs_log log = {.fd = -1};

    hs_log_close(NULL);
    hs_log_close(&log);
    ck_assert_int_eq(hs_log_open(&log, "/dev/null", error), 0);
    hs_log_close(&log);
    ck_assert_int_eq(log.fd, -1);
    hs_log_close(&log);
}
END_TEST

HARNESS_MAIN("log", test_a_line_is_in_the_file_at_once_and_behind_what_was_there,
             test_reopen_follows_a_rotation, test_a_log_that_cannot_be_opened_is_named,
             test_a_pipe_that_nobody_reads_does_not_block,
             test_a_socket_that_nobody_reads_does_not_block, test_a_full_disk_is_survived,
             test_what_waits_goes_to_the_reopened_log,
             test_a_line_that_is_half_written_stays_behind, test_a_reader_that_is_gone_is_survived,
             test_a_line_of_another_process_is_ended_first,
             test_a_line_of_another_process_is_ended_when_the_disk_allows,
             test_an_own_torn_line_is_ended_when_the_same_file_is_reopened,
             test_the_rest_of_a_torn_line_does_not_begin_an_emptied_file,
             test_a_deleted_file_is_made_again, test_lines_wait_for_a_directory_that_vanished,
             test_the_end_waits_for_a_slow_reader, test_the_end_does_not_wait_for_ever,
             test_closing_twice_and_never_opened_is_nothing)
