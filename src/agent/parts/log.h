/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes the JSON lines to standard output or a file. Lines are given to the kernel at once. What
 * it does not take waits in a bounded buffer. Lines that do not fit there are dropped and counted.
 * This part does not depend on JSON or on the event loop.
 */
#ifndef HS_AGENT_PARTS_LOG_H
#define HS_AGENT_PARTS_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "service/error_text.h"

/* Most bytes that wait for a reader or a disk. Allocated only while they are needed. */
#define HS_LOG_WAITING_MAX (1024 * 1024)

/* Most time that the end of a process waits for a slow reader. */
#define HS_LOG_END_US 500000

struct hs_log {
    int fd;
    bool is_socket;  /* written with MSG_DONTWAIT, because its flags are shared */
    bool is_journal; /* lines begin with their priority */
    bool is_file;    /* of a path, at which it is made again if it was deleted */
    bool unchecked;  /* a file that may end within a line */
    bool unended;    /* it does: a newline is written before the next line */
    char *waiting;
    size_t start, len, room; /* waiting[start, len) is not yet written */
    bool torn;               /* the first line that waits is written in part */
    uint64_t waiting_lines;  /* lines that are not yet written, or written in part */
    uint64_t written;        /* lines that the kernel has taken whole */
    uint64_t dropped;        /* lines lost */
    uint64_t untold;         /* of those, not yet reported */
    uint64_t telling;        /* `dropped` when hs_log_lost was called */
    int error;               /* errno of the last write that failed; 0: none has */
};

/* Opens a file for appending, or standard output for "-". Returns 0, or HEARSAY_ERR_INVALID or
 * HS_ERR_SETTING (service/service.h) with the reason in words. */
int hs_log_open(struct hs_log *ret_log, const char *path, char error[HS_ERROR_TEXT_MAX]);

/* From now on writes to `fresh`, to which nothing has been written yet. Lines that wait go to it.
 * Takes over `fresh` and closes the old file. */
void hs_log_replace(struct hs_log *log, struct hs_log *fresh);

/* Opens `path`, for log rotation or for another path. Lines that wait go to the new file. If it
 * fails, the old file stays in use. Returns as hs_log_open. */
int hs_log_reopen(struct hs_log *log, const char *path, char error[HS_ERROR_TEXT_MAX]);

/* Tries once more to write what waits, then closes. NULL and closed logs are no-ops. */
void hs_log_close(struct hs_log *log);

/* Writes a line, its newline included. Never blocks on a pipe, terminal or socket. The journal is
 * told the priority, LOG_ERR to LOG_DEBUG of syslog(3). */
void hs_log_write(struct hs_log *log, int priority, const char *line, size_t len);

/* Writes what waits. Returns true when nothing waits any more. */
bool hs_log_flush(struct hs_log *log);

/* Returns how many lines were lost and not yet reported; 0 while lines still wait. The caller then
 * writes a line with the number and calls hs_log_told. If that line is lost as well, the number is
 * reported again later, and that line does not count as lost. */
uint64_t hs_log_lost(struct hs_log *log);
void hs_log_told(struct hs_log *log, uint64_t lost);

/* Makes the log file at `path` again if it was deleted, so that what is written can be read.
 * Returns true if it did. Lines that are written after the deletion wait for this. */
bool hs_log_restore(struct hs_log *log, const char *path);

/* Why the last write failed, in words. */
const char *hs_log_trouble(const struct hs_log *log);

/* For the end of a process: writes what waits, waiting for a slow reader for HS_LOG_END_US at most.
 * Returns how many lines are lost and were not reported, those that still wait included. */
uint64_t hs_log_end(struct hs_log *log);

#endif
