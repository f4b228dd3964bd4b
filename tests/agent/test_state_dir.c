/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The directory of the state, and the thread that writes there: a crash behind any step of a
 * writing leaves the state of before or the new one, a kill at any time too, and nothing that was
 * written is lost. Without jansson and libevent, so that the checker of threads can look at it.
 */
#include "harness.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "agent/parts/state_writer.h"
#include "keep/state_dir.h"

#define CUTS        1000
#define KILLS       100
#define BYTES_MAX   20000
#define PATIENCE_US 20000000

static char folder[40], file[64], file_new[64], lock[64];
static struct hs_state_dir dir;

/* The disk answers when the other end of this pipe is closed. */
static int disk[2] = {-1, -1};

int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __wrap_fsync(int fd)
{
    char byte;
    while (disk[0] >= 0 && read(disk[0], &byte, 1) < 0 && errno == EINTR)
        continue;
    return __real_fsync(fd);
}

static void make_dir(void)
{
    snprintf(folder, sizeof(folder), "/tmp/test_state.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(file, sizeof(file), "%s/state", folder);
    snprintf(file_new, sizeof(file_new), "%s/state.new", folder);
    snprintf(lock, sizeof(lock), "%s/lock", folder);
    dir = (struct hs_state_dir){.path = folder, .holder = "process 7, member me\n", .lock_fd = -1};
}

static void remove_dir(void)
{
    hs_state_dir_close(&dir);
    unlink(file);
    unlink(file_new);
    unlink(lock);
    ck_assert_msg(rmdir(folder) == 0, "something is left in %s", folder);
}

/* Bytes whose own number is in each of them, so that a mixture would be seen. */
static size_t fill(char bytes[BYTES_MAX], unsigned number, uint64_t *random)
{
    size_t len = 1 + harness_below(random, BYTES_MAX);
    memset(bytes, 'a' + (int)(number % 26), len);
    return len;
}

static bool has(const char *bytes, size_t len)
{
    static char read[BYTES_MAX];
    size_t read_len = 0;
    int number = hs_state_dir_load(&dir, read, sizeof(read), &read_len);
    return number == 0 && read_len == len && memcmp(read, bytes, len) == 0;
}

static int save(const char *bytes, size_t len)
{
    struct hs_state_save save = {.dir = &dir, .bytes = bytes, .len = len};
    return hs_state_save_run(&save);
}

/* ---- one writing ------------------------------------------------------------------------- */

START_TEST(test_what_is_saved_is_loaded)
{
    char bytes[8];
    size_t len;
    make_dir();
    ck_assert_int_eq(hs_state_dir_load(&dir, bytes, sizeof(bytes), &len), ENOENT);
    ck_assert_int_eq(save("first", 5), 0);
    ck_assert(has("first", 5));
    ck_assert_int_eq(save("2", 1), 0);
    ck_assert(has("2", 1));
    ck_assert_int_eq(access(file_new, F_OK), -1);
    struct stat st;
    ck_assert_int_eq(stat(file, &st), 0);
    ck_assert_uint_eq(st.st_mode & 0777, 0600);
    ck_assert_int_eq(save("eight by", 8), 0);
    ck_assert_int_eq(hs_state_dir_load(&dir, bytes, sizeof(bytes), &len), 0);
    ck_assert_int_eq(save("nine byte", 9), 0);
    ck_assert_int_eq(hs_state_dir_load(&dir, bytes, sizeof(bytes), &len), EFBIG);
    ck_assert_int_eq(save(NULL, 0), 0);
    ck_assert_int_eq(hs_state_dir_load(&dir, bytes, sizeof(bytes), &len), ENOENT);
    ck_assert_int_eq(save(NULL, 0), 0);
    remove_dir();
}
END_TEST

/* A process that dies has its descriptors closed, and its lock with them. */
static void crash(struct hs_state_save *save)
{
    if (save->fd > 0)
        close(save->fd);
    if (save->folder_fd > 0)
        close(save->folder_fd);
    hs_state_dir_close(&dir);
}

/* A writing that ends after some steps, perhaps within the bytes. What was not synced may be there
 * in part. Returns true if the file has its name. */
static bool cut_short(const char *bytes, size_t len, uint64_t *random)
{
    struct hs_state_save save = {.dir = &dir, .bytes = bytes, .len = len};
    size_t last = harness_below(random, HS_STATE_STEPS + 1);
    if (last == HS_STATE_STEP_WRITE + 1 && harness_below(random, 2))
        save.len = harness_below(random, len + 1);
    for (size_t step = 0; step < last; step++)
        ck_assert_int_eq(hs_state_save_step(&save, (enum hs_state_step)step), 0);
    crash(&save);
    if (last > HS_STATE_STEP_MAKE && last <= HS_STATE_STEP_SYNC) {
        struct stat st;
        ck_assert_int_eq(stat(file_new, &st), 0);
        off_t left = (off_t)harness_below(random, (size_t)st.st_size + 1);
        ck_assert_int_eq(truncate(file_new, left), 0);
    }
    return last > HS_STATE_STEP_RENAME;
}

START_TEST(test_a_thousand_cuts_lose_nothing)
{
    static char bytes[2][BYTES_MAX];
    uint64_t random = 37;
    size_t len[2], lost = 0, now = 0;
    make_dir();
    len[0] = fill(bytes[0], 0, &random);
    ck_assert_int_eq(save(bytes[0], len[0]), 0);
    for (unsigned i = 1; i <= CUTS; i++) {
        size_t next = 1 - now;
        len[next] = fill(bytes[next], i, &random);
        if (cut_short(bytes[next], len[next], &random))
            now = next;
        lost += !has(bytes[now], len[now]);
    }
    ck_assert_uint_eq(lost, 0);
    ck_assert_int_eq(save("whole", 5), 0); /* whatever is left over is in nobody's way */
    ck_assert(has("whole", 5));
    remove_dir();
}
END_TEST

/* A child writes one state after the other, and says which one it begins and has ended. */
static void write_for_ever(int told)
{
    static char bytes[BYTES_MAX];
    uint64_t random = 1;
    for (unsigned i = 0;; i++) {
        size_t len = fill(bytes, i, &random);
        unsigned begun[2] = {i, 0}, ended[2] = {i, 1};
        if (write(told, begun, sizeof(begun)) < 0 || save(bytes, len) != 0 ||
            write(told, ended, sizeof(ended)) < 0)
            _exit(1);
    }
}

START_TEST(test_a_kill_at_any_time_loses_nothing)
{
    static char bytes[BYTES_MAX];
    uint64_t random = 9;
    make_dir();
    for (unsigned kill_number = 0; kill_number < KILLS; kill_number++) {
        int told[2];
        unsigned line[2], begun = 0, ended = 0;
        unlink(file);
        ck_assert_int_eq(pipe(told), 0);
        pid_t child = fork();
        if (child == 0)
            write_for_ever(told[1]);
        close(told[1]);
        ck_assert_int_eq(read(told[0], line, sizeof(line)), sizeof(line));
        struct timespec pause = {0, (long)harness_below(&random, 5000000)};
        nanosleep(&pause, NULL);
        ck_assert_int_eq(kill(child, SIGKILL), 0);
        ck_assert_int_eq(waitpid(child, NULL, 0), child);
        while (read(told[0], line, sizeof(line)) == sizeof(line)) {
            begun = line[0];
            ended = line[1] ? line[0] + 1 : ended; /* how many */
        }
        close(told[0]);
        uint64_t again = 1;
        bool found = ended == 0 && access(file, F_OK) < 0;
        for (unsigned i = 0; i <= begun && !found; i++) {
            size_t len = fill(bytes, i, &again);
            found = i + 1 >= ended && has(bytes, len);
        }
        ck_assert_msg(found, "kill %u: begun %u, ended %u", kill_number, begun, ended);
    }
    remove_dir();
}
END_TEST

/* ---- what is in the way ------------------------------------------------------------------ */

START_TEST(test_what_is_wrong_is_told_by_its_number)
{
    char bytes[8];
    size_t len;
    make_dir();
    ck_assert_int_eq(save("a", 1), 0);
    dir.path = "/nowhere/at/all";
    ck_assert_int_eq(save("b", 1), ENOENT);
    ck_assert_int_eq(hs_state_dir_load(&dir, bytes, sizeof(bytes), &len), ENOENT);
    dir.path = file;
    ck_assert_int_eq(save("b", 1), ENOTDIR);
    dir.path = folder;
    ck_assert_int_eq(mkdir(file_new, 0700), 0);
    ck_assert_int_eq(save("b", 1), EISDIR);
    ck_assert_int_eq(rmdir(file_new), 0);
    ck_assert_int_eq(symlink("/etc/passwd", file_new), 0);
    ck_assert_int_eq(save("b", 1), ELOOP); /* nobody else's file is written */
    ck_assert(has("a", 1));
    unlink(file);
    unlink(file_new); /* a writing that has failed has removed it */
    ck_assert_int_eq(symlink("/etc/passwd", file), 0);
    ck_assert_int_eq(hs_state_dir_load(&dir, bytes, sizeof(bytes), &len), ELOOP);
    unlink(file);
    ck_assert_int_eq(mkfifo(file, 0600), 0);
    ck_assert_int_eq(hs_state_dir_load(&dir, bytes, sizeof(bytes), &len), EINVAL);
    ck_assert_int_eq(save("b", 1), 0);
    ck_assert(has("b", 1));
    remove_dir();
}
END_TEST

/* A file that cannot grow is what a full disk is. */
START_TEST(test_a_full_disk_keeps_the_state_of_before)
{
    static char bytes[BYTES_MAX];
    make_dir();
    ck_assert_int_eq(save("before", 6), 0);
    struct hs_state_save full = {.dir = &dir, .bytes = bytes, .len = sizeof(bytes)};
    for (int step = 0; step <= HS_STATE_STEP_MAKE; step++)
        ck_assert_int_eq(hs_state_save_step(&full, (enum hs_state_step)step), 0);
    int whole = full.fd;
    full.fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
    ck_assert_int_eq(hs_state_save_step(&full, HS_STATE_STEP_WRITE), ENOSPC);
    close(whole);
    crash(&full);
    ck_assert(has("before", 6));
    remove_dir();
}
END_TEST

/* ---- the lock ---------------------------------------------------------------------------- */

START_TEST(test_one_agent_has_the_lock)
{
    char other[HS_STATE_HOLDER_MAX];
    make_dir();
    struct hs_state_dir second = {.path = folder, .holder = "process 8, member b\n", .lock_fd = -1};
    ck_assert_int_eq(hs_state_dir_lock(&dir, other), 0);
    ck_assert_int_eq(hs_state_dir_lock(&dir, other), 0); /* it has it */
    ck_assert_int_eq(hs_state_dir_lock(&second, other), EWOULDBLOCK);
    ck_assert_str_eq(other, "process 7, member me");
    struct hs_state_save theirs = {.dir = &second, .bytes = "x", .len = 1};
    ck_assert_int_eq(hs_state_save_run(&theirs), EWOULDBLOCK);
    ck_assert_str_eq(theirs.other, "process 7, member me");
    ck_assert_int_eq(access(file, F_OK), -1);
    hs_state_dir_close(&dir);
    ck_assert_int_eq(hs_state_dir_lock(&second, other), 0);
    ck_assert_int_eq(hs_state_dir_lock(&dir, other), EWOULDBLOCK);
    ck_assert_str_eq(other, "process 8, member b");
    hs_state_dir_close(&second);
    remove_dir();
}
END_TEST

/* The directory was removed and made again: the lock is taken anew, if it can be. */
START_TEST(test_a_lock_is_that_of_the_directory_of_now)
{
    char other[HS_STATE_HOLDER_MAX];
    make_dir();
    ck_assert_int_eq(save("a", 1), 0);
    unlink(file);
    unlink(lock);
    ck_assert_int_eq(rmdir(folder), 0);
    ck_assert_int_eq(save("b", 1), ENOENT);
    ck_assert_int_eq(mkdir(folder, 0700), 0);
    struct hs_state_dir second = {.path = folder, .holder = "process 8, member b\n", .lock_fd = -1};
    ck_assert_int_eq(hs_state_dir_lock(&second, other), 0);
    ck_assert_int_eq(save("b", 1), EWOULDBLOCK);
    hs_state_dir_close(&second);
    ck_assert_int_eq(save("b", 1), 0);
    ck_assert_int_eq(hs_state_dir_lock(&second, other), EWOULDBLOCK);
    remove_dir();
}
END_TEST

/* ---- the thread -------------------------------------------------------------------------- */

static void await_result(struct hs_state_writer *writer, struct hs_state_job *ret_job)
{
    struct pollfd done = {.fd = writer->event_fd, .events = POLLIN};
    ck_assert_int_eq(poll(&done, 1, PATIENCE_US / 1000), 1);
    ck_assert(hs_state_writer_take(writer, ret_job));
}

START_TEST(test_the_thread_writes_one_job_after_the_other)
{
    static struct hs_state_writer writer;
    struct hs_state_job job;
    make_dir();
    ck_assert_int_eq(hs_state_writer_start(&writer, &dir), 0);
    ck_assert(!hs_state_writer_busy(&writer) && !hs_state_writer_take(&writer, &job));
    for (unsigned i = 0; i < 50; i++) {
        char *bytes = strdup(i % 2 ? "odd" : "even");
        hs_state_writer_give(&writer, bytes, strlen(bytes));
        ck_assert(hs_state_writer_busy(&writer));
        await_result(&writer, &job);
        ck_assert(job.error == 0 && job.bytes == bytes && !hs_state_writer_busy(&writer));
        ck_assert(has(bytes, strlen(bytes)));
        free(job.bytes);
    }
    hs_state_writer_give(&writer, NULL, 0);
    ck_assert(hs_state_writer_wait(&writer, PATIENCE_US));
    await_result(&writer, &job);
    ck_assert(job.error == 0 && access(file, F_OK) < 0);
    dir.path = "/nowhere/at/all"; /* it has no job */
    hs_state_writer_give(&writer, strdup("x"), 1);
    await_result(&writer, &job);
    ck_assert_int_eq(job.error, ENOENT);
    free(job.bytes);
    dir.path = folder;
    hs_state_writer_give(&writer, strdup("last"), 4); /* its end waits for what it was given */
    ck_assert(hs_state_writer_stop(&writer, PATIENCE_US));
    ck_assert(has("last", 4));
    ck_assert(hs_state_writer_stop(&writer, 0)); /* a no-op */
    remove_dir();
}
END_TEST

/* A disk that does not answer. The whole time is bounded, whatever it does. */
START_TEST(test_a_disk_that_does_not_answer_holds_up_nobody)
{
    static struct hs_state_writer writer;
    struct hs_state_job job;
    struct timespec began, ended;
    make_dir();
    ck_assert_int_eq(pipe(disk), 0);
    ck_assert_int_eq(hs_state_writer_start(&writer, &dir), 0);
    clock_gettime(CLOCK_MONOTONIC, &began);
    hs_state_writer_give(&writer, strdup("x"), 1);
    ck_assert(hs_state_writer_busy(&writer) && !hs_state_writer_take(&writer, &job));
    ck_assert(!hs_state_writer_wait(&writer, 50000));
    ck_assert(!hs_state_writer_stop(&writer, 50000));
    clock_gettime(CLOCK_MONOTONIC, &ended);
    ck_assert_int_lt(ended.tv_sec - began.tv_sec, 5);
    close(disk[1]); /* now it does */
    await_result(&writer, &job);
    ck_assert_int_eq(job.error, 0);
    free(job.bytes);
    ck_assert(hs_state_writer_stop(&writer, PATIENCE_US));
    close(disk[0]);
    disk[0] = -1;
    remove_dir();
}
END_TEST

HARNESS_MAIN("state-dir", test_what_is_saved_is_loaded, test_a_thousand_cuts_lose_nothing,
             test_a_kill_at_any_time_loses_nothing, test_what_is_wrong_is_told_by_its_number,
             test_a_full_disk_keeps_the_state_of_before, test_one_agent_has_the_lock,
             test_a_lock_is_that_of_the_directory_of_now,
             test_the_thread_writes_one_job_after_the_other,
             test_a_disk_that_does_not_answer_holds_up_nobody)
