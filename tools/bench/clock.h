/* SPDX-License-Identifier: Apache-2.0 */
/* The clocks of what is measured within one process, in nanoseconds. */
#ifndef HEARSAY_BENCH_CLOCK_H
#define HEARSAY_BENCH_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline uint64_t clock_nanoseconds(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* What passes. */
static inline uint64_t nanoseconds(void)
{
    return clock_nanoseconds(CLOCK_MONOTONIC);
}

/* What this thread uses. */
static inline uint64_t thread_nanoseconds(void)
{
    return clock_nanoseconds(CLOCK_THREAD_CPUTIME_ID);
}

#endif
