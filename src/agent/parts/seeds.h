/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The seeds (R25: joining). Seeds of the configuration are tried until one of their addresses has
 * joined. Those that are names are looked up again for as long as the agent runs (R26: rejoining).
 * Addresses of `hearsay join` are tried once, and the client is answered.
 */
#ifndef HS_AGENT_PARTS_SEEDS_H
#define HS_AGENT_PARTS_SEEDS_H

#include <stdbool.h>

#include <jansson.h>

#include <hearsay/event.h>

#include "agent/options/store.h"
#include "agent/parts/seed.h"

#define HS_SEEDS_MAX 256 /* of configuration and commands together */
/* Names are looked up again no more often than so, whatever the interval of R26 is. */
#define HS_SEEDS_AGAIN_LEAST 1000000
/* A reload's lookups are spread over such a time. */
#define HS_SEED_RELOAD_US 1000000

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
void hs_seeds_ended(struct hs_seeds *seeds, const struct hearsay_event *told);

/* JOIN events may have been lost: attempts under way count as unanswered. */
void hs_seeds_resync(struct hs_seeds *seeds);

/* Looks up all names of the configuration anew, and tries the seeds that have not joined without
 * waiting longer. It is for an operator who has just changed something. */
void hs_seeds_again(struct hs_seeds *seeds);

/* What each seed of the configuration has come to, for `status`: an array, or NULL without
 * memory. */
json_t *hs_seeds_json(const struct hs_seeds *seeds);

/* True if the configuration names nobody but this agent itself: there is no seed to wait for. */
bool hs_seeds_settled(const struct hs_seeds *seeds);

/* True if each seed of the configuration was tried and none has joined; also if there is none. */
bool hs_seeds_failed(const struct hs_seeds *seeds);

void hs_seeds_fini(struct hs_seeds *seeds);

#endif
