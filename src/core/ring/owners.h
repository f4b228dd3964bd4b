/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Preference lists and replicas.
 */
#ifndef HS_RING_OWNERS_H
#define HS_RING_OWNERS_H

#include "ring/impl.h"

/* Lists the owners from position `at` on: the preference list or, with `zones`, the replicas.
 * Writes at most `n` and returns how many. If several points are equal, `at` must be the first of
 * them. */
uint32_t hs_ring_list(const struct hearsay_ring *ring, uint32_t at, bool zones,
                      uint32_t *ret_indices, uint32_t n);

#endif
