/* SPDX-License-Identifier: Apache-2.0 */
/* Gives memory back to the system after the start and after long answers. Trimming takes
 * milliseconds, so it is done rarely, and once for answers that come together. */
#ifndef HS_AGENT_CONTROL_TRIM_H
#define HS_AGENT_CONTROL_TRIM_H

#include <stdint.h>

#include "agent/base/turn.h"

#define HS_TRIM_ANSWER    1048576  /* bytes of an answer after which memory is returned */
#define HS_TRIM_DELAY_US  1000000  /* how long after the answer, so that answers share one trim */
#define HS_TRIM_PERIOD_US 10000000 /* least time between two trims */

struct hs_trim {
    struct hs_turn *turn;
    struct event *timer;
    uint64_t trimmed; /* boot time of the last trim; 0: never */
};

/* Returns 0 or HEARSAY_ERR_NOMEM. */
int hs_trim_init(struct hs_trim *ret_trim, struct event_base *base, struct hs_turn *turn);

/* A struct of all zeroes is a no-op. */
void hs_trim_fini(struct hs_trim *trim);

/* An answer of so many bytes is over. */
void hs_trim_after(struct hs_trim *trim, uint64_t bytes);

/* Something has ended that took memory which is not needed again soon. */
void hs_trim_plan(struct hs_trim *trim);

#endif
