/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A busy node makes thousands of steps per second, so lines are formatted directly in a buffer of
 * fixed size. Nothing needs escaping, because names have no character that JSON escapes (R1:
 * record) and all other strings are constants.
 */
#include "agent/parts/trace.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include <hearsay/error.h>

#include "service/service.h"

#define LINE_MAX_BYTES 1024

struct line {
    char bytes[LINE_MAX_BYTES];
    size_t len;
};

_Static_assert(LINE_MAX_BYTES > 2 * HEARSAY_NAME_MAX + HEARSAY_ADDR_TEXT_MAX + 512,
               "every line fits");

__attribute__((format(printf, 2, 3))) static void add(struct line *line, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(line->bytes + line->len, sizeof(line->bytes) - line->len, format, args);
    va_end(args);
    if (n > 0 && line->len + (size_t)n < sizeof(line->bytes))
        line->len += (size_t)n;
}

static int open_file(struct hs_log *ret_trace, const char *path, char error[HS_ERROR_TEXT_MAX])
{
    int err = hs_log_open(ret_trace, path, error);
    if (err)
        hs_service_file_error("trace", path, errno, error);
    return err;
}

/* Uses standard error without changing its flags, because they are shared with the process that
 * started the agent. */
static int open_stderr(struct hs_log *ret_trace, char error[HS_ERROR_TEXT_MAX])
{
    struct stat st;
    int flags = fcntl(STDERR_FILENO, F_GETFL);
    /* main.c opens a stream that was closed so that it cannot be written. */
    if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY || fstat(STDERR_FILENO, &st) < 0) {
        hs_error_text(error, "trace: standard error is closed; give --trace FILE");
        return HEARSAY_ERR_INVALID;
    }
    if (!S_ISSOCK(st.st_mode))
        return open_file(ret_trace, "/proc/self/fd/2", error);
    int fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
    if (fd < 0) {
        hs_error_text(error, "trace: standard error: %s", strerror(errno));
        return HEARSAY_ERR_INVALID;
    }
    *ret_trace = (struct hs_log){
        .fd = fd, .is_socket = true, .is_journal = hs_service_is_journal(STDERR_FILENO)};
    return 0;
}

int hs_trace_open(struct hs_log *ret_trace, const char *path, char error[HS_ERROR_TEXT_MAX])
{
    *ret_trace = (struct hs_log){.fd = -1};
    if (!path)
        return 0;
    int err =
        strcmp(path, "-") == 0 ? open_stderr(ret_trace, error) : open_file(ret_trace, path, error);
    if (err)
        ret_trace->fd = -1;
    return err;
}

static void add_timestamp(struct line *line, const struct hearsay_trace *step)
{
    if (step->timestamp)
        add(line, ",\"timestamp\":%" PRIu64, step->timestamp);
}

/* The fields of a datagram's steps besides its address. */
static void add_datagram(struct line *line, const struct hearsay_trace *step)
{
    if (step->message)
        add(line, ",\"message\":\"%s\"", hearsay_kind_name(step->message));
    add_timestamp(line, step);
    add(line, ",\"length\":%zu", step->length);
}

static void add_record(struct line *line, const struct hearsay_trace *step)
{
    add(line, ",\"from\":\"%s\",\"to\":\"%s\",\"reason\":\"%s\"", hearsay_status_name(step->from),
        hearsay_status_name(step->to), hearsay_reason_name(step->reason));
    add_timestamp(line, step);
}

static void add_fields(struct line *line, const struct hearsay_trace *step)
{
    switch (step->kind) {
    case HEARSAY_TRACE_RECEIVED:
    case HEARSAY_TRACE_SENT:
    case HEARSAY_TRACE_UNREACHABLE:
        add_datagram(line, step);
        break;
    case HEARSAY_TRACE_UNSENT:
        add_timestamp(line, step);
        break;
    case HEARSAY_TRACE_DROPPED:
        add(line, ",\"drop\":\"%s\"", hearsay_drop_name(step->drop));
        break;
    case HEARSAY_TRACE_TIMER:
        add(line, ",\"timer\":\"%s\"", hearsay_trace_timer_name(step->timer));
        break;
    case HEARSAY_TRACE_RECORD:
        add_record(line, step);
        break;
    case HEARSAY_TRACE_PROBE_BEGUN:
        add(line, ",\"purpose\":\"%s\"", hearsay_trace_purpose_name(step->purpose));
        break;
    case HEARSAY_TRACE_PROBE_ENDED:
        add(line, ",\"purpose\":\"%s\",\"end\":\"%s\",\"tries\":%" PRIu32,
            hearsay_trace_purpose_name(step->purpose), hearsay_trace_end_name(step->end),
            step->tries);
        break;
    case HEARSAY_TRACE_SUSPICION_ENDED:
        add(line, ",\"to\":\"%s\"", hearsay_status_name(step->to));
        break;
    case HEARSAY_TRACE_EXCHANGE_STEP:
        add(line, ",\"exchange\":\"%s\"", hearsay_trace_exchange_name(step->exchange));
        break;
    case HEARSAY_TRACE_EXCHANGE_ENDED:
        add(line, ",\"end\":\"%s\"", hearsay_trace_end_name(step->end));
        break;
    case HEARSAY_TRACE_SUSPICION_BEGUN:
    case HEARSAY_TRACE_EXCHANGE_BEGUN:
        break;
    }
}

static void say_lost(struct hs_log *trace, const struct hearsay_now *when)
{
    struct line line = {.len = 0};
    uint64_t lost = hs_log_lost(trace);
    if (lost == 0)
        return;
    add(&line,
        "{\"boot_us\":%" PRIu64 ",\"wall_us\":%" PRIu64 ",\"step\":\"lost\",\"lines\":%" PRIu64
        "}\n",
        when->boot, when->wall, lost);
    hs_log_write(trace, LOG_DEBUG, line.bytes, line.len);
    hs_log_told(trace, lost);
}

void hs_trace_step(void *context, const struct hearsay_trace *step)
{
    struct hs_log *trace = context;
    struct line line = {.len = 0};
    char addr[HEARSAY_ADDR_TEXT_MAX];
    hs_log_flush(trace);
    say_lost(trace, &step->when);
    add(&line, "{\"boot_us\":%" PRIu64 ",\"wall_us\":%" PRIu64 ",\"step\":\"%s\"", step->when.boot,
        step->when.wall, hearsay_trace_name(step->kind));
    if (step->name)
        add(&line, ",\"name\":\"%s\"", step->name);
    if (step->addr) {
        hearsay_addr_format(step->addr, addr);
        add(&line, ",\"addr\":\"%s\"", addr);
    }
    add_fields(&line, step);
    add(&line, "}\n");
    hs_log_write(trace, LOG_DEBUG, line.bytes, line.len);
}
