/* SPDX-License-Identifier: Apache-2.0 */
/* Settings of the daemon, from its command line and its config file. */
#ifndef HS_AGENT_OPTIONS_OPTIONS_H
#define HS_AGENT_OPTIONS_OPTIONS_H

#include <hearsay/config.h>

#include "agent/options/store.h"
#include "conf/mistakes.h"
#include "service/error_text.h"

/* Reads the flags, the config file that they name and the files of its directory. A flag replaces
 * the files' value of the same key, also for lists. All that is wrong goes to `mistakes`. What is
 * right is in *ret_options nevertheless, which must be freed in any case. Returns 0 if nothing is
 * wrong, else a negative error. The strings of argv are copied. */
int hs_options_read_all(struct hs_options *ret_options, int argc, char *const *argv,
                        struct hs_mistakes *mistakes);

/* The same for an agent that runs, which needs all to be right: if not, nothing is in *ret_options,
 * and `error` has the one line that a reader comes to first. It names the flag, or the file and its
 * line, and says what would be right. A pipe in the place of a file is a mistake: it would be
 * waited for, or, if it was read at the start, be empty now. */
int hs_options_read_again(struct hs_options *ret_options, int argc, char *const *argv,
                          char error[HS_ERROR_TEXT_MAX]);

/* The node's config: the profile's defaults, then the keys that were given. Strings and tags borrow
 * from the options; advertise, entropy, seed and allocator are left to the caller. */
void hs_options_config(const struct hs_options *options, struct hearsay_config *ret_config);

#endif
