/* SPDX-License-Identifier: Apache-2.0 */
/* The tree is the C library's. Its seats begin with their name, so a name finds one. */
#include "handle/roster.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "handle/need.h"

struct seat {
    const char *name; /* of the subject */
    struct hs_subject *subject;
};

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct seat *)a)->name, ((const struct seat *)b)->name);
}

static void seat_free(void *node)
{
    struct seat *seat = node;

    hs_subject_unref(seat->subject);
    free(seat);
}

void hs_handle_roster_fini(struct hs_handle_roster *roster)
{
    tdestroy(roster->tree, seat_free);
    *roster = (struct hs_handle_roster){.tree = NULL};
}

static struct seat *find_seat(const struct hs_handle_roster *roster, const char *name)
{
    const struct seat key = {.name = name};
    void **place = tfind(&key, (void *const *)&roster->tree, by_name);

    return place ? *place : NULL;
}

struct hs_subject *hs_handle_roster_find(const struct hs_handle_roster *roster, const char *name)
{
    struct seat *seat = find_seat(roster, name);

    return seat ? seat->subject : NULL;
}

void hs_handle_roster_put(struct hs_handle_roster *roster, struct hs_subject *subject)
{
    const char *name = hs_subject_member(subject)->name;
    struct seat *seat = find_seat(roster, name);

    if (!seat) {
        seat = hs_need(calloc(1, sizeof(*seat)));
        seat->name = name;
        hs_need(tsearch(seat, &roster->tree, by_name));
        roster->count++;
    }
    hs_subject_ref(subject);
    hs_subject_unref(seat->subject);
    seat->subject = subject;
    seat->name = name;
}

void hs_handle_roster_remove(struct hs_handle_roster *roster, const char *name)
{
    struct seat *seat = find_seat(roster, name);

    if (!seat)
        return;
    tdelete(seat, &roster->tree, by_name);
    seat_free(seat);
    roster->count--;
}

/* ---- a list ------------------------------------------------------------------------------ */

static void add_to_list(const void *node, VISIT visit, void *closure)
{
    struct hs_subject ***end = closure;

    if (visit == postorder || visit == leaf)
        *(*end)++ = (*(struct seat *const *)node)->subject;
}

struct hs_subject **hs_handle_roster_list(const struct hs_handle_roster *roster)
{
    struct hs_subject **list = hs_need(calloc(roster->count + 1, sizeof(*list)));
    struct hs_subject **end = list;

    twalk_r(roster->tree, add_to_list, &end);
    return list;
}
