/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the view to the ring (R29, R30, R62, R63). Making a ring is expensive and changes come in
 * groups, so changes are only marked, and become one new ring when the owner pulls events.
 *
 * A place on the ring is not the same as being alive (R62: ring hold). A member that is dead of
 * `failed` is *held*: it keeps its tokens until its death is `ring_hold` old, because a process
 * that is back by then need not have lost its keys. And changes may wait for up to `ring_settle`,
 * so that many of them make one ring.
 */
#ifndef HS_RULES_RING_UPDATE_H
#define HS_RULES_RING_UPDATE_H

#include <stdbool.h>
#include <stdint.h>

#include <hearsay/event.h>
#include <hearsay/ring.h>

#include "rules/core.h"

/* R62: ring hold. Rings of two agents that agree may differ for as long as their timers do, and for
 * as long as a change takes to go round. */
#define HS_RING_SLACK_US 2000000u /* around the age at which a held member loses its tokens */
#define HS_RING_QUIET_US 3000000u /* after a change has waited for `ring_settle` */

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
    struct hs_timer rest, hold;
    uint32_t held;       /* number of members that are held */
    uint64_t changed_at; /* boot time of the first change that the ring lacks, while it is stale */
    /* boot time until which agents whose views are equal may have another ring; see
     * hs_ring_update_settling */
    uint64_t settled_at;
    bool stale;
    bool urgent; /* what it lacks does not wait for `ring_settle` */
    /* its ring was begun after the first exchange: before that, changes do not wait, because an
     * agent that joins would send every key to itself */
    bool exchanged;
    bool anew; /* the old ring has members that the table has not, so it cannot be updated */
};

/* `core` is borrowed. */
void hs_ring_update_init(struct hs_ring_update *update, struct hs_core *core);

/* The record of a member has changed. Marks a change of the ring if the member comes or goes or,
 * with `placed_anew`, has another token count or zone. */
void hs_ring_update_changed(struct hs_ring_update *update, uint32_t slot, bool placed_anew);
/* The death of a member is older than was known. */
void hs_ring_update_aged(struct hs_ring_update *update, uint32_t slot);
/* A member leaves the table. */
void hs_ring_update_forgotten(struct hs_ring_update *update, uint32_t slot);
/* The config has another `ring_hold` or `ring_settle`. */
void hs_ring_update_retimed(struct hs_ring_update *update);
/* The timer of held members: some of them may have come of age. */
void hs_ring_update_hold_timer(struct hs_ring_update *update);
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
/* Returns true if the owner's ring has the member's tokens. */
bool hs_ring_update_has(const struct hs_ring_update *update, const struct hs_member *member);
/* Returns true if agents whose views and settings equal ours may have another ring now (R62: ring
 * hold). */
bool hs_ring_update_settling(const struct hs_ring_update *update);
/* Frees the rings and the work under way. */
void hs_ring_update_fini(struct hs_ring_update *update);

#endif
