/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All members share one ring: a table for each member would cost memory for all the members that
 * are never suspected.
 */
#include "view/history.h"

#include <hearsay/error.h>

#include "base/memory.h"

int hs_history_init(struct hs_history *history, const struct hearsay_allocator *allocator)
{
    *history = (struct hs_history){0};
    history->items = hs_alloc(allocator, HS_HISTORY_MAX * sizeof(*history->items));
    return history->items ? 0 : HEARSAY_ERR_NOMEM;
}

void hs_history_fini(struct hs_history *history, const struct hearsay_allocator *allocator)
{
    hs_release(allocator, history->items);
    *history = (struct hs_history){0};
}

void hs_history_add(struct hs_history *history, const struct hs_history_item *item)
{
    history->items[history->written++ % HS_HISTORY_MAX] = *item;
}

const struct hs_history_item *hs_history_previous(const struct hs_history *history,
                                                  uint64_t subject, uint64_t *cursor)
{
    uint64_t kept = history->written < HS_HISTORY_MAX ? history->written : HS_HISTORY_MAX;
    while (*cursor < kept) {
        ++*cursor;
        const struct hs_history_item *item =
            &history->items[(history->written - *cursor) % HS_HISTORY_MAX];
        if (item->subject == subject)
            return item;
    }
    return NULL;
}
