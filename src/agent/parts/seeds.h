/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ways into a cluster (R25): seeds of the configuration, tried until one of their addresses has
 * joined, and addresses of `hearsay join`, tried once and answered.
 */
#ifndef HS_AGENT_PARTS_SEEDS_H
#define HS_AGENT_PARTS_SEEDS_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include <hearsay/event.h>

#include "agent/base/turn.h"
#include "agent/options/store.h"
#include "agent/parts/report.h"
#include "agent/parts/resolve.h"

#define HS_SEEDS_MAX          256 /* of the configuration and of commands together */
#define HS_SEED_BACKOFF_FIRST 1000000
#define HS_SEED_BACKOFF_LAST  30000000

struct hs_seed;

/* A `join` command on its way. `done` is called when `left` reaches 0; whoever makes the request
 * holds one of `left` itself until all its seeds are started. */
struct hs_join_request {
    void (*done)(struct hs_join_request *request);
    void *context;
    json_t *results; /* array */
    size_t left;     /* seeds that have not ended, and the maker */
};

/* The first fields are set by who makes it, the rest is zero. */
struct hs_seeds {
    struct event_base *base;
    struct hs_turn *turn;
    struct hearsay_node *node;
    struct hs_resolver *resolver;
    struct hs_report *report;
    struct hs_seed *first;
    size_t count;
};

/* Starts on every seed of the list that is not there yet and drops those of the configuration that
 * are not in the list. What fails is said in the log. */
void hs_seeds_configure(struct hs_seeds *seeds, const struct hs_option_list *list);

/* The same in two steps, for a reload. The first makes the seeds that are not there yet and changes
 * nothing: it returns 0, HEARSAY_ERR_FULL or HEARSAY_ERR_NOMEM. The second takes them over and
 * cannot fail; instead of it they may be discarded (NULL is a no-op). */
int hs_seeds_prepare(struct hs_seeds *seeds, const struct hs_option_list *list,
                     struct hs_seed **ret_fresh);
void hs_seeds_apply(struct hs_seeds *seeds, const struct hs_option_list *list,
                    struct hs_seed *fresh);
void hs_seeds_discard(struct hs_seed *fresh);

/* Tries one seed once, for a command, and counts it in request->left. Returns 0,
 * HEARSAY_ERR_SYNTAX, HEARSAY_ERR_FULL or HEARSAY_ERR_NOMEM. It may have ended when this returns.
 */
int hs_seeds_try(struct hs_seeds *seeds, const char *text, struct hs_join_request *request);

/* A JOIN event of the node. */
void hs_seeds_ended(struct hs_seeds *seeds, const struct hearsay_event *event);

/* Events were lost, JOIN events perhaps: attempts under way count as unanswered. */
void hs_seeds_resync(struct hs_seeds *seeds);

/* True when no seed of the configuration is still waited for. */
bool hs_seeds_settled(const struct hs_seeds *seeds);

void hs_seeds_fini(struct hs_seeds *seeds);

#endif
