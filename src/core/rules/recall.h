/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Coming home (R37: state): what this node would need after a restart to find its cluster again,
 * and what an earlier process has left behind for it. The owner keeps it.
 */
#ifndef HS_RULES_RECALL_H
#define HS_RULES_RECALL_H

#include <hearsay/node.h>

#include "rules/contacts.h"

#define HS_REMEMBERED_MAX 48u /* addresses of an earlier process */
#define HS_RECALL_AT_ONCE 4u  /* of these, that are called at the same time */

/* Gives the next address that is worth keeping: first those of members, then others that this node
 * calls. *cursor is 0 before the first call. Returns false at the end. */
bool hs_recall_next(const struct hs_contacts *contacts, uint64_t boot, uint32_t *cursor,
                    struct hearsay_contact *ret_contact);

/* Adds what an earlier process has left behind. A contact that is there already, or is too old, or
 * is this node itself, is not needed. 0, or FULL. */
int hs_recall_remember(struct hs_contacts *contacts, const struct hearsay_contact *remembered);

/* Calls those that were remembered: some at a time, until one has let us in or all were called. */
void hs_recall_begin(struct hs_contacts *contacts);

/* Each period: calls the next ones, if hs_recall_begin was called. */
void hs_recall_step(struct hs_contacts *contacts);

/* Forgets what an earlier process has left behind, and addresses of members whose tombstones are
 * gone. */
void hs_recall_forget(struct hs_contacts *contacts);

/* The founder of our cluster, or NOTFOUND if we have met nobody and remember none; and the founder
 * that an earlier process has left behind. */
int hs_recall_founder(const struct hs_core *core, struct hearsay_contact *ret_founder);
void hs_recall_remember_founder(struct hs_core *core, const struct hearsay_contact *founder);

#endif
