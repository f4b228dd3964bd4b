/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Preference lists and replicas.
 */
#ifndef HS_RING_OWNERS_H
#define HS_RING_OWNERS_H

#include "ring/impl.h"

/* The preference list from a position on, or, with `zones`, the replicas; at most `n`, returns how
 * many. Of equal points `at` is the first. */
uint32_t hs_ring_list(const struct hearsay_ring *ring, uint32_t at, bool zones,
                      uint32_t *ret_indices, uint32_t n);

#endif
