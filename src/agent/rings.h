/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The agent's last few rings, so that "what moved at three o'clock" has an answer at four. A ring
 * is an immutable value behind a reference count: to remember one costs a reference and the memory
 * that would else have gone back.
 */
#ifndef HS_AGENT_RINGS_H
#define HS_AGENT_RINGS_H

#include <stddef.h>
#include <stdint.h>

#include <hearsay/event.h>
#include <hearsay/ring.h>

#include "agent/why.h"

#define HS_RINGS_MAX        8       /* versions remembered, the present one counted */
#define HS_RINGS_KEPT       2       /* of these, always, whatever they cost */
#define HS_RINGS_TOKENS_MAX 1048576 /* tokens of all remembered: about 25 MB */

struct hs_ring_version {
    struct hearsay_ring *ring; /* a reference of ours */
    uint64_t version;
    uint64_t wall; /* when it was made */
    double moved;  /* from the one before, 0 to 1 */
};

struct hs_rings {
    struct hs_ring_version kept[HS_RINGS_MAX]; /* oldest first */
    size_t count;
};

/* Remembers the ring of a RING event. */
void hs_rings_add(struct hs_rings *rings, const struct hearsay_ring *ring,
                  const struct hearsay_event *event, uint64_t wall);

/* A change of zones makes another ring of the same version (zones are in no checksum): the newest
 * one stands for it. NULL is a no-op. */
void hs_rings_refresh(struct hs_rings *rings, const struct hearsay_ring *ring);

/* NULL when it is not remembered. */
const struct hs_ring_version *hs_rings_find(const struct hs_rings *rings, uint64_t version);

/* "3, 4, 5" */
void hs_rings_list(const struct hs_rings *rings, char text[HS_WHY_MAX]);

void hs_rings_fini(struct hs_rings *rings);

#endif
