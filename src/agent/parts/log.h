/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the JSON lines go: standard output or a file. Lines are handed to the kernel at once; what
 * it does not take waits in a bounded buffer, and what does not fit there is dropped and counted.
 * Knows nothing of JSON or of the event loop.
 */
#ifndef HS_AGENT_PARTS_LOG_H
#define HS_AGENT_PARTS_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/base/error_text.h"

/* Bytes that wait for a reader or a disk. Allocated only while they are needed. */
#define HS_LOG_WAITING_MAX (1024 * 1024)

struct hs_log {
    int fd;
    bool is_socket; /* written with MSG_DONTWAIT: its flags belong to others too */
    char *waiting;
    size_t start, len, room; /* waiting[start, len) is not yet written */
    bool torn;               /* the first line that waits is written in part */
    uint64_t written;        /* lines taken, those that wait included */
    uint64_t dropped;        /* lines lost */
    uint64_t untold;         /* of those, not yet told of */
    uint64_t telling;        /* `dropped` when hs_log_lost was called */
};

/* Opens a file for appending, or standard output for "-". Returns 0 or HEARSAY_ERR_INVALID with the
 * reason in words. */
int hs_log_open(struct hs_log *ret_log, const char *path, char error[HS_ERROR_TEXT_MAX]);

/* From now on writes to `fresh`, to which nothing has been written yet. What waits goes to it; it
 * is taken over, and the old one closed. */
void hs_log_replace(struct hs_log *log, struct hs_log *fresh);

/* Opens the path anew, for log rotation or another path; keeps the old one when that fails. What
 * waits goes to the new one. Same result. */
int hs_log_reopen(struct hs_log *log, const char *path, char error[HS_ERROR_TEXT_MAX]);

/* Tries once more to write what waits, then closes. NULL and closed logs are no-ops. */
void hs_log_close(struct hs_log *log);

/* Writes a line, its newline included. Never blocks on a pipe, terminal or socket. */
void hs_log_write(struct hs_log *log, const char *line, size_t len);

/* Writes what waits. Returns true when nothing waits any more. */
bool hs_log_flush(struct hs_log *log);

/* How many lines were lost and not yet told of; 0 while some still wait. The caller then writes a
 * line that says so, and calls hs_log_told. If that line was lost, too, nothing counts as told, nor
 * the line as lost. */
uint64_t hs_log_lost(struct hs_log *log);
void hs_log_told(struct hs_log *log, uint64_t lost);

#endif
