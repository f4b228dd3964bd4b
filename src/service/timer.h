/* SPDX-License-Identifier: Apache-2.0 */
/* A timer of libevent by microseconds. */
#ifndef HS_SERVICE_TIMER_H
#define HS_SERVICE_TIMER_H

#include <stdint.h>

#include <event2/event.h>

/* Sets the timer to so many microseconds from now, and no longer to what it was set to. 0: after
 * the next poll. */
void hs_timer_set(struct event *timer, uint64_t us);

#endif
