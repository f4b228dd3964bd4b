/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Machines and their clocks. A machine is made off, and stays until the world ends: one that has
 * crashed still has its address.
 */
#include "machine.h"

#include <stdlib.h>

#include <hearsay-tree/many.h>
#include <hearsay/error.h>

#include "grow.h"

#define ADDR_NETWORK   10u /* machine i is 10.0.0.0 plus i plus 1 */
#define BOOT_SPREAD_US UINT32_MAX
#define MILLION        1000000

_Static_assert(SIM_MACHINES_MAX < 1u << 24, "machines fit 10.0.0.0/8");

int sim_machine_new(struct sim_world *world, uint32_t *ret_machine)
{
    if (world->machine_count == SIM_MACHINES_MAX)
        return HEARSAY_ERR_FULL;
    struct sim_machine **machines = sim_grow(world->machines, world->machine_count,
                                             &world->machine_room, sizeof(struct sim_machine *));
    if (!machines)
        return HEARSAY_ERR_NOMEM;
    world->machines = machines;
    struct sim_machine *machine = calloc(1, sizeof *machine);
    if (machine == NULL)
        return HEARSAY_ERR_NOMEM;
    machine->state = SIM_SILENT;
    machine->name = SIM_NOBODY;
    machine->wake_at = HEARSAY_NEVER;
    machine->boot_base = sim_random_below(&world->random, BOOT_SPREAD_US);
    *ret_machine = world->machine_count;
    world->machines[world->machine_count++] = machine;
    return 0;
}

uint32_t sim_machines(const struct sim_world *world)
{
    return world->machine_count;
}

enum sim_state sim_state(const struct sim_world *world, uint32_t machine)
{
    return world->machines[machine]->state;
}

struct hearsay_addr sim_addr(const struct sim_world *world, uint32_t machine)
{
    (void)world;
    uint32_t host = machine + 1;
    return (struct hearsay_addr){
        .family = 4,
        .port = HEARSAY_PORT_DEFAULT,
        .bytes = {ADDR_NETWORK, (uint8_t)(host >> 16), (uint8_t)(host >> 8), (uint8_t)host},
    };
}

uint32_t sim_machine_at(const struct sim_world *world, const struct hearsay_addr *addr)
{
    uint32_t host = (uint32_t)addr->bytes[1] << 16 | (uint32_t)addr->bytes[2] << 8 | addr->bytes[3];
    if (host == 0 || host > world->machine_count)
        return SIM_NOBODY;
    struct hearsay_addr own = sim_addr(world, host - 1);
    return hearsay_addr_equal(addr, &own) ? host - 1 : SIM_NOBODY;
}

const struct hearsay_node *sim_node(const struct sim_world *world, uint32_t machine)
{
    return world->machines[machine]->node;
}

const char *sim_name(const struct sim_world *world, uint32_t machine)
{
    uint32_t name = world->machines[machine]->name;
    return name == SIM_NOBODY ? "" : world->names.names[name];
}

size_t sim_memory(const struct sim_world *world, uint32_t machine)
{
    const struct sim_machine *m = world->machines[machine];
    return m->node ? m->memory.bytes + hs_meta_pool_bytes(world->meta_pool) : 0;
}

/* ---- clocks ------------------------------------------------------------------------------ */

/* What its clocks have gained since the world began. */
static int64_t gained(const struct sim_world *world, const struct sim_machine *m)
{
    int64_t since = (int64_t)(world->time - m->drift_from);
    return m->drift_gained + since / MILLION * m->drift_ppm +
           since % MILLION * m->drift_ppm / MILLION;
}

struct hearsay_now sim_now(const struct sim_world *world, uint32_t machine)
{
    const struct sim_machine *m = world->machines[machine];
    int64_t own = (int64_t)world->time + gained(world, m);
    int64_t wall = (int64_t)SIM_WALL_START + own + m->offset;
    return (struct hearsay_now){
        .boot = m->boot_base + (uint64_t)own,
        .wall = wall > 0 ? (uint64_t)wall : 0,
    };
}

/* The world's time at which its boot clock shows this, or a little later. */
uint64_t sim_time_of_boot(const struct sim_world *world, uint32_t machine, uint64_t boot)
{
    const struct sim_machine *m = world->machines[machine];
    int64_t left = (int64_t)(boot - m->boot_base) - (int64_t)world->time - gained(world, m);
    if (left <= 0)
        return world->time;
    if (m->drift_ppm == 0)
        return world->time + (uint64_t)left;
    return world->time + (uint64_t)((double)left * MILLION / (double)(MILLION + m->drift_ppm)) + 1;
}

void sim_clock_drift(struct sim_world *world, uint32_t machine, int32_t ppm)
{
    struct sim_machine *m = world->machines[machine];
    m->drift_gained = gained(world, m);
    m->drift_from = world->time;
    m->drift_ppm = ppm;
}

void sim_clock_set(struct sim_world *world, uint32_t machine, int64_t offset)
{
    world->machines[machine]->offset = offset;
}

int64_t sim_clock(const struct sim_world *world, uint32_t machine)
{
    return world->machines[machine]->offset;
}
