/* SPDX-License-Identifier: Apache-2.0 */
/* Separate from log.c, which does not depend on levels and events. */
#include "agent/parts/log_sink.h"

#include <syslog.h>

static bool log_wants(const struct hs_sink *sink, enum hs_level level)
{
    const struct hs_log_sink *log_sink = (const struct hs_log_sink *)sink;

    return level >= *log_sink->level;
}

static void log_take(struct hs_sink *sink, enum hs_level level, enum hs_line line, const char *text,
                     size_t len)
{
    static const int priorities[] = {
        [HS_LEVEL_DEBUG] = LOG_DEBUG,
        [HS_LEVEL_INFO] = LOG_INFO,
        [HS_LEVEL_WARN] = LOG_WARNING,
        [HS_LEVEL_ERROR] = LOG_ERR,
    };
    struct hs_log_sink *log_sink = (struct hs_log_sink *)sink;

    (void)line;
    hs_log_write(log_sink->log, priorities[level], text, len);
}

void hs_log_sink_init(struct hs_log_sink *ret_sink, struct hs_log *log, const enum hs_level *level)
{
    *ret_sink = (struct hs_log_sink){
        .sink = {.wants = log_wants, .take = log_take}, .log = log, .level = level};
}
