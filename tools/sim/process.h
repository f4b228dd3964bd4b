/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Processes: start, stop, pause, the turn of a loop, and the commands of a node.
 */
#ifndef SIM_PROCESS_H
#define SIM_PROCESS_H

#include "state.h"

/* Starts a fresh node of this name, ending the one before. `last_timestamp`: what its snapshot
 * would hold, or 0. Errors: those of hearsay_node_new. */
int sim_start(struct sim_world *world, uint32_t machine, const char *name, uint64_t last_timestamp);

/* Ends the process at once, without a word. `state` is SIM_CLOSED or SIM_SILENT. A node that has
 * left or was replaced ends by itself and leaves a closed port. */
void sim_kill(struct sim_world *world, uint32_t machine, enum sim_state state);

/* The process is about to end, and its witness says so (R60: last words): at once, and twice more.
 * The caller then kills the process and leaves SIM_SILENT: the witness holds the port so long. */
void sim_speak_last(struct sim_world *world, uint32_t machine);
/* For the queue. The first takes the packet. */
void sim_say_word(struct sim_world *world, struct sim_packet *packet);
void sim_witness_ends(struct sim_world *world, uint32_t machine);

void sim_pause(struct sim_world *world, uint32_t machine);
void sim_resume(struct sim_world *world, uint32_t machine);

/* The owner of its node takes no events any more, or does again: a log reader that hangs. */
void sim_neglect(struct sim_world *world, uint32_t machine, bool neglected);

/* The commands of node.h, with what they cause. Errors: theirs; STOPPED when no node runs there. */
int sim_acquaint(struct sim_world *world, uint32_t machine); /* introduces all that run to it */
int sim_join(struct sim_world *world, uint32_t machine, const struct hearsay_addr *seed);
int sim_leave(struct sim_world *world, uint32_t machine);
/* Keys and mode of its present process and of later ones. */
int sim_set_keys(struct sim_world *world, uint32_t machine, const struct sim_keyring *keyring,
                 enum hearsay_seal_mode mode);
int sim_force_leave(struct sim_world *world, uint32_t machine, const char *name, bool prune);
int sim_set_tags(struct sim_world *world, uint32_t machine, const struct hearsay_tag *tags,
                 size_t count);

/* How many datagrams all nodes have refused for their form or key: plain, sealed, key, forged. */
uint64_t sim_refused(const struct sim_world *world);

/* Its deadline has come; a datagram or an error has reached its socket. */
void sim_wake(struct sim_world *world, uint32_t machine);
void sim_hear(struct sim_world *world, uint32_t machine, struct sim_packet *packet);
void sim_hear_closed(struct sim_world *world, uint32_t machine, struct sim_packet *packet);

/* Ends its process, and frees it. */
void sim_machine_free(struct sim_world *world, struct sim_machine *machine);

#endif
