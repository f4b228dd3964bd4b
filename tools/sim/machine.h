/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Machines: what has an address and two clocks, and whose node runs there.
 */
#ifndef SIM_MACHINE_H
#define SIM_MACHINE_H

#include "state.h"

/* Adds a machine, off. Errors: NOMEM, FULL. */
int sim_machine_new(struct sim_world *world, uint32_t *ret_machine);

uint32_t sim_machines(const struct sim_world *world);
enum sim_state sim_state(const struct sim_world *world, uint32_t machine);
struct hearsay_addr sim_addr(const struct sim_world *world, uint32_t machine);

/* The machine with an address, or SIM_NOBODY. */
uint32_t sim_machine_at(const struct sim_world *world, const struct hearsay_addr *addr);

/* Its node, to look at, while it runs or is paused, else NULL. Commands go through the functions
 * below, or what they cause would not be sent. */
const struct hearsay_node *sim_node(const struct sim_world *world, uint32_t machine);
const char *sim_name(const struct sim_world *world, uint32_t machine);

/* Its clocks, and its wall clock in relation to the world's: a machine in 1970 has an offset of
 * -SIM_WALL_START. The boot clock knows nothing of it. */
struct hearsay_now sim_now(const struct sim_world *world, uint32_t machine);
void sim_clock_set(struct sim_world *world, uint32_t machine, int64_t offset);
int64_t sim_clock(const struct sim_world *world, uint32_t machine);

/* From now on both its clocks gain so many microseconds a second. */
void sim_clock_drift(struct sim_world *world, uint32_t machine, int32_t ppm);

/* Bytes that its node would hold if it were alone. Metadata is shared by all and counted whole. */
size_t sim_memory(const struct sim_world *world, uint32_t machine);

/* The world's time at which a machine's boot clock shows this, or a little later. */
uint64_t sim_time_of_boot(const struct sim_world *world, uint32_t machine, uint64_t boot);

#endif
