/* SPDX-License-Identifier: Apache-2.0 */
/* How a swarm comes to be, and how members of it come and go. */
#ifndef SWARM_FORM_H
#define SWARM_FORM_H

#include <stdbool.h>
#include <stdint.h>

#include "swarm.h"

/* Members, from the first to the last, and until all nodes agree. 0 or -1, having said why. */
int swarm_form(struct swarm *swarm);
void swarm_free(struct swarm *swarm);

/* A member joins by way of another. False: it was not taken in. */
bool swarm_join(struct swarm *swarm, uint32_t face, uint32_t via);

/* Its process is gone, from one moment to the next. */
void swarm_end(struct swarm *swarm, uint32_t node);

#endif
