/* SPDX-License-Identifier: Apache-2.0 */
/* Processes that behave as handlers should, and as they do. */
#include "harness.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <hearsay/host.h>

#include "handle/child.h"

#define LONG_US 60000000 /* a timeout that never comes here */

static struct hs_child child;

static uint64_t now_us(void)
{
    return hearsay_host_now().boot;
}

static int start(const char *script, const char *input, uint64_t timeout_us)
{
    char *argv[] = {(char[]){"/bin/sh"}, (char[]){"-c"}, (char *)(uintptr_t)script, NULL};

    return hs_child_start(&child, argv, environ, strdup(input), strlen(input), now_us(),
                          timeout_us);
}

/* Until it has ended; its status. */
static int run_on(void)
{
    int status = -1;

    while (!hs_child_work(&child, now_us(), &status)) {
        struct pollfd fds[HS_CHILD_FDS];
        size_t count = hs_child_fds(&child, fds);

        poll(fds, (nfds_t)count, 10);
    }
    return status;
}

/* The status of a script that sets a trap for TERM. It has twice the time at each attempt, until
   even on a busy machine the shell came to the trap before it was asked to end. */
static int run_with_trap(const char *script)
{
    for (uint64_t limit = 100000; limit < LONG_US; limit *= 2) {
        ck_assert_int_eq(start(script, "", limit), 0);
        int status = run_on();
        ck_assert_uint_ge(now_us() - child.started, limit);
        if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGTERM)
            return status;
        hs_child_fini(&child);
    }
    ck_abort_msg("the trap was never set: %s", script);
}

static void printed(const char *text)
{
    uint64_t cut;
    size_t len;
    char *output = hs_child_output(&child, &len, &cut);

    ck_assert_str_eq(output, text);
    ck_assert_uint_eq(cut, 0);
    free(output);
    hs_child_fini(&child);
}

START_TEST(test_input_goes_in_and_both_outputs_come_out)
{
    ck_assert_int_eq(start("cat; echo error >&2; exit 7", "a\nb\n", LONG_US), 0);
    int status = run_on();
    ck_assert(WIFEXITED(status));
    ck_assert_int_eq(WEXITSTATUS(status), 7);
    printed("a\nb\nerror\n");
}
END_TEST

START_TEST(test_one_that_does_not_read_its_input_is_fine)
{
    char *large = malloc(1 << 20);

    signal(SIGPIPE, SIG_IGN);
    memset(large, 'x', (1 << 20) - 1);
    large[(1 << 20) - 1] = '\0';
    ck_assert_int_eq(start("exec <&-; sleep 0.2; echo done", large, LONG_US), 0);
    ck_assert_int_eq(run_on(), 0);
    printed("done\n");
    ck_assert_int_eq(start("true", large, LONG_US), 0);
    ck_assert_int_eq(run_on(), 0);
    printed("");
    ck_assert_int_eq(start("wc -c", large, LONG_US), 0);
    ck_assert_int_eq(run_on(), 0);
    printed("1048575\n");
    free(large);
}
END_TEST

START_TEST(test_of_a_flood_the_end_is_kept)
{
    uint64_t cut = 0;
    size_t len = 0;

    ck_assert_int_eq(start("yes 0123456 | head -n 1000000; echo end", "", LONG_US), 0);
    ck_assert_int_eq(run_on(), 0);
    char *output = hs_child_output(&child, &len, &cut);
    ck_assert_uint_eq(len, HS_CHILD_OUTPUT_MAX);
    ck_assert_uint_eq(cut, 8000000 + 4 - HS_CHILD_OUTPUT_MAX);
    ck_assert_str_eq(output + len - 12, "0123456\nend\n");
    free(output);
    hs_child_fini(&child);
}
END_TEST

