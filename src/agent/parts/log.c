/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A slow log reader or disk must never delay the protocol. Pipes and terminals are opened again
 * through /proc. O_NONBLOCK belongs to the open file, which we share with the process that started
 * us, and setting it there would break that process's writes. A write to a regular file on a full
 * disk fails and does not block. It is treated like a full pipe, so that a line is written
 * completely or not at all, even if the disk took half of it at first. A file may end within a line
 * of a process that was killed or ran out of disk. That line is ended before the first own one.
 */
#include "agent/parts/log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include <hearsay/error.h>

#include "service/service.h"

#define FILE_MODE   0640
#define FD_PATH_MAX 32 /* "/proc/self/fd/N" */
#define PREFIX_MAX  8  /* "<N>" */

static int open_stdout(struct hs_log *log, char error[HS_ERROR_TEXT_MAX])
{
    struct stat st;
    int fd = -1;

    int flags = fcntl(STDOUT_FILENO, F_GETFL);

    /* main.c opens a stream that was closed so that it cannot be written. */
    if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY || fstat(STDOUT_FILENO, &st) < 0) {
        hs_error_text(error, "log: standard output is closed; give --log FILE");
        return HEARSAY_ERR_INVALID;
    }
    log->is_socket = S_ISSOCK(st.st_mode);
    log->is_journal = hs_service_is_journal(STDOUT_FILENO);
    log->unchecked = S_ISREG(st.st_mode);
    if (S_ISFIFO(st.st_mode) || S_ISCHR(st.st_mode))
        fd = open("/proc/self/fd/1", O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0) {
        fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
        if (fd >= 0 && S_ISFIFO(st.st_mode))
            fcntl(fd, F_SETFL, O_WRONLY | O_NONBLOCK);
    }
    if (fd < 0) {
        hs_error_text(error, "log: standard output: %s", strerror(errno));
        return HEARSAY_ERR_INVALID;
    }
    log->fd = fd;
    return 0;
}

static int open_file(struct hs_log *log, const char *path, char error[HS_ERROR_TEXT_MAX])
{
    struct stat st;

    log->fd =
        open(path, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, FILE_MODE);
    if (log->fd < 0 || fstat(log->fd, &st) < 0) {
        int number = errno;

        hs_service_file_error("log", path, number, error);
        hs_service_hint(number, "LOGS_DIRECTORY", error);
        if (log->fd >= 0)
            close(log->fd);
        errno = number;
        return hs_service_path_error(number);
    }
    log->is_file = log->unchecked = S_ISREG(st.st_mode);
    return 0;
}

int hs_log_open(struct hs_log *ret_log, const char *path, char error[HS_ERROR_TEXT_MAX])
{
    struct hs_log log = {.fd = -1};
    int err = strcmp(path, "-") == 0 ? open_stdout(&log, error) : open_file(&log, path, error);

    if (err < 0)
        return err;
    *ret_log = log;
    return 0;
}

static void drop(struct hs_log *log, uint64_t lines)
{
    log->dropped += lines;
    log->untold += lines;
}

/* Drops the rest of a line whose beginning is in the old file, because it is not a line in the new
 * file, or in one that was emptied. */
static void drop_torn(struct hs_log *log)
{
    const char *rest = log->waiting + log->start, *end;

    if (!log->torn)
        return;
    end = memchr(rest, '\n', log->len - log->start);
    log->start = end != NULL ? (size_t)(end - log->waiting) + 1 : log->len;
    log->torn = false;
    log->waiting_lines--;
    drop(log, 1);
}

void hs_log_replace(struct hs_log *log, struct hs_log *fresh)
{
    if (!hs_log_flush(log))
        drop_torn(log);
    close(log->fd);
    log->fd = fresh->fd;
    log->is_socket = fresh->is_socket;
    log->is_journal = fresh->is_journal;
    log->is_file = fresh->is_file;
    log->unchecked = fresh->unchecked;
    log->unended = false;
    fresh->fd = -1;
}

