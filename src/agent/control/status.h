/* SPDX-License-Identifier: Apache-2.0 */
/* `status` and `version`: what the agent says about itself. */
#ifndef HS_AGENT_CONTROL_STATUS_H
#define HS_AGENT_CONTROL_STATUS_H

#include <jansson.h>

#include "agent/control/client.h"
#include "agent/parts/context.h"

/* The answer to `status`, or NULL when memory is out. */
json_t *hs_status_json(const struct hs_context *context);

void hs_command_status(const struct hs_context *context, struct hs_client *client,
                       const json_t *request);
void hs_command_version(const struct hs_context *context, struct hs_client *client,
                        const json_t *request);

#endif
