/* SPDX-License-Identifier: Apache-2.0 */
/* The commands of the control protocol: what each is called stands in ctl.h. */
#ifndef HS_AGENT_CONTROL_COMMANDS_H
#define HS_AGENT_CONTROL_COMMANDS_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "agent/control/client.h"

struct hs_agent;

/* Carries out a request line and answers it, now or later (hs_request_fn; `context` is the agent).
 */
bool hs_commands_handle(void *context, struct hs_client *client, const char *line, size_t len);

/* ---- commands, by file ------------------------------------------------------------------- */

/* members.c */
void hs_command_members(struct hs_agent *agent, struct hs_client *client, const json_t *request);
void hs_command_why(struct hs_agent *agent, struct hs_client *client, const json_t *request);
/* ring.c */
void hs_command_ring(struct hs_agent *agent, struct hs_client *client, const json_t *request);
void hs_command_lookup(struct hs_agent *agent, struct hs_client *client, const json_t *request);
/* diff.c */
void hs_command_ring_history(struct hs_agent *agent, struct hs_client *client,
                             const json_t *request);
void hs_command_ring_diff(struct hs_agent *agent, struct hs_client *client, const json_t *request);
/* plan.c */
void hs_command_ring_plan(struct hs_agent *agent, struct hs_client *client, const json_t *request);
/* status.c */
void hs_command_status(struct hs_agent *agent, struct hs_client *client, const json_t *request);
void hs_command_monitor(struct hs_agent *agent, struct hs_client *client, const json_t *request);
void hs_command_version(struct hs_agent *agent, struct hs_client *client, const json_t *request);
/* change.c */
void hs_command_join(struct hs_agent *agent, struct hs_client *client, const json_t *request);
void hs_command_leave(struct hs_agent *agent, struct hs_client *client, const json_t *request);
void hs_command_force_leave(struct hs_agent *agent, struct hs_client *client,
                            const json_t *request);
void hs_command_tags_set(struct hs_agent *agent, struct hs_client *client, const json_t *request);
void hs_command_tags_delete(struct hs_agent *agent, struct hs_client *client,
                            const json_t *request);
void hs_command_reload(struct hs_agent *agent, struct hs_client *client, const json_t *request);

/* Answers the clients that asked to leave. */
void hs_command_left(struct hs_agent *agent);

#endif
