/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tombstones (R7): how old a death is, when it is hidden and when it is forgotten.
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

void hs_tombstones_init(struct hs_tombstones *tombstones, struct hs_core *core,
                        struct hs_contacts *contacts);

/* Takes in an age heard of, in seconds; keeps the greater. */
void hs_tombstone_set_age(struct hs_tombstones *tombstones, uint32_t slot, uint32_t age);

/* Hides a tombstone that is past its time. */
void hs_tombstone_hide(struct hs_tombstones *tombstones, uint32_t slot);

/* The timer: hides what is past its time, forgets what is past twice that. */
void hs_tombstone_reap(struct hs_tombstones *tombstones);

#endif
