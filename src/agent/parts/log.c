/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A slow log reader or disk must never delay the protocol. Pipes and terminals are opened again
 * through /proc. O_NONBLOCK belongs to the open file, which we share with the process that started
 * us, and setting it there would break that process's writes. A write to a regular file on a full
 * disk fails and does not block. It is treated like a full pipe, so that a line is written
 * completely or not at all, even if the disk took half of it at first.
 */
#include "agent/parts/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <hearsay/error.h>

#define FILE_MODE 0640

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

int hs_log_open(struct hs_log *ret_log, const char *path, char error[HS_ERROR_TEXT_MAX])
{
    struct hs_log log = {.fd = -1};

    if (strcmp(path, "-") == 0) {
        if (open_stdout(&log, error) < 0)
            return HEARSAY_ERR_INVALID;
    } else {
        log.fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
                      FILE_MODE);
        if (log.fd < 0) {
            hs_error_text(error, "log file %s: %s", path, strerror(errno));
            return HEARSAY_ERR_INVALID;
        }
    }
    *ret_log = log;
    return 0;
}

static void drop(struct hs_log *log, uint64_t lines)
{
    log->dropped += lines;
    log->untold += lines;
}

/* Drops the rest of a line whose beginning is in the old file, because it is not a line in the new
 * file. */
static void drop_torn(struct hs_log *log)
{
    const char *rest = log->waiting + log->start, *end;

    if (!log->torn)
        return;
    end = memchr(rest, '\n', log->len - log->start);
    log->start = end != NULL ? (size_t)(end - log->waiting) + 1 : log->len;
    log->torn = false;
    log->written--;
    drop(log, 1);
}

void hs_log_replace(struct hs_log *log, struct hs_log *fresh)
{
    if (!hs_log_flush(log))
        drop_torn(log);
    close(log->fd);
    log->fd = fresh->fd;
    log->is_socket = fresh->is_socket;
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

/* Returns the number of bytes taken, 0 if the caller must wait, or -1 if they can never be
 * written. */
static ssize_t put(const struct hs_log *log, const char *bytes, size_t len)
{
    ssize_t n;

    do
        n = log->is_socket ? send(log->fd, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL)
                           : write(log->fd, bytes, len);
    while (n < 0 && errno == EINTR);
    if (n >= 0)
        return n;
    if (errno == EAGAIN || errno == ENOSPC || errno == EDQUOT || errno == EFBIG || errno == ENOBUFS)
        return 0;
    return -1;
}

/* Drops what waits, because the reader is gone. */
static void discard(struct hs_log *log)
{
    uint64_t lines = 0;

    for (size_t i = log->start; i < log->len; i++)
        lines += log->waiting[i] == '\n';
    log->written -= lines;
    drop(log, lines);
    log->torn = false;
    log->start = log->len = 0;
}

bool hs_log_flush(struct hs_log *log)
{
    while (log->start < log->len) {
        ssize_t n = put(log, log->waiting + log->start, log->len - log->start);

        if (n < 0)
            discard(log);
        if (n <= 0)
            break;
        log->start += (size_t)n;
        log->torn = log->waiting[log->start - 1] != '\n';
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

static bool keep(struct hs_log *log, const char *bytes, size_t len)
{
    if (log->room - log->len < len && !make_room(log, len))
        return false;
    memcpy(log->waiting + log->len, bytes, len);
    log->len += len;
    return true;
}

void hs_log_write(struct hs_log *log, const char *line, size_t len)
{
    ssize_t n = 0;

    if (hs_log_flush(log)) {
        n = put(log, line, len);
        log->torn = n > 0 && (size_t)n < len;
    }
    if (n < 0 || ((size_t)n < len && !keep(log, line + n, len - (size_t)n))) {
        drop(log, 1);
        return;
    }
    log->written++;
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
