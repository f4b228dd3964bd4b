/* SPDX-License-Identifier: Apache-2.0 */
/* Commands that change something. */
#ifndef HS_AGENT_CONTROL_CHANGE_H
#define HS_AGENT_CONTROL_CHANGE_H

#include <jansson.h>

#include "agent/control/client.h"
#include "agent/parts/context.h"

/* Serials of the clients that asked to leave. */
struct hs_leavers {
    uint64_t serials[HS_CTL_CLIENTS_MAX];
    size_t count;
};

/* Answers these clients when leaving has ended. */
void hs_leavers_answer(struct hs_leavers *leavers, const struct hs_clients *clients);

void hs_command_join(const struct hs_context *context, struct hs_client *client,
                     const json_t *request);
void hs_command_leave(const struct hs_context *context, struct hs_client *client,
                      const json_t *request);
void hs_command_force_leave(const struct hs_context *context, struct hs_client *client,
                            const json_t *request);
void hs_command_tags_set(const struct hs_context *context, struct hs_client *client,
                         const json_t *request);
void hs_command_tags_delete(const struct hs_context *context, struct hs_client *client,
                            const json_t *request);
void hs_command_weight(const struct hs_context *context, struct hs_client *client,
                       const json_t *request);
void hs_command_reload(const struct hs_context *context, struct hs_client *client,
                       const json_t *request);
void hs_command_forget(const struct hs_context *context, struct hs_client *client,
                       const json_t *request);

#endif
