/* SPDX-License-Identifier: Apache-2.0 */
/* What the node tells, and what the daemon does about it. */
#ifndef HS_AGENT_EVENTS_H
#define HS_AGENT_EVENTS_H

#include "agent/daemon.h"

/* Takes all events of the node and acts on them. */
void hs_agent_take_events(struct hs_agent *agent);

/* Takes those that wait and makes no ring: between the datagrams of a socket that is drained. */
void hs_agent_take_waiting(struct hs_agent *agent);

#endif