START_TEST(test_one_that_hangs_is_asked_to_end)
{
    int status = run_with_trap("trap 'echo asked; exit 3' TERM; while :; do sleep 0.05; done");

    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 3);
    uint64_t cut;
    size_t len;
    char *output = hs_child_output(&child, &len, &cut);
    ck_assert_ptr_nonnull(strstr(output, "asked\n")); /* the shell may say that sleep has ended */
    free(output);
    hs_child_fini(&child);
}
END_TEST

/* The process that it has started holds the pipe open, and ends with it. */
START_TEST(test_one_that_does_not_end_is_killed_with_what_it_has_started)
{
    char path[] = "/tmp/hearsay-child-XXXXXX", script[200], text[20] = "";
    int fd = mkstemp(path), status;

    snprintf(script, sizeof(script),
             "trap '' TERM; sleep 600 & echo $! >%s; while :; do sleep 0.05; done", path);
    status = run_with_trap(script);
    ck_assert(WIFSIGNALED(status));
    ck_assert_int_eq(WTERMSIG(status), SIGKILL);
    ck_assert_uint_ge(now_us() - child.started, HS_CHILD_GRACE_US);
    ck_assert_int_gt(read(fd, text, sizeof(text) - 1), 0);
    /* it may still be a zombie of whoever adopts it */
    for (int i = 0; i < 500 && kill(atoi(text), 0) == 0; i++) {
        char stat[64], line[256] = "";
        snprintf(stat, sizeof(stat), "/proc/%d/stat", atoi(text));
        FILE *file = fopen(stat, "r");
        bool gone = !file || !fgets(line, sizeof(line), file) || strstr(line, ") Z ") != NULL;
        if (file)
            fclose(file);
        if (gone)
            break;
        ck_assert_int_lt(i, 499);
        poll(NULL, 0, 10);
    }
    hs_child_fini(&child);
    close(fd);
    unlink(path);
}
END_TEST

/* It keeps the pipe of the output, and is not waited for. */
START_TEST(test_a_daemon_that_is_left_behind_holds_nobody_up)
{
    uint64_t begun = now_us();

    ck_assert_int_eq(start("sleep 5 & echo started", "", LONG_US), 0);
    ck_assert_int_eq(run_on(), 0);
    ck_assert_uint_lt(now_us() - begun, 4000000);
    printed("started\n");
}
END_TEST

START_TEST(test_a_command_that_is_not_there_is_an_error)
{
    char *argv[] = {(char[]){"/no/such/command"}, NULL};

    ck_assert_int_eq(hs_child_start(&child, argv, environ, strdup(""), 0, now_us(), LONG_US),
                     ENOENT);
    ck_assert_int_eq(child.stage, HS_CHILD_NONE);
    hs_child_fini(&child);
}
END_TEST

START_TEST(test_signals_and_descriptors_are_as_a_shell_expects_them)
{
    sigset_t all;
    char script[300];
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

    ck_assert_int_ge(fd, 0);
    signal(SIGPIPE, SIG_IGN);
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    /* Of the ignored ones those below 32: the C library has two of its own above. */
    snprintf(script, sizeof(script),
             "sed -n 's/^SigBlk:.//p; s/^SigIgn:.*\\([0-9a-f]\\{7\\}\\)$/\\1/p' /proc/self/status; "
             "[ -e /proc/$$/fd/%d ] && echo open; cut -d ' ' -f 5 /proc/$$/stat | grep -cx $$",
             fd);
    ck_assert_int_eq(start(script, "", LONG_US), 0);
    ck_assert_int_eq(run_on(), 0);
    printed("0000000000000000\n0000000\n1\n");
    close(fd);
}
END_TEST

HARNESS_MAIN("handle_child", test_input_goes_in_and_both_outputs_come_out,
             test_one_that_does_not_read_its_input_is_fine, test_of_a_flood_the_end_is_kept,
             test_one_that_hangs_is_asked_to_end,
             test_one_that_does_not_end_is_killed_with_what_it_has_started,
             test_a_daemon_that_is_left_behind_holds_nobody_up,
             test_a_command_that_is_not_there_is_an_error,
             test_signals_and_descriptors_are_as_a_shell_expects_them)
