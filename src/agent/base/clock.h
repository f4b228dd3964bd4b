/* SPDX-License-Identifier: Apache-2.0 */
/* The instant of the loop's present turn: read once for each callback, so that all that one of them
 * does happens at one time. */
#ifndef HS_AGENT_BASE_CLOCK_H
#define HS_AGENT_BASE_CLOCK_H

#include <hearsay/node.h>

struct hs_clock {
    struct hearsay_now now;
    uint64_t
        began; /* boot time of the turn's first callback; 0: none has run since the last turn */
};

/* Reads the time. The first callback of a turn begins it. */
void hs_clock_read(struct hs_clock *clock);

#endif
