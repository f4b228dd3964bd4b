/* SPDX-License-Identifier: Apache-2.0 */
/* The ring of a mirror, made from the agent's roster and the changes of it by the library that the
 * agent itself uses. Equal checksums prove that it is the agent's. */
#ifndef HS_MIRROR_ROSTER_H
#define HS_MIRROR_ROSTER_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include <hearsay/ring.h>

/* The caller sets the bound; with the rest all zeroes there is no ring yet. */
struct hs_mirror_roster {
    size_t tokens_max;              /* of a ring */
    struct hearsay_ring *ring;      /* NULL: not complete */
    struct hearsay_ring_work *work; /* lines of the roster so far; NULL: none */
    uint64_t version;
    size_t tokens; /* of the lines so far */
};

/* Drops the ring. */
void hs_mirror_roster_fini(struct hs_mirror_roster *roster);

/* Reads a line `roster`. Errors: SYNTAX, EXISTS, TOOBIG, NOMEM. */
int hs_mirror_roster_read(struct hs_mirror_roster *roster, const json_t *line);

/* Reads a line `ring`. Before the roster is complete there is nothing to change: the roster that
 * follows is newer. Errors: SYNTAX, INVALID (the ring is not the agent's), EXISTS, TOOBIG,
 * NOMEM. */
int hs_mirror_roster_change(struct hs_mirror_roster *roster, const json_t *line);

/* Returns 0 if the ring is the one that an object {version, checksum, zones_checksum} names.
 * Errors: SYNTAX, INVALID. */
int hs_mirror_roster_check(const struct hs_mirror_roster *roster, const json_t *object);

#endif
