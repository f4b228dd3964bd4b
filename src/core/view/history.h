/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The history that `hearsay why` shows: the last steps that led to verdicts, of all members
 * together, in a ring of fixed size. A step identifies a member by the hash of its name, so that
 * the history survives a restart of the member.
 */
#ifndef HS_VIEW_HISTORY_H
#define HS_VIEW_HISTORY_H

#include <stdint.h>

#include <hearsay/allocator.h>
#include <hearsay/node.h>

#define HS_HISTORY_MAX 256u

struct hs_history_item {
    struct hearsay_now when;
    uint64_t subject, actor; /* hashes of names; actor 0: none */
    uint64_t timestamp;
    uint32_t rtt_us;
    uint16_t tries;
    uint8_t step, result; /* enum hearsay_step, enum hearsay_reason */
};

struct hs_history {
    struct hs_history_item *items;
    uint64_t written; /* total; the next place is this modulo HS_HISTORY_MAX */
};

/* Allocates the ring, HS_HISTORY_MAX steps. 0 or NOMEM. */
int hs_history_init(struct hs_history *history, const struct hearsay_allocator *allocator);
/* Frees what the history holds. */
void hs_history_fini(struct hs_history *history, const struct hearsay_allocator *allocator);
/* Adds a copy of a step. The oldest step is overwritten when the ring is full. */
void hs_history_add(struct hs_history *history, const struct hs_history_item *item);

/* Returns the next older step about `subject`, or NULL at the end. Set *cursor to 0 to begin with
 * the newest. Borrowed until the next hs_history_add. */
const struct hs_history_item *hs_history_previous(const struct hs_history *history,
                                                  uint64_t subject, uint64_t *cursor);

#endif
