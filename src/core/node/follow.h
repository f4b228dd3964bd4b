/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The followers of the view: what a change of a record does. They are one table so that the order
 * can be read in one place.
 */
#ifndef HS_NODE_FOLLOW_H
#define HS_NODE_FOLLOW_H

#include <stddef.h>

#include "view/view.h"

/* In the order in which they run. Their context is the node. */
extern const struct hs_follower hs_followers[];
extern const size_t hs_follower_count;

#endif
