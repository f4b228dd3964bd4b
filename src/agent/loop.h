/* SPDX-License-Identifier: Apache-2.0 */
/* The loop around the node: what happens in a turn, and in which order. */
#ifndef HS_AGENT_LOOP_H
#define HS_AGENT_LOOP_H

#include "agent/daemon.h"

#define HS_LOG_RETRY_US 250000   /* between attempts to write lines that wait */
#define HS_LOG_CHECK_US 1000000  /* between looks whether the log file was deleted */
#define HS_LOG_SAY_US   60000000 /* between words about a log that takes nothing */
#define HS_EVENTS_EAGER 64u      /* at so many events they are taken before the next datagram */
#define HS_LOOK_US      1000000  /* between looks at what changes without an event */

int hs_loop_init(struct hs_agent *agent, char error[HS_ERROR_TEXT_MAX]);
void hs_loop_fini(struct hs_agent *agent);

/* Handles the results of this turn's calls on the node: takes events, serves clients, sends
 * datagrams and sets the timer (event_callback_fn; `context` is the agent). */
void hs_loop_pump(evutil_socket_t fd, short what, void *context);

#endif
