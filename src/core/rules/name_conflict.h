/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Name conflicts (R8): two processes with one name. This rule decides whether a newcomer may take
 * the name that a member holds.
 */
#ifndef HS_RULES_NAME_CONFLICT_H
#define HS_RULES_NAME_CONFLICT_H

#include "rules/probe.h"

#define HS_NAME_CONFLICTS_MAX 4u       /* name conflicts that are being decided at a time */
#define HS_NAME_CONFLICT_LIFE 5000000u /* how long a verdict is valid, microseconds */

struct hs_name_conflict {
    uint64_t name_hash;
    uint64_t newcomer_nonce;
    uint64_t until; /* boot time at which the verdict expires; 0: free */
    struct hearsay_addr newcomer;
    uint32_t newcomer_key; /* of its join: the refusal has its form (R33) */
    bool decided, held;
};

struct hs_conflicts {
    struct hs_core *core;
    struct hs_prober *prober;
    struct hs_name_conflict items[HS_NAME_CONFLICTS_MAX];
};

/* The pointers are borrowed. */
void hs_conflicts_init(struct hs_conflicts *conflicts, struct hs_core *core,
                       struct hs_prober *prober);

/* What a newcomer is told: take the name, ask again, or stop. */
enum hs_name_conflict_verdict {
    HS_NAME_CONFLICT_FREE,
    HS_NAME_CONFLICT_PENDING,
    HS_NAME_CONFLICT_HELD
};

/* Decides whether this newcomer may take the name. Pending: the holder is being probed, and the
 * newcomer is to try again. */
enum hs_name_conflict_verdict hs_name_conflict_ask(struct hs_conflicts *conflicts,
                                                   const struct hs_blob *newcomer, uint64_t nonce,
                                                   uint32_t key);

/* The probe of the holder has ended. `held`: the holder answered. */
void hs_name_conflict_over(struct hs_conflicts *conflicts, uint32_t slot, bool held);

/* Queues a refusal to a newcomer. `nonce` and `key` are those of its join. */
void hs_name_conflict_refuse(struct hs_conflicts *conflicts, const struct hearsay_addr *to,
                             uint64_t name_hash, uint64_t nonce, uint32_t key,
                             enum hs_refusal_reason reason);

/* Forgets all conflicts, because the view is dropped. */
void hs_conflicts_forget(struct hs_conflicts *conflicts);

#endif
