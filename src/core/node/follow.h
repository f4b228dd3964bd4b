/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The followers of the view: what a change of a record does. They are one table so that the order
 * can be read in one place.
 */
#ifndef HS_NODE_FOLLOW_H
#define HS_NODE_FOLLOW_H

#include "view/view.h"

/* Carries what happens in a view to all followers. The context is the node. */
extern const struct hs_view_hooks hs_follow_hooks;

#endif
