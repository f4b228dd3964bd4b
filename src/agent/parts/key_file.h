/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a key file (R36: where keys come from): at the start, with --check, and at a reload. */
#ifndef HS_AGENT_PARTS_KEY_FILE_H
#define HS_AGENT_PARTS_KEY_FILE_H

#include <stdbool.h>

#include <hearsay/keyring.h>

#include "service/error_text.h"

/* Reads the key file at `path` for a cluster. With `guarded` the file must belong to root or to the
 * agent's own user, and must be closed to others and to writing by its group. Without, it is a
 * service manager's ($CREDENTIALS_DIRECTORY/key), whose modes are its own business.
 *
 * Returns 0, and the caller frees *ret_keyring with hearsay_keyring_free. Otherwise returns
 * HEARSAY_ERR_INVALID or HEARSAY_ERR_NOMEM, with one line in `error`: the file, the line if there
 * is one, what is wrong and what would be right. It never shows what the file holds. Then
 * *ret_keyring is unchanged. */
int hs_key_file_load(const char *path, const char *cluster, bool guarded,
                     struct hearsay_keyring **ret_keyring, char error[HS_ERROR_TEXT_MAX]);

#endif
