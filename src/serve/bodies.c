/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/bodies.h"

#include <stdlib.h>
#include <string.h>

/* Only ours is left of its references. */
static bool is_unread(const struct hs_bodies_place *place)
{
    return place->body && place->body->refs == 1;
}

static void empty(struct hs_bodies_place *place)
{
    hs_body_unref(place->body);
    free(place->key);
    *place = (struct hs_bodies_place){.body = NULL};
}

struct hs_body *hs_bodies_find(struct hs_bodies *bodies, const char *key, uint64_t now)
{
    for (size_t i = 0; i < HS_BODIES_MAX; i++) {
        struct hs_bodies_place *place = &bodies->places[i];

        if (!place->body || strcmp(place->key, key) != 0)
            continue;
        if (!place->body->fixed && now - place->made >= HS_BODIES_FRESH_US)
            continue;
        place->used = now;
        return hs_body_ref(place->body);
    }
    return NULL;
}

/* A free place, or the one that nobody reads and that was used least lately. */
static struct hs_bodies_place *find_place(struct hs_bodies *bodies)
{
    struct hs_bodies_place *found = NULL;

    for (size_t i = 0; i < HS_BODIES_MAX; i++) {
        struct hs_bodies_place *place = &bodies->places[i];

        if (!place->body)
            return place;
        if (is_unread(place) && (!found || place->used < found->used))
            found = place;
    }
    return found;
}

bool hs_bodies_has_room(struct hs_bodies *bodies)
{
    return find_place(bodies);
}

bool hs_bodies_add(struct hs_bodies *bodies, const char *key, struct hs_body *body, uint64_t now)
{
    struct hs_bodies_place *place = find_place(bodies);
    char *copy = place ? strdup(key) : NULL;

    if (!copy)
        return false;
    empty(place);
    *place =
        (struct hs_bodies_place){.body = hs_body_ref(body), .key = copy, .made = now, .used = now};
    return true;
}

void hs_bodies_trim(struct hs_bodies *bodies, uint64_t now)
{
    for (size_t i = 0; i < HS_BODIES_MAX; i++)
        if (is_unread(&bodies->places[i]) && now - bodies->places[i].used >= HS_BODIES_KEPT_US)
            empty(&bodies->places[i]);
}

void hs_bodies_fini(struct hs_bodies *bodies)
{
    for (size_t i = 0; i < HS_BODIES_MAX; i++)
        empty(&bodies->places[i]);
}
