/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The processes of members: see life.c.
 */
#ifndef SIM_LIFE_H
#define SIM_LIFE_H

#include "stage.h"

/* Whether a member's own word counts, as far as it is concerned. */
bool sim_life_is_well(const struct sim_member *member);

/* The timestamp of its own record, 0 if it does not run; and keeps it for a later start. */
uint64_t sim_life_timestamp(const struct sim_play *play, uint32_t machine);
void sim_life_remember(struct sim_play *play, uint32_t member);

/* Tells a machine of some members that run, of the cluster of member `self`. */
void sim_life_join(struct sim_play *play, uint32_t machine, uint32_t self);

/* Starts a process on a machine, and tells it of others. 0 or a negative code. */
int sim_life_start(struct sim_play *play, uint32_t member, uint32_t machine,
                   uint64_t last_timestamp);
void sim_life_stop(struct sim_play *play, uint32_t member, enum sim_state state);

/* Starts a member where it belongs; and all members, which then know each other. */
int sim_life_begin(struct sim_play *play, uint32_t member);
int sim_life_begin_acquainted(struct sim_play *play);

#endif
