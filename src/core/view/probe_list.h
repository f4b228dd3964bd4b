/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The probe list: the peers that are probed, in shuffled order (R14), and the dead peers, which are
 * called now and then (R26). Our own member is in neither part.
 */
#ifndef HS_VIEW_PROBE_LIST_H
#define HS_VIEW_PROBE_LIST_H

#include "base/assert.h"
#include "view/table.h"

/* Puts a peer among those that are probed, at a random place. No-op when it is already there. */
void hs_probe_list_insert(struct hs_table *table, struct hs_random *random, uint32_t slot);

/* Puts a peer among the dead. No-op when it is already there. */
void hs_probe_list_retire(struct hs_table *table, uint32_t slot);

/* Takes a peer out of the list. No-op when it is not in it. */
void hs_probe_list_forget(struct hs_table *table, uint32_t slot);

/* Returns the next peer to be probed, or HS_NO_SLOT when there is none. Each pass over the list
 * begins with a new shuffle. */
uint32_t hs_probe_list_next(struct hs_table *table, struct hs_random *random);

/* Returns a random peer of those that are probed, or HS_NO_SLOT when there is none. */
uint32_t hs_probe_list_random(const struct hs_table *table, struct hs_random *random);

/* Returns a dead peer. `at` is below gone_count. hs_probe_list_forget moves the last dead peer to
 * the place of the one that it takes out. */
static inline uint32_t hs_probe_list_gone(const struct hs_table *table, uint32_t at)
{
    HS_ASSERT(at < table->gone_count);
    return table->probe_list[table->probe_list_count + at];
}

#endif
