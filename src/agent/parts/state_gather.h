/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Gathers what is worth keeping for the next start (R37: state): of all members and contacts the
 * few that are kept. A view of many members takes several turns (R20a: turn budget).
 */
#ifndef HS_AGENT_PARTS_STATE_GATHER_H
#define HS_AGENT_PARTS_STATE_GATHER_H

#include <stdbool.h>
#include <stdint.h>

#include <hearsay/node.h>

#include "agent/options/fields.h"
#include "agent/parts/state_text.h"

#define HS_STATE_STEP_CONTACTS 4096 /* looked at in a turn */
/* Ages are rounded down to this, so that their growing alone changes nothing at once. */
#define HS_STATE_AGE_STEP_S 3600

struct hs_state_gather {
    uint32_t cursor;
    uint64_t salt;                         /* of the ranks: those of another member differ */
    uint64_t ranks[HS_STATE_CONTACTS_MAX]; /* of the contacts */
    struct hs_state_content content;
};

/* `name`: of this member. The content of before is freed. */
void hs_state_gather_begin(struct hs_state_gather *gather, const char *name);

/* Looks at the next contacts, `max` at most. Returns true when it has seen all. */
bool hs_state_gather_step(struct hs_state_gather *gather, const struct hearsay_node *node,
                          struct hearsay_now now, unsigned max);

/* Adds what is no contact. Names that the node does not know are taken from the content of the file
 * of before. Returns 0 or HEARSAY_ERR_NOMEM. */
int hs_state_gather_end(struct hs_state_gather *gather, const struct hearsay_node *node,
                        struct hearsay_now now, const struct hs_options *options,
                        const struct hs_state_content *before);

#endif
