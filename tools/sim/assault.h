/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Attacks that are under way: see assault.c.
 */
#ifndef SIM_ASSAULT_H
#define SIM_ASSAULT_H

#include "stage.h"

/* Begins an attack; throws the next datagram of one. Both return 0 or an error. */
int sim_assault(struct sim_play *play, const struct sim_action *action);
int sim_assault_throw(struct sim_play *play, uint32_t index);
void sim_assaults_fini(struct sim_play *play);

#endif
