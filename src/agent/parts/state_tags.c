/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The difference is made anew from both sets whenever the state is written, so nobody has to note
 * who has changed a tag, and a reload that replaces all tags leaves no difference.
 */
#include "agent/parts/state_tags.h"

#include <string.h>

#include "agent/base/json.h"
#include "agent/options/values.h"
#include "ctl/ctl.h"

static bool is_value(const json_t *value)
{
    return json_is_null(value) ||
           (json_is_string(value) && hs_value_tag_value(json_string_value(value)));
}

static bool is_difference(const json_t *one)
{
    const char *key = json_string_value(json_object_get(one, "key"));
    const json_t *value = json_object_get(one, "value");
    const json_t *configured = json_object_get(one, "configured");
    return key && hs_value_tag_key(key) && is_value(value) && is_value(configured) &&
           !(json_is_null(value) && json_is_null(configured));
}

bool hs_state_tags_valid(const json_t *tags)
{
    for (size_t i = 0; i < json_array_size(tags); i++)
        if (!is_difference(json_array_get(tags, i)))
            return false;
    return json_is_array(tags);
}

/* ---- the difference ---------------------------------------------------------------------- */

static json_t *text_or_null(const char *text, size_t len)
{
    return text ? hs_json_text(text, len) : json_null();
}

static void add(json_t **tags, const char *key, size_t key_len, const char *value, size_t value_len,
                const char *configured)
{
    hs_ctl_append(tags, json_pack("{s:o, s:o, s:o}", "key", hs_json_text(key, key_len), "value",
                                  text_or_null(value, value_len), "configured",
                                  text_or_null(configured, configured ? strlen(configured) : 0)));
}

static const char *find(const struct hearsay_tag *tags, size_t count, const char *key, size_t len)
{
    for (size_t i = 0; i < count; i++)
        if (strlen(tags[i].key) == len && memcmp(tags[i].key, key, len) == 0)
            return tags[i].value;
    return NULL;
}

json_t *hs_state_tags_differ(const struct hearsay_member *member,
                             const struct hearsay_tag *configured, size_t count)
{
    json_t *tags = json_array();
    size_t cursor = 0, key_len, value_len;
    const char *key, *value;
    while (hearsay_member_next_tag(member, &cursor, &key, &key_len, &value, &value_len)) {
        const char *before = find(configured, count, key, key_len);
        if (!before || strlen(before) != value_len || memcmp(before, value, value_len) != 0)
            add(&tags, key, key_len, value, value_len, before);
    }
    for (size_t i = 0; i < count; i++) {
        size_t unused;
        if (!hearsay_member_tag(member, configured[i].key, &unused))
            add(&tags, configured[i].key, strlen(configured[i].key), NULL, 0, configured[i].value);
    }
    return tags;
}

/* ---- applying it ------------------------------------------------------------------------- */

/* Sets, adds or removes one tag. Returns false if there is no room for it. */
static bool put(struct hearsay_tag tags[HEARSAY_TAGS_COUNT], size_t *count, const char *key,
                const char *value)
{
    size_t at = 0;
    while (at < *count && strcmp(tags[at].key, key) != 0)
        at++;
    if (!value) {
        if (at < *count)
            tags[at] = tags[--*count];
        return true;
    }
    if (at == HEARSAY_TAGS_COUNT)
        return false;
    *count += at == *count;
    tags[at] = (struct hearsay_tag){key, value};
    return true;
}

int hs_state_tags_apply(const json_t *tags, const struct hearsay_tag *configured, size_t count,
                        struct hearsay_tag ret_tags[HEARSAY_TAGS_COUNT], size_t *ret_used)
{
    size_t left = count;
    *ret_used = 0;
    if (count > 0)
        memcpy(ret_tags, configured, count * sizeof(*configured));
    for (size_t i = 0; i < json_array_size(tags); i++) {
        const json_t *one = json_array_get(tags, i);
        const char *key = json_string_value(json_object_get(one, "key"));
        const char *before = json_string_value(json_object_get(one, "configured"));
        if (!hs_same_text(before, find(configured, count, key, strlen(key))))
            continue;
        if (!put(ret_tags, &left, key, json_string_value(json_object_get(one, "value"))))
            return -1;
        ++*ret_used;
    }
    return (int)left;
}
