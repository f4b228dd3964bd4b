/* SPDX-License-Identifier: Apache-2.0 */
/* The config file of the daemon. */
#ifndef HS_AGENT_OPTIONS_CONF_H
#define HS_AGENT_OPTIONS_CONF_H

#include "agent/base/error_text.h"
#include "agent/options/store.h"

/* Notes the `key = value` lines of a file; keys that a flag has set are skipped. Returns 0, or a
 * negative error with one line that names the file and, where there is one, the line. */
int hs_options_read_file(struct hs_options *options, const char *path,
                         char error[HS_ERROR_TEXT_MAX]);

#endif
