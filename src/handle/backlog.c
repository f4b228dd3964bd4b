/* SPDX-License-Identifier: Apache-2.0 */
#include "handle/backlog.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "handle/change.h"
#include "handle/need.h"

void hs_backlog_fini(struct hs_backlog *backlog)
{
    while (backlog->count > 0)
        hs_backlog_shift(backlog);
}

void hs_backlog_shift(struct hs_backlog *backlog)
{
    hs_item_unref(backlog->items[0]);
    backlog->count--;
    memmove(&backlog->items[0], &backlog->items[1], backlog->count * sizeof(backlog->items[0]));
}

/* ---- merging ----------------------------------------------------------------------------- */

/* What is merged, and into what. */
struct merge {
    const struct hs_item *newest;
    struct hs_item *merged[HS_KIND_COUNT]; /* NULL: none of this kind */
};

static struct hs_item *merged_of(struct merge *merge, enum hs_kind kind)
{
    const struct hs_item *newest = merge->newest;

    if (!merge->merged[kind]) {
        struct hs_item *item = hs_item_new(kind);

        memcpy(item->id, newest->id, sizeof(item->id));
        memcpy(item->time, newest->time, sizeof(item->time));
        item->ring_version = newest->ring_version;
        item->ring_checksum = newest->ring_checksum;
        merge->merged[kind] = item;
    }
    return merge->merged[kind];
}

struct step {
    const struct hs_item_line *line;
    size_t order;
};

static const char *name_of(const struct step *step)
{
    const struct hs_item_line *line = step->line;

    return hs_subject_member(line->after ? line->after : line->before)->name;
}

static int by_name_and_order(const void *a, const void *b)
{
    const struct step *one = a, *other = b;
    int order = strcmp(name_of(one), name_of(other));

    return order != 0 ? order : (one->order > other->order) - (one->order < other->order);
}

/* All steps of members, by name and within a name in their order; *ret_count of them. */
static struct step *collect(struct hs_item *const *items, size_t count, size_t *ret_count)
{
    size_t all = 0, used = 0;

    for (size_t i = 0; i < count; i++)
        all += items[i]->count;
    struct step *steps = hs_need(calloc(all + 1, sizeof(*steps)));
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < items[i]->count; j++, used++)
            steps[used] = (struct step){.line = &items[i]->lines[j], .order = used};
    qsort(steps, used, sizeof(*steps), by_name_and_order);
    *ret_count = used;
    return steps;
}

/* From the first state of a member to its last one. */
static void merge_member(struct merge *merge, const struct step *first, const struct step *last,
                         uint32_t kinds)
{
    struct hs_subject *before = first->line->before, *after = last->line->after;

    kinds &= hs_change_kinds(hs_subject_member(before), hs_subject_member(after));
    for (int kind = 0; kind < HS_KIND_COUNT; kind++)
        if (kinds & HS_KIND_BIT(kind))
            hs_item_add(merged_of(merge, (enum hs_kind)kind), before, after);
}

static void merge_members(struct merge *merge, struct hs_item *const *items, size_t count,
                          uint32_t kinds)
{
    size_t all, end;
    struct step *steps = collect(items, count, &all);

    for (size_t i = 0; i < all; i = end) {
        for (end = i + 1; end < all && strcmp(name_of(&steps[i]), name_of(&steps[end])) == 0;)
            end++;
        merge_member(merge, &steps[i], &steps[end - 1], kinds);
    }
    free(steps);
}

/* Of those without members the last one counts, and it keeps its line. */
static void keep_last(struct merge *merge, struct hs_item *item)
{
    static const enum hs_kind others[HS_KIND_COUNT] = {
        [HS_KIND_RING] = HS_KIND_RING,
        [HS_KIND_ISOLATED] = HS_KIND_CONNECTED,
        [HS_KIND_CONNECTED] = HS_KIND_ISOLATED,
    };
    struct hs_item **old = &merge->merged[item->kind], **other = &merge->merged[others[item->kind]];

    hs_item_unref(*old);
    *old = NULL;
    hs_item_unref(*other);
    *other = NULL;
    *old = hs_item_ref(item);
}

/* Merges all from `first` on. */
static void merge_all(struct hs_backlog *backlog, size_t first, uint32_t kinds)
{
    struct merge merge = {.newest = backlog->items[backlog->count - 1]};

    for (size_t i = first; i < backlog->count; i++)
        if ((HS_KIND_BIT(backlog->items[i]->kind) & HS_KINDS_MEMBER) == 0)
            keep_last(&merge, backlog->items[i]);
    merge_members(&merge, &backlog->items[first], backlog->count - first, kinds);
    while (backlog->count > first)
        hs_item_unref(backlog->items[--backlog->count]);
    for (int kind = 0; kind < HS_KIND_COUNT; kind++)
        if (merge.merged[kind])
            backlog->items[backlog->count++] = merge.merged[kind];
}

size_t hs_backlog_push(struct hs_backlog *backlog, struct hs_item *item, uint32_t kinds,
                       bool running, size_t *ret_left)
{
    size_t first = running ? 1 : 0, merged = 0;

    if (backlog->count == HS_BACKLOG_MAX) {
        merged = backlog->count - first;
        merge_all(backlog, first, kinds);
        *ret_left = backlog->count - first;
    }
    backlog->items[backlog->count++] = hs_item_ref(item);
    return merged;
}

_Static_assert(HS_KIND_COUNT + 2 < HS_BACKLOG_MAX, "after merging there is room");
