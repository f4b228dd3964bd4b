/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the view to the ring (R29, R30, R63). Making a ring is expensive and changes come in groups,
 * so changes are only marked, and become one new ring when the owner pulls events.
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
    uint32_t slot;     /* members before this slot are gathered */
    uint32_t changes;  /* number of members that leave or enter */
    bool from_nothing; /* not made from the old ring: the members' flags are not valid for it */
    struct hearsay_ring_work *work;
    struct hearsay_ring *ring; /* made, and being compared with the owner's ring */
    struct hearsay_ring_sum moved;
    double share;                 /* fraction of the circle that moves */
    struct hearsay_ring *retired; /* the old one, or one that was not needed */
};

struct hs_ring_update {
    struct hs_core *core;
    struct hearsay_ring *ring; /* the one that the owner uses */
    uint64_t version;
    uint64_t made_at;             /* boot time */
    struct hs_ring_making making; /* the next one */
    struct hs_timer rest;
    bool stale;
    bool anew; /* the old ring has members that the table has not, so it cannot be updated */
};

/* `core` is borrowed. */
void hs_ring_update_init(struct hs_ring_update *update, struct hs_core *core);

/* Marks a change: a member has come or gone or, with `placed_anew`, has another token count or
 * zone. */
void hs_ring_update_mark(struct hs_ring_update *update, uint32_t slot, bool placed_anew);
/* All members but our own have been forgotten: the next ring is made from nothing. */
void hs_ring_update_reset(struct hs_ring_update *update);
/* Works on the new ring, if one is due, for about this many units. Returns true while there is more
 * to do. */
bool hs_ring_update_step(struct hs_ring_update *update, size_t units);
/* Works for as many units as one pull of events may take. Returns true and sets *ret_event when a
 * ring is ready. */
bool hs_ring_update_settle(struct hs_ring_update *update, struct hearsay_event *ret_event);
/* Returns true if the ring lacks a change of the view. */
bool hs_ring_update_waits(const struct hs_ring_update *update);
/* Frees the rings and the work under way. */
void hs_ring_update_fini(struct hs_ring_update *update);

#endif
