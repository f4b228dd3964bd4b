/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What nodes have said in the last step or command, until the next one.
 */
#ifndef SIM_SAID_H
#define SIM_SAID_H

#include "state.h"

void sim_say(struct sim_world *world, uint32_t machine, uint32_t subject,
             const struct hearsay_event *event);
void sim_forget_events(struct sim_world *world);

/* Oldest first. Returns false at the end. */
bool sim_next_event(struct sim_world *world, struct sim_event *ret_event);

#endif
