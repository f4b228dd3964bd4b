/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every member's name has a number, the same on all machines. So what each node has said about each
 * member is an array, not a table of strings.
 */
#include "names.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <stdlib.h>
#include <string.h>

#define SLOTS_FIRST 64u

static uint32_t *slot_of(const struct sim_names *names, const char *name)
{
    uint32_t at = (uint32_t)XXH3_64bits(name, strlen(name)) & (names->slot_count - 1);
    while (names->slots[at] != 0 && strcmp(names->names[names->slots[at] - 1], name) != 0)
        at = (at + 1) & (names->slot_count - 1);
    return &names->slots[at];
}

static bool grow_slots(struct sim_names *names)
{
    if (2 * (names->count + 1) <= names->slot_count)
        return true;
    uint32_t count = names->slot_count ? 2 * names->slot_count : SLOTS_FIRST;
    uint32_t *slots = calloc(count, sizeof *slots);
    if (slots == NULL)
        return false;
    free(names->slots);
    names->slots = slots;
    names->slot_count = count;
    for (uint32_t i = 0; i < names->count; i++)
        *slot_of(names, names->names[i]) = i + 1;
    return true;
}

static bool grow_names(struct sim_names *names)
{
    if (names->count < names->room)
        return true;
    uint32_t room = names->room ? 2 * names->room : SLOTS_FIRST;
    char **grown = realloc(names->names, room * sizeof *grown);
    if (grown == NULL)
        return false;
    names->names = grown;
    struct sim_tally *tallies = realloc(names->tallies, room * sizeof *tallies);
    if (tallies == NULL)
        return false;
    names->tallies = tallies;
    names->room = room;
    return true;
}

uint32_t sim_names_number(struct sim_names *names, const char *name)
{
    if (!grow_slots(names) || !grow_names(names))
        return SIM_NOBODY;
    uint32_t *slot = slot_of(names, name);
    if (*slot != 0)
        return *slot - 1;
    char *copy = strdup(name);
    if (copy == NULL)
        return SIM_NOBODY;
    names->names[names->count] = copy;
    names->tallies[names->count] = (struct sim_tally){0};
    *slot = ++names->count;
    return *slot - 1;
}

void sim_names_fini(struct sim_names *names)
{
    for (uint32_t i = 0; i < names->count; i++)
        free(names->names[i]);
    free(names->names);
    free(names->tallies);
    free(names->slots);
    *names = (struct sim_names){0};
}
