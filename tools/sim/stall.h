/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Processes that stand still and go on by themselves: see stall.c.
 */
#ifndef SIM_STALL_H
#define SIM_STALL_H

#include "stage.h"

/* Stalls the member once, as the statement says: for how long, and from when on. 0 or NOMEM. */
int sim_stall_plan(struct sim_play *play, const struct sim_action *action, uint32_t member);

/* It stalls now, for so many milliseconds; no-op if it does not run. 0 or NOMEM. */
int sim_stall_begin(struct sim_play *play, uint32_t member, uint32_t ms);

#endif
