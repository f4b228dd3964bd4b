/* SPDX-License-Identifier: Apache-2.0 */
/* What the nodes say of members and of agents from outside. */
#ifndef SWARM_EVENTS_H
#define SWARM_EVENTS_H

#include <stdint.h>

#include "swarm.h"

/* Takes a node's events: counts, tells and refutes. */
void swarm_take_events(struct swarm *swarm, uint32_t node);

/* Asks all nodes how they see the agents from outside. */
void swarm_look(struct swarm *swarm);

#endif
