/* SPDX-License-Identifier: Apache-2.0 */
/* The members as handlers know them: what has been handed out as events. */
#ifndef HS_HANDLE_ROSTER_H
#define HS_HANDLE_ROSTER_H

#include <stddef.h>

#include "handle/subject.h"

/* All zeroes: nobody. */
struct hs_handle_roster {
    void *tree; /* of subjects by name: tsearch(3) */
    size_t count;
};

/* Drops all. */
void hs_handle_roster_fini(struct hs_handle_roster *roster);

/* NULL if there is no such member. The roster keeps its reference. */
struct hs_subject *hs_handle_roster_find(const struct hs_handle_roster *roster, const char *name);

/* Puts a member in the place of the one with its name; takes a reference of its own. */
void hs_handle_roster_put(struct hs_handle_roster *roster, struct hs_subject *subject);

/* No-op if there is no such member. */
void hs_handle_roster_remove(struct hs_handle_roster *roster, const char *name);

/* All by name, `count` of them; the array is to be freed, and ends with NULL. */
struct hs_subject **hs_handle_roster_list(const struct hs_handle_roster *roster);

#endif
