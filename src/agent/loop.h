/* SPDX-License-Identifier: Apache-2.0 */
/* The loop around the node: what is done in a turn, and in which order. */
#ifndef HS_AGENT_LOOP_H
#define HS_AGENT_LOOP_H

#include "agent/daemon.h"

#define HS_LOG_RETRY_US 250000 /* between attempts to write what the log did not take */
#define HS_EVENTS_EAGER 64u /* so many waiting events are taken before the next datagram is read */

int hs_loop_init(struct hs_agent *agent, char error[HS_ERROR_TEXT_MAX]);
void hs_loop_fini(struct hs_agent *agent);

/* Carries out what the calls on the node in this turn brought about: events in, clients served,
 * datagrams out, timer set (event_callback_fn; `context` is the agent). */
void hs_loop_pump(evutil_socket_t fd, short what, void *context);

#endif
