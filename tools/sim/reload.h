/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys of members while a scenario runs: see reload.c.
 */
#ifndef SIM_RELOAD_H
#define SIM_RELOAD_H

#include "stage.h"

/* Gives a machine the keys of a member, for the process that runs there and those to come. Returns
 * 0 or an error. */
int sim_reload_equip(struct sim_play *play, uint32_t member, uint32_t machine);

/* A member is to have other keys, within the action's duration. It does so when its task comes. */
int sim_reload_plan(struct sim_play *play, const struct sim_action *action, uint32_t member);
int sim_reload(struct sim_play *play, uint32_t member);

/* From now on it is measured how long it takes until all views are equal again: begins, and looks
 * again. */
int sim_reload_measure(struct sim_play *play);
int sim_reload_look(struct sim_play *play, uint32_t id);

#endif
