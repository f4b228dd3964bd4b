/* SPDX-License-Identifier: Apache-2.0 */
/* A round trip on a local network ends at the first or second bound, so the bounds are simply gone
 * through. */
#include "base/rtt.h"

#include <hearsay/stats.h>

/* Microseconds. */
static const uint32_t bounds[] = {100,   250,   500,    1000,   2500,   5000,    10000,
                                  25000, 50000, 100000, 250000, 500000, 1000000, 2500000};
#define BOUNDS (sizeof(bounds) / sizeof(bounds[0]))

_Static_assert(BOUNDS + 1 == HEARSAY_RTT_CLASSES, "a class for each bound, and one for the rest");

unsigned hs_rtt_class(uint64_t rtt_us)
{
    unsigned rtt_class = 0;
    while (rtt_class < BOUNDS && rtt_us > bounds[rtt_class])
        rtt_class++;
    return rtt_class;
}

uint64_t hearsay_rtt_bound(unsigned rtt_class)
{
    return rtt_class < BOUNDS ? bounds[rtt_class] : UINT64_MAX;
}