int hs_log_reopen(struct hs_log *log, const char *path, char error[HS_ERROR_TEXT_MAX])
{
    struct hs_log fresh;
    int r = hs_log_open(&fresh, path, error);

    if (r == 0)
        hs_log_replace(log, &fresh);
    return r;
}

void hs_log_close(struct hs_log *log)
{
    if (!log || log->fd < 0)
        return;
    hs_log_flush(log);
    close(log->fd);
    free(log->waiting);
    memset(log, 0, sizeof(*log));
    log->fd = -1;
}

/* True if the file's last byte is not a newline. A file that we must not read passes for whole. */
static bool ends_within_line(int log_fd)
{
    char path[FD_PATH_MAX], last = '\n';
    struct stat st;
    int fd;

    if (fstat(log_fd, &st) < 0 || st.st_size == 0)
        return false;
    snprintf(path, sizeof(path), "/proc/self/fd/%d", log_fd);
    fd = open(path, O_RDONLY | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return false;
    if (pread(fd, &last, 1, st.st_size - 1) != 1)
        last = '\n';
    close(fd);
    return last != '\n';
}

/* True if the file has no name any more. A file that was renamed has one: its reader has it. */
static bool is_deleted(const struct hs_log *log)
{
    struct stat st;

    return log->is_file && fstat(log->fd, &st) == 0 && st.st_nlink == 0;
}

/* Returns the number of bytes taken, 0 if the caller must wait, or -1 if the reader is gone. */
static ssize_t put_parts(struct hs_log *log, struct iovec *parts, size_t count)
{
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = count};
    ssize_t n;

    do
        n = log->is_socket ? sendmsg(log->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL)
                           : writev(log->fd, parts, (int)count);
    while (n < 0 && errno == EINTR);
    if (n >= 0)
        return n;
    log->error = errno;
    return errno == EPIPE || errno == ECONNRESET || errno == ENOTCONN || errno == ENXIO ? -1 : 0;
}

/* The same, after what ends the line that the file ends in. Nothing goes into a file that nobody
 * can read: it is looked at before each write. */
static ssize_t put(struct hs_log *log, struct iovec *parts, size_t count)
{
    struct iovec end = {.iov_base = (char[]){'\n'}, .iov_len = 1};

    if (is_deleted(log)) {
        log->error = ENOENT;
        return 0;
    }
    if (log->unchecked)
        log->unended = ends_within_line(log->fd);
    log->unchecked = false;
    if (log->unended) {
        ssize_t n = put_parts(log, &end, 1);
        if (n <= 0)
            return n;
        log->unended = false;
    }
    return put_parts(log, parts, count);
}

/* Drops what waits, because the reader is gone. */
static void discard(struct hs_log *log)
{
    drop(log, log->waiting_lines);
    log->waiting_lines = 0;
    log->torn = false;
    log->start = log->len = 0;
}

/* The first `n` of the bytes that wait have been written. */
static void advance(struct hs_log *log, size_t n)
{
    uint64_t lines = 0;

    for (size_t i = log->start; i < log->start + n; i++)
        lines += log->waiting[i] == '\n';
    log->start += n;
    log->written += lines;
    log->waiting_lines -= lines;
    log->torn = log->waiting[log->start - 1] != '\n';
}

