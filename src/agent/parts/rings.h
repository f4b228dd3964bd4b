/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The agent's last few rings, so that an operator can ask later what moved. A ring takes about 24
 * bytes per token, and depends only on its members' names, tokens and zones. So only the newest is
 * kept as a ring; it is the node's own and takes no extra memory. Of older rings the roster is
 * kept, about twenty bytes per member, and the ring is made again in steps when a client asks.
 */
#ifndef HS_AGENT_PARTS_RINGS_H
#define HS_AGENT_PARTS_RINGS_H

#include <stddef.h>
#include <stdint.h>

#include <hearsay/allocator.h>
#include <hearsay/event.h>
#include <hearsay/ring.h>

#include "service/error_text.h"

#define HS_RINGS_MAX       8  /* versions remembered, including the present one */
#define HS_RINGS_KEPT      2  /* of these, always kept, whatever their size */
#define HS_RINGS_DROPPED   16 /* rings being freed in steps: two per answer, for eight clients */
#define HS_RINGS_BYTES_MAX 1048576 /* all rosters: eight of 5,000 members with short names */

struct hs_roster;

struct hs_ring_version {
    struct hearsay_ring *ring; /* the newest one's: a reference of ours; NULL of the others */
    struct hs_roster *roster;  /* of the others: what their ring is made from */
    uint64_t version;
    uint64_t wall; /* when it was made */
    double moved;  /* from the one before, 0 to 1 */
    uint64_t checksum, zones_checksum;
    size_t tokens, members;
};

struct hs_rings {
    struct hearsay_allocator allocator;        /* set by the caller; the rest is zero */
    struct hs_ring_version kept[HS_RINGS_MAX]; /* oldest first */
    size_t count;
    struct hearsay_ring *dropped[HS_RINGS_DROPPED]; /* rings being freed, or NULL */
    uint64_t changes;                               /* rings that were added */
    double moved; /* shares that moved, all together; the first ring takes none from anybody */
};

/* Describes a ring. The result holds no reference. */
struct hs_ring_version hs_rings_describe(const struct hearsay_ring *ring, uint64_t version,
                                         uint64_t wall);

/* Remembers the ring of a RING event. If there is no memory for the roster of the previous ring,
 * that ring is forgotten.
 */
void hs_rings_add(struct hs_rings *rings, const struct hearsay_ring *ring,
                  const struct hearsay_event *event, uint64_t wall);

/* Returns NULL if the version is not remembered. */
const struct hs_ring_version *hs_rings_find(const struct hs_rings *rings, uint64_t version);

/* A ring that an answer needs: a remembered one, which is made again in steps, or a planned one. */
struct hs_ring_again {
    struct hearsay_ring *ring;      /* a reference of ours; NULL until it is made */
    struct hearsay_ring_work *work; /* making it */
    struct hs_roster *roster; /* its members are added to the work first; shared; NULL: none */
    const char *text;         /* of the next member */
    size_t at;
    struct hs_ring_version about; /* what is remembered; its ring and roster are borrowed */
    struct hearsay_allocator allocator;
};

/* Begins to make the ring of a remembered version again. The newest ring need not be made. Errors:
 * NOMEM. */
int hs_ring_again_begin(struct hs_ring_again *again, const struct hs_rings *rings,
                        const struct hs_ring_version *kept);

/* Works for about `units` units. Returns HEARSAY_RING_MORE or HEARSAY_RING_DONE. Errors: NOMEM;
 * INVALID, if the ring differs from the remembered one (a defect of the agent, or of the machine's
 * memory). */
int hs_ring_again_step(struct hs_ring_again *again, size_t units);

/* Frees what it holds, including `ring`. A struct of all zeroes is a no-op. */
void hs_ring_again_fini(struct hs_ring_again *again, struct hs_rings *rings);

/* Drops a reference. The memory of a large ring is freed in steps by hs_rings_release. */
void hs_rings_drop(struct hs_rings *rings, struct hearsay_ring *ring);

/* Does one such step. Called once per turn. */
void hs_rings_release(struct hs_rings *rings);

/* "3, 4, 5" */
void hs_rings_list(const struct hs_rings *rings, char text[HS_ERROR_TEXT_MAX]);

void hs_rings_fini(struct hs_rings *rings);

#endif
