/* SPDX-License-Identifier: Apache-2.0 */
/* Texts, addresses and members have the same JSON form everywhere. */
#include "agent/base/json.h"

#include <stdlib.h>
#include <string.h>

#include <hearsay/config.h>

#include "ctl/ctl.h"

json_t *hs_json_text(const char *text, size_t len)
{
    json_t *json = json_stringn(text, len);
    char *copy;

    if (json || len == 0)
        return json;
    copy = malloc(len);
    if (!copy)
        return NULL;
    memcpy(copy, text, len);
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)copy[i] >= 0x80)
            copy[i] = '?';
    json = json_stringn(copy, len);
    free(copy);
    return json;
}

json_t *hs_json_addr(const struct hearsay_addr *addr)
{
    char text[HEARSAY_ADDR_TEXT_MAX];
    size_t len = hearsay_addr_format(addr, text);

    return json_stringn(text, len);
}

static json_t *tags_json(const struct hearsay_member *member)
{
    json_t *tags = json_object();
    const char *key, *value;
    size_t cursor = 0, key_len, value_len;

    while (hearsay_member_next_tag(member, &cursor, &key, &key_len, &value, &value_len)) {
        char name[HEARSAY_TAG_KEY_MAX + 1];

        if (key_len >= sizeof(name))
            continue;
        memcpy(name, key, key_len);
        name[key_len] = '\0';
        if (json_object_set_new(tags, name, hs_json_text(value, value_len)) < 0) {
            json_decref(tags); /* without memory: none are better than some */
            return NULL;
        }
    }
    return tags;
}

json_t *hs_json_mark(uint32_t mark)
{
    char text[HS_CTL_MARK_MAX];

    hs_ctl_format_mark(mark, text);
    return json_string(text);
}

json_t *hs_json_member(const struct hearsay_member *member)
{
    return hs_ctl_member(member, tags_json(member));
}

json_t *hs_json_member_since(const struct hearsay_member *member, uint64_t wall)
{
    uint64_t since = wall > member->in_state_us ? wall - member->in_state_us : 0;

    return hs_ctl_member_since(member, tags_json(member), since);
}
