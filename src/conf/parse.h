/* SPDX-License-Identifier: Apache-2.0 */
/* Parses what a store holds, and says for each mistake where it is. */
#ifndef HS_CONF_PARSE_H
#define HS_CONF_PARSE_H

#include "conf/mistakes.h"
#include "conf/store.h"

/* Parses one text of a row; that of a list item may be cut in place, and lives as long as the
 * store. Returns 0, HEARSAY_ERR_NOMEM, or another error with what would be right, without the key,
 * in `error`. */
typedef int hs_conf_parse_fn(void *owner, size_t row, char *text, struct hs_text_place place,
                             char error[HS_ERROR_TEXT_MAX]);

/* Parses the rows that were given by flags, or (`of_files`) in files. Returns 0 or
 * HEARSAY_ERR_NOMEM. */
int hs_conf_parse(struct hs_conf_store *store, bool of_files, hs_conf_parse_fn *parse, void *owner,
                  struct hs_mistakes *mistakes);

/* Adds a mistake in the text of a row, which must be given. `reason` begins with the key if
 * `named`. */
void hs_conf_blame(const struct hs_conf_store *store, size_t row, const char *reason, bool named,
                   struct hs_mistakes *mistakes);

#endif
