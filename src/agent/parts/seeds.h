/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The seeds (R25: joining). Seeds of the configuration are tried until one of their addresses has
 * joined. Addresses of `hearsay join` are tried once, and the client is answered.
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

#define HS_SEEDS_MAX          256 /* of configuration and commands together */
#define HS_SEED_BACKOFF_FIRST 1000000
#define HS_SEED_BACKOFF_LAST  30000000

struct hs_seed;

/* A `join` command under way. `done` is called when `left` reaches 0. The maker of the request
 * counts as one in `left` until all its seeds are started. */
struct hs_join_request {
    void (*done)(struct hs_join_request *request);
    void *context;
    json_t *results; /* array */
    size_t left;     /* seeds under way, and the maker */
};

/* The caller sets the first fields; the rest must be zero. */
struct hs_seeds {
    struct event_base *base;
    struct hs_turn *turn;
    struct hearsay_node *node;
    struct hs_resolver *resolver;
    struct hs_report *report;
    /* called before an address of a seed is tried (R38: advertised address); NULL: no call */
    void (*meet)(void *context, const struct hearsay_addr *addr);
    void *meet_context;
    struct hs_seed *first;
    size_t count;
};

/* Starts every new seed of the list and drops seeds of the configuration that are not in the list.
 * Failures are reported in the log. */
void hs_seeds_configure(struct hs_seeds *seeds, const struct hs_option_list *list);

/* The same in two steps, for a reload. hs_seeds_prepare makes the new seeds and changes nothing. It
 * returns 0, HEARSAY_ERR_FULL or HEARSAY_ERR_NOMEM. Then the new seeds are either applied, which
 * cannot fail, or discarded (NULL is a no-op). */
int hs_seeds_prepare(struct hs_seeds *seeds, const struct hs_option_list *list,
                     struct hs_seed **ret_fresh);
void hs_seeds_apply(struct hs_seeds *seeds, const struct hs_option_list *list,
                    struct hs_seed *fresh);
void hs_seeds_discard(struct hs_seed *fresh);

/* Tries one seed once, for a command, and counts it in request->left. Returns 0,
 * HEARSAY_ERR_SYNTAX, HEARSAY_ERR_FULL or HEARSAY_ERR_NOMEM. The attempt may have ended when this
 * returns.
 */
int hs_seeds_try(struct hs_seeds *seeds, const char *text, struct hs_join_request *request);

/* Handles a JOIN event of the node. */
void hs_seeds_ended(struct hs_seeds *seeds, const struct hearsay_event *event);

/* JOIN events may have been lost: attempts under way count as unanswered. */
void hs_seeds_resync(struct hs_seeds *seeds);

/* True if no seed of the configuration is still under way. */
bool hs_seeds_settled(const struct hs_seeds *seeds);

void hs_seeds_fini(struct hs_seeds *seeds);

#endif
