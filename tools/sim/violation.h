/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A broken invariant ends the run: the first one is kept in words.
 */
#ifndef SIM_VIOLATION_H
#define SIM_VIOLATION_H

#include "state.h"

/* Later ones are ignored. */
void sim_violate(struct sim_world *world, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The first broken invariant in words, with seed, step and time, or NULL while all is well. */
const char *sim_violation(const struct sim_world *world);

#endif
