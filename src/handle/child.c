/* SPDX-License-Identifier: Apache-2.0 */
/*
 * posix_spawn, so that the memory of a large mirror is not copied. All descriptors of ours are
 * closed by the exec; signals are as a shell expects them; the process leads a group of its own, so
 * that what it has started can be ended with it.
 *
 * A process has ended when it is reaped, not when its output is closed: a daemon that it leaves
 * behind keeps the pipe, and must not hold up what waits. Its group is signalled before it is
 * reaped, because afterwards the number may be another's.
 */
#include "handle/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ctl/ctl.h"
#include "handle/need.h"

/* ---- starting ---------------------------------------------------------------------------- */

static int set_attributes(posix_spawnattr_t *attributes)
{
    sigset_t none, all;

    sigemptyset(&none);
    sigfillset(&all);
    int err = posix_spawnattr_setsigmask(attributes, &none);
    if (err == 0)
        err = posix_spawnattr_setsigdefault(attributes, &all);
    if (err == 0)
        err = posix_spawnattr_setpgroup(attributes, 0);
    return err ? err
               : posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK |
                                                          POSIX_SPAWN_SETSIGDEF |
                                                          POSIX_SPAWN_SETPGROUP);
}

static int set_actions(posix_spawn_file_actions_t *actions, int in_fd, int out_fd)
{
    int err = posix_spawn_file_actions_adddup2(actions, in_fd, STDIN_FILENO);

    if (err == 0)
        err = posix_spawn_file_actions_adddup2(actions, out_fd, STDOUT_FILENO);
    return err ? err : posix_spawn_file_actions_adddup2(actions, out_fd, STDERR_FILENO);
}

static int spawn(pid_t *ret_pid, char *const *argv, char *const *environ_text, int in_fd,
                 int out_fd)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int err = posix_spawn_file_actions_init(&actions);

    if (err)
        return err;
    err = posix_spawnattr_init(&attributes);
    if (err == 0) {
        err = set_attributes(&attributes);
        if (err == 0)
            err = set_actions(&actions, in_fd, out_fd);
        if (err == 0)
            err = posix_spawnp(ret_pid, argv[0], &actions, &attributes, argv, environ_text);
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&actions);
    return err;
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static int open_pipes(int in[2], int out[2])
{
    if (pipe2(in, O_CLOEXEC) < 0)
        return errno;
    if (pipe2(out, O_CLOEXEC) < 0)
        return errno;
    /* Our ends alone: a script must find usual ones. */
    if (fcntl(in[1], F_SETFL, O_NONBLOCK) < 0 || fcntl(out[0], F_SETFL, O_NONBLOCK) < 0)
        return errno;
    return 0;
}

int hs_child_start(struct hs_child *child, char *const *argv, char *const *environ_text,
                   char *input, size_t input_len, uint64_t now, uint64_t timeout_us)
{
    int in[2] = {-1, -1}, out[2] = {-1, -1}, err;

    *child = (struct hs_child){.in_fd = -1,
                               .out_fd = -1,
                               .input = input,
                               .input_len = input_len,
                               .started = now,
                               .deadline = now + timeout_us};
    err = open_pipes(in, out);
    if (err == 0)
        err = spawn(&child->pid, argv, environ_text, in[0], out[1]);
    close_fd(&in[0]);
    close_fd(&out[1]);
    child->in_fd = in[1];
    child->out_fd = out[0];
    if (err) {
        hs_child_fini(child);
        return err;
    }
    child->stage = HS_CHILD_RUNS;
    child->output = hs_need(malloc(HS_CHILD_OUTPUT_MAX));
    return 0;
}

void hs_child_fini(struct hs_child *child)
{
    if (child->stage != HS_CHILD_NONE) {
        kill(-child->pid, SIGKILL);
        waitpid(child->pid, NULL, 0);
    }
    if (child->stage != HS_CHILD_NONE || child->input) {
        close_fd(&child->in_fd);
        close_fd(&child->out_fd);
    }
    free(child->input);
    free(child->output);
    *child = (struct hs_child){.in_fd = -1, .out_fd = -1};
}

