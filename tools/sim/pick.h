/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whom a statement means, now that it happens: see pick.c.
 */
#ifndef SIM_PICK_H
#define SIM_PICK_H

#include "stage.h"

bool sim_list_add(struct sim_list *list, uint32_t item);
void sim_list_fini(struct sim_list *list);

/* Returns 0 or NOMEM. `other`: whom the statement's other WHO means, for `others`. */
int sim_pick(struct sim_play *play, const struct sim_action *action, const struct sim_who *who,
             const struct sim_list *other, struct sim_list *ret_list);

#endif
