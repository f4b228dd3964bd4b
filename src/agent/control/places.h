/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The places of the control socket's clients: how many there are, and who gets one. Nobody can take
 * all of them: neither by connections that ask nothing, nor by monitors, nor by being many.
 */
#ifndef HS_AGENT_CONTROL_PLACES_H
#define HS_AGENT_CONTROL_PLACES_H

#include <stdbool.h>

#include "agent/control/client.h"

/* Of each of root, the agent's user, the control group and the group that may only ask, so many
 * places are left to them by the others. */
#define HS_PLACES_KEPT     8
#define HS_PLACES_ASKING   16 /* places that no monitor takes */
#define HS_PLACES_MIN      4  /* where the limit of descriptors leaves fewer */
#define HS_DESCRIPTORS_OWN 32 /* descriptors that are left to the agent itself */

#define HS_IDLE_US       60000000 /* a connection without a request ends after this time */
#define HS_IDLE_YIELD_US 1000000  /* after this one, if its place is needed */
#define HS_STUCK_US      60000000 /* one that does not read its answer yields after this time */
#define HS_IDLE_SWEEP_US 5000000  /* how often idle connections are looked for */

struct hs_places {
    struct hs_clients *clients;
    struct event *sweep;
    size_t max, kept;
    bool own_user;                  /* the agent's user is not root */
    const struct hs_groups *groups; /* that may connect; a reload may change them */
};

/* `groups` is borrowed. Returns 0 or HEARSAY_ERR_NOMEM. */
int hs_places_init(struct hs_places *ret_places, struct event_base *base,
                   struct hs_clients *clients, const struct hs_groups *groups);

/* A struct of all zeroes is a no-op. */
void hs_places_fini(struct hs_places *places);

/* Returns true if there is a place for one more client of this kind, perhaps that of a client that
 * was ended for it. */
bool hs_places_free(struct hs_places *places, enum hs_peer_kind kind);

/* A client was taken in: ends it, later, if it asks nothing. */
void hs_places_watch(struct hs_places *places);

#endif
