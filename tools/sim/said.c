/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events are copied here when they are taken from a node, because the program that plays the world
 * looks at them after the step, when the node may be gone.
 */
#include "said.h"

#include "grow.h"
#include "violation.h"

void sim_forget_events(struct sim_world *world)
{
    world->event_count = world->event_next = 0;
}

void sim_say(struct sim_world *world, uint32_t machine, uint32_t subject,
             const struct hearsay_event *event)
{
    struct sim_event *events =
        sim_grow(world->events, world->event_count, &world->event_room, sizeof(*events));
    if (!events) {
        sim_violate(world, "the simulator is out of memory");
        return;
    }
    world->events = events;
    events[world->event_count++] = (struct sim_event){machine, subject, *event};
}

bool sim_next_event(struct sim_world *world, struct sim_event *ret_event)
{
    if (world->event_next == world->event_count)
        return false;
    *ret_event = world->events[world->event_next++];
    return true;
}
