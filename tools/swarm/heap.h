/* SPDX-License-Identifier: Apache-2.0 */
/* Nodes by deadline. */
#ifndef SWARM_HEAP_H
#define SWARM_HEAP_H

#include <stdint.h>

#include "swarm.h"

void swarm_heap_set(struct swarm *swarm, uint32_t node);
void swarm_heap_remove(struct swarm *swarm, uint32_t node);

#endif
