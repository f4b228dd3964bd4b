/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What must hold: see invariant.c.
 */
#ifndef SIM_INVARIANT_H
#define SIM_INVARIANT_H

#include "state.h"

/* Looks at every member of every running node: rings and counts hold exactly those alive or
 * suspect. sim_step does the cheap part of this by itself. Returns false after a violation. */
bool sim_inspect(struct sim_world *world);

/* Holds an event against what the node said before. Returns the number of the name that it is
 * about. */
uint32_t sim_check_event(struct sim_world *world, uint32_t machine,
                         const struct hearsay_event *event);

/* After each turn of a node. */
void sim_check_turn(struct sim_world *world, uint32_t machine);

#endif
