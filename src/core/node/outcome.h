/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the end of a probe means.
 */
#ifndef HS_NODE_OUTCOME_H
#define HS_NODE_OUTCOME_H

#include "node/impl.h"

/* Carries out what follows from it. To be called right after the prober has returned it. */
void hs_outcome_handle(struct hearsay_node *node, const struct hs_probe_outcome *outcome);

#endif
