/* SPDX-License-Identifier: Apache-2.0 */
/* The config files of a program. */
#ifndef HS_CONF_FILE_H
#define HS_CONF_FILE_H

#include "conf/mistakes.h"
#include "conf/store.h"

/* Notes the `key = value` lines of a file; keys that a flag has set are skipped. A line replaces
 * what an earlier file has said of its key, or adds to it if the key is a list. `only_files`: what
 * is no file, such as a pipe, is a mistake. Mistakes name the file and, where there is one, the
 * line; the other lines are noted nevertheless. Returns 0 or HEARSAY_ERR_NOMEM. */
int hs_conf_read_file(struct hs_conf_store *store, const char *path, bool only_files,
                      struct hs_mistakes *mistakes);

#endif
