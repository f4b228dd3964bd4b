/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes events of what a mirror shows, by comparing it with the roster of what was handed out
 * before. So it does not matter why something was not seen: the mirror began anew, the agent has
 * been restarted, this program did not run for long, or the agent was isolated and its view worth
 * nothing. Once it is worth something again, the differences are the events.
 *
 * The owner asks for events after each line that the mirror gets, until there are none: then each
 * member is seen in each state that it had.
 */
#ifndef HS_HANDLE_FEED_H
#define HS_HANDLE_FEED_H

#include <stdbool.h>
#include <stdint.h>

#include "handle/item.h"
#include "handle/roster.h"
#include "mirror/mirror.h"

/* The owner sets the first three. */
struct hs_feed {
    struct hs_mirror *mirror; /* borrowed */
    bool while_isolated;      /* what an agent thinks that reaches nobody counts, too */
    bool silent;              /* the first view is taken for known, without events */
    bool known;               /* there was a view: the roster is not empty for want of one */
    bool held;                /* now: the view is worth nothing */
    bool isolated;            /* as it was handed out */
    char id[HS_MIRROR_ID_MAX];
    uint64_t cursor; /* of the mirror's log */
    uint64_t ring_checksum, zones_checksum;
    struct hs_handle_roster roster;
    struct hs_item *made[HS_KIND_COUNT]; /* not yet handed out */
};

/* Frees what it holds. */
void hs_feed_fini(struct hs_feed *feed);

/* The next event, with a reference for the caller; NULL: none now. */
struct hs_item *hs_feed_next(struct hs_feed *feed);

/* What another process needs besides the roster to go on with the next line (mirror/seed.h). NULL:
 * the roster is not what the mirror shows, because events are held back, or there is nothing yet to
 * go on from. Then that process compares. */
json_t *hs_feed_seed(const struct hs_feed *feed);

/* An event that makes a handler that is new know all that is known: of the kind JOIN or RING. NULL
 * if nothing is known. */
struct hs_item *hs_feed_whole(const struct hs_feed *feed, enum hs_kind kind);

#endif
