/* SPDX-License-Identifier: Apache-2.0 */
/* The ring of a mirror, made from the agent's roster and the changes of it by the library that the
 * agent itself uses. Equal checksums prove that it is the agent's. */
#ifndef HS_MIRROR_ROSTER_H
#define HS_MIRROR_ROSTER_H

#include <stdint.h>

#include <jansson.h>

#include <hearsay/ring.h>

/* The caller sets the bound; with the rest all zeroes there is no ring yet. */
struct hs_mirror_roster {
    size_t tokens_max;              /* of a ring */
    struct hearsay_ring *ring;      /* NULL: not complete */
    struct hearsay_ring_work *work; /* the ring that is to come; NULL: none */
    uint64_t version;
    size_t tokens; /* of the ring that is to come, those that it loses included */
};

/* Drops the ring. */
void hs_mirror_roster_fini(struct hs_mirror_roster *roster);

/* Reads a line `roster`. Returns HEARSAY_RING_MORE for the last of them: the ring is to be made by
 * steps. Errors: SYNTAX, EXISTS, TOOBIG, NOMEM. */
int hs_mirror_roster_read(struct hs_mirror_roster *roster, const json_t *line);

/* Reads a line `ring`. Returns HEARSAY_RING_MORE: the new ring is to be made by steps; or 0 before
 * the roster is complete: there is nothing to change, and the roster that follows is newer. Errors:
 * SYNTAX, TOOBIG, NOMEM. */
int hs_mirror_roster_change(struct hs_mirror_roster *roster, const json_t *line);

/* Works for about `units` units (hearsay_ring_work_step). Returns HEARSAY_RING_MORE or
 * HEARSAY_RING_DONE: then the ring is the new one. Errors: EXISTS, TOOBIG, NOMEM. */
int hs_mirror_roster_step(struct hs_mirror_roster *roster, size_t units);

/* Gives up the ring that is being made. */
void hs_mirror_roster_give_up(struct hs_mirror_roster *roster);

/* The change of a line `ring` is made: takes its version, and compares. Errors: SYNTAX, INVALID
 * (the ring is not the agent's). */
int hs_mirror_roster_changed(struct hs_mirror_roster *roster, const json_t *line);

/* Returns 0 if the ring is the one that an object {version, checksum, zones_checksum} names.
 * Errors: SYNTAX, INVALID. */
int hs_mirror_roster_check(const struct hs_mirror_roster *roster, const json_t *object);

#endif
