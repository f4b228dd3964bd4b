/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every member's name gets a number, once and for all machines: see names.c.
 */
#ifndef SIM_NAMES_H
#define SIM_NAMES_H

#include <stdbool.h>
#include <stdint.h>

#define SIM_NOBODY UINT32_MAX

/* How many of the counted machines hold a name so. */
struct sim_tally {
    uint32_t held[4]; /* by status */
    bool judged;      /* a node has said more of it than that it is there */
};

struct sim_names {
    char **names;
    struct sim_tally *tallies;
    uint32_t count, room;
    uint32_t *slots; /* open addressing: number plus one */
    uint32_t slot_count;
};

/* The number of a name, or SIM_NOBODY without memory. */
uint32_t sim_names_number(struct sim_names *names, const char *name);
void sim_names_fini(struct sim_names *names);

#endif
