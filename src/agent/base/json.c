/* SPDX-License-Identifier: Apache-2.0 */
/* Texts, addresses and members have the same JSON form everywhere. */
#include "agent/base/json.h"

#include <stdio.h>
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

void hs_json_put(json_t **object, const char *key, json_t *value)
{
    if (json_object_set_new(*object, key, value) == 0)
        return;
    json_decref(*object);
    *object = NULL;
}

void hs_json_append(json_t **array, json_t *value)
{
    if (json_array_append_new(*array, value) == 0)
        return;
    json_decref(*array);
    *array = NULL;
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
    char text[HS_MARK_TEXT_MAX];

    snprintf(text, sizeof(text), "%08x", (unsigned)mark);
    return json_string(text);
}

json_t *hs_json_member(const struct hearsay_member *member)
{
    json_t *keys = json_array();
    json_t *object = json_pack(
        "{s:s, s:o, s:s, s:s, s:o, s:o, s:I, s:I, s:i, s:o, s:b, s:I, s:i, s:i, s:i}", "name",
        member->name, "addr", hs_json_addr(&member->addr), "status",
        hearsay_status_name(member->status), "cause", hearsay_cause_name(member->cause), "id",
        hs_ctl_hex64(member->id), "instance", hs_ctl_hex64(member->instance), "timestamp",
        (json_int_t)member->timestamp, "start", (json_int_t)member->start, "tokens",
        (int)member->tokens, "tags", tags_json(member), "self", (int)member->self, "in_state_us",
        (json_int_t)member->in_state_us, "rtt_us", (int)member->rtt_us, "version_min",
        (int)member->version_min, "version_max", (int)member->version_max);

    for (size_t i = 0; i < member->key_count; i++)
        hs_json_append(&keys, hs_json_mark(member->keys[i]));
    if (member->key_count > 0)
        hs_json_put(&object, "keys", keys);
    else
        json_decref(keys);
    return object;
}
