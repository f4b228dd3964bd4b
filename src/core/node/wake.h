/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Waking up (R20): what an absence of our own means for probes, suspicions and the view.
 */
#ifndef HS_NODE_WAKE_H
#define HS_NODE_WAKE_H

#include "node/impl.h"

/* Begins a call of the public API at this instant. */
void hs_node_enter(struct hearsay_node *node, struct hearsay_now now);

#endif
