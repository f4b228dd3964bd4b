/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The memory behind `hearsay why`: the last steps that led to verdicts, of all members together, in
 * a ring of fixed size. Steps name members by the hash of their name, so that a history survives a
 * restart of its subject.
 */
#ifndef HS_VIEW_HISTORY_H
#define HS_VIEW_HISTORY_H

#include <stdint.h>

#include <hearsay/allocator.h>
#include <hearsay/node.h>

#define HS_HISTORY_MAX 256u

struct hs_history_item {
    struct hearsay_now when;
    uint64_t subject, actor; /* hashes of names; actor 0: nobody */
    uint64_t timestamp;
    uint32_t rtt_us;
    uint16_t tries;
    uint8_t step, result; /* enum hearsay_step, enum hearsay_reason */
};

struct hs_history {
    struct hs_history_item *items;
    uint64_t written; /* ever; the next place is this modulo HS_HISTORY_MAX */
};

int hs_history_init(struct hs_history *history, const struct hearsay_allocator *allocator);
void hs_history_fini(struct hs_history *history, const struct hearsay_allocator *allocator);
void hs_history_add(struct hs_history *history, const struct hs_history_item *item);

/* Walks backwards from the newest. Set *cursor to 0 first; NULL at the end. */
const struct hs_history_item *hs_history_previous(const struct hs_history *history,
                                                  uint64_t subject, uint64_t *cursor);

#endif
