/* SPDX-License-Identifier: Apache-2.0 */
/* The name and the addresses of this agent. Only the advertised address may change: see
 * parts/address.h. */
#ifndef HS_AGENT_BASE_IDENTITY_H
#define HS_AGENT_BASE_IDENTITY_H

#include <stdint.h>

#include <hearsay/addr.h>
#include <hearsay/config.h>

#include "ctl/ctl.h"

/* How the advertised address was found, for the log. */
enum hs_advertise_source {
    HS_ADVERTISE_GIVEN,
    HS_ADVERTISE_BOUND,
    HS_ADVERTISE_ROUTE,
    HS_ADVERTISE_INTERFACE,
    HS_ADVERTISE_LOOPBACK,
};

struct hs_identity {
    const char *name; /* borrowed from the options */
    char cluster[HEARSAY_CLUSTER_MAX + 1];
    struct hearsay_addr bound, advertise;
    enum hs_advertise_source advertise_source;
    char control_path[HS_CTL_PATH_MAX];
    uint64_t started;      /* boot time */
    uint64_t started_wall; /* the same by the wall clock of then, µs since 1970 */
};

#endif
