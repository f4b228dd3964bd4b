/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A turn goes by the number of the last call, and not by a place in the list, because each answer
 * of a nameserver may have another order.
 */
#include "agent/parts/seed_addrs.h"

#include <stdlib.h>
#include <string.h>

#include <hearsay/error.h>

static int compare(const struct hearsay_addr *a, const struct hearsay_addr *b)
{
    int r = memcmp(a->bytes, b->bytes, sizeof(a->bytes));

    if (r != 0)
        return r;
    if (a->family != b->family)
        return a->family < b->family ? -1 : 1;
    return (a->port > b->port) - (a->port < b->port);
}

static int compare_items(const void *a, const void *b)
{
    const struct hs_seed_addr *const *one = a, *const *other = b;

    return compare(&(*one)->addr, &(*other)->addr);
}

struct hs_seed_addr *hs_seed_addrs_find(struct hs_seed_addrs *set, const struct hearsay_addr *addr)
{
    size_t low = 0, high = set->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int r = compare(&set->sorted[middle]->addr, addr);

        if (r == 0)
            return set->sorted[middle];
        if (r < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

int hs_seed_addrs_set(struct hs_seed_addrs *set, const struct hearsay_addr *addrs, size_t count,
                      bool *ret_changed)
{
    struct hs_seed_addr *items = calloc(count, sizeof(items[0]));
    struct hs_seed_addr **sorted = calloc(count, sizeof(struct hs_seed_addr *));
    size_t kept = 0;

    if (!items || !sorted) {
        free(items);
        free(sorted);
        return HEARSAY_ERR_NOMEM;
    }
    for (size_t i = 0; i < count; i++) {
        const struct hs_seed_addr *old = hs_seed_addrs_find(set, &addrs[i]);

        kept += old != NULL;
        items[i] = old ? *old : (struct hs_seed_addr){.addr = addrs[i]};
        sorted[i] = &items[i];
    }
    qsort(sorted, count, sizeof(sorted[0]), compare_items);
    *ret_changed = kept != count || kept != set->count;
    free(set->items);
    free(set->sorted);
    set->items = items;
    set->sorted = sorted;
    set->count = count;
    return 0;
}

void hs_seed_addrs_begin(struct hs_seed_addrs *set)
{
    set->begun = set->calls;
}

struct hs_seed_addr *hs_seed_addrs_next(struct hs_seed_addrs *set)
{
    struct hs_seed_addr *next = NULL;

    for (size_t i = 0; i < set->count; i++) {
        struct hs_seed_addr *item = &set->items[i];

        if (item->owner == HS_SEED_OWNER_UNKNOWN && !item->trying && item->called <= set->begun &&
            (!next || item->called < next->called))
            next = item;
    }
    return next;
}

void hs_seed_addrs_called(struct hs_seed_addrs *set, struct hs_seed_addr *item)
{
    item->called = ++set->calls;
    item->ended = false;
}

void hs_seed_addrs_fini(struct hs_seed_addrs *set)
{
    free(set->items);
    free(set->sorted);
    memset(set, 0, sizeof(*set));
}
