/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The agent's last few rings, so that "what moved at three o'clock" has an answer at four. A ring
 * is a pure function of its members' names, tokens and zones, and some 24 bytes a token: so only
 * the newest, which is the node's own and costs nothing, is held as a ring. Of those before it we
 * keep the roster, some twenty bytes a member, and make the ring again, in steps, when somebody
 * asks.
 */
#ifndef HS_AGENT_PARTS_RINGS_H
#define HS_AGENT_PARTS_RINGS_H

#include <stddef.h>
#include <stdint.h>

#include <hearsay/allocator.h>
#include <hearsay/event.h>
#include <hearsay/ring.h>

#include "agent/base/error_text.h"

#define HS_RINGS_MAX       8  /* versions remembered, the present one counted */
#define HS_RINGS_KEPT      2  /* of these, always, whatever they cost */
#define HS_RINGS_DROPPED   16 /* given back at once, in steps: two an answer, for eight clients */
#define HS_RINGS_BYTES_MAX 1048576 /* of all rosters: eight of 5,000 members with short names */

struct hs_roster;

struct hs_ring_version {
    struct hearsay_ring *ring; /* the newest one's: a reference of ours; NULL of the others */
    struct hs_roster *roster;  /* of the others: what their ring is made of */
    uint64_t version;
    uint64_t wall; /* when it was made */
    double moved;  /* from the one before, 0 to 1 */
    uint64_t checksum, zones_checksum;
    size_t tokens, members;
};

struct hs_rings {
    struct hearsay_allocator allocator;        /* set by who makes us; the rest is zero */
    struct hs_ring_version kept[HS_RINGS_MAX]; /* oldest first */
    size_t count;
    struct hearsay_ring *dropped[HS_RINGS_DROPPED]; /* whose memory is being given back, or NULL */
};

/* What there is to say of a ring. It holds nothing of it. */
struct hs_ring_version hs_rings_describe(const struct hearsay_ring *ring, uint64_t version,
                                         uint64_t wall);

/* Remembers the ring of a RING event. Without memory for its roster, the one before is forgotten.
 */
void hs_rings_add(struct hs_rings *rings, const struct hearsay_ring *ring,
                  const struct hearsay_event *event, uint64_t wall);

/* NULL when it is not remembered. */
const struct hs_ring_version *hs_rings_find(const struct hs_rings *rings, uint64_t version);

/* A ring that an answer needs: remembered, and made again in steps, or planned. */
struct hs_ring_again {
    struct hearsay_ring *ring;      /* a reference of ours; NULL until it is made */
    struct hearsay_ring_work *work; /* making it */
    struct hs_roster *roster;       /* whose members go into the work first; shared; NULL: none */
    const char *text;               /* of the next one */
    size_t at;
    struct hs_ring_version about; /* what was remembered; its ring and roster are not ours */
    struct hearsay_allocator allocator;
};

/* Begins to make the ring of a remembered version. The newest one is there already. Errors:
 * NOMEM. */
int hs_ring_again_begin(struct hs_ring_again *again, const struct hs_rings *rings,
                        const struct hs_ring_version *kept);

/* Goes on for about so many units. Returns HEARSAY_RING_MORE or HEARSAY_RING_DONE. Errors: NOMEM;
 * INVALID, when what was built is not what was remembered (a fault of ours, or of the machine's
 * memory). */
int hs_ring_again_step(struct hs_ring_again *again, size_t units);

/* Gives up what it has, `ring`, too. One that was not begun and is all zero is a no-op. */
void hs_ring_again_fini(struct hs_ring_again *again, struct hs_rings *rings);

/* Drops a reference. The memory of a large ring is given back in steps: hs_rings_release. */
void hs_rings_drop(struct hs_rings *rings, struct hearsay_ring *ring);

/* One such step, a turn. */
void hs_rings_release(struct hs_rings *rings);

/* "3, 4, 5" */
void hs_rings_list(const struct hs_rings *rings, char text[HS_ERROR_TEXT_MAX]);

void hs_rings_fini(struct hs_rings *rings);

#endif
