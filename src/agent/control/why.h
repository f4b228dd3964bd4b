/* SPDX-License-Identifier: Apache-2.0 */
/* `why`. */
#ifndef HS_AGENT_CONTROL_WHY_H
#define HS_AGENT_CONTROL_WHY_H

#include <jansson.h>

#include "agent/control/client.h"
#include "agent/parts/context.h"

void hs_command_why(const struct hs_context *context, struct hs_client *client,
                    const json_t *request);

#endif
