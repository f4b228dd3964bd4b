/* SPDX-License-Identifier: Apache-2.0 */
/* One state of the cluster as an agent tells it: members by name, the ring, and what the agent says
 * of itself. A mirror has one that it shows, and perhaps one that is being read. */
#ifndef HS_MIRROR_WORLD_H
#define HS_MIRROR_WORLD_H

#include "mirror/member.h"
#include "mirror/roster.h"
#include "mirror/state.h"

struct hs_world {
    void *tree; /* of members by name: tsearch(3) */
    size_t count, members_max;
    size_t counts[HEARSAY_STATUS_DEAD + 1]; /* by status */
    const struct hs_mirror_member **sorted; /* by name; NULL: made when it is asked for */
    struct hs_mirror_roster roster;
    struct hs_mirror_state state;
    bool complete; /* its snapshot has ended */
};

/* NULL: no memory. */
struct hs_world *hs_world_new(const struct hs_mirror_bounds *bounds);

/* NULL is a no-op. */
void hs_world_free(struct hs_world *world);

/* NULL if there is no such member. */
struct hs_mirror_member *hs_world_find(const struct hs_world *world, const char *name);

/* Takes over the member, unless it fails. Errors: TOOBIG, NOMEM. */
int hs_world_put(struct hs_world *world, struct hs_mirror_member *member);

/* No-op if there is no such member. */
void hs_world_remove(struct hs_world *world, const char *name);

/* The members by name, or NULL if there is no memory or no member. */
const struct hs_mirror_member *const *hs_world_sorted(struct hs_world *world);

#endif
