/* SPDX-License-Identifier: Apache-2.0 */
/* Every field is checked. A mirror's readers may then use names and tags as the agent's own. */
#include "mirror/member.h"

#include <stdlib.h>
#include <string.h>

#include <hearsay/error.h>

#include "ctl/ctl.h"

/* ---- fields ------------------------------------------------------------------------------ */

static const char *text_of(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

static int read_status(const json_t *object, struct hs_mirror_member *member)
{
    const char *status = text_of(object, "status"), *cause = text_of(object, "cause");
    bool known = false;

    for (int i = HEARSAY_STATUS_SUSPECT; status && i <= HEARSAY_STATUS_DEAD; i++) {
        if (strcmp(status, hearsay_status_name((enum hearsay_status)i)) != 0)
            continue;
        member->status = (enum hearsay_status)i;
        known = true;
    }
    for (int i = HEARSAY_CAUSE_NONE; known && cause && i <= HEARSAY_CAUSE_FORCED; i++) {
        if (strcmp(cause, hearsay_cause_name((enum hearsay_cause)i)) != 0)
            continue;
        member->cause = (enum hearsay_cause)i;
        return 0;
    }
    return HEARSAY_ERR_SYNTAX;
}

static int read_numbers(const json_t *object, struct hs_mirror_member *member)
{
    uint64_t tokens, rtt, min, max;

    if (hs_ctl_read_integer(object, "timestamp", INT64_MAX, &member->timestamp) < 0 ||
        hs_ctl_read_integer(object, "start", INT64_MAX, &member->start) < 0 ||
        hs_ctl_read_integer(object, "tokens", HEARSAY_TOKENS_MAX, &tokens) < 0 ||
        hs_ctl_read_integer(object, "rtt_us", UINT32_MAX, &rtt) < 0 ||
        hs_ctl_read_integer(object, "version_min", UINT8_MAX, &min) < 0 ||
        hs_ctl_read_integer(object, "version_max", UINT8_MAX, &max) < 0)
        return HEARSAY_ERR_SYNTAX;
    member->tokens = (uint32_t)tokens;
    member->rtt_us = (uint32_t)rtt;
    member->version_min = (uint8_t)min;
    member->version_max = (uint8_t)max;
    return 0;
}

/* Absent if the agent is of the first release. */
static int read_timing(const json_t *object, struct hs_mirror_member *member)
{
    if (json_object_get(object, "ring_hold_us") &&
        hs_ctl_read_integer(object, "ring_hold_us", INT64_MAX, &member->ring_hold_us) < 0)
        return HEARSAY_ERR_SYNTAX;
    if (json_object_get(object, "ring_settle_us") &&
        hs_ctl_read_integer(object, "ring_settle_us", INT64_MAX, &member->ring_settle_us) < 0)
        return HEARSAY_ERR_SYNTAX;
    return 0;
}

/* Absent if it has none. */
static int read_keys(const json_t *object, struct hs_mirror_member *member)
{
    const json_t *keys = json_object_get(object, "keys");

    if (!keys)
        return 0;
    if (!json_is_array(keys) || json_array_size(keys) > HEARSAY_KEYS_MAX)
        return HEARSAY_ERR_SYNTAX;
    member->key_count = json_array_size(keys);
    for (size_t i = 0; i < member->key_count; i++) {
        const char *text = json_string_value(json_array_get(keys, i));

        if (hs_ctl_parse_mark(text, &member->keys[i]) < 0)
            return HEARSAY_ERR_SYNTAX;
    }
    return 0;
}

static int read_fields(const json_t *object, struct hs_mirror_member *member)
{
    const char *addr = text_of(object, "addr");

    if (!addr || hearsay_addr_parse(&member->addr, addr, 0) < 0 ||
        hs_ctl_parse_hex64(text_of(object, "id"), &member->id) < 0 ||
        hs_ctl_parse_hex64(text_of(object, "instance"), &member->instance) < 0 ||
        hs_ctl_parse_time(text_of(object, "since"), &member->since) < 0 ||
        read_status(object, member) < 0 || read_numbers(object, member) < 0 ||
        read_timing(object, member) < 0)
        return HEARSAY_ERR_SYNTAX;
    member->self = json_is_true(json_object_get(object, "self"));
    return read_keys(object, member);
}

/* ---- the whole --------------------------------------------------------------------------- */

static char *put_text(char **at, const char *text)
{
    char *place = *at;
    size_t size = strlen(text) + 1;

    memcpy(place, text, size);
    *at += size;
    return place;
}

/* The bytes that the texts take, or 0 if something is wrong with them. */
static size_t text_bytes(const char *name, const json_t *tags)
{
    struct hs_ctl_field field = {.key = NULL};
    size_t bytes = strlen(name) + 1, tag_bytes = 0;

    while (hs_ctl_next_field(tags, &field)) {
        size_t key = strlen(field.key), value = json_string_length(field.value);

        if (!json_is_string(field.value) || key == 0 || key > HEARSAY_TAG_KEY_MAX ||
            strlen(json_string_value(field.value)) != value)
            return 0;
        tag_bytes += key + value;
        bytes += key + value + 2;
    }
    return tag_bytes <= HEARSAY_TAGS_MAX ? bytes : 0;
}

/* All are made here, and none is constant: who counts references changes nothing that it says. */
static struct hs_mirror_member *counted(const struct hs_mirror_member *member)
{
    return (struct hs_mirror_member *)(uintptr_t)member;
}

const struct hs_mirror_member *hs_mirror_member_ref(const struct hs_mirror_member *member)
{
    counted(member)->refs++;
    return member;
}

void hs_mirror_member_unref(const struct hs_mirror_member *member)
{
    if (member && --counted(member)->refs == 0)
        free(counted(member));
}

int hs_mirror_member_read(const json_t *object, struct hs_mirror_member **ret_member)
{
    const char *name = text_of(object, "name");
    const json_t *tags = json_object_get(object, "tags");
    size_t count = json_object_size(tags), bytes = 0;
    struct hs_mirror_member *member;
    struct hs_ctl_field field = {.key = NULL};
    struct hearsay_tag *tag;
    char *at;

    if (name && hearsay_name_valid(name) && json_is_object(tags) && count <= HEARSAY_TAGS_COUNT)
        bytes = text_bytes(name, tags);
    if (bytes == 0)
        return HEARSAY_ERR_SYNTAX;
    member = calloc(1, sizeof(*member) + count * sizeof(*tag) + bytes);
    if (!member)
        return HEARSAY_ERR_NOMEM;
    if (read_fields(object, member) < 0) {
        free(member);
        return HEARSAY_ERR_SYNTAX;
    }
    tag = (struct hearsay_tag *)(member + 1);
    at = (char *)(tag + count);
    member->refs = 1;
    member->tags = tag;
    member->tag_count = count;
    member->name = put_text(&at, name);
    for (; hs_ctl_next_field(tags, &field); tag++) {
        tag->key = put_text(&at, field.key);
        tag->value = put_text(&at, json_string_value(field.value));
    }
    *ret_member = member;
    return 0;
}

struct hs_mirror_member *hs_mirror_member_copy(const struct hs_mirror_member *member)
{
    size_t bytes = strlen(member->name) + 1;
    struct hs_mirror_member *copy;
    struct hearsay_tag *tag;
    char *at;

    for (size_t i = 0; i < member->tag_count; i++)
        bytes += strlen(member->tags[i].key) + strlen(member->tags[i].value) + 2;
    copy = malloc(sizeof(*copy) + member->tag_count * sizeof(*tag) + bytes);
    if (!copy)
        return NULL;
    *copy = *member;
    copy->refs = 1;
    tag = (struct hearsay_tag *)(copy + 1);
    at = (char *)(tag + member->tag_count);
    copy->tags = tag;
    copy->name = put_text(&at, member->name);
    for (size_t i = 0; i < member->tag_count; i++, tag++) {
        tag->key = put_text(&at, member->tags[i].key);
        tag->value = put_text(&at, member->tags[i].value);
    }
    return copy;
}

bool hs_mirror_member_tags_differ(const struct hs_mirror_member *a,
                                  const struct hs_mirror_member *b)
{
    if (a->tag_count != b->tag_count)
        return true;
    for (size_t i = 0; i < a->tag_count; i++) {
        const char *other = hs_mirror_member_tag(b, a->tags[i].key);

        if (!other || strcmp(other, a->tags[i].value) != 0)
            return true;
    }
    return false;
}

bool hs_mirror_member_differs(const struct hs_mirror_member *a, const struct hs_mirror_member *b)
{
    return a->status != b->status || a->cause != b->cause || a->instance != b->instance ||
           a->tokens != b->tokens || !hearsay_addr_equal(&a->addr, &b->addr) ||
           a->ring_hold_us != b->ring_hold_us || a->ring_settle_us != b->ring_settle_us ||
           a->key_count != b->key_count || memcmp(a->keys, b->keys, sizeof(a->keys)) != 0 ||
           hs_mirror_member_tags_differ(a, b);
}

const char *hs_mirror_member_tag(const struct hs_mirror_member *member, const char *key)
{
    for (size_t i = 0; i < member->tag_count; i++)
        if (strcmp(member->tags[i].key, key) == 0)
            return member->tags[i].value;
    return NULL;
}

/* ---- its place on the ring --------------------------------------------------------------- */

static bool is_in_ring(const struct hs_mirror_member *member, const struct hearsay_ring *ring)
{
    uint32_t index;

    return ring && hearsay_ring_find(ring, member->name, &index) == 0;
}

bool hs_mirror_member_held(const struct hs_mirror_member *member, const struct hearsay_ring *ring)
{
    return member->status == HEARSAY_STATUS_DEAD && is_in_ring(member, ring);
}

/* ---- as JSON ----------------------------------------------------------------------------- */

static json_t *tags_json(const struct hs_mirror_member *member)
{
    json_t *tags = json_object();

    for (size_t i = 0; i < member->tag_count; i++)
        hs_ctl_put(&tags, member->tags[i].key, json_string(member->tags[i].value));
    return tags;
}

/* Without its tags. */
static struct hearsay_member shown_of(const struct hs_mirror_member *member)
{
    struct hearsay_member shown = {
        .name = member->name,
        .addr = member->addr,
        .status = member->status,
        .cause = member->cause,
        .id = member->id,
        .instance = member->instance,
        .timestamp = member->timestamp,
        .start = member->start,
        .tokens = member->tokens,
        .version_min = member->version_min,
        .version_max = member->version_max,
        .self = member->self,
        .rtt_us = member->rtt_us,
        .key_count = member->key_count,
        .ring_hold_us = member->ring_hold_us,
        .ring_settle_us = member->ring_settle_us,
    };

    memcpy(shown.keys, member->keys, sizeof(shown.keys));
    return shown;
}

json_t *hs_mirror_member_json(const struct hs_mirror_member *member, uint64_t wall,
                              const struct hearsay_ring *ring)
{
    struct hearsay_member shown = shown_of(member);

    shown.in_state_us = wall > member->since ? wall - member->since : 0;
    shown.in_ring = is_in_ring(member, ring);
    return hs_ctl_member(&shown, tags_json(member));
}

json_t *hs_mirror_member_since_json(const struct hs_mirror_member *member)
{
    struct hearsay_member shown = shown_of(member);

    return hs_ctl_member_since(&shown, tags_json(member), member->since);
}
