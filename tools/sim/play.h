/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A scenario being played: first the beginning, in which all members start and find each other;
 * runs that are made of one beginning go on from there, each with chance of its own.
 */
#ifndef SIM_PLAY_H
#define SIM_PLAY_H

#include "stage.h"

/* Makes the world and lives through the beginning. Returns 0 or an error; when the beginning fails
 * it is in the result. */
int sim_play_begin(struct sim_play *play, const struct sim_scenario *scenario);

/* From here to the end of run number `run`, counted from 1. */
int sim_play_run(struct sim_play *play, uint32_t run);

void sim_play_fini(struct sim_play *play);

/* Microseconds of the scenario: negative in the beginning. */
int64_t sim_play_time(const struct sim_play *play);

#endif
