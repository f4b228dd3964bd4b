/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whom a statement is about: see who.c.
 */
#ifndef SIM_WHO_H
#define SIM_WHO_H

#include "words.h"

#define SIM_RANGES_MAX    8u
#define SIM_RACKS_MAX     16u
#define SIM_RACK_NAME_MAX 16u

/* Whom a statement is about. */
enum sim_who_kind {
    SIM_WHO_NONE,
    SIM_WHO_LIST,   /* n1,n3..n9 */
    SIM_WHO_ALL,    /* all */
    SIM_WHO_RANDOM, /* random, 5 random: up and well, drawn when it happens */
    SIM_WHO_SHARE,  /* 1%, half: likewise */
    SIM_WHO_OTHERS, /* others: who is not the other one of the statement */
};

struct sim_who {
    enum sim_who_kind kind;
    uint32_t count;    /* RANDOM */
    uint32_t permille; /* SHARE */
    uint32_t ranges[SIM_RANGES_MAX][2];
    size_t range_count;
};

struct sim_rack {
    char name[SIM_RACK_NAME_MAX];
    struct sim_who who;
};

/* The names that a scenario has given to some of its members. */
struct sim_racks {
    struct sim_rack items[SIM_RACKS_MAX];
    size_t count;
};

/* Reads whom. False: no such words. */
bool sim_who_read(struct sim_who *ret_who, const struct sim_racks *racks, struct sim_words *words);

#endif
