/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Waking up (R20): what an absence of this node means for probes, suspicions and the view. It is in
 * this room because it concerns all of them.
 */
#ifndef HS_NODE_WAKE_H
#define HS_NODE_WAKE_H

#include "node/impl.h"

/* Begins a call of the public API at this instant: sets the time, and carries out what an absence
 * means. */
void hs_node_enter(struct hearsay_node *node, struct hearsay_now now);

#endif
