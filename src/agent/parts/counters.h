/* SPDX-License-Identifier: Apache-2.0 */
/* `drop` and `health` in the log, from the differences of the counters. */
#ifndef HS_AGENT_PARTS_COUNTERS_H
#define HS_AGENT_PARTS_COUNTERS_H

#include <stdbool.h>
#include <stdint.h>

#include <hearsay/stats.h>

#include "agent/parts/log.h"
#include "agent/parts/report.h"

#define HS_COUNTERS_PERIOD_US  1000000 /* told at most this often */
#define HS_LOSS_BOUND_PERMILLE 250     /* `health` says so above; a new agent assumes a fifth */
#define HS_LOSS_CALM_PERMILLE  150     /* and again once it is below this */

struct hs_counters {
    struct hs_report *report;
    struct hs_log *log; /* whose lost lines are told, too */
    uint64_t told_at;   /* boot time; 0: never */
    uint64_t drops[HEARSAY_DROP_COUNT];
    bool lossy;
};

/* Tells what has changed since the last time. */
void hs_counters_tell(struct hs_counters *counters);

#endif
