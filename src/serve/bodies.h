/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Large answers, each made once and sent to all who ask for it meanwhile. A reader may take minutes
 * for one, so their number is bounded: a fifth one is not made until one of the others has been
 * read or is not asked for any more.
 *
 * One that is not written yet (serve/draft.h) has a place, too. All drafts are written in turn, a
 * step of one in a turn of the loop. Whoever asks for the same waits for the same draft. Whoever
 * asks for another one while all places are taken stands in line, but only while one of them is a
 * draft: readers are not waited for.
 */
#ifndef HS_SERVE_BODIES_H
#define HS_SERVE_BODIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "serve/body.h"
#include "serve/draft.h"

#define HS_BODIES_MAX      4
#define HS_BODIES_LARGE    65536   /* bytes; smaller ones are made for each request */
#define HS_BODIES_FRESH_US 1000000 /* one with durations in it is given again for so long */
#define HS_BODIES_KEPT_US  5000000 /* an answer for which nobody has asked for so long is dropped */

enum hs_bodies_outcome {
    HS_BODIES_MADE,
    HS_BODIES_FAILED, /* no memory */
    HS_BODIES_AGAIN,  /* who stood in line is to ask once more */
};

/* Who waits. It belongs to the owner, who calls hs_bodies_leave before it goes. */
struct hs_bodies_waiter {
    /* `body` is borrowed; NULL unless it was made. */
    void (*called)(struct hs_bodies_waiter *waiter, enum hs_bodies_outcome outcome,
                   struct hs_body *body);
    struct hs_bodies_waiter *next, **link; /* `link` points to what points to this one; NULL: it
                                              waits for nothing */
};

struct hs_bodies {
    struct hs_bodies_place {
        struct hs_body *body;             /* NULL: not made */
        struct hs_draft *draft;           /* NULL: not being written. Neither: the place is free */
        struct hs_bodies_waiter *waiters; /* for the draft */
        char *key;
        bool fixed; /* what the body will be */
        uint64_t made, used;
    } places[HS_BODIES_MAX];
    size_t turn;                   /* the place whose draft was written last */
    struct hs_bodies_waiter *line; /* who came first stands first */
};

/* The body with this key, which says all that it depends on but the time. The reference belongs to
 * the caller. NULL: there is none that is fresh enough. */
struct hs_body *hs_bodies_find(struct hs_bodies *bodies, const char *key, uint64_t now);

/* True if there is a place for one more, after the eviction of what nobody reads. */
bool hs_bodies_has_room(struct hs_bodies *bodies);

/* Keeps a body, of which it takes a reference. Returns false if there is no place or no memory. */
bool hs_bodies_add(struct hs_bodies *bodies, const char *key, struct hs_body *body, uint64_t now);

/* True while anything is being written. */
bool hs_bodies_drafting(const struct hs_bodies *bodies);

/* Gives a draft a place, and takes it over; the waiter waits for it. `fixed` will be the body's,
 * and `now`, when the draft was begun, is when the body counts as made. Returns false if there is
 * no place or no memory. */
bool hs_bodies_begin(struct hs_bodies *bodies, const char *key, struct hs_draft *draft, bool fixed,
                     struct hs_bodies_waiter *waiter, uint64_t now);

/* Waits for the draft with this key. Returns false if there is none. */
bool hs_bodies_join(struct hs_bodies *bodies, const char *key, struct hs_bodies_waiter *waiter);

/* Stands in line for a place. Returns false if there is no draft whose place might become free. */
bool hs_bodies_line_up(struct hs_bodies *bodies, struct hs_bodies_waiter *waiter);

/* The waiter waits no more. */
void hs_bodies_leave(struct hs_bodies_waiter *waiter);

/* A step: writes some of a draft until `until`, and calls whoever waits for what is done. `now` and
 * `until` are of hearsay_host_now().boot. Returns true if there is more to do. */
bool hs_bodies_work(struct hs_bodies *bodies, uint64_t now, uint64_t until);

/* Drops what is not asked for any more and read by nobody. */
void hs_bodies_trim(struct hs_bodies *bodies, uint64_t now);

/* Nobody may wait any more. */
void hs_bodies_fini(struct hs_bodies *bodies);

#endif
