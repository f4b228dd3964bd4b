/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every record that replaces another asks this file whether the ring has to change. So metadata
 * keeps where the zone is, and nothing is decoded again.
 */
#include "view/zone.h"

#include <string.h>

const char *hs_zone_of(const struct hs_meta *meta, size_t *ret_len)
{
    *ret_len = meta->zone_len;
    return (const char *)meta->blob + meta->zone_at;
}

bool hs_zone_or_tokens_differ(const struct hs_meta *a, const struct hs_meta *b)
{
    size_t len_a, len_b;
    const char *zone_a = hs_zone_of(a, &len_a), *zone_b = hs_zone_of(b, &len_b);
    return a->tokens != b->tokens || len_a != len_b || memcmp(zone_a, zone_b, len_a) != 0;
}
