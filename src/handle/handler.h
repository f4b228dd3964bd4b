/* SPDX-License-Identifier: Apache-2.0 */
/* One handler: what is to be run, what waits for it, and the run that is under way. */
#ifndef HS_HANDLE_HANDLER_H
#define HS_HANDLE_HANDLER_H

#include <stdbool.h>
#include <stdint.h>

#include "handle/backlog.h"
#include "handle/child.h"
#include "handle/say.h"
#include "handle/spec.h"
#include "handle/words.h"

#define HS_HANDLER_RETRY_US                                                                        \
    1000000 /* after a run that could not be started for want of something */

/* `spec` is owned. All else zero: nothing waits. */
struct hs_handler {
    struct hs_spec spec;
    struct hs_backlog backlog;
    struct hs_child child;
    bool overdue;   /* the run has had its time */
    bool stopped;   /* the run was ended because this program ends */
    bool retired;   /* it is not configured any more: only its run goes on */
    uint64_t retry; /* not before this time */
};

/* Frees what it holds. */
void hs_handler_fini(struct hs_handler *handler);

/* True if the event is for it; then it waits. */
bool hs_handler_give(struct hs_handler *handler, struct hs_item *item, const struct hs_say *say);

/* True while a run is under way. */
bool hs_handler_runs(const struct hs_handler *handler);

/* Starts the next run, if none is under way and something waits. Returns true if that cannot be run
 * at all, and so is handled. */
bool hs_handler_begin(struct hs_handler *handler, const struct hs_teller *teller, uint64_t now,
                      uint64_t timeout_us, const struct hs_say *say);

/* Goes on with the run. Returns true if an event is handled now. */
bool hs_handler_work(struct hs_handler *handler, uint64_t now, const struct hs_say *say);

/* Ends the run, because this program ends: its event is not handled. */
void hs_handler_stop(struct hs_handler *handler, uint64_t now);

/* When hs_handler_work has to be called again at the latest, or if `begins` hs_handler_begin;
 * UINT64_MAX: never. */
uint64_t hs_handler_deadline(const struct hs_handler *handler, bool begins);

#endif
