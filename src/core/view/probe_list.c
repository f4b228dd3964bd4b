/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One array holds both kinds of peers: first those that are probed, then the dead ones. So the few
 * dead members are found without a search through a view of thousands.
 *
 *     0         probe_list_next    probe_list_count    probe_list_count + gone_count
 *     +----------------+------------------+---------------------+
 *     | have had their | wait for their   | dead, in no order   |
 *     | turn           | turn             |                     |
 *     +----------------+------------------+---------------------+
 *
 * Each member knows its place, so everything but a new shuffle is O(1).
 */
#include "view/probe_list.h"

#include "base/assert.h"

static void probe_list_put(struct hs_table *table, uint32_t at, uint32_t slot)
{
    table->probe_list[at] = slot;
    hs_table_at(table, slot)->probe_list_at = at;
}

static void probe_list_swap(struct hs_table *table, uint32_t a, uint32_t b)
{
    uint32_t slot = table->probe_list[a];
    probe_list_put(table, a, table->probe_list[b]);
    probe_list_put(table, b, slot);
}

/* Appends a peer at the very end, among the dead. */
static void probe_list_append(struct hs_table *table, uint32_t slot)
{
    probe_list_put(table, table->probe_list_count + table->gone_count++, slot);
}

void hs_probe_list_insert(struct hs_table *table, struct hs_random *random, uint32_t slot)
{
    HS_ASSERT(hs_table_at(table, slot)->meta);
    if (hs_table_at(table, slot)->probe_list_at == HS_NO_SLOT)
        probe_list_append(table, slot);
    if (hs_table_at(table, slot)->probe_list_at < table->probe_list_count)
        return;
    probe_list_swap(table, hs_table_at(table, slot)->probe_list_at, table->probe_list_count);
    table->gone_count--;
    uint32_t at = hs_random_below(random, ++table->probe_list_count);
    probe_list_swap(table, at, table->probe_list_count - 1);
}

/* The hole is filled so that a peer that has had its turn in this pass stays behind the cursor, and
 * a peer that waits for its turn stays ahead of it. */
void hs_probe_list_retire(struct hs_table *table, uint32_t slot)
{
    uint32_t at = hs_table_at(table, slot)->probe_list_at;
    if (at == HS_NO_SLOT) {
        probe_list_append(table, slot);
        return;
    }
    if (at >= table->probe_list_count)
        return;
    if (at < table->probe_list_next) {
        probe_list_swap(table, at, --table->probe_list_next);
        at = table->probe_list_next;
    }
    probe_list_swap(table, at, --table->probe_list_count);
    table->gone_count++;
}

void hs_probe_list_forget(struct hs_table *table, uint32_t slot)
{
    if (hs_table_at(table, slot)->probe_list_at == HS_NO_SLOT)
        return;
    hs_probe_list_retire(table, slot);
    uint32_t last = table->probe_list_count + --table->gone_count;
    probe_list_swap(table, hs_table_at(table, slot)->probe_list_at, last);
    hs_table_at(table, slot)->probe_list_at = HS_NO_SLOT;
}

uint32_t hs_probe_list_next(struct hs_table *table, struct hs_random *random)
{
    if (table->probe_list_count == 0)
        return HS_NO_SLOT;
    if (table->probe_list_next >= table->probe_list_count) {
        for (uint32_t at = table->probe_list_count - 1; at > 0; at--)
            probe_list_swap(table, at, hs_random_below(random, at + 1));
        table->probe_list_next = 0;
    }
    return table->probe_list[table->probe_list_next++];
}

uint32_t hs_probe_list_random(const struct hs_table *table, struct hs_random *random)
{
    if (table->probe_list_count == 0)
        return HS_NO_SLOT;
    return table->probe_list[hs_random_below(random, table->probe_list_count)];
}
