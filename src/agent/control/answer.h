/* SPDX-License-Identifier: Apache-2.0 */
/* What every answer says that depends on the view (R40): how much the view is worth. */
#ifndef HS_AGENT_CONTROL_ANSWER_H
#define HS_AGENT_CONTROL_ANSWER_H

#include <jansson.h>

#include "agent/parts/context.h"

/* {"ok":true,"ready":…,"isolated":…,"settling":…} and these fields, whose reference is taken over.
 * NULL if they are NULL, or without memory. */
json_t *hs_answer_view(const struct hs_context *context, json_t *fields);

/* Returns true if the member of this name is dead and still in the ring (R62: ring hold). */
bool hs_answer_is_held(const struct hs_context *context, const char *name);

#endif
