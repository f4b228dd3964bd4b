/* SPDX-License-Identifier: Apache-2.0 */
#include "handle/feed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "handle/change.h"
#include "handle/need.h"
#include "mirror/seed.h"

void hs_feed_fini(struct hs_feed *feed)
{
    for (int kind = 0; kind < HS_KIND_COUNT; kind++)
        hs_item_unref(feed->made[kind]);
    hs_handle_roster_fini(&feed->roster);
    memset(feed, 0, sizeof(*feed));
}

/* ---- making ------------------------------------------------------------------------------ */

static struct hs_item *made_of(struct hs_feed *feed, enum hs_kind kind)
{
    struct hs_mirror_state state = hs_mirror_state(feed->mirror);
    const struct hearsay_ring *ring = hs_mirror_ring(feed->mirror);
    struct hs_item *item = feed->made[kind];

    if (item)
        return item;
    item = hs_item_new(kind);
    snprintf(item->id, sizeof(item->id), "%s", state.id);
    hs_ctl_format_time(state.time, item->time);
    item->ring_version = state.ring_version;
    item->ring_checksum = ring ? hearsay_ring_checksum(ring) : 0;
    feed->made[kind] = item;
    return item;
}

static void take_line(struct hs_item *item, const struct hs_mirror_entry *entry)
{
    json_t *line = json_loads(entry->event, 0, NULL);
    const char *time = json_string_value(json_object_get(line, "time"));

    if (time)
        snprintf(item->time, sizeof(item->time), "%s", time);
    snprintf(item->id, sizeof(item->id), "%s", entry->id);
    item->event = hs_need(strdup(entry->event));
    json_decref(line);
}

/* `entry` NULL: found by comparing. */
static void make_changes(struct hs_feed *feed, struct hs_subject *before, struct hs_subject *after,
                         const struct hs_mirror_entry *entry)
{
    uint32_t kinds = hs_change_kinds(hs_subject_member(before), hs_subject_member(after));

    for (int kind = 0; kind < HS_KIND_COUNT; kind++) {
        if ((kinds & HS_KIND_BIT(kind)) == 0)
            continue;
        struct hs_item *item = made_of(feed, (enum hs_kind)kind);
        hs_item_add(item, before, after);
        if (entry && entry->event)
            take_line(item, entry);
    }
}

/* Of a first view that is taken for known nothing is told; nor are those that were dead before
 * anybody looked. */
static bool is_told(const struct hs_feed *feed, const struct hs_mirror_member *member)
{
    return feed->known || (!feed->silent && hs_change_is_present(member));
}

static void look_at(struct hs_feed *feed, const char *name, const struct hs_mirror_entry *entry)
{
    const struct hs_mirror_member *member = hs_mirror_find(feed->mirror, name);
    struct hs_subject *before = hs_subject_ref(hs_handle_roster_find(&feed->roster, name));
    struct hs_subject *after = member ? hs_subject_new(member) : NULL;

    if (is_told(feed, member))
        make_changes(feed, before, after, entry);
    if (after)
        hs_handle_roster_put(&feed->roster, after);
    else if (before)
        hs_handle_roster_remove(&feed->roster, name);
    hs_subject_unref(before);
    hs_subject_unref(after);
}

static void look_at_ring(struct hs_feed *feed, const struct hs_mirror_entry *entry)
{
    const struct hearsay_ring *ring = hs_mirror_ring(feed->mirror);

    if (!ring || (feed->ring_checksum == hearsay_ring_checksum(ring) &&
                  feed->zones_checksum == hearsay_ring_zones_checksum(ring)))
        return;
    feed->ring_checksum = hearsay_ring_checksum(ring);
    feed->zones_checksum = hearsay_ring_zones_checksum(ring);
    if (!feed->known && feed->silent)
        return;
    struct hs_item *item = made_of(feed, HS_KIND_RING);
    if (entry && entry->event)
        take_line(item, entry);
}

/* ---- comparing --------------------------------------------------------------------------- */

