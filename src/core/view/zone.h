/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parts of a member's metadata that a ring depends on: its zone and its number of tokens.
 * Nothing else that a member says of itself moves a key (R63), so the ring is rebuilt only if one
 * of these changes.
 */
#ifndef HS_VIEW_ZONE_H
#define HS_VIEW_ZONE_H

#include <stdbool.h>
#include <stddef.h>

#include <hearsay/ring.h>

#include "view/metadata.h"

/* Returns the zone in the member's metadata, or "" if it has none that a ring accepts. Borrowed
 * from the metadata, *ret_len bytes, not terminated. */
const char *hs_zone_of(const struct hs_meta *meta, size_t *ret_len);

/* Returns true if a ring places the two differently. */
bool hs_zone_or_tokens_differ(const struct hs_meta *a, const struct hs_meta *b);

#endif
