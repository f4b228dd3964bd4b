/* SPDX-License-Identifier: Apache-2.0 */
/* Who asked for what they may not have: counted, and said in the log at a limited rate. */
#ifndef HS_AGENT_CONTROL_DENIALS_H
#define HS_AGENT_CONTROL_DENIALS_H

#include <stdint.h>

#include "agent/control/peer.h"
#include "agent/parts/report.h"

#define HS_DENIALS_TELL_US 60000000 /* between two lines of the log */

struct hs_denials {
    uint64_t count;   /* requests and connections that were denied */
    uint64_t untold;  /* of them, those since the last line */
    uint64_t told_at; /* boot time of the last line; 0: never */
};

/* `command` is what was asked for, or NULL for a connection that nothing was asked on. */
void hs_denials_note(struct hs_denials *denials, struct hs_report *report,
                     const struct hs_peer *peer, const char *command);

#endif
