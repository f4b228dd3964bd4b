/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A zone is a tag, and tags are decoded only when somebody reads them. So a zone costs a walk over
 * the tags. It is read when metadata is replaced and when a ring is made.
 */
#include "view/zone.h"

#include <string.h>

#include <hearsay/member.h>

#define ZONE_TAG "zone"

const char *hs_zone_of(const struct hs_meta *meta, size_t *ret_len)
{
    struct hs_blob blob;
    *ret_len = 0;
    if (!hs_blob_decode(&blob, meta->blob, meta->len))
        return "";
    struct hearsay_member member = {.tags = blob.tags, .tags_len = blob.tags_len};
    size_t len;
    const char *zone = hearsay_member_tag(&member, ZONE_TAG, &len);
    if (!zone || len > HEARSAY_ZONE_MAX)
        return "";
    *ret_len = len;
    return zone;
}

bool hs_zone_or_tokens_differ(const struct hs_meta *a, const struct hs_meta *b)
{
    size_t len_a, len_b;
    const char *zone_a = hs_zone_of(a, &len_a), *zone_b = hs_zone_of(b, &len_b);
    return a->tokens != b->tokens || len_a != len_b || memcmp(zone_a, zone_b, len_a) != 0;
}
