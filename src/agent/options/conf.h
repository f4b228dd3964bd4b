/* SPDX-License-Identifier: Apache-2.0 */
/* The config files of the daemon. */
#ifndef HS_AGENT_OPTIONS_CONF_H
#define HS_AGENT_OPTIONS_CONF_H

#include "agent/options/mistakes.h"
#include "agent/options/store.h"

/* Notes the `key = value` lines of a file; keys that a flag has set are skipped. A line replaces
 * what an earlier file has said of its key, or adds to it if the key is a list. `only_files`: what
 * is no file, such as a pipe, is a mistake. Mistakes name the file and, where there is one, the
 * line; the other lines are noted nevertheless. Returns 0 or HEARSAY_ERR_NOMEM. */
int hs_options_read_file(struct hs_options *options, const char *path, bool only_files,
                         struct hs_mistakes *mistakes);

#endif
