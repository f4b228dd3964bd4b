/* SPDX-License-Identifier: Apache-2.0 */
/* The tree is the C library's. A walk over it is made once after each change of who is there, for a
 * list by name. */
#include "mirror/world.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#include <hearsay/error.h>

/* Members and keys are compared by their names alone. */
static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct hs_mirror_member *)a)->name,
                  ((const struct hs_mirror_member *)b)->name);
}

struct hs_world *hs_world_new(const struct hs_mirror_bounds *bounds)
{
    struct hs_world *world = calloc(1, sizeof(*world));

    if (!world)
        return NULL;
    world->members_max = bounds->members_max;
    world->roster.tokens_max = bounds->tokens_max;
    return world;
}

static void drop_member(void *member)
{
    hs_mirror_member_unref(member);
}

void hs_world_free(struct hs_world *world)
{
    if (!world)
        return;
    tdestroy(world->tree, drop_member);
    free(world->sorted);
    hs_mirror_roster_fini(&world->roster);
    free(world);
}

static void **place_of(const struct hs_world *world, const char *name)
{
    const struct hs_mirror_member key = {.name = name};

    return tfind(&key, (void *const *)&world->tree, by_name);
}

struct hs_mirror_member *hs_world_find(const struct hs_world *world, const char *name)
{
    void **place = place_of(world, name);

    return place ? *place : NULL;
}

static void forget_sorted(struct hs_world *world)
{
    free(world->sorted);
    world->sorted = NULL;
}

/* The pointer of the same name is replaced, so that the tree stays as it is. */
int hs_world_put(struct hs_world *world, struct hs_mirror_member *member)
{
    void **place = place_of(world, member->name);

    if (!place) {
        if (world->count >= world->members_max)
            return HEARSAY_ERR_TOOBIG;
        if (!tsearch(member, &world->tree, by_name))
            return HEARSAY_ERR_NOMEM;
        world->count++;
    } else {
        world->counts[((struct hs_mirror_member *)*place)->status]--;
        hs_mirror_member_unref(*place);
        *place = member;
    }
    forget_sorted(world);
    world->counts[member->status]++;
    return 0;
}

void hs_world_remove(struct hs_world *world, const char *name)
{
    struct hs_mirror_member *member = hs_world_find(world, name);

    if (!member)
        return;
    tdelete(member, &world->tree, by_name);
    world->counts[member->status]--;
    world->count--;
    hs_mirror_member_unref(member);
    forget_sorted(world);
}

struct walk {
    const struct hs_mirror_member **at;
};

static void on_visit(const void *node, VISIT visit, void *context)
{
    struct walk *walk = context;

    if (visit == postorder || visit == leaf)
        *walk->at++ = *(struct hs_mirror_member *const *)node;
}

const struct hs_mirror_member *const *hs_world_sorted(struct hs_world *world)
{
    struct walk walk;

    if (world->sorted || world->count == 0)
        return world->sorted;
    world->sorted = calloc(world->count, sizeof(*world->sorted));
    if (!world->sorted)
        return NULL;
    walk.at = world->sorted;
    twalk_r(world->tree, on_visit, &walk);
    return world->sorted;
}
