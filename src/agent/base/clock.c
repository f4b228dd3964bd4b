/* SPDX-License-Identifier: Apache-2.0 */
/* The loop reads the time only here, so that the length of every turn can be measured. */
#include "agent/base/clock.h"

#include <hearsay/host.h>

void hs_clock_read(struct hs_clock *clock)
{
    clock->now = hearsay_host_now();
    if (clock->began == 0)
        clock->began = clock->now.boot;
}
