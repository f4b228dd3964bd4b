/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the end of a probe means. It is in this room because it concerns suspicions, name conflicts
 * and answers to other members.
 */
#ifndef HS_NODE_OUTCOME_H
#define HS_NODE_OUTCOME_H

#include "node/impl.h"

/* Carries out an outcome. It must be called right after the prober has returned it, because slots
 * may be reused later. */
void hs_outcome_handle(struct hearsay_node *node, const struct hs_probe_outcome *outcome);

#endif
