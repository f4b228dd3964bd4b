/* SPDX-License-Identifier: Apache-2.0 */
#include "handle/item.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "handle/need.h"

struct hs_item *hs_item_new(enum hs_kind kind)
{
    struct hs_item *item = hs_need(calloc(1, sizeof(*item)));

    item->refs = 1;
    item->kind = kind;
    return item;
}

struct hs_item *hs_item_ref(struct hs_item *item)
{
    item->refs++;
    return item;
}

void hs_item_unref(struct hs_item *item)
{
    if (!item || --item->refs > 0)
        return;
    for (size_t i = 0; i < item->count; i++) {
        hs_subject_unref(item->lines[i].before);
        hs_subject_unref(item->lines[i].after);
    }
    free(item->lines);
    free(item->event);
    free(item);
}

void hs_item_add(struct hs_item *item, struct hs_subject *before, struct hs_subject *after)
{
    if (item->count == item->room) {
        item->room = item->room ? 2 * item->room : 1;
        item->lines = hs_need(reallocarray(item->lines, item->room, sizeof(*item->lines)));
    }
    item->lines[item->count++] =
        (struct hs_item_line){.before = hs_subject_ref(before), .after = hs_subject_ref(after)};
}

const struct hs_mirror_member *hs_item_member(const struct hs_item *item, size_t index)
{
    const struct hs_item_line *line = &item->lines[index];

    return hs_subject_member(line->after ? line->after : line->before);
}

/* ---- as JSON ----------------------------------------------------------------------------- */

static json_t *line_json(const struct hs_item_line *line)
{
    json_t *object = hs_need(json_object());

    if (line->before)
        json_object_set_new(object, "before", hs_subject_json(line->before));
    if (line->after)
        json_object_set_new(object, "after", hs_subject_json(line->after));
    return object;
}

json_t *hs_item_json(const struct hs_item *item)
{
    json_t *members = hs_need(json_array());
    json_t *object = hs_need(
        json_pack("{s:s, s:s, s:s, s:I, s:o, s:o}", "event", hs_kind_name(item->kind), "id",
                  item->id, "time", item->time, "ring_version", (json_int_t)item->ring_version,
                  "ring_checksum", hs_ctl_hex64(item->ring_checksum), "members", members));

    for (size_t i = 0; i < item->count; i++)
        json_array_append_new(members, line_json(&item->lines[i]));
    if (item->event)
        json_object_set_new(object, "line", hs_need(json_string(item->event)));
    return object;
}

static bool read_text(const json_t *object, const char *key, char *text, size_t size)
{
    const char *value = json_string_value(json_object_get(object, key));

    return value && (size_t)snprintf(text, size, "%s", value) < size;
}

/* Returns false if it is no member, or none of either. */
static bool read_line(const json_t *object, struct hs_item *item)
{
    const json_t *before = json_object_get(object, "before");
    const json_t *after = json_object_get(object, "after");
    struct hs_subject *was = before ? hs_subject_read(before) : NULL;
    struct hs_subject *is = after ? hs_subject_read(after) : NULL;
    bool good = (before || after) && !before == !was && !after == !is;

    if (good && was && is)
        good = strcmp(hs_subject_member(was)->name, hs_subject_member(is)->name) == 0;
    if (good)
        hs_item_add(item, was, is);
    hs_subject_unref(was);
    hs_subject_unref(is);
    return good;
}

static bool read_fields(const json_t *object, struct hs_item *item)
{
    const json_t *version = json_object_get(object, "ring_version");
    const char *checksum = json_string_value(json_object_get(object, "ring_checksum"));
    const char *line = json_string_value(json_object_get(object, "line"));

    if (!read_text(object, "id", item->id, sizeof(item->id)) ||
        !read_text(object, "time", item->time, sizeof(item->time)) || !json_is_integer(version) ||
        json_integer_value(version) < 0 || hs_ctl_parse_hex64(checksum, &item->ring_checksum) < 0)
        return false;
    item->ring_version = (uint64_t)json_integer_value(version);
    item->event = line ? hs_need(strdup(line)) : NULL;
    return true;
}

struct hs_item *hs_item_read(const json_t *object)
{
    const char *name = json_string_value(json_object_get(object, "event"));
    const json_t *members = json_object_get(object, "members");
    enum hs_kind kind;
    bool good;

    if (!name || hs_kind_find(name, &kind) < 0 || !json_is_array(members))
        return NULL;
    struct hs_item *item = hs_item_new(kind);
    good = read_fields(object, item);
    for (size_t i = 0; good && i < json_array_size(members); i++)
        good = read_line(json_array_get(members, i), item);
    /* An event of members has some, and no other has any. */
    if (good && (item->count > 0) == ((HS_KIND_BIT(kind) & HS_KINDS_MEMBER) != 0))
        return item;
    hs_item_unref(item);
    return NULL;
}
