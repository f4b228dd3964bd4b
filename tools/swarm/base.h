/* SPDX-License-Identifier: Apache-2.0 */
/* Names, addresses, chance and time of the swarm. */
#ifndef SWARM_BASE_H
#define SWARM_BASE_H

#include <stdint.h>

#include "swarm.h"

#define SWARM_NAME_SIZE 16u /* "s00000", terminated */

void swarm_name(uint32_t face, char ret_name[SWARM_NAME_SIZE]);
uint32_t swarm_face_named(const struct swarm *swarm, const char *name);
struct hearsay_addr swarm_addr(const struct swarm *swarm, uint32_t face);
uint32_t swarm_face_at(const struct swarm *swarm, const struct hearsay_addr *addr);
uint64_t swarm_random(struct swarm *swarm);
uint32_t swarm_below(struct swarm *swarm, uint32_t limit);
void swarm_clock(struct swarm *swarm);

#endif
