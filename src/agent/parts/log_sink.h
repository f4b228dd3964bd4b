/* SPDX-License-Identifier: Apache-2.0 */
/* The log as a sink of the report. */
#ifndef HS_AGENT_PARTS_LOG_SINK_H
#define HS_AGENT_PARTS_LOG_SINK_H

#include "agent/parts/log.h"
#include "agent/parts/report.h"

struct hs_log_sink {
    struct hs_sink sink; /* first */
    struct hs_log *log;
    const enum hs_level *level; /* the lowest level that is written; a reload may change it */
};

void hs_log_sink_init(struct hs_log_sink *ret_sink, struct hs_log *log, const enum hs_level *level);

#endif
