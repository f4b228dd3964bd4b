/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The advertised address while the agent runs (R38): it is looked at again when the addresses or
 * links of the machine change, and when a seed's name has been resolved. What looks wrong is said
 * in the log.
 */
#ifndef HS_AGENT_PARTS_ADDRESS_H
#define HS_AGENT_PARTS_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/base/identity.h"
#include "agent/options/options.h"
#include "agent/parts/report.h"
#include "agent/parts/udp.h"
#include "agent/parts/watch.h"

#define HS_ADDRESS_GAP_US 10000000 /* least time between two replacements */

/* The caller sets the first fields; the rest must be zero. */
struct hs_address {
    struct hs_identity *identity;
    const struct hs_options *options;
    struct hs_report *report;
    struct hs_udp *udp;
    struct hearsay_node *node;
    struct hs_watch watch;
    struct hearsay_addr seed; /* the last one that was resolved from a name; family 0: none */
    uint64_t replaced_at;     /* boot time; 0: never */
    int unwatched;            /* errno: the kernel does not let us watch; 0: it does */
    bool was_here;            /* the machine has or had it: it is not behind address translation */
    bool gone;                /* said that the machine does not have it any more */
    bool loopback_told;       /* said that it is a loopback address */
};

/* Begins to watch. Returns 0 or HEARSAY_ERR_NOMEM. */
int hs_address_open(struct hs_address *address, struct event_base *base);

/* Says what looks wrong at the start. */
void hs_address_start(struct hs_address *address);

/* What was never opened is a no-op. */
void hs_address_fini(struct hs_address *address);

/* A seed is about to be tried at this address. If our own address was only a guess, the route there
 * decides. The context is a struct hs_address. */
void hs_address_meet_seed(void *context, const struct hearsay_addr *seed);

#endif
