/* SPDX-License-Identifier: Apache-2.0 */
#include "service/timer.h"

void hs_timer_set(struct event *timer, uint64_t us)
{
    struct timeval delay = {(time_t)(us / 1000000), (suseconds_t)(us % 1000000)};

    event_add(timer, &delay);
}
