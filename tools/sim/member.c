/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A member's number is the number of its name in the world, so that a view is an array. Names are
 * therefore registered here, in order, and before anybody can speak of them.
 */
#include "member.h"

#include <stdio.h>

#include <hearsay/error.h>

#include "grow.h"

void sim_member_write_name(uint32_t member, char name[SIM_MEMBER_NAME_ROOM])
{
    snprintf(name, SIM_MEMBER_NAME_ROOM, "n%u", member + 1);
}

uint8_t sim_member_side(const struct sim_play *play, uint32_t member)
{
    const struct sim_scenario *scenario = play->scenario;
    uint64_t part = (uint64_t)member * scenario->clusters / scenario->members;
    return (uint8_t)(member < scenario->members ? part : member % scenario->clusters);
}

int sim_member_add(struct sim_play *play, uint32_t *ret_member)
{
    char name[SIM_MEMBER_NAME_ROOM];
    struct sim_member *members =
        sim_grow(play->members, play->member_count, &play->member_room, sizeof(*members));
    if (!members)
        return HEARSAY_ERR_NOMEM;
    play->members = members;
    struct sim_member member = {.settled = true};
    member.keying = sim_keying_of(&play->scenario->keys, play->member_count);
    member.keying_next = member.keying;
    sim_member_write_name(play->member_count, name);
    if (sim_number(play->world, name) != play->member_count)
        return HEARSAY_ERR_NOMEM;
    int err = sim_machine_new(play->world, &member.machine);
    if (err)
        return err;
    *ret_member = play->member_count;
    members[play->member_count++] = member;
    return 0;
}
