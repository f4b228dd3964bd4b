/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Name conflicts (R8): one name, two processes. May a newcomer have the name that a member holds?
 */
#ifndef HS_RULES_NAME_CONFLICT_H
#define HS_RULES_NAME_CONFLICT_H

#include "rules/probe.h"

#define HS_NAME_CONFLICTS_MAX 4u       /* names that two claim, being looked into */
#define HS_NAME_CONFLICT_LIFE 5000000u /* how long the outcome holds, microseconds */

struct hs_name_conflict {
    uint64_t name_hash;
    uint64_t newcomer_nonce;
    uint64_t until; /* boot time; 0: free */
    struct hearsay_addr newcomer;
    bool decided, held;
};

struct hs_conflicts {
    struct hs_core *core;
    struct hs_prober *prober;
    struct hs_name_conflict items[HS_NAME_CONFLICTS_MAX];
};

void hs_conflicts_init(struct hs_conflicts *conflicts, struct hs_core *core,
                       struct hs_prober *prober);

enum hs_name_conflict_verdict {
    HS_NAME_CONFLICT_FREE,
    HS_NAME_CONFLICT_PENDING,
    HS_NAME_CONFLICT_HELD
};

/* May this newcomer have the name? Pending: its holder is being asked; the newcomer will
 * try again. */
enum hs_name_conflict_verdict hs_name_conflict_ask(struct hs_conflicts *conflicts,
                                                   const struct hs_blob *newcomer, uint64_t nonce);

/* The holder has been asked: it lives (held), or does not. */
void hs_name_conflict_over(struct hs_conflicts *conflicts, uint32_t slot, bool held);

/* Tells a newcomer that it is not taken in. */
void hs_name_conflict_refuse(struct hs_conflicts *conflicts, const struct hearsay_addr *to,
                             uint64_t name_hash, uint64_t nonce, enum hs_refusal_reason reason);

/* All that is known of conflicts is forgotten: the view is dropped. */
void hs_conflicts_forget(struct hs_conflicts *conflicts);

#endif
