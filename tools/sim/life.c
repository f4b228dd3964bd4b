/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The processes of members: each start and each stop changes the world, and what is true of it.
 */
#include "life.h"

#include "member.h"
#include "reload.h"
#include "truth.h"

#define SEEDS_TRIED 3u /* running members that a newcomer is told of */

bool sim_life_is_well(const struct sim_member *member)
{
    return !member->ailing && !member->flapping && !member->paused;
}

uint64_t sim_life_timestamp(const struct sim_play *play, uint32_t machine)
{
    struct hearsay_member self;
    const struct hearsay_node *node = sim_node(play->world, machine);
    if (node == NULL)
        return 0;
    hearsay_node_self(node, sim_now(play->world, machine), &self);
    return self.timestamp;
}

void sim_life_remember(struct sim_play *play, uint32_t member)
{
    struct sim_member *m = &play->members[member];
    uint64_t timestamp = sim_life_timestamp(play, m->machine);
    if (timestamp > 0)
        m->last_timestamp = timestamp;
}

/* A newcomer is told of a few members of its cluster that run; the first of all of nobody. */
void sim_life_join(struct sim_play *play, uint32_t machine, uint32_t self)
{
    uint32_t tried = 0;
    for (uint32_t draws = 0; draws < 100 && tried < SEEDS_TRIED; draws++) {
        uint32_t m = sim_random_below(&play->random, play->member_count);
        if (m == self || play->members[m].truth != SIM_TRUTH_UP ||
            sim_member_side(play, m) != sim_member_side(play, self))
            continue;
        struct hearsay_addr seed = sim_addr(play->world, play->members[m].machine);
        sim_join(play->world, machine, &seed);
        sim_truth_hear(play);
        tried++;
    }
}

static int start_on(struct sim_play *play, uint32_t member, uint32_t machine,
                    uint64_t last_timestamp)
{
    struct sim_member *m = &play->members[member];
    char name[SIM_MEMBER_NAME_ROOM];
    sim_member_write_name(member, name);
    sim_set_side(play->world, machine, sim_member_side(play, member));
    int result = sim_reload_equip(play, member, machine);
    if (result == 0)
        result = sim_start(play->world, machine, name, last_timestamp);
    if (result != 0)
        return result;
    sim_truth_hear(play);
    sim_truth_rekey(play);
    play->running++;
    m->machine = machine;
    m->paused = false;
    sim_count(play->world, machine, sim_life_is_well(m));
    m->timestamp_needed = sim_life_timestamp(play, machine);
    sim_truth_set(play, member, SIM_TRUTH_UP, SIM_METRIC_BACK);
    return 0;
}

int sim_life_start(struct sim_play *play, uint32_t member, uint32_t machine,
                   uint64_t last_timestamp)
{
    int result = start_on(play, member, machine, last_timestamp);
    if (result == 0)
        sim_life_join(play, machine, member);
    return result;
}

int sim_life_begin(struct sim_play *play, uint32_t member)
{
    int result = sim_life_start(play, member, play->members[member].machine, 0);
    if (result == 0)
        sim_truth_disturb(play);
    return result;
}

int sim_life_begin_acquainted(struct sim_play *play)
{
    int result = 0;
    for (uint32_t m = 0; m < play->member_count && result == 0; m++)
        result = start_on(play, m, play->members[m].machine, 0);
    for (uint32_t m = 0; m < play->member_count && result == 0; m++) {
        result = sim_acquaint(play->world, play->members[m].machine);
        sim_truth_hear(play);
    }
    sim_truth_disturb(play);
    return result;
}

void sim_life_stop(struct sim_play *play, uint32_t member, enum sim_state state)
{
    struct sim_member *m = &play->members[member];
    sim_life_remember(play, member);
    if (sim_node(play->world, m->machine) != NULL)
        play->running--;
    sim_kill(play->world, m->machine, state);
    m->paused = false;
}
