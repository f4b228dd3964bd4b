/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a text holds characters that its reader cannot see. */
#ifndef HS_CONF_LEGIBLE_H
#define HS_CONF_LEGIBLE_H

#include "conf/store.h"
#include "service/error_text.h"

/* Checks a key, or a value if `row` is not NULL. Returns 0, or HEARSAY_ERR_INVALID with what
 * would be right in `error`. */
int hs_legible(const struct hs_conf_row *row, const char *text, char error[HS_ERROR_TEXT_MAX]);

#endif
