/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/bodies.h"

#include <stdlib.h>
#include <string.h>

/* ---- places ------------------------------------------------------------------------------ */

/* Only ours is left of its references. */
static bool is_unread(const struct hs_bodies_place *place)
{
    return place->body && place->body->refs == 1;
}

static void empty(struct hs_bodies_place *place)
{
    hs_body_unref(place->body);
    hs_draft_free(place->draft);
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

/* A free place, or that of the body that nobody reads and that was used least lately. */
static struct hs_bodies_place *find_place(struct hs_bodies *bodies)
{
    struct hs_bodies_place *found = NULL;

    for (size_t i = 0; i < HS_BODIES_MAX; i++) {
        struct hs_bodies_place *place = &bodies->places[i];

        if (!place->body && !place->draft)
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

/* ---- waiting ----------------------------------------------------------------------------- */

static void wait_at(struct hs_bodies_waiter **list, struct hs_bodies_waiter *waiter)
{
    while (*list)
        list = &(*list)->next;
    *list = waiter;
    waiter->link = list;
    waiter->next = NULL;
}

void hs_bodies_leave(struct hs_bodies_waiter *waiter)
{
    if (!waiter->link)
        return;
    *waiter->link = waiter->next;
    if (waiter->next)
        waiter->next->link = waiter->link;
    waiter->next = NULL;
    waiter->link = NULL;
}

/* Calls the first of a list, which may ask for anything meanwhile. */
static void call_first(struct hs_bodies_waiter *const *list, enum hs_bodies_outcome outcome,
                       struct hs_body *body)
{
    struct hs_bodies_waiter *waiter = *list;

    hs_bodies_leave(waiter);
    waiter->called(waiter, outcome, body);
}

bool hs_bodies_join(struct hs_bodies *bodies, const char *key, struct hs_bodies_waiter *waiter)
{
    for (size_t i = 0; i < HS_BODIES_MAX; i++) {
        struct hs_bodies_place *place = &bodies->places[i];

        if (!place->draft || strcmp(place->key, key) != 0)
            continue;
        wait_at(&place->waiters, waiter);
        return true;
    }
    return false;
}

bool hs_bodies_line_up(struct hs_bodies *bodies, struct hs_bodies_waiter *waiter)
{
    if (!hs_bodies_drafting(bodies))
        return false;
    wait_at(&bodies->line, waiter);
    return true;
}

/* ---- writing ----------------------------------------------------------------------------- */

bool hs_bodies_drafting(const struct hs_bodies *bodies)
{
    for (size_t i = 0; i < HS_BODIES_MAX; i++)
        if (bodies->places[i].draft)
            return true;
    return false;
}

bool hs_bodies_begin(struct hs_bodies *bodies, const char *key, struct hs_draft *draft, bool fixed,
                     struct hs_bodies_waiter *waiter, uint64_t now)
{
    struct hs_bodies_place *place = find_place(bodies);
    char *copy = place ? strdup(key) : NULL;

    if (!copy)
        return false;
    empty(place);
    *place = (struct hs_bodies_place){.draft = draft, .key = copy, .fixed = fixed, .made = now};
    wait_at(&place->waiters, waiter);
    return true;
}

/* The draft is done. */
static void finish(struct hs_bodies_place *place, uint64_t now)
{
    place->body = hs_draft_finish(place->draft);
    place->draft = NULL;
    place->used = now;
    if (place->body)
        place->body->fixed = place->fixed;
}

/* A step of one draft, for which somebody waits. */
static void write_some(struct hs_bodies_place *place, uint64_t now, uint64_t until)
{
    enum hs_draft_progress progress = hs_draft_write(place->draft, until);
    struct hs_bodies_waiter *waiters;
    struct hs_body *body = NULL;

    if (progress == HS_DRAFT_MORE)
        return;
    if (progress == HS_DRAFT_DONE)
        finish(place, now);
    if (place->body)
        body = hs_body_ref(place->body);
    waiters = place->waiters;
    waiters->link = &waiters;
    place->waiters = NULL;
    if (!body)
        empty(place);
    while (waiters)
        call_first(&waiters, body ? HS_BODIES_MADE : HS_BODIES_FAILED, body);
    hs_body_unref(body);
}

/* The next draft after that which was written last. One that nobody waits for any more is given
 * up. NULL: there is none. */
static struct hs_bodies_place *next_draft(struct hs_bodies *bodies)
{
    for (size_t i = 1; i <= HS_BODIES_MAX; i++) {
        size_t turn = (bodies->turn + i) % HS_BODIES_MAX;
        struct hs_bodies_place *place = &bodies->places[turn];

        if (!place->draft)
            continue;
        if (!place->waiters) {
            empty(place);
            continue;
        }
        bodies->turn = turn;
        return place;
    }
    return NULL;
}

/* Only the first of the line is called: it may take the place, and if it does not, the next one is
 * called with the next step. */
bool hs_bodies_work(struct hs_bodies *bodies, uint64_t now, uint64_t until)
{
    struct hs_bodies_place *place = next_draft(bodies);

    if (place)
        write_some(place, now, until);
    if (bodies->line && (hs_bodies_has_room(bodies) || !hs_bodies_drafting(bodies)))
        call_first(&bodies->line, HS_BODIES_AGAIN, NULL);
    return bodies->line || hs_bodies_drafting(bodies);
}

/* ---- dropping ---------------------------------------------------------------------------- */

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
