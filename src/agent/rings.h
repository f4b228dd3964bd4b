/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The agent's last few rings, so that "what moved at three o'clock" has an answer at four. A ring
 * is a pure function of its members' names, tokens and zones, and some 24 bytes a token: so only
 * the newest, which is the node's own and costs nothing, is held as a ring. Of those before it we
 * keep the roster, some twenty bytes a member, and build the ring again when somebody asks.
 */
#ifndef HS_AGENT_RINGS_H
#define HS_AGENT_RINGS_H

#include <stddef.h>
#include <stdint.h>

#include <hearsay/allocator.h>
#include <hearsay/event.h>
#include <hearsay/ring.h>

#include "agent/error_text.h"

#define HS_RINGS_MAX       8       /* versions remembered, the present one counted */
#define HS_RINGS_KEPT      2       /* of these, always, whatever they cost */
#define HS_RINGS_BYTES_MAX 1048576 /* of all rosters: eight of 5,000 members with short names */

struct hs_roster;

struct hs_ring_version {
    struct hearsay_ring *ring; /* the newest one's: a reference of ours; NULL of the others */
    struct hs_roster *roster;  /* of the others: what their ring is made of */
    uint64_t version;
    uint64_t wall; /* when it was made */
    double moved;  /* from the one before, 0 to 1 */
    uint64_t checksum;
    size_t tokens, members;
};

struct hs_rings {
    struct hearsay_allocator allocator;        /* set by who makes us; the rest is zero */
    struct hs_ring_version kept[HS_RINGS_MAX]; /* oldest first */
    size_t count;
};

/* What there is to say of a ring. It holds nothing of it. */
struct hs_ring_version hs_rings_describe(const struct hearsay_ring *ring, uint64_t version,
                                         uint64_t wall);

/* Remembers the ring of a RING event. Without memory for its roster, the one before is forgotten.
 */
void hs_rings_add(struct hs_rings *rings, const struct hearsay_ring *ring,
                  const struct hearsay_event *event, uint64_t wall);

/* A change of zones makes another ring of the same version (zones are in no checksum): the newest
 * one stands for it. NULL is a no-op. */
void hs_rings_refresh(struct hs_rings *rings, const struct hearsay_ring *ring);

/* NULL when it is not remembered. */
const struct hs_ring_version *hs_rings_find(const struct hs_rings *rings, uint64_t version);

/* The ring of a remembered version, with a reference for the caller. One that is not the newest
 * costs a hearsay_ring_new, in the loop: milliseconds for 100 members, half a second or more for
 * 20,000, which is somewhat longer than the node takes for its own at each change.
 * Errors: NOMEM; INVALID, when what was built is not what was remembered (a fault of ours, or of
 * the machine's memory). */
int hs_rings_build(const struct hs_rings *rings, const struct hs_ring_version *kept,
                   struct hearsay_ring **ret_ring);

/* "3, 4, 5" */
void hs_rings_list(const struct hs_rings *rings, char text[HS_ERROR_TEXT_MAX]);

void hs_rings_fini(struct hs_rings *rings);

#endif
