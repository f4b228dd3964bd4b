/* SPDX-License-Identifier: Apache-2.0 */
/* What all who look at the options need. */
#ifndef HS_AGENT_OPTIONS_STORE_H
#define HS_AGENT_OPTIONS_STORE_H

#include <stdbool.h>

#include "agent/options/fields.h"
#include "agent/options/table.h"

/* True when this key was given. */
bool hs_option_given(const struct hs_options *options, const char *key);

/* Frees what it holds. NULL and all zeroes are no-ops. */
void hs_options_fini(struct hs_options *options);

#endif
