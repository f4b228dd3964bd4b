/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A run as two numbers: see digest.c.
 */
#ifndef SIM_DIGEST_H
#define SIM_DIGEST_H

#include "state.h"

/* A hash over every datagram sent, its time and its two ends: equal for equal runs. */
uint64_t sim_digest(const struct sim_world *world);

/* A hash over all that nodes told their owners: each event that was taken, with its time and its
 * node, and what the nodes remember of each member about which a verdict was passed. Two runs with
 * equal datagrams can differ here. Costs a look at all histories. */
uint64_t sim_events_digest(const struct sim_world *world);

void sim_digest_datagram(struct sim_world *world, uint32_t from, uint32_t to, const uint8_t *bytes,
                         size_t len);
void sim_digest_event(struct sim_world *world, uint32_t machine, uint32_t subject,
                      const struct hearsay_event *event);

#endif
