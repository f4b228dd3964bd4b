/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The world: time, and one thing after another.
 */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include "state.h"

/* Errors: NOMEM. */
int sim_new(struct sim_world **ret_world, uint64_t seed);
void sim_free(struct sim_world *world);

/* The settings of nodes started from now on: name, address, seed, entropy, allocator, metadata pool
 * and last timestamp are the world's business. Begins as the lan profile. Strings and tags must
 * outlive the world. */
struct hearsay_config *sim_config(struct sim_world *world);

uint64_t sim_seed(const struct sim_world *world);

/* From now on chance goes another way: runs that share their beginning differ from here. */
void sim_reseed(struct sim_world *world, uint64_t seed);

uint64_t sim_time(const struct sim_world *world);
uint64_t sim_steps(const struct sim_world *world);

/* Makes the next thing happen that is due by `until`. Returns false when there is none: then it is
 * `until`. Returns false at once, and time stands still, after a violation. */
bool sim_step(struct sim_world *world, uint64_t until);

#endif
