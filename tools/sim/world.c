/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Time moves only from one item of the queue to the next, so an idle hour costs only what happens
 * in it.
 */
#include "world.h"

#include <stdlib.h>

#include <hearsay-tree/many.h>
#include <hearsay/error.h>
#include <hearsay/host.h>

#include "arrive.h"
#include "keyed.h"
#include "network.h"
#include "process.h"
#include "said.h"
#include "tape.h"

int sim_new(struct sim_world **ret_world, uint64_t seed)
{
    struct sim_world *world = calloc(1, sizeof *world);
    if (world == NULL)
        return HEARSAY_ERR_NOMEM;
    world->seed = seed;
    world->random.state = seed;
    world->network.latency = sim_latency_lan;
    hearsay_config_init(&world->config, HEARSAY_PROFILE_LAN);
    const struct hearsay_allocator allocator = hearsay_host_allocator();
    int result = hs_meta_pool_new(&world->meta_pool, &allocator);
    if (result != 0) {
        free(world);
        return result;
    }
    *ret_world = world;
    return 0;
}

void sim_free(struct sim_world *world)
{
    if (world == NULL)
        return;
    struct sim_item item;
    while (sim_queue_pop(&world->queue, UINT64_MAX, &item))
        sim_packet_free(world, item.packet);
    sim_queue_fini(&world->queue);
    for (uint32_t i = 0; i < world->machine_count; i++)
        sim_machine_free(world, world->machines[i]);
    free(world->machines);
    hs_meta_pool_free(world->meta_pool);
    sim_keyrings_fini(world);
    sim_attacker_free(world->attacker);
    sim_network_fini(world);
    sim_names_fini(&world->names);
    free(world->events);
    free(world);
}

struct hearsay_config *sim_config(struct sim_world *world)
{
    return &world->config;
}

uint64_t sim_seed(const struct sim_world *world)
{
    return world->seed;
}

void sim_reseed(struct sim_world *world, uint64_t seed)
{
    world->seed = seed;
    world->random.state = seed;
}

uint64_t sim_time(const struct sim_world *world)
{
    return world->time;
}

uint64_t sim_steps(const struct sim_world *world)
{
    return world->steps;
}

/* ---- steps ------------------------------------------------------------------------------- */

bool sim_step(struct sim_world *world, uint64_t until)
{
    struct sim_item item;
    sim_forget_events(world);
    if (world->violation[0] != '\0')
        return false;
    if (!sim_queue_pop(&world->queue, until, &item)) {
        if (world->time < until)
            world->time = until;
        return false;
    }
    world->time = item.time;
    world->steps++;
    switch (item.kind) {
    case SIM_ITEM_WAKE:
        sim_wake(world, item.machine);
        break;
    case SIM_ITEM_DATAGRAM:
        sim_arrive(world, item.packet);
        break;
    case SIM_ITEM_UNREACHABLE:
        sim_return(world, item.packet);
        break;
    case SIM_ITEM_WORD:
        sim_say_word(world, item.packet);
        break;
    case SIM_ITEM_CLOSE:
        sim_witness_ends(world, item.machine);
        break;
    }
    return true;
}
