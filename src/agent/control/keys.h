/* SPDX-License-Identifier: Apache-2.0 */
/* `keys`. */
#ifndef HS_AGENT_CONTROL_KEYS_H
#define HS_AGENT_CONTROL_KEYS_H

#include <jansson.h>

#include "agent/control/client.h"
#include "agent/parts/context.h"

void hs_command_keys(const struct hs_context *context, struct hs_client *client,
                     const json_t *request);

#endif
