/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One array for both kinds of peers, so that nobody has to search a view of thousands for its few
 * dead: those who are probed come first, those who are dead behind them.
 *
 *     0            order_next        order_count          order_count + gone_count
 *     +----------------+------------------+---------------------+
 *     | have had their | wait for their   | dead, in no order   |
 *     | turn           | turn             |                     |
 *     +----------------+------------------+---------------------+
 *
 * Each member knows its place, so everything but a new shuffle is O(1).
 */
#include "view/order.h"

static void put(struct hs_table *table, uint32_t at, uint32_t slot)
{
    table->order[at] = slot;
    hs_table_at(table, slot)->order_at = at;
}

static void swap(struct hs_table *table, uint32_t a, uint32_t b)
{
    uint32_t slot = table->order[a];
    put(table, a, table->order[b]);
    put(table, b, slot);
}

/* Gives a newcomer the last place of all: it is among the dead. */
static void append(struct hs_table *table, uint32_t slot)
{
    put(table, table->order_count + table->gone_count++, slot);
}

void hs_order_insert(struct hs_table *table, struct hs_random *random, uint32_t slot)
{
    if (hs_table_at(table, slot)->order_at == HS_NO_SLOT)
        append(table, slot);
    if (hs_table_at(table, slot)->order_at < table->order_count)
        return;
    swap(table, hs_table_at(table, slot)->order_at, table->order_count);
    table->gone_count--;
    uint32_t at = hs_random_below(random, ++table->order_count);
    swap(table, at, table->order_count - 1);
}

/* The hole is filled so that whoever has had a turn in this pass stays behind the cursor, and
 * whoever has not stays before it. */
void hs_order_retire(struct hs_table *table, uint32_t slot)
{
    uint32_t at = hs_table_at(table, slot)->order_at;
    if (at == HS_NO_SLOT) {
        append(table, slot);
        return;
    }
    if (at >= table->order_count)
        return;
    if (at < table->order_next) {
        swap(table, at, --table->order_next);
        at = table->order_next;
    }
    swap(table, at, --table->order_count);
    table->gone_count++;
}

void hs_order_forget(struct hs_table *table, uint32_t slot)
{
    if (hs_table_at(table, slot)->order_at == HS_NO_SLOT)
        return;
    hs_order_retire(table, slot);
    uint32_t last = table->order_count + --table->gone_count;
    swap(table, hs_table_at(table, slot)->order_at, last);
    hs_table_at(table, slot)->order_at = HS_NO_SLOT;
}

uint32_t hs_order_next(struct hs_table *table, struct hs_random *random)
{
    if (table->order_count == 0)
        return HS_NO_SLOT;
    if (table->order_next >= table->order_count) {
        for (uint32_t at = table->order_count - 1; at > 0; at--)
            swap(table, at, hs_random_below(random, at + 1));
        table->order_next = 0;
    }
    return table->order[table->order_next++];
}

uint32_t hs_order_random(const struct hs_table *table, struct hs_random *random)
{
    if (table->order_count == 0)
        return HS_NO_SLOT;
    return table->order[hs_random_below(random, table->order_count)];
}
