/* SPDX-License-Identifier: Apache-2.0 */
/* The events of the node, and what the daemon does about each. */
#ifndef HS_AGENT_EVENTS_H
#define HS_AGENT_EVENTS_H

#include "agent/daemon.h"

/* Takes all events of the node and acts on them. Returns true if there was one. */
bool hs_agent_take_events(struct hs_agent *agent);

/* Takes only the events that wait now, so that no new ring is made. For use between the datagrams
 * of a socket that is being drained. */
void hs_agent_take_waiting(struct hs_agent *agent);

#endif
