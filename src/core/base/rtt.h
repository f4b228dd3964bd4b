/* SPDX-License-Identifier: Apache-2.0 */
/* Classes of round trips, for counting them (hearsay/stats.h has their bounds). */
#ifndef HS_BASE_RTT_H
#define HS_BASE_RTT_H

#include <stdint.h>

/* The class of a round trip: the first whose upper bound is not below it. */
unsigned hs_rtt_class(uint64_t rtt_us);

#endif
