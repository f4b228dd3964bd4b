/* SPDX-License-Identifier: Apache-2.0 */
/* Steps of a probe for the trace (hearsay/trace.h), apart from what the prober does. */
#ifndef HS_RULES_TRACE_H
#define HS_RULES_TRACE_H

#include "base/trace.h"
#include "rules/node.h"

_Static_assert((int)HEARSAY_TRACE_PURPOSE_NAME_CONFLICT == (int)HS_PROBE_CONTEST,
               "purposes have the same order in the trace");

static inline void hs_trace_probe_begun(const struct hearsay_node *node,
                                        const struct hs_probe *probe)
{
    HS_TRACE(node, .kind = HEARSAY_TRACE_PROBE_BEGUN,
             .purpose = (enum hearsay_trace_purpose)probe->purpose,
             .name = hs_member_name(hs_table_at(&node->table, probe->slot)));
}

static inline void hs_trace_probe_ended(const struct hearsay_node *node,
                                        const struct hs_probe *probe, enum hearsay_trace_end how)
{
    HS_TRACE(node, .kind = HEARSAY_TRACE_PROBE_ENDED, .end = how, .tries = probe->try_count,
             .purpose = (enum hearsay_trace_purpose)probe->purpose,
             .name = hs_member_name(hs_table_at(&node->table, probe->slot)));
}

/* What silence comes to: its port is closed, or it did not answer. */
static inline enum hearsay_trace_end hs_trace_not_reached(const struct hs_probe *probe)
{
    return probe->refused ? HEARSAY_TRACE_END_REFUSED : HEARSAY_TRACE_END_SILENT;
}

#endif
