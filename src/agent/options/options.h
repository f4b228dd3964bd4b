/* SPDX-License-Identifier: Apache-2.0 */
/* Settings of the daemon, from its command line and its config file. */
#ifndef HS_AGENT_OPTIONS_OPTIONS_H
#define HS_AGENT_OPTIONS_OPTIONS_H

#include <hearsay/config.h>

#include "agent/base/error_text.h"
#include "agent/options/store.h"

/* Reads the flags and the config file that they name. A flag replaces the file's value of the same
 * key, also for lists. Returns 0, or a negative error with one line in `error` that names the flag,
 * or the file and its line, and says what would be right. The strings of argv are copied. */
int hs_options_read(struct hs_options *ret_options, int argc, char *const *argv,
                    char error[HS_ERROR_TEXT_MAX]);

/* The node's config: the profile's defaults, then the keys that were given. Strings and tags borrow
 * from the options; advertise, entropy, seed and allocator are left to the caller. */
void hs_options_config(const struct hs_options *options, struct hearsay_config *ret_config);

#endif
