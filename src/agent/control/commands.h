/* SPDX-License-Identifier: Apache-2.0 */
/* The commands of the control protocol. Their names are in ctl.h. */
#ifndef HS_AGENT_CONTROL_COMMANDS_H
#define HS_AGENT_CONTROL_COMMANDS_H

#include <stdbool.h>
#include <stddef.h>

#include "agent/control/client.h"

/* Carries out a request line and answers it, now or later (hs_request_fn; `context` is a struct
 * hs_context). */
bool hs_commands_handle(void *context, struct hs_client *client, const char *line, size_t len);

#endif
