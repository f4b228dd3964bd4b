/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A work as a whole, for tests.
 */
#ifndef HS_RING_WORK_H
#define HS_RING_WORK_H

#include "ring/impl.h"

/* Computes all that follows from points, owners, members and zones, as the last phases of a work
 * do. It is separate only for tests, which use rings that no names hash to. */
void hs_ring_survey(struct hearsay_ring *ring);

#endif
