/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an attacker is to do, as a statement says it.
 */
#ifndef SIM_ATTACK_H
#define SIM_ATTACK_H

#include "who.h"

enum sim_attack_kind {
    SIM_ATTACK_REPLAY = 1,
    SIM_ATTACK_FORGE,
    SIM_ATTACK_REFLECT,
    SIM_ATTACK_DELAY,
    SIM_ATTACK_ICMP,
};

/* What a forgery is made of. */
enum sim_attack_forgery {
    SIM_FORGE_NOISE = 1, /* random bytes */
    SIM_FORGE_HEADS,     /* the head of a member's datagram, and a wrong seal */
    SIM_FORGE_PLAIN,     /* a plain gossip of a member, made in the future */
};

/* The address that it seems to come from. */
enum sim_attack_source {
    SIM_SOURCE_MEMBER, /* that of whose datagram it was */
    SIM_SOURCE_ATTACKER,
    SIM_SOURCE_ELSEWHERE, /* one of a third party, drawn for each */
};

struct sim_attack {
    enum sim_attack_kind kind;
    enum sim_attack_forgery forgery;
    enum sim_attack_source source;
    uint32_t permille; /* of those seen; 0: so many as `count` says, drawn at random */
    uint32_t count;
    uint32_t kinds; /* bits by enum hearsay_kind */
    uint32_t times;
    bool to_others;         /* not to whom it was sent */
    uint64_t since, before; /* the scenario's time; 0: not said */
    uint64_t spread;        /* it takes so long */
    uint64_t by;            /* held back for up to so long */
};

/* Reads what follows the word `attack`; `ret_who`: to whom. False: not as the usage says. */
bool sim_attack_read(struct sim_attack *ret_attack, struct sim_who *ret_who,
                     const struct sim_racks *racks, struct sim_words *words);

#endif
