/* SPDX-License-Identifier: Apache-2.0 */
/* All handlers. They run beside each other, and each does one thing at a time. */
#ifndef HS_HANDLE_TEAM_H
#define HS_HANDLE_TEAM_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "handle/feed.h"
#include "handle/handler.h"
#include "handle/kept.h"

#define HS_TEAM_MAX     (2 * HS_HANDLERS_MAX) /* with those that are retired and still run */
#define HS_TEAM_FDS_MAX (HS_CHILD_FDS * HS_TEAM_MAX)

struct hs_team {
    struct hs_handler *handlers[HS_TEAM_MAX];
    size_t count;
    uint64_t timeout_us;      /* of one run */
    const struct hs_say *say; /* borrowed */
};

/* Makes the team that the specs say, and takes them over. Returns the number of the first handler
 * that is new. A handler that was there goes on; one
 * that is not named any more gets nothing, and its run goes on to its end. One that is new waits
 * for hs_team_welcome. */
size_t hs_team_set(struct hs_team *team, struct hs_specs *specs);

/* Gives the handlers from number `first` on what was kept for them (`kept` NULL: nothing), or if
 * they are new, unless it is `silent`, all that is known. */
void hs_team_welcome(struct hs_team *team, size_t first, const struct hs_kept *kept,
                     const struct hs_feed *feed, bool silent);

/* Gives an event to all that want it. Returns true if any does. */
bool hs_team_give(struct hs_team *team, struct hs_item *item);

/* Start runs; go on with them. Return true if an event is handled now. */
bool hs_team_begin(struct hs_team *team, const struct hs_teller *teller, uint64_t now);
bool hs_team_work(struct hs_team *team, uint64_t now);

/* True while a run is under way. */
bool hs_team_runs(const struct hs_team *team);

/* Ends all runs, because this program ends. */
void hs_team_stop(struct hs_team *team, uint64_t now);

/* When hs_team_work has to be called again at the latest, and if it `begins` runs hs_team_begin. */
uint64_t hs_team_deadline(const struct hs_team *team, bool begins);

/* What to wait for; returns how many. */
size_t hs_team_fds(const struct hs_team *team, struct pollfd fds[HS_TEAM_FDS_MAX]);

void hs_team_fini(struct hs_team *team);

#endif
