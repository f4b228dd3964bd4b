/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a machine does with a datagram or an ICMP error that reaches it.
 */
#ifndef SIM_ARRIVE_H
#define SIM_ARRIVE_H

#include "state.h"

/* Both take the packet. */
void sim_arrive(struct sim_world *world, struct sim_packet *packet);
void sim_return(struct sim_world *world, struct sim_packet *packet);

/* Delivers bytes to a machine at once, as if another had sent them. */
void sim_inject(struct sim_world *world, uint32_t from, uint32_t to, const void *bytes, size_t len);

#endif