/* ---- input and output -------------------------------------------------------------------- */

/* One that closes its input, or ends, need not read it. */
static void write_input(struct hs_child *child)
{
    while (child->in_fd >= 0 && child->written < child->input_len) {
        ssize_t n =
            write(child->in_fd, child->input + child->written, child->input_len - child->written);
        if (n > 0)
            child->written += (size_t)n;
        else if (n < 0 && errno == EINTR)
            continue;
        else if (n < 0 && errno == EAGAIN)
            return;
        else
            break;
    }
    close_fd(&child->in_fd);
}

static void keep_output(struct hs_child *child, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        child->output[child->printed++ % HS_CHILD_OUTPUT_MAX] = bytes[i];
}

static void read_output(struct hs_child *child)
{
    char chunk[HS_CTL_CHUNK];

    for (int i = 0; child->out_fd >= 0 && i < HS_CHILD_READS_MAX; i++) {
        ssize_t n = read(child->out_fd, chunk, sizeof(chunk));
        if (n > 0)
            keep_output(child, chunk, (size_t)n);
        else if (n == 0 || (errno != EAGAIN && errno != EINTR))
            close_fd(&child->out_fd);
        else
            return;
    }
}

size_t hs_child_fds(const struct hs_child *child, struct pollfd fds[HS_CHILD_FDS])
{
    size_t count = 0;

    if (child->stage == HS_CHILD_NONE)
        return 0;
    if (child->in_fd >= 0)
        fds[count++] = (struct pollfd){.fd = child->in_fd, .events = POLLOUT};
    if (child->out_fd >= 0)
        fds[count++] = (struct pollfd){.fd = child->out_fd, .events = POLLIN};
    return count;
}

char *hs_child_output(const struct hs_child *child, size_t *ret_len, uint64_t *ret_cut)
{
    size_t len =
        child->printed < HS_CHILD_OUTPUT_MAX ? (size_t)child->printed : HS_CHILD_OUTPUT_MAX;
    uint64_t first = child->printed - len;
    char *text = hs_need(malloc(len + 1));

    for (size_t i = 0; i < len; i++)
        text[i] = child->output[(first + i) % HS_CHILD_OUTPUT_MAX];
    text[len] = '\0';
    *ret_len = len;
    *ret_cut = first;
    return text;
}

/* ---- its end ----------------------------------------------------------------------------- */

void hs_child_end(struct hs_child *child, uint64_t now)
{
    if (child->stage != HS_CHILD_RUNS)
        return;
    kill(-child->pid, SIGTERM);
    child->stage = HS_CHILD_ENDING;
    child->deadline = now + HS_CHILD_GRACE_US;
}

static void press(struct hs_child *child, uint64_t now)
{
    if (now < child->deadline)
        return;
    if (child->stage == HS_CHILD_RUNS) {
        hs_child_end(child, now);
    } else {
        kill(-child->pid, SIGKILL);
        child->stage = HS_CHILD_KILLED;
        child->deadline = now + HS_CHILD_GRACE_US; /* one that hangs in the kernel ends later */
    }
}

bool hs_child_work(struct hs_child *child, uint64_t now, int *ret_status)
{
    siginfo_t info = {.si_pid = 0};

    if (child->stage == HS_CHILD_NONE)
        return false;
    write_input(child);
    read_output(child);
    if (waitid(P_PID, (id_t)child->pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0 ||
        info.si_pid == 0) {
        press(child, now);
        return false;
    }
    if (child->stage != HS_CHILD_RUNS)
        kill(-child->pid, SIGKILL); /* what it has started does not outlive it */
    waitpid(child->pid, ret_status, 0);
    read_output(child); /* what it printed last */
    child->stage = HS_CHILD_NONE;
    close_fd(&child->in_fd);
    close_fd(&child->out_fd);
    return true;
}
