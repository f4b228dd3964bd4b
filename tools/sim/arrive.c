/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What happens to a datagram at the end of its way depends on the state of the machine there. This
 * is decided here, above both, so that the network does not call processes and processes do not
 * call back.
 */
#include "arrive.h"

#include "network.h"
#include "process.h"
#include "said.h"

void sim_inject(struct sim_world *world, uint32_t from, uint32_t to, const void *bytes, size_t len)
{
    struct sim_packet *packet = sim_packet_new(world, from, to, bytes, len);
    sim_forget_events(world);
    if (packet != NULL)
        sim_arrive(world, packet);
}

void sim_arrive(struct sim_world *world, struct sim_packet *packet)
{
    struct sim_machine *machine = world->machines[packet->to];
    switch (machine->state) {
    case SIM_RUNNING:
        world->traffic.delivered++;
        sim_hear(world, packet->to, packet);
        sim_packet_free(world, packet);
        break;
    case SIM_PAUSED:
        world->traffic.delivered++;
        sim_keep(world, &machine->inbox, packet);
        break;
    case SIM_CLOSED:
        if (packet->from >= world->machine_count) { /* an outsider: nobody hears of it */
            sim_lose(world, packet);
            break;
        }
        sim_refuse(world, packet);
        break;
    case SIM_SILENT:
        sim_lose(world, packet);
        break;
    }
}

void sim_return(struct sim_world *world, struct sim_packet *packet)
{
    struct sim_machine *machine = world->machines[packet->from];
    if (machine->state == SIM_PAUSED) {
        sim_keep(world, &machine->errors, packet);
        return;
    }
    if (machine->state == SIM_RUNNING)
        sim_hear_closed(world, packet->from, packet);
    sim_packet_free(world, packet);
}
