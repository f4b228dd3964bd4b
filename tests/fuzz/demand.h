/* SPDX-License-Identifier: Apache-2.0 */
/* What the targets that run whole nodes share: where and when these live, and how a run fails. */
#ifndef HS_TESTS_FUZZ_DEMAND_H
#define HS_TESTS_FUZZ_DEMAND_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <hearsay/addr.h>

#define SECOND UINT64_C(1000000)
#define WALL   (UINT64_C(1772323200) * SECOND)
#define BOOT   (1000 * SECOND)

/* Ends the run with this sentence, unless it is NULL. */
static inline void demand(const char *wrong)
{
    if (!wrong)
        return;
    fprintf(stderr, "%s\n", wrong);
    abort();
}

static inline struct hearsay_addr addr_of(unsigned last)
{
    return (struct hearsay_addr){.family = 4, .port = 7847, .bytes = {10, 0, 0, (uint8_t)last}};
}

#endif
