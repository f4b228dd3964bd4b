/* SPDX-License-Identifier: Apache-2.0 */
/* `follow`: the view, and every change of it, for programs that mirror it (R41). */
#ifndef HS_AGENT_CONTROL_FOLLOW_H
#define HS_AGENT_CONTROL_FOLLOW_H

#include <jansson.h>

#include "agent/control/client.h"
#include "agent/parts/context.h"

#define HS_FOLLOW_RESYNC_US 1000000 /* a follower gets at most one snapshot in this time */

void hs_command_follow(const struct hs_context *context, struct hs_client *client,
                       const json_t *request);

#endif
