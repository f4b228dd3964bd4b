/* SPDX-License-Identifier: Apache-2.0 */
/* Flags of hearsay-swarm, and the bounds of what they may say. */
#ifndef SWARM_OPTIONS_H
#define SWARM_OPTIONS_H

#include <stdint.h>

#include <hearsay/hearsay.h>

#define SWARM_MEMBERS_MAX 50000u
#define SWARM_NODES_FULL  1000u /* up to here each member is a node, unless told otherwise */
#define SWARM_NODES_FEW   250u  /* … and beyond there are so many */
#define SWARM_FACES_MAX   100u  /* of a node: its period is not shorter than 10 ms */
#define SWARM_JOINS_MAX   8u

struct swarm_options {
    uint32_t members, nodes;
    struct hearsay_addr net; /* address of the first member; the next one has the next address */
    const char *cluster;
    enum hearsay_profile profile;
    struct hearsay_addr joins[SWARM_JOINS_MAX];
    uint32_t join_count;
    uint64_t run; /* seconds; 0: until told */
};

/* 0, or an exit code plus one: 1 ends well (help), 3 is wrong usage. */
int swarm_options_read(struct swarm_options *ret_options, int argc, char **argv);

#endif
