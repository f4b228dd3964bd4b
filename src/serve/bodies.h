/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Large answers, each made once and sent to all who ask for it meanwhile. A reader may take minutes
 * for one, so their number is bounded: a fifth one is not made until one of the others has been
 * read or is not asked for any more.
 */
#ifndef HS_SERVE_BODIES_H
#define HS_SERVE_BODIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "serve/body.h"

#define HS_BODIES_MAX      4
#define HS_BODIES_LARGE    65536   /* bytes; smaller ones are made for each request */
#define HS_BODIES_FRESH_US 1000000 /* one with durations in it is given again for so long */
#define HS_BODIES_KEPT_US  5000000 /* an answer for which nobody has asked for so long is dropped */

struct hs_bodies {
    struct hs_bodies_place {
        struct hs_body *body; /* NULL: free */
        char *key;
        uint64_t made, used;
    } places[HS_BODIES_MAX];
};

/* The body with this key, which says all that it depends on but the time. The reference belongs to
 * the caller. NULL: there is none that is fresh enough. */
struct hs_body *hs_bodies_find(struct hs_bodies *bodies, const char *key, uint64_t now);

/* True if there is a place for one more, after the eviction of what nobody reads. */
bool hs_bodies_has_room(struct hs_bodies *bodies);

/* Keeps a body, of which it takes a reference. Returns false if there is no place or no memory. */
bool hs_bodies_add(struct hs_bodies *bodies, const char *key, struct hs_body *body, uint64_t now);

/* Drops what is not asked for any more and read by nobody. */
void hs_bodies_trim(struct hs_bodies *bodies, uint64_t now);

void hs_bodies_fini(struct hs_bodies *bodies);

#endif
