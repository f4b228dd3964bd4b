/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a text holds characters that its reader cannot see. */
#ifndef HS_AGENT_OPTIONS_LEGIBLE_H
#define HS_AGENT_OPTIONS_LEGIBLE_H

#include "agent/options/table.h"
#include "service/error_text.h"

/* Checks a key, or a value if `option` is not NULL. Returns 0, or HEARSAY_ERR_INVALID with what
 * would be right in `error`. */
int hs_legible(const struct hs_option *option, const char *text, char error[HS_ERROR_TEXT_MAX]);

#endif
