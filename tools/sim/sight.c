/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What each node has said about each member, and for each member how many nodes say so. Both are
 * updated with every event, so that "do all say dead?" is one comparison in a cluster of any size.
 */
#include "sight.h"

#include <stdlib.h>
#include <string.h>

#define SIGHTS_FIRST  16u
#define SIGHTS_GROWTH 32u /* as the views themselves: by a 32nd */

#define SIGHT_TIMESTAMP_MASK (UINT64_MAX >> 2)
#define SIGHT_STATUS_MASK    3u

/* NULL: no memory. */
struct sim_sight *sim_sight(struct sim_world *world, uint32_t machine, uint32_t subject)
{
    struct sim_machine *m = world->machines[machine];
    if (subject < m->sight_room)
        return &m->sights[subject];
    if (subject == SIM_NOBODY)
        return NULL;
    uint32_t room = subject + subject / SIGHTS_GROWTH + SIGHTS_FIRST;
    if (room < world->names.count)
        room = world->names.count;
    struct sim_sight *sights = realloc(m->sights, room * sizeof *sights);
    if (sights == NULL)
        return NULL;
    memset(sights + m->sight_room, 0, (room - m->sight_room) * sizeof *sights);
    m->sights = sights;
    m->sight_room = room;
    return &sights[subject];
}

/* The sight must be there: sim_sight makes it. */
void sim_see(struct sim_world *world, uint32_t machine, uint32_t subject,
             enum hearsay_status status, uint64_t timestamp)
{
    struct sim_machine *m = world->machines[machine];
    struct sim_sight *sight = &m->sights[subject];
    struct sim_tally *tally = &world->names.tallies[subject];
    if (sight->status != HEARSAY_STATUS_NONE)
        m->seen[sight->status]--;
    if (status != HEARSAY_STATUS_NONE)
        m->seen[status]++;
    if (m->counted) {
        tally->held[sight->status]--; /* of NONE nobody asks */
        tally->held[status]++;
    }
    sight->timestamp = timestamp & SIGHT_TIMESTAMP_MASK;
    sight->status = status & SIGHT_STATUS_MASK;
}

void sim_unsee(struct sim_world *world, uint32_t machine)
{
    struct sim_machine *m = world->machines[machine];
    for (uint32_t i = 0; i < m->sight_room && i < world->names.count; i++)
        sim_see(world, machine, i, HEARSAY_STATUS_NONE, 0);
}

void sim_count(struct sim_world *world, uint32_t machine, bool counted)
{
    struct sim_machine *m = world->machines[machine];
    if (m->counted == counted)
        return;
    m->counted = counted;
    world->observers[m->side] += counted ? 1 : UINT32_MAX;
    for (uint32_t i = 0; i < m->sight_room && i < world->names.count; i++)
        world->names.tallies[i].held[m->sights[i].status] += counted ? 1 : UINT32_MAX;
}

bool sim_is_counted(const struct sim_world *world, uint32_t machine)
{
    return world->machines[machine]->counted;
}

uint32_t sim_subject(const struct sim_world *world, uint32_t machine)
{
    return world->machines[machine]->name;
}

void sim_set_side(struct sim_world *world, uint32_t machine, uint8_t side)
{
    sim_count(world, machine, false);
    world->machines[machine]->side = side;
}

uint8_t sim_side(const struct sim_world *world, uint32_t machine)
{
    return world->machines[machine]->side;
}

uint32_t sim_observers_of(const struct sim_world *world, uint8_t side)
{
    return world->observers[side];
}

uint32_t sim_observers(const struct sim_world *world)
{
    uint32_t all = 0;
    for (uint32_t side = 0; side < SIM_SIDES_MAX; side++)
        all += world->observers[side];
    return all;
}

uint32_t sim_held(const struct sim_world *world, uint32_t subject, enum hearsay_status status)
{
    return subject < world->names.count ? world->names.tallies[subject].held[status] : 0;
}

enum hearsay_status sim_held_by(const struct sim_world *world, uint32_t machine, uint32_t subject)
{
    const struct sim_machine *m = world->machines[machine];
    return subject < m->sight_room ? (enum hearsay_status)m->sights[subject].status
                                   : HEARSAY_STATUS_NONE;
}

uint64_t sim_timestamp_held_by(const struct sim_world *world, uint32_t machine, uint32_t subject)
{
    const struct sim_machine *m = world->machines[machine];
    return subject < m->sight_room ? m->sights[subject].timestamp : 0;
}

uint32_t sim_number(struct sim_world *world, const char *name)
{
    return sim_names_number(&world->names, name);
}
