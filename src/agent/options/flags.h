/* SPDX-License-Identifier: Apache-2.0 */
/* The command line of the daemon. */
#ifndef HS_AGENT_OPTIONS_FLAGS_H
#define HS_AGENT_OPTIONS_FLAGS_H

#include "agent/options/mistakes.h"
#include "agent/options/store.h"

/* Notes every flag of argv. What is wrong with one goes to `mistakes`, and the others are noted
 * nevertheless. Returns 0 or HEARSAY_ERR_NOMEM. */
int hs_options_read_flags(struct hs_options *options, int argc, char *const *argv,
                          struct hs_mistakes *mistakes);

#endif
