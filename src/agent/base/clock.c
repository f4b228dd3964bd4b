/* SPDX-License-Identifier: Apache-2.0 */
/* One place reads the time for the loop, so that every turn's length is known. */
#include "agent/base/clock.h"

#include <hearsay/host.h>

void hs_clock_read(struct hs_clock *clock)
{
    clock->now = hearsay_host_now();
    if (clock->began == 0)
        clock->began = clock->now.boot;
}
