/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The last phases of making a ring: what follows from the sorted tokens.
 */
#ifndef HS_RING_SURVEY_H
#define HS_RING_SURVEY_H

#include "ring/phase.h"

/* The phases, in the order in which they run. */
bool hs_ring_clear_starts(struct hearsay_ring_work *work, size_t *units);
bool hs_ring_mark_starts(struct hearsay_ring_work *work, size_t *units);
bool hs_ring_spread_starts(struct hearsay_ring_work *work, size_t *units);
bool hs_ring_put_owners(struct hearsay_ring_work *work, size_t *units);
bool hs_ring_put_fractions(struct hearsay_ring_work *work, size_t *units);
bool hs_ring_add_shares(struct hearsay_ring_work *work, size_t *units);
bool hs_ring_owner_labels(struct hearsay_ring_work *work, size_t *units);
bool hs_ring_owner_leaves(struct hearsay_ring_work *work, size_t *units);
bool hs_ring_owner_firsts(struct hearsay_ring_work *work, size_t *units);
bool hs_ring_owner_nodes(struct hearsay_ring_work *work, size_t *units);
bool hs_ring_zone_labels(struct hearsay_ring_work *work, size_t *units);
bool hs_ring_zone_leaves(struct hearsay_ring_work *work, size_t *units);
bool hs_ring_zone_firsts(struct hearsay_ring_work *work, size_t *units);
bool hs_ring_zone_nodes(struct hearsay_ring_work *work, size_t *units);
bool hs_ring_sum_points(struct hearsay_ring_work *work, size_t *units);
bool hs_ring_sum_owners(struct hearsay_ring_work *work, size_t *units);
bool hs_ring_sum_names(struct hearsay_ring_work *work, size_t *units);

#endif
