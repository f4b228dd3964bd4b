/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is true of each member, and whether all say so: see truth.c.
 */
#ifndef SIM_TRUTH_H
#define SIM_TRUTH_H

#include "stage.h"

void sim_truth_set(struct sim_play *play, uint32_t member, enum sim_truth truth,
                   enum sim_metric metric);
void sim_truth_renew(struct sim_play *play, uint32_t member, uint64_t timestamp);
void sim_truth_disturb(struct sim_play *play);
/* Keys of members have changed. */
void sim_truth_rekey(struct sim_play *play);
void sim_truth_hear(struct sim_play *play);
void sim_truth_check_all(struct sim_play *play);
void sim_truth_overdue(struct sim_play *play, const struct sim_task *task);
void sim_truth_finish(struct sim_play *play);

#endif