/* True if the file was emptied to make room, and with it the beginning of a torn line is gone. */
static bool is_emptied(const struct hs_log *log)
{
    struct stat st;

    return fstat(log->fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size == 0;
}

bool hs_log_flush(struct hs_log *log)
{
    if (log->torn && is_emptied(log))
        drop_torn(log);
    while (log->start < log->len) {
        struct iovec rest = {.iov_base = log->waiting + log->start,
                             .iov_len = log->len - log->start};
        ssize_t n = put(log, &rest, 1);

        if (n < 0)
            discard(log);
        if (n <= 0)
            break;
        advance(log, (size_t)n);
    }
    if (log->start < log->len)
        return false;
    free(log->waiting);
    log->waiting = NULL;
    log->start = log->len = log->room = 0;
    return true;
}

/* Makes room for `more` bytes after what waits. Returns false if the bound does not allow it. */
static bool make_room(struct hs_log *log, size_t more)
{
    size_t held = log->len - log->start, room = log->room > 0 ? log->room : 4096;
    char *waiting;

    if (more > HS_LOG_WAITING_MAX || held > HS_LOG_WAITING_MAX - more)
        return false;
    if (log->start > 0)
        memmove(log->waiting, log->waiting + log->start, held);
    log->start = 0;
    log->len = held;
    while (room < held + more)
        room *= 2;
    if (room == log->room)
        return true;
    waiting = realloc(log->waiting, room);
    if (!waiting)
        return false;
    log->waiting = waiting;
    log->room = room;
    return true;
}

static void keep(struct hs_log *log, const char *bytes, size_t len)
{
    memcpy(log->waiting + log->len, bytes, len);
    log->len += len;
}

/* Keeps a line without its first `taken` bytes, which are written. */
static bool keep_rest(struct hs_log *log, const struct iovec parts[2], size_t taken)
{
    size_t more = parts[0].iov_len + parts[1].iov_len - taken;

    if (log->room - log->len < more && !make_room(log, more))
        return false;
    for (size_t i = 0; i < 2; i++) {
        size_t skipped = taken < parts[i].iov_len ? taken : parts[i].iov_len;

        keep(log, (const char *)parts[i].iov_base + skipped, parts[i].iov_len - skipped);
        taken -= skipped;
    }
    log->waiting_lines++;
    return true;
}

void hs_log_write(struct hs_log *log, int priority, const char *line, size_t len)
{
    char prefix[PREFIX_MAX] = "";
    struct iovec parts[2] = {{.iov_base = prefix}, {.iov_len = len}};
    size_t taken = 0;
    ssize_t n = 0;

    memcpy(&parts[1].iov_base, &line, sizeof(line)); /* iovec has no const */
    if (log->is_journal)
        parts[0].iov_len = (size_t)snprintf(prefix, sizeof(prefix), "<%d>", priority);
    if (hs_log_flush(log))
        n = put(log, parts, 2);
    if (n > 0)
        taken = (size_t)n;
    if (taken == parts[0].iov_len + len) {
        log->written++;
    } else if (n >= 0 && keep_rest(log, parts, taken)) {
        log->torn |= taken > 0;
    } else {
        log->unended = taken > 0;
        drop(log, 1);
    }
}

uint64_t hs_log_lost(struct hs_log *log)
{
    if (log->untold == 0 || !hs_log_flush(log))
        return 0;
    log->telling = log->dropped;
    return log->untold;
}

void hs_log_told(struct hs_log *log, uint64_t lost)
{
    bool told = log->dropped == log->telling;

    log->dropped = log->telling;
    log->untold = told ? log->untold - lost : lost;
}

bool hs_log_restore(struct hs_log *log, const char *path)
{
    char error[HS_ERROR_TEXT_MAX];

    if (!is_deleted(log))
        return false;
    if (hs_log_reopen(log, path, error) < 0) {
        log->error = errno;
        return false;
    }
    return true;
}

const char *hs_log_trouble(const struct hs_log *log)
{
    return log->error == EAGAIN ? "its reader is too slow" : strerror(log->error);
}

uint64_t hs_log_end(struct hs_log *log)
{
    struct pollfd reader = {.fd = log->fd, .events = POLLOUT};
    struct timespec began, now;
    int left = HS_LOG_END_US / 1000;

    clock_gettime(CLOCK_MONOTONIC, &began);
    while (!hs_log_flush(log) && log->error == EAGAIN && left > 0 && poll(&reader, 1, left) > 0) {
        clock_gettime(CLOCK_MONOTONIC, &now);
        left = HS_LOG_END_US / 1000 -
               (int)((now.tv_sec - began.tv_sec) * 1000 + (now.tv_nsec - began.tv_nsec) / 1000000);
    }
    return log->waiting_lines + log->untold;
}
