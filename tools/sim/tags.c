/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tags of a statement. An action is copied by value, so it keeps the text and no pointers into it;
 * the list of keys and values is made when the action happens. Whether a key or a value is one that
 * a member can have is for hearsay_config_check to say.
 */
#include "tags.h"

#include <string.h>

bool sim_tags_add(struct sim_tags *tags, const char *word)
{
    const char *equals = strchr(word, '=');
    size_t used = 0;
    if (!equals || equals == word || tags->count == HEARSAY_TAGS_COUNT)
        return false;
    for (size_t i = 0; i < tags->count; i++)
        used += strlen(tags->text + used) + 1;
    size_t size = strlen(word) + 1;
    if (used + size > sizeof(tags->text))
        return false;
    memcpy(tags->text + used, word, size);
    tags->count++;
    return true;
}

void sim_tags_list(struct sim_tag_list *ret_list, const struct sim_tags *tags)
{
    memcpy(ret_list->text, tags->text, sizeof(ret_list->text));
    char *at = ret_list->text;
    for (size_t i = 0; i < tags->count; i++) {
        char *equals = strchr(at, '=');
        *equals = '\0';
        ret_list->tags[i] = (struct hearsay_tag){.key = at, .value = equals + 1};
        at = equals + 1 + strlen(equals + 1) + 1;
    }
}
