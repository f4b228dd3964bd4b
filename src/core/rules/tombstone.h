/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tombstones (R7): the age of a death, when it is hidden and forgotten, and how the dead give way
 * when the table is full. They are one rule because all of it depends on the age.
 */
#ifndef HS_RULES_TOMBSTONE_H
#define HS_RULES_TOMBSTONE_H

#include "rules/contacts.h"
#include "rules/core.h"
#include "rules/news.h"
#include "rules/ring_update.h"

/* Oldest tombstones that one search notes, so that a storm of joins does not search for each. */
#define HS_OLDEST_MAX 8u
/* R62: ring hold. Ages of a death that differ by more than this are news while the ring depends on
 * them, microseconds. */
#define HS_AGE_NEWS_US 500000u

/* A tombstone as it was noted. It has changed since if the member's age_base is another. */
struct hs_old {
    uint64_t id, timestamp;
    int64_t age_base;
    uint32_t slot;
};

/* The oldest tombstones, all hidden or all not, the oldest one last. All that are not here are
 * younger than those that are. */
struct hs_oldest {
    struct hs_old items[HS_OLDEST_MAX];
    uint32_t count; /* 0: to be searched for */
};

struct hs_tombstones {
    struct hs_core *core;
    struct hs_contacts *contacts;
    struct hs_news *news;
    struct hs_ring_update *ring_update;
    struct hs_timer reap;
    struct hs_oldest shown, hidden;
};

/* The pointers are borrowed. */
void hs_tombstones_init(struct hs_tombstones *tombstones, struct hs_core *core,
                        struct hs_contacts *contacts, struct hs_news *news,
                        struct hs_ring_update *ring_update);

/* Takes in an age, in milliseconds, that was heard for a dead member. The greater age is kept. */
void hs_tombstone_set_age(struct hs_tombstones *tombstones, uint32_t slot, uint64_t age);

/* Hides a tombstone if it is past its time. */
void hs_tombstone_hide(struct hs_tombstones *tombstones, uint32_t slot);

/* Takes in an age that was heard with the record that we hold, as hs_tombstone_set_age does. If the
 * tombstone is hidden, and the sender or we did not know it before, that is news. So is an age that
 * differs from ours, if one of us still holds the member in the ring because of it. Returns false
 * if the sender does not know that the tombstone is hidden. */
bool hs_tombstone_heard(struct hs_tombstones *tombstones, uint32_t slot, uint64_t age);

/* Makes a place for a record that is about to be applied at `slot` (HS_NO_SLOT: of a newcomer), if
 * it needs one. `living`: it is alive or suspect. When all places are used, the oldest hidden
 * tombstone is forgotten; not the member at `keep`. False: there is no place. */
bool hs_tombstone_make_room(struct hs_tombstones *tombstones, uint32_t slot, bool living,
                            uint32_t keep);

/* Hides the oldest tombstones, and tells all members so, while more members count than
 * `max_members`. */
void hs_tombstone_give_way(struct hs_tombstones *tombstones);

/* The timer: hides tombstones past their time, and forgets those past twice that. */
void hs_tombstone_reap(struct hs_tombstones *tombstones);

#endif
