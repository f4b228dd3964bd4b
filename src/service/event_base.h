/* SPDX-License-Identifier: Apache-2.0 */
/* The event loop of a program that runs as a service. */
#ifndef HS_SERVICE_EVENT_BASE_H
#define HS_SERVICE_EVENT_BASE_H

#include <event2/event.h>

/* Makes an event loop that goes by nothing in the environment. Returns NULL if it fails. */
struct event_base *hs_event_base_new(void);

#endif
