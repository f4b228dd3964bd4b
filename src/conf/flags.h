/* SPDX-License-Identifier: Apache-2.0 */
/* The command line of a program. */
#ifndef HS_CONF_FLAGS_H
#define HS_CONF_FLAGS_H

#include "conf/mistakes.h"
#include "conf/store.h"

/* Notes every flag of argv. What is wrong with one goes to `mistakes`, and the others are noted
 * nevertheless. Returns 0 or HEARSAY_ERR_NOMEM. */
int hs_conf_read_flags(struct hs_conf_store *store, int argc, char *const *argv,
                       struct hs_mistakes *mistakes);

#endif
