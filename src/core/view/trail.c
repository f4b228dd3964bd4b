/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One ring for all: a table per member would cost memory for the many who are never in doubt.
 */
#include "view/trail.h"

#include <hearsay/error.h>

#include "base/memory.h"

int hs_trail_init(struct hs_trail *trail, const struct hearsay_allocator *allocator)
{
    *trail = (struct hs_trail){0};
    trail->items = hs_alloc(allocator, HS_TRAIL_MAX * sizeof(*trail->items));
    return trail->items ? 0 : HEARSAY_ERR_NOMEM;
}

void hs_trail_fini(struct hs_trail *trail, const struct hearsay_allocator *allocator)
{
    hs_release(allocator, trail->items);
    *trail = (struct hs_trail){0};
}

void hs_trail_add(struct hs_trail *trail, const struct hs_trail_item *item)
{
    trail->items[trail->written++ % HS_TRAIL_MAX] = *item;
}

const struct hs_trail_item *hs_trail_previous(const struct hs_trail *trail, uint64_t subject,
                                              uint64_t *cursor)
{
    uint64_t kept = trail->written < HS_TRAIL_MAX ? trail->written : HS_TRAIL_MAX;
    while (*cursor < kept) {
        ++*cursor;
        const struct hs_trail_item *item = &trail->items[(trail->written - *cursor) % HS_TRAIL_MAX];
        if (item->subject == subject)
            return item;
    }
    return NULL;
}
