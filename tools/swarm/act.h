/* SPDX-License-Identifier: Apache-2.0 */
/* Commands of a running swarm. */
#ifndef SWARM_ACT_H
#define SWARM_ACT_H

#include <stdbool.h>

#include "swarm.h"

/* One line; answers on standard output. False: the end. */
bool swarm_act(struct swarm *swarm, char *line);

#endif
