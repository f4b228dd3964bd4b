/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tombstones (R7): the age of a death, and when it is hidden and forgotten. They are one rule
 * because both times depend on the age alone.
 */
#ifndef HS_RULES_TOMBSTONE_H
#define HS_RULES_TOMBSTONE_H

#include "rules/contacts.h"
#include "rules/core.h"

struct hs_tombstones {
    struct hs_core *core;
    struct hs_contacts *contacts;
    struct hs_timer reap;
};

/* The pointers are borrowed. */
void hs_tombstones_init(struct hs_tombstones *tombstones, struct hs_core *core,
                        struct hs_contacts *contacts);

/* Takes in an age, in seconds, that was heard for a dead member. The greater age is kept. */
void hs_tombstone_set_age(struct hs_tombstones *tombstones, uint32_t slot, uint32_t age);

/* Hides a tombstone if it is past its time. */
void hs_tombstone_hide(struct hs_tombstones *tombstones, uint32_t slot);

/* The timer: hides tombstones past their time, and forgets those past twice that. */
void hs_tombstone_reap(struct hs_tombstones *tombstones);

#endif
