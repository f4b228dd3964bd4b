/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The members of a scenario: n1, n2, and so on.
 */
#ifndef SIM_MEMBER_H
#define SIM_MEMBER_H

#include "stage.h"

#define SIM_MEMBER_NAME_ROOM 16u

void sim_member_write_name(uint32_t member, char name[SIM_MEMBER_NAME_ROOM]);

/* Which of the scenario's clusters it belongs to. */
uint8_t sim_member_side(const struct sim_play *play, uint32_t member);

/* Adds one with a machine of its own, which does not run. Errors: NOMEM, FULL. */
int sim_member_add(struct sim_play *play, uint32_t *ret_member);

#endif
