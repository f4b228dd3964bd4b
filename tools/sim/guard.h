/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What must hold while an attacker is at work: see guard.c.
 */
#ifndef SIM_GUARD_H
#define SIM_GUARD_H

#include "state.h"

/* What a node held before it read a datagram. */
struct sim_guarded {
    uint64_t digest, merged, refutations, acks, heard;
    uint32_t members[4];
    size_t events;
};

/* Around the reading of one datagram. There must be an attacker. */
void sim_guard_before(const struct sim_world *world, uint32_t machine,
                      struct sim_guarded *ret_before);
void sim_guard_heard(struct sim_world *world, uint32_t machine, const struct sim_packet *packet,
                     const struct sim_guarded *before);

/* What the node has sent because it read that, in bytes. */
void sim_guard_answered(struct sim_world *world, uint32_t machine, const struct sim_packet *packet,
                        const struct sim_guarded *before, uint64_t bytes);

/* The rest may be called without an attacker, too. A datagram leaves for an address that is no
 * machine's. */
void sim_guard_outside(struct sim_world *world, uint32_t machine, const struct hearsay_addr *to,
                       size_t len);

/* A process has begun, and is about to end. */
void sim_guard_started(struct sim_world *world, uint32_t machine);
void sim_guard_ending(struct sim_world *world, uint32_t machine);

/* A node tells of a member. */
void sim_guard_event(struct sim_world *world, uint32_t machine, uint32_t subject,
                     const struct hearsay_event *event);

/* At the end: since the attack each two members have exchanged gossip and ack, both ways. */
void sim_guard_finish(struct sim_world *world);

#endif
