/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Questions that every rule asks. They are here so that all rules answer them in the same way.
 */
#include "rules/core.h"

void hs_drop(struct hs_core *core, enum hearsay_drop reason)
{
    core->stats.drops[reason]++;
    core->dropped++;
    HS_TRACE(core, .kind = HEARSAY_TRACE_DROPPED, .drop = reason);
}

bool hs_is_future_at(uint64_t wall, uint64_t timestamp)
{
    return timestamp > (wall > HS_WALL_RELEASE ? wall : HS_WALL_RELEASE) + HS_FUTURE_US;
}

bool hs_is_future(const struct hs_core *core, uint64_t timestamp)
{
    return hs_is_future_at(core->now.wall, timestamp);
}
