/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the scenario will do, and when.
 */
#ifndef SIM_AGENDA_H
#define SIM_AGENDA_H

#include "stage.h"

/* Does the task after this delay. Returns 0 or NOMEM. */
int sim_agenda_add(struct sim_play *play, uint64_t delay, struct sim_task task);

/* The time of the next task, if it is due by `until`. Returns false when there is none. */
bool sim_agenda_next(const struct sim_play *play, uint64_t until, uint64_t *ret_time);

/* Takes it: there must be one. */
struct sim_task sim_agenda_take(struct sim_play *play);

#endif
