/* SPDX-License-Identifier: Apache-2.0 */
/* Reads what has come to a member's socket. */
#ifndef SWARM_RECEIVE_H
#define SWARM_RECEIVE_H

#include <stdint.h>

#include "swarm.h"

/* Datagrams. */
void swarm_receive(struct swarm *swarm, uint32_t face);

/* The error queue: ports of others that are closed. */
void swarm_receive_errors(struct swarm *swarm, uint32_t face);

#endif
