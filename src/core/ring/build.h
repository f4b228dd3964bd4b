/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first phases of making a ring: from the members that stay and those that are added to sorted
 * tokens.
 */
#ifndef HS_RING_BUILD_H
#define HS_RING_BUILD_H

#include "ring/phase.h"

/* The number of leaves of a tree over that many tokens. */
uint32_t hs_ring_leaves(uint64_t tokens);

/* The phases, in the order in which they run. */
bool hs_ring_sort_names(struct hearsay_ring_work *work, size_t *units);
bool hs_ring_check_names(struct hearsay_ring_work *work, size_t *units);
bool hs_ring_count_added(struct hearsay_ring_work *work, size_t *units);
bool hs_ring_count_old(struct hearsay_ring_work *work, size_t *units);
bool hs_ring_allocate(struct hearsay_ring_work *work, size_t *units);
bool hs_ring_put_members(struct hearsay_ring_work *work, size_t *units);
bool hs_ring_sort_tokens(struct hearsay_ring_work *work, size_t *units);
bool hs_ring_merge_tokens(struct hearsay_ring_work *work, size_t *units);
bool hs_ring_sort_zones(struct hearsay_ring_work *work, size_t *units);
bool hs_ring_number_zones(struct hearsay_ring_work *work, size_t *units);

#endif
