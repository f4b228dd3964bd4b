/* SPDX-License-Identifier: Apache-2.0 */
/* Validators of HTTP (RFC 9110): an answer that depends on the mirror alone is the same for as long
 * as the mirror's id and flags are. */
#ifndef HS_SERVE_ETAG_H
#define HS_SERVE_ETAG_H

#include <stdbool.h>

#include "mirror/state.h"
#include "serve/worth.h"

#define HS_ETAG_MAX 64 /* bytes with the terminator */

/* Writes the validator with its quotes; "" if there is none, because the answer says how old the
 * view is. */
void hs_etag_make(char ret_etag[HS_ETAG_MAX], const struct hs_mirror_state *state,
                  const struct hs_worth *worth);

/* True if the value of If-None-Match names it. */
bool hs_etag_matches(const char *header, const char *etag);

#endif
