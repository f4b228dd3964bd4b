/* SPDX-License-Identifier: Apache-2.0 */
/* A sorted list of names. Names are added in any order and taken in sorted order. Each call costs
 * O(log n), so a list of all members can be sorted in steps. */
#ifndef HS_AGENT_CONTROL_NAMES_H
#define HS_AGENT_CONTROL_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hearsay/node.h>

#define HS_NAMES_STEP 64 /* members that one call looks at (R20a: turn budget) */

struct hs_names {
    char *text; /* all names, each with its terminator */
    size_t text_len, text_room;
    uint32_t *heap; /* offsets into text; the first is that of the least name */
    size_t count, room;
};

/* Adds a copy of the name. Returns false if there is no memory. */
bool hs_names_add(struct hs_names *names, const char *name);

/* Adds the names of the next HS_NAMES_STEP members of a node that match. *cursor is that of
 * hearsay_node_next_member. `matches` may be NULL: all. *ret_done says whether these were the last.
 * Returns false if there is no memory. */
bool hs_names_collect(struct hs_names *names, const struct hearsay_node *node,
                      struct hearsay_now now, uint32_t *cursor,
                      bool (*matches)(const void *filter, const struct hearsay_member *member),
                      const void *filter, bool *ret_done);

/* Takes the least name, or returns NULL if there is none. The name is borrowed until the next
 * add. */
const char *hs_names_take(struct hs_names *names);

/* All zeroes are a no-op. */
void hs_names_fini(struct hs_names *names);

#endif
