/* SPDX-License-Identifier: Apache-2.0 */
/* The server side of the control protocol (docs/control.md): the Unix socket and its clients. */
#ifndef HS_AGENT_CONTROL_CONTROL_H
#define HS_AGENT_CONTROL_CONTROL_H

#include "agent/control/change.h"
#include "agent/control/client.h"
#include "agent/control/denials.h"
#include "agent/control/monitor.h"
#include "agent/control/places.h"
#include "agent/control/socket.h"
#include "agent/parts/context.h"
#include "service/error_text.h"

#define HS_CONTROL_TELL_US 60000000 /* between two lines of the log about the same trouble */
#define HS_CONTROL_REST_US 1000000  /* so long nothing is accepted when descriptors are out */

struct hs_control {
    struct hs_context *context; /* NULL: closed */
    struct hs_unix_socket listener;
    struct event *accept, *resume;
    int reserve; /* a descriptor for when they are out; -1: in use */
    struct hs_clients clients;
    struct hs_groups groups; /* that may use it */
    struct hs_places places;
    struct hs_denials denials;
    uint64_t refused;                    /* clients turned away, and not told yet */
    uint64_t refused_told, starved_told; /* boot time of the last line; 0: never */
    struct hs_leavers leavers;
    struct hs_monitor monitor;
};

/* Listens on the identity's control_path, sets its fields in the context, and registers as a sink
 * of the report. Returns 0 or a negative error with one line in `error`. The caller must call
 * hs_control_close in either case. */
int hs_control_open(struct hs_control *ret_control, struct event_base *base,
                    struct hs_context *context, char error[HS_ERROR_TEXT_MAX]);

/* Closes clients and socket and removes the file. A closed one is a no-op. */
void hs_control_close(struct hs_control *control);

#endif
