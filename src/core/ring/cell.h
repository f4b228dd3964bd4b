/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The two halves of acquiring a ring from a cell.
 */
#ifndef HS_RING_CELL_H
#define HS_RING_CELL_H

#include "ring/impl.h"

/* Coming and leaving, as separate functions so that tests can stop a reader in between. */
struct hearsay_ring *hs_ring_cell_come(struct hearsay_ring_cell *cell, uint32_t *ret_slot);
void hs_ring_cell_leave(struct hearsay_ring_cell *cell, uint32_t slot);

#endif
