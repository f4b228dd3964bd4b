/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The followers of the view: what a change of a record does.
 */
#ifndef HS_NODE_FOLLOW_H
#define HS_NODE_FOLLOW_H

#include <stddef.h>

#include "view/view.h"

/* In their order; the context is the node. */
extern const struct hs_follower hs_followers[];
extern const size_t hs_follower_count;

#endif
