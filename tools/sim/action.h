/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What can happen, as it was read: see action.c.
 */
#ifndef SIM_ACTION_H
#define SIM_ACTION_H

#include "attack.h"
#include "keying.h"
#include "sim.h"
#include "tags.h"
#include "who.h"

enum sim_verb {
    /* the weather */
    SIM_LATENCY = 1,
    SIM_LOSS,
    SIM_DUPLICATE,
    SIM_REORDER,
    SIM_CORRUPT,
    SIM_SLOW,
    SIM_CUT,
    SIM_FIREWALL,
    SIM_FLAP,
    SIM_HEAL,
    /* the members */
    SIM_CRASH,
    SIM_LEAVE,
    SIM_PAUSE,
    SIM_RESUME,
    SIM_RESTART,
    SIM_CLONE,
    SIM_JOIN,
    SIM_CLOCK,
    SIM_FORCE_LEAVE,
    SIM_TAGS,
    SIM_STALL,
    SIM_MOVE,
    SIM_RELOAD,
    /* who is no member */
    SIM_ATTACK,
};

enum sim_way {
    SIM_WAY_BOTH,
    SIM_WAY_IN,
    SIM_WAY_OUT,
    SIM_WAY_CLOSED, /* a crash that leaves a closed port */
    SIM_WAY_SILENT, /* one that leaves nothing */
    SIM_WAY_WORDS,  /* one that leaves a witness, and then a closed port */
    SIM_WAY_FRESH,
    SIM_WAY_MEMORY,
    SIM_WAY_ELSEWHERE,
    SIM_WAY_PRUNE, /* a removal that takes the member from the lists, too */
};

struct sim_action {
    enum sim_verb verb;
    enum sim_way way;
    struct sim_who who, other;
    uint32_t permille;
    uint32_t count;
    uint64_t duration; /* microseconds; 0: none given */
    uint64_t p99;      /* of lognormal durations, whose median is `duration`; 0: all are equal */
    uint64_t within;   /* each at a random moment of so long; 0: now */
    int64_t offset;
    int32_t ppm;
    struct sim_latency latency;
    struct sim_tags tags;
    struct sim_keying keying;
    struct sim_attack attack;
};

/* Reads a verb and what follows it. False: not as its usage says. */
bool sim_action_read(struct sim_action *ret_action, const struct sim_racks *racks,
                     struct sim_words *words);

#endif
