/* SPDX-License-Identifier: Apache-2.0 */
/* `monitor`: the lines of the log, for clients that follow them. */
#ifndef HS_AGENT_CONTROL_MONITOR_H
#define HS_AGENT_CONTROL_MONITOR_H

#include <stdbool.h>

#include <jansson.h>

#include "agent/control/client.h"
#include "agent/parts/context.h"

struct hs_monitor {
    struct hs_sink sink; /* first */
    struct hs_clients *clients;
};

void hs_monitor_init(struct hs_monitor *ret_monitor, struct hs_clients *clients);

/* Returns true if a client more may have what has no end: `monitor` or `follow`. Otherwise too many
 * have it already, and the request is answered so. */
bool hs_monitor_admits(const struct hs_clients *clients, struct hs_client *client);

void hs_command_monitor(const struct hs_context *context, struct hs_client *client,
                        const json_t *request);

#endif
