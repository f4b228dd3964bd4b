/* SPDX-License-Identifier: Apache-2.0 */
/* How a member of a plan is spelled where a person writes it: n9:weight=2,zone=z1. */
#ifndef HEARSAY_CTL_PLAN_H
#define HEARSAY_CTL_PLAN_H

#include <stddef.h>

#include <jansson.h>

#define HS_CTL_PLAN_FAULT_MAX 512

/* Reads NAME[:WHAT] to the object that `add` and `set` of `ring-plan` take: {"name", "tokens"?,
 * "zone"?}. NULL: it is wrong, with one sentence in `fault`, or (then that is empty) there is no
 * memory. */
json_t *hs_ctl_plan_member(const char *text, char fault[HS_CTL_PLAN_FAULT_MAX]);

#endif