static void compare_all(struct hs_feed *feed)
{
    size_t count = hs_mirror_count(feed->mirror, HEARSAY_STATUS_NONE);
    struct hs_subject **known = hs_handle_roster_list(&feed->roster);
    const struct hs_mirror_member *const *members = hs_mirror_members(feed->mirror);

    if (count > 0)
        hs_need((void *)(uintptr_t)members);
    for (size_t i = 0; known[i]; i++) {
        char name[HEARSAY_NAME_MAX + 1];

        snprintf(name, sizeof(name), "%s", hs_subject_member(known[i])->name);
        if (!hs_mirror_find(feed->mirror, name))
            look_at(feed, name, NULL);
    }
    for (size_t i = 0; i < count; i++)
        look_at(feed, members[i]->name, NULL);
    look_at_ring(feed, NULL);
    free(known);
    feed->known = true;
    feed->cursor = hs_mirror_log_newest(hs_mirror_log(feed->mirror));
}

static void look_at_entry(struct hs_feed *feed, const struct hs_mirror_entry *entry)
{
    /* Without an id the mirror has found a difference, and there may be many: all at once. */
    if (entry->kind == HS_MIRROR_ALL || entry->id[0] == '\0')
        compare_all(feed);
    else if (entry->kind == HS_MIRROR_MEMBER || entry->kind == HS_MIRROR_GONE)
        look_at(feed, entry->name, entry);
    else if (entry->kind == HS_MIRROR_RING)
        look_at_ring(feed, entry);
}

/* ---- handing out ------------------------------------------------------------------------- */

static struct hs_item *take_made(struct hs_feed *feed)
{
    for (int kind = 0; kind < HS_KIND_COUNT; kind++) {
        struct hs_item *item = feed->made[kind];

        if (!item)
            continue;
        feed->made[kind] = NULL;
        return item;
    }
    return NULL;
}

/* That the agent reaches nobody is told in any case: it is no judgement of others. */
static void look_at_state(struct hs_feed *feed, const struct hs_mirror_state *state)
{
    if (state->isolated != feed->isolated)
        made_of(feed, state->isolated ? HS_KIND_ISOLATED : HS_KIND_CONNECTED);
    feed->isolated = state->isolated;
}

struct hs_item *hs_feed_next(struct hs_feed *feed)
{
    struct hs_mirror_state state = hs_mirror_state(feed->mirror);
    struct hs_item *item = take_made(feed);
    struct hs_mirror_entry entry;
    bool was_held = feed->held;

    if (item || state.id[0] == '\0')
        return item;
    look_at_state(feed, &state);
    feed->held = !feed->while_isolated && (!state.ready || state.isolated);
    if (!feed->held && (was_held || !feed->known || feed->cursor == 0))
        compare_all(feed);
    item = take_made(feed);
    while (!item && !feed->held &&
           hs_mirror_log_next(hs_mirror_log(feed->mirror), &feed->cursor, &entry)) {
        look_at_entry(feed, &entry);
        item = take_made(feed);
    }
    if (!feed->held)
        memcpy(feed->id, state.id, sizeof(feed->id));
    return item;
}

json_t *hs_feed_seed(const struct hs_feed *feed)
{
    struct hs_mirror_state state = hs_mirror_state(feed->mirror);

    return strcmp(feed->id, state.id) == 0 ? hs_mirror_seed_json(feed->mirror) : NULL;
}

struct hs_item *hs_feed_whole(const struct hs_feed *feed, enum hs_kind kind)
{
    struct hs_item *item = hs_item_new(kind);
    struct hs_subject **known = hs_handle_roster_list(&feed->roster);

    snprintf(item->id, sizeof(item->id), "%s", feed->id);
    item->ring_checksum = feed->ring_checksum;
    for (size_t i = 0; kind == HS_KIND_JOIN && known[i]; i++)
        if (hs_change_is_present(hs_subject_member(known[i])))
            hs_item_add(item, NULL, known[i]);
    free(known);
    if (feed->known && (kind == HS_KIND_RING || item->count > 0))
        return item;
    hs_item_unref(item);
    return NULL;
}
