/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is next: the peers that are probed, shuffled (R14), and those that are dead, who are called
 * now and then (R26). Our own member is in neither.
 */
#ifndef HS_VIEW_PROBE_LIST_H
#define HS_VIEW_PROBE_LIST_H

#include "view/table.h"

/* Puts a peer among those that are probed, at a random place. No-op when it is there. */
void hs_probe_list_insert(struct hs_table *table, struct hs_random *random, uint32_t slot);

/* Puts a peer among the dead. */
void hs_probe_list_retire(struct hs_table *table, uint32_t slot);

/* Takes a peer out of both. */
void hs_probe_list_forget(struct hs_table *table, uint32_t slot);

/* The next one to be probed; a pass that ends is followed by a new shuffle. HS_NO_SLOT when nobody
 * is there. */
uint32_t hs_probe_list_next(struct hs_table *table, struct hs_random *random);

/* A random one that is probed, or HS_NO_SLOT. */
uint32_t hs_probe_list_random(const struct hs_table *table, struct hs_random *random);

/* The dead: `at` is below gone_count. Forgetting one moves the last one to its place. */
static inline uint32_t hs_probe_list_gone(const struct hs_table *table, uint32_t at)
{
    return table->probe_list[table->probe_list_count + at];
}

#endif
