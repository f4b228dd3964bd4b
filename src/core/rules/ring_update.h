/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the view to the ring (R29, R30, R63): what has changed is marked, and becomes one new ring when
 * the owner pulls events.
 */
#ifndef HS_RULES_RING_UPDATE_H
#define HS_RULES_RING_UPDATE_H

#include <hearsay/event.h>
#include <hearsay/ring.h>

#include "rules/core.h"

/* A ring that is being made. */
struct hs_ring_making {
    enum {
        HS_RING_IDLE,
        HS_RING_GATHER,
        HS_RING_MAKE,
        HS_RING_COMPARE,
        HS_RING_READY,
        HS_RING_RELEASE
    } stage;
    uint32_t slot;     /* gathered up to here */
    uint32_t changes;  /* who leaves and who enters */
    bool from_nothing; /* not from the ring before: the members' flags do not hold for it */
    struct hearsay_ring_work *work;
    struct hearsay_ring *ring; /* made, and compared with node->ring_update.ring */
    struct hearsay_ring_sum moved;
    double share;                 /* of the circle, that moves */
    struct hearsay_ring *retired; /* the one before, or one that was not needed */
};

struct hs_ring_update {
    struct hs_core *core;
    struct hearsay_ring *ring; /* the one that the owner has */
    uint64_t version;
    uint64_t made_at;             /* boot time */
    struct hs_ring_making making; /* the next one */
    struct hs_timer rest;
    bool stale;
    bool anew; /* the old one has members that the table has not: nothing to be changed */
};

void hs_ring_update_init(struct hs_ring_update *update, struct hs_core *core);

/* A member has come or gone, or, with `placed_anew`, has another token count or zone. */
void hs_ring_update_mark(struct hs_ring_update *update, uint32_t slot, bool placed_anew);
/* All members but our own have been forgotten: the next ring is made from nothing. */
void hs_ring_update_reset(struct hs_ring_update *update);
/* Goes on with the new ring if one is due, for about so many units; true while there is more to
 * do. */
bool hs_ring_update_step(struct hs_ring_update *update, size_t units);
/* The same for as many units as one pull of events may take; true with the event of a ring that is
 * ready. */
bool hs_ring_update_settle(struct hs_ring_update *update, struct hearsay_event *ret_event);
/* Is a change of the view not yet in the ring? */
bool hs_ring_update_waits(const struct hs_ring_update *update);
void hs_ring_update_fini(struct hs_ring_update *update);

#endif
