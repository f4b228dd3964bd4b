/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rumors: members whose record waits to be passed on (R16). Not a queue of bytes but of slots: what
 * goes out is the record as it is at the moment of sending, so the newest news rides along and one
 * member never takes more than one place.
 *
 * Two families, each a list for every number of transmissions: good news (alive, refutations) and
 * bad news (suspect, dead). A datagram takes from both in turn, so that refutations are never
 * starved by suspicions: a queue that lets them wait condemns the innocent.
 */
#ifndef HS_VIEW_RUMOR_QUEUE_H
#define HS_VIEW_RUMOR_QUEUE_H

#include <stdint.h>

#include "view/table.h"

#define HS_TRANSMIT_MAX      24 /* 4 log10(N + 1) at a million members */
#define HS_RUMOR_QUEUE_LISTS (2 * HS_TRANSMIT_MAX)

struct hs_rumor_queue {
    uint32_t head[HS_RUMOR_QUEUE_LISTS]; /* newest first */
    uint32_t count;
};

void hs_rumor_queue_init(struct hs_rumor_queue *queue);

/* Queues a member's record as fresh news, with no transmissions. `blob_news`: receivers may not
 * have its blob, so the rumor carries it. */
void hs_rumor_queue_push(struct hs_rumor_queue *queue, struct hs_table *table, uint32_t slot,
                         bool blob_news);

/* Takes a member out; no-op when it is not queued. */
void hs_rumor_queue_drop(struct hs_rumor_queue *queue, struct hs_table *table, uint32_t slot);

/* Counts a transmission of the rumor with this version (hs_member.rumor_version); after `limit` of
 * them it leaves the queue. A later rumor about the same member is not touched. */
void hs_rumor_queue_credit(struct hs_rumor_queue *queue, struct hs_table *table, uint32_t slot,
                           uint16_t version, uint32_t limit);

/* Takes a transmission back that was counted by hs_rumor_queue_credit and did not take place. A
 * rumor that left the queue by it comes back, with its blob if it had one. */
void hs_rumor_queue_take_back(struct hs_rumor_queue *queue, struct hs_table *table, uint32_t slot,
                              uint16_t version, uint32_t limit, bool with_blob);

/* Walks the queue in sending order: fewest transmissions first, then newest, the two families in
 * turn. */
struct hs_rumor_queue_walk {
    uint32_t level, next[2];
    unsigned family;
};
void hs_rumor_queue_walk_init(struct hs_rumor_queue_walk *walk, const struct hs_rumor_queue *queue);
uint32_t hs_rumor_queue_walk_next(struct hs_rumor_queue_walk *walk,
                                  const struct hs_rumor_queue *queue, const struct hs_table *table);

/* R16: about 4 log10(N + 1), from an integer table. */
uint32_t hs_transmit_limit(uint32_t members);

#endif
