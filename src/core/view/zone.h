/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a ring takes from a member's metadata: its zone, and how many tokens it has. Nothing else
 * that a member says of itself moves a key (R63).
 */
#ifndef HS_VIEW_ZONE_H
#define HS_VIEW_ZONE_H

#include <stdbool.h>
#include <stddef.h>

#include <hearsay/ring.h>

#include "view/metadata.h"

/* The zone that a member gives itself, if a ring takes it; "" else. Borrowed from the metadata, and
 * not terminated. */
const char *hs_zone_of(const struct hs_meta *meta, size_t *ret_len);

bool hs_zone_or_tokens_differ(const struct hs_meta *a, const struct hs_meta *b);

#endif
