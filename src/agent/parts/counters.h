/* SPDX-License-Identifier: Apache-2.0 */
/* `drop` and `health` in the log, from the differences of the counters. */
#ifndef HS_AGENT_PARTS_COUNTERS_H
#define HS_AGENT_PARTS_COUNTERS_H

#include <stdbool.h>
#include <stdint.h>

#include <hearsay/stats.h>

#include "agent/parts/log.h"
#include "agent/parts/report.h"

#define HS_ADVICE_PERIOD_US    60000000u /* between two lines that say what to do about a drop */
#define HS_COUNTERS_PERIOD_US  1000000   /* least time between two reports */
#define HS_LOSS_BOUND_PERMILLE 250       /* reported as `health` above it; a new agent has 200 */
#define HS_LOSS_CALM_PERMILLE  150       /* and again when the loss falls below it */

struct hs_counters {
    struct hs_report *report;
    struct hs_log *log; /* its lost lines are reported as well */
    uint64_t told_at;   /* boot time; 0: never */
    uint64_t drops[HEARSAY_DROP_COUNT];
    uint64_t quiet_until[HEARSAY_DROP_COUNT]; /* boot time; of those that come with advice */
    bool lossy;
    enum hearsay_isolation isolation; /* as it was told last (R39) */
};

/* Reports what has changed since the last report. */
void hs_counters_tell(struct hs_counters *counters);

#endif
