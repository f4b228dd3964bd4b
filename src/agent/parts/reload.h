/* SPDX-License-Identifier: Apache-2.0 */
/* Applies changed settings to a running agent. */
#ifndef HS_AGENT_PARTS_RELOAD_H
#define HS_AGENT_PARTS_RELOAD_H

#include <jansson.h>

#include "agent/parts/context.h"
#include "service/error_text.h"

/* Reads flags and config file again and applies the settings that can change. Fills two new JSON
 * arrays of keys, which the caller owns. Returns 0, or changes nothing and returns a negative error
 * with one line in `error`. */
int hs_reload(const struct hs_context *context, json_t **ret_changed, json_t **ret_ignored,
              char error[HS_ERROR_TEXT_MAX]);

#endif
