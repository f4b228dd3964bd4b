/* SPDX-License-Identifier: Apache-2.0 */
/* The struct of a mirror, for the files of this folder. */
#ifndef HS_MIRROR_IMPL_H
#define HS_MIRROR_IMPL_H

#include "mirror/log.h"
#include "mirror/world.h"

#define HS_MIRROR_FAULT_MAX   256
#define HS_MIRROR_CLUSTER_MAX 256

/* A line whose ring is being made. What it says counts when that is done, so until then the world
 * is as it was before. */
struct hs_mirror_making {
    json_t *line; /* NULL: none */
    struct hs_world *world;
    struct hs_mirror_state after; /* the world's, with this line */
};

struct hs_mirror {
    struct hs_mirror_bounds bounds;
    struct hs_world *shown;  /* NULL: nothing yet */
    struct hs_world *coming; /* a snapshot that is being read, or waits; NULL: none */
    bool kept;               /* `shown` is from hs_mirror_seed, and no agent has greeted since */
    bool greeted;            /* on this connection */
    bool current;            /* `shown` or, while it waits, `coming` */
    struct hs_mirror_making making;
    size_t units; /* of a step; 0: hs_mirror_feed makes a ring at once */
    bool resumes; /* the id of that world is still good for a request */
    char node[HEARSAY_NAME_MAX + 1];
    char cluster[HS_MIRROR_CLUSTER_MAX];
    char instance[HS_CTL_HEX64_MAX];
    struct hs_mirror_log log;
    json_t *round_trips; /* NULL: none */
    uint64_t beats;
    char fault[HS_MIRROR_FAULT_MAX];
};

#endif
