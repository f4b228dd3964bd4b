/* SPDX-License-Identifier: Apache-2.0 */
/* The struct of a mirror, for the files of this folder. */
#ifndef HS_MIRROR_IMPL_H
#define HS_MIRROR_IMPL_H

#include "mirror/log.h"
#include "mirror/world.h"

#define HS_MIRROR_FAULT_MAX   256
#define HS_MIRROR_CLUSTER_MAX 256

struct hs_mirror {
    struct hs_mirror_bounds bounds;
    struct hs_world *shown;  /* NULL: nothing yet */
    struct hs_world *coming; /* a snapshot that is being read, or waits; NULL: none */
    bool greeted;            /* on this connection */
    bool current;            /* `shown` or, while it waits, `coming` */
    bool resumes;            /* the id of that world is still good for a request */
    char node[HEARSAY_NAME_MAX + 1];
    char cluster[HS_MIRROR_CLUSTER_MAX];
    char instance[HS_CTL_HEX64_MAX];
    struct hs_mirror_log log;
    json_t *round_trips; /* NULL: none */
    uint64_t beats;
    char fault[HS_MIRROR_FAULT_MAX];
};

#endif
