/* SPDX-License-Identifier: Apache-2.0 */
/* The directory beside a config file. */
#ifndef HS_CONF_DIR_H
#define HS_CONF_DIR_H

#include "conf/mistakes.h"
#include "conf/store.h"

#define HS_CONF_DIR_SUFFIX  ".d"
#define HS_CONF_FILE_SUFFIX ".conf"

/* Reads the files of the directory PATH.d, if it exists, in the order of their names. Returns 0 or
 * HEARSAY_ERR_NOMEM. */
int hs_conf_read_dir(struct hs_conf_store *store, const char *path, struct hs_mistakes *mistakes);

#endif
