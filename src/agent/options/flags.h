/* SPDX-License-Identifier: Apache-2.0 */
/* The command line of the daemon. */
#ifndef HS_AGENT_OPTIONS_FLAGS_H
#define HS_AGENT_OPTIONS_FLAGS_H

#include "agent/base/error_text.h"
#include "agent/options/store.h"

/* Notes every flag of argv. Returns 0, or a negative error with one line that names the flag. */
int hs_options_read_flags(struct hs_options *options, int argc, char *const *argv,
                          char error[HS_ERROR_TEXT_MAX]);

#endif
