/* SPDX-License-Identifier: Apache-2.0 */
/* The time of the loop's present turn. It is read once for each callback, so that one callback sees
 * one instant. */
#ifndef HS_AGENT_BASE_CLOCK_H
#define HS_AGENT_BASE_CLOCK_H

#include <hearsay/node.h>

struct hs_clock {
    struct hearsay_now now;
    uint64_t began; /* boot time of the turn's first callback; 0: none has run yet */
};

/* Reads the time. The first call of a turn marks its beginning. */
void hs_clock_read(struct hs_clock *clock);

#endif
