/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What each node has said about each member: see sight.c.
 */
#ifndef SIM_SIGHT_H
#define SIM_SIGHT_H

#include "state.h"

/* Names have numbers, in the order in which they were first heard of. */
uint32_t sim_subject(const struct sim_world *world, uint32_t machine);
uint32_t sim_number(struct sim_world *world, const char *name); /* SIM_NOBODY: no memory */

/* Whether what this machine's node holds is counted here; not at first, nor in a new process. */
void sim_count(struct sim_world *world, uint32_t machine, bool counted);
/* The cluster of its next process; it is not counted from now on. */
void sim_set_side(struct sim_world *world, uint32_t machine, uint8_t side);
uint8_t sim_side(const struct sim_world *world, uint32_t machine);
bool sim_is_counted(const struct sim_world *world, uint32_t machine);

/* How many nodes are counted, and how many of them hold this name so. O(1). */
uint32_t sim_observers(const struct sim_world *world);
uint32_t sim_observers_of(const struct sim_world *world, uint8_t side);
uint32_t sim_held(const struct sim_world *world, uint32_t subject, enum hearsay_status status);

/* What one node holds; NONE: never heard of, or pruned. O(1). */
enum hearsay_status sim_held_by(const struct sim_world *world, uint32_t machine, uint32_t subject);
uint64_t sim_timestamp_held_by(const struct sim_world *world, uint32_t machine, uint32_t subject);

/* The sight of one member, made if need be. NULL: no memory. */
struct sim_sight *sim_sight(struct sim_world *world, uint32_t machine, uint32_t subject);
void sim_see(struct sim_world *world, uint32_t machine, uint32_t subject,
             enum hearsay_status status, uint64_t timestamp);
void sim_unsee(struct sim_world *world, uint32_t machine);

#endif
