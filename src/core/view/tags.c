/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A record keeps its tags encoded, as its subject wrote them, because they are part of what is
 * hashed and passed on. They are decoded only when somebody reads them, which is rare.
 */
#include <hearsay/member.h>

#include <string.h>

#include "codec/message.h"

bool hearsay_member_next_tag(const struct hearsay_member *member, size_t *cursor, const char **key,
                             size_t *key_len, const char **value, size_t *value_len)
{
    return hs_tags_next(member->tags, member->tags_len, cursor, key, key_len, value, value_len);
}

const char *hearsay_member_tag(const struct hearsay_member *member, const char *key,
                               size_t *ret_len)
{
    const char *found, *value;
    size_t cursor = 0, found_len, value_len, key_len = strlen(key);
    while (hearsay_member_next_tag(member, &cursor, &found, &found_len, &value, &value_len)) {
        if (found_len == key_len && memcmp(found, key, key_len) == 0) {
            *ret_len = value_len;
            return value;
        }
    }
    return NULL;
}
