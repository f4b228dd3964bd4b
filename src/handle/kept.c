/* SPDX-License-Identifier: Apache-2.0 */
#include "handle/kept.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/ctl.h"
#include "handle/need.h"
#include "keep/envelope.h"
#include "mirror/seed.h"

static const struct hs_envelope envelope = {.kind = "hearsay handled", .format = HS_KEPT_FORMAT};

void hs_kept_fini(struct hs_kept *kept)
{
    json_decref(kept->handlers);
    *kept = (struct hs_kept){.handlers = NULL};
}

/* ---- making ------------------------------------------------------------------------------ */

static json_t *members_json(const struct hs_feed *feed)
{
    json_t *array = hs_need(json_array());
    struct hs_subject **list = hs_handle_roster_list(&feed->roster);

    for (size_t i = 0; list[i]; i++)
        json_array_append_new(array, hs_subject_json(list[i]));
    free(list);
    return array;
}

static json_t *backlog_json(const struct hs_backlog *backlog)
{
    json_t *array = hs_need(json_array());

    for (size_t i = 0; i < backlog->count; i++)
        json_array_append_new(array, hs_item_json(backlog->items[i]));
    return array;
}

static json_t *handlers_json(struct hs_handler *const *handlers, size_t count)
{
    json_t *object = hs_need(json_object());

    for (size_t i = 0; i < count; i++)
        json_object_set_new(object, handlers[i]->spec.label, backlog_json(&handlers[i]->backlog));
    return object;
}

char *hs_kept_make(const char *cluster, const struct hs_feed *feed,
                   struct hs_handler *const *handlers, size_t count, size_t *ret_len)
{
    json_t *object = hs_need(
        json_pack("{s:s, s:s, s:b, s:o, s:o, s:o, s:o}", "cluster", cluster, "id", feed->id,
                  "isolated", (int)feed->isolated, "ring", hs_ctl_hex64(feed->ring_checksum),
                  "zones", hs_ctl_hex64(feed->zones_checksum), "members", members_json(feed),
                  "handlers", handlers_json(handlers, count)));
    json_t *seed = hs_feed_seed(feed);
    if (seed)
        json_object_set_new(object, "view", seed);
    char *body = hs_need(json_dumps(object, JSON_COMPACT));
    char *text = hs_need(hs_envelope_make(&envelope, body, ret_len));

    free(body);
    json_decref(object);
    return text;
}

/* ---- reading ----------------------------------------------------------------------------- */

static bool read_members(const json_t *array, struct hs_feed *feed)
{
    for (size_t i = 0; i < json_array_size(array); i++) {
        struct hs_subject *subject = hs_subject_read(json_array_get(array, i));

        if (!subject)
            return false;
        hs_handle_roster_put(&feed->roster, subject);
        hs_subject_unref(subject);
    }
    return json_is_array(array);
}

/* Whether everything that waits can be read, before anything is run. */
static bool are_handlers(const json_t *object)
{
    struct hs_ctl_field field = {.key = NULL};

    while (hs_ctl_next_field(object, &field)) {
        size_t count = json_array_size(field.value);

        if (!json_is_array(field.value) || count > HS_BACKLOG_MAX)
            return false;
        for (size_t i = 0; i < count; i++) {
            struct hs_item *item = hs_item_read(json_array_get(field.value, i));

            if (!item)
                return false;
            hs_item_unref(item);
        }
    }
    return json_is_object(object);
}

static bool read_text(const json_t *object, const char *key, char *text, size_t size)
{
    const char *value = json_string_value(json_object_get(object, key));

    return value && (size_t)snprintf(text, size, "%s", value) < size;
}

static bool read_object(const json_t *object, struct hs_feed *feed, struct hs_kept *kept)
{
    const json_t *isolated = json_object_get(object, "isolated");
    const char *ring = json_string_value(json_object_get(object, "ring"));
    const char *zones = json_string_value(json_object_get(object, "zones"));
    json_t *handlers = json_object_get(object, "handlers");

    if (!read_text(object, "cluster", kept->cluster, sizeof(kept->cluster)) ||
        !read_text(object, "id", feed->id, sizeof(feed->id)) || !json_is_boolean(isolated) ||
        hs_ctl_parse_hex64(ring, &feed->ring_checksum) < 0 ||
        hs_ctl_parse_hex64(zones, &feed->zones_checksum) < 0 || !are_handlers(handlers) ||
        !read_members(json_object_get(object, "members"), feed))
        return false;
    feed->isolated = json_is_true(isolated);
    feed->known = true;
    kept->handlers = json_incref(handlers);
    hs_mirror_seed(feed->mirror, json_object_get(object, "view"),
                   json_object_get(object, "members"));
    return true;
}

static void forget(struct hs_feed *feed, struct hs_kept *kept)
{
    hs_handle_roster_fini(&feed->roster);
    feed->id[0] = '\0';
    feed->ring_checksum = feed->zones_checksum = 0;
    *kept = (struct hs_kept){.handlers = NULL};
}

enum hs_kept_found hs_kept_read(const char *bytes, size_t len, struct hs_feed *feed,
                                struct hs_kept *ret_kept, char words[HS_ERROR_TEXT_MAX])
{
    const char *body = NULL;
    size_t body_len = 0;
    uint64_t format = 0;
    enum hs_envelope_found found =
        hs_envelope_open(&envelope, bytes, len, &body, &body_len, &format);

    *ret_kept = (struct hs_kept){.handlers = NULL};
    if (found == HS_ENVELOPE_LATER) {
        hs_error_text(words, "is of a later release: its format is %" PRIu64 ", and not %d", format,
                      HS_KEPT_FORMAT);
        return HS_KEPT_LATER;
    }
    if (found != HS_ENVELOPE_GOOD) {
        hs_error_text(words, "%s", found == HS_ENVELOPE_EMPTY ? "is empty" : "is damaged");
        return HS_KEPT_DAMAGED;
    }
    json_t *object = json_loadb(body, body_len, JSON_REJECT_DUPLICATES, NULL);
    bool good = read_object(object, feed, ret_kept);
    json_decref(object);
    if (good)
        return HS_KEPT_GOOD;
    forget(feed, ret_kept);
    hs_error_text(words, "has a wrong value");
    return HS_KEPT_DAMAGED;
}

bool hs_kept_restore(const struct hs_kept *kept, struct hs_handler *handler)
{
    const json_t *array = json_object_get(kept->handlers, handler->spec.label);

    for (size_t i = 0; i < json_array_size(array); i++)
        handler->backlog.items[handler->backlog.count++] =
            hs_need(hs_item_read(json_array_get(array, i)));
    return array;
}
