/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Questions that every rule asks. They are here so that all rules answer them in the same way.
 */
#include "rules/core.h"

void hs_drop(struct hs_core *core, enum hearsay_drop reason)
{
    core->stats.drops[reason]++;
    HS_TRACE(core, .kind = HEARSAY_TRACE_DROPPED, .drop = reason);
}

bool hs_is_future(const struct hs_core *core, uint64_t timestamp)
{
    uint64_t wall = core->now.wall > HS_WALL_RELEASE ? core->now.wall : HS_WALL_RELEASE;
    return timestamp > wall + HS_FUTURE_US;
}
