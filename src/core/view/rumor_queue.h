/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rumor queue: members whose record waits to be passed on (R16). It is a queue of slots, not of
 * bytes: the record is encoded at the moment of sending. So every datagram carries the newest
 * state, and a member never takes more than one place.
 *
 * There are two families of lists, one list for each number of transmissions: good news (alive,
 * refutations) and bad news (suspect, dead). A datagram takes from both in turn. Otherwise
 * suspicions would delay refutations, and members that are alive would be declared dead.
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

/* Makes an empty queue. */
void hs_rumor_queue_init(struct hs_rumor_queue *queue);

/* Queues a member's record as a new rumor with no transmissions. `blob_news`: receivers may not
 * have its blob, so the rumor carries it. */
void hs_rumor_queue_push(struct hs_rumor_queue *queue, struct hs_table *table, uint32_t slot,
                         bool blob_news);

/* Takes a member out of the queue. No-op when it is not queued. */
void hs_rumor_queue_drop(struct hs_rumor_queue *queue, struct hs_table *table, uint32_t slot);

/* Counts a transmission of the rumor with this version (hs_member.rumor_version). After `limit`
 * transmissions the rumor leaves the queue. A later rumor about the same member is not affected. */
void hs_rumor_queue_credit(struct hs_rumor_queue *queue, struct hs_table *table, uint32_t slot,
                           uint16_t version, uint32_t limit);

/* Takes back a transmission that hs_rumor_queue_credit counted and that did not take place. If the
 * rumor has left the queue because of it, it comes back, `with_blob` if it carried one. */
void hs_rumor_queue_take_back(struct hs_rumor_queue *queue, struct hs_table *table, uint32_t slot,
                              uint16_t version, uint32_t limit, bool with_blob);

/* Walks the queue in the order of sending: fewest transmissions first, then newest, the two
 * families in turn. The queue must not change during a walk. */
struct hs_rumor_queue_walk {
    uint32_t level, next[2];
    unsigned family;
};
void hs_rumor_queue_walk_init(struct hs_rumor_queue_walk *walk, const struct hs_rumor_queue *queue);
/* Returns the next slot of a walk, or HS_NO_SLOT at its end. */
uint32_t hs_rumor_queue_walk_next(struct hs_rumor_queue_walk *walk,
                                  const struct hs_rumor_queue *queue, const struct hs_table *table);

/* R16: transmission limit. About 4 log10(N + 1) for N `members`, from an integer table. */
uint32_t hs_transmit_limit(uint32_t members);

#endif
