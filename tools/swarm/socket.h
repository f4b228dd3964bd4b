/* SPDX-License-Identifier: Apache-2.0 */
/* A socket for each member. */
#ifndef SWARM_SOCKET_H
#define SWARM_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "swarm.h"

int swarm_socket_open(struct swarm *swarm, uint32_t face);
void swarm_socket_close(struct swarm *swarm, uint32_t face);
bool swarm_socket_send(struct swarm *swarm, uint32_t face, const struct hearsay_addr *to,
                       const uint8_t *bytes, size_t len);

#endif
