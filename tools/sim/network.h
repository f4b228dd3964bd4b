/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What lies between two sockets.
 */
#ifndef SIM_NETWORK_H
#define SIM_NETWORK_H

#include "state.h"

extern const struct sim_latency sim_latency_lan; /* 0.1 to 0.5 ms */
extern const struct sim_latency sim_latency_wan; /* 20 to 150 ms */

/* The path of all datagrams for which no rule says otherwise. Change it at any time. */
struct sim_link *sim_network(struct sim_world *world);

/* From now on datagrams from each of `from` to each of `to` take this path, one way. The latest
 * rule that fits a datagram counts. Returns 0 or HEARSAY_ERR_NOMEM. */
int sim_rule(struct sim_world *world, const uint32_t *from, size_t from_count, const uint32_t *to,
             size_t to_count, const struct sim_link *link);

/* A rule that loses everything. */
int sim_cut(struct sim_world *world, const uint32_t *from, size_t from_count, const uint32_t *to,
            size_t to_count);

/* Forgets all rules. */
void sim_heal(struct sim_world *world);

/* Its own connection, whoever is at the other end; change it at any time. */
struct sim_ailment *sim_ailment(struct sim_world *world, uint32_t machine);

const struct sim_traffic *sim_traffic(const struct sim_world *world);

/* Sends on the path from here to there; it arrives, or does not, in a later step. */
void sim_send(struct sim_world *world, uint32_t from, const struct hearsay_addr *to,
              const uint8_t *bytes, size_t len);

/* The attacker sends. `from` is a machine or an outsider (tape.h), `seen` one more than the place
 * of the bytes on its tape, or 0. It must be there. */
void sim_throw(struct sim_world *world, uint32_t from, uint32_t to, const uint8_t *bytes,
               size_t len, enum sim_origin origin, uint32_t seen);

/* What becomes of a datagram at a closed port, at a machine that is off, and in a socket that
 * nobody reads. All take the packet. */
void sim_refuse(struct sim_world *world, struct sim_packet *packet);
void sim_lose(struct sim_world *world, struct sim_packet *packet);
void sim_keep(struct sim_world *world, struct sim_inbox *inbox, struct sim_packet *packet);

/* NULL: no memory, or longer than any datagram. */
struct sim_packet *sim_packet_new(struct sim_world *world, uint32_t from, uint32_t to,
                                  const void *bytes, size_t len);
void sim_packet_free(struct sim_world *world, struct sim_packet *packet);
void sim_network_fini(struct sim_world *world);

#endif
