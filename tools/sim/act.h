/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What statements do to the world, and to what is true in it.
 */
#ifndef SIM_ACT_H
#define SIM_ACT_H

#include "stage.h"

/* All return 0 or an error. */
int sim_act(struct sim_play *play, const struct sim_action *action);
void sim_act_resume(struct sim_play *play, uint32_t member);
int sim_act_flap(struct sim_play *play, uint32_t index);
int sim_act_force_leave(struct sim_play *play, uint32_t member, bool prune);

#endif
