/* SPDX-License-Identifier: Apache-2.0 */
/* Hands datagrams over, within the swarm and to the outside. */
#ifndef SWARM_DELIVER_H
#define SWARM_DELIVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "swarm.h"

int swarm_deliver_init(struct swarm *swarm);

/* A datagram for a face that came from `from`; its node takes it and answers. */
void swarm_give(struct swarm *swarm, uint32_t face, const struct hearsay_addr *from, uint8_t *bytes,
                size_t len, bool trusted);

/* Sends what the node has to send, and what that brings about, until nothing is on its way. */
void swarm_drain(struct swarm *swarm, uint32_t node);
void swarm_pump(struct swarm *swarm);

/* Lets all nodes act whose time has come, for one turn at most. */
void swarm_tick(struct swarm *swarm);

#endif
