/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Isolation (R39): whether this node reaches anybody at all. It is only said, never judged by:
 * verdicts about others are those of R20 (rules/health.h).
 */
#ifndef HS_RULES_ISOLATION_H
#define HS_RULES_ISOLATION_H

#include "rules/contacts.h"
#include "rules/health.h"

/* R39: so many periods in a row in which the socket takes nothing mean that nothing leaves */
#define HS_UNSENT_PERIODS 3u
/* R39: silence from all is believed after this many periods, if HS_DEAF_BELIEVED is shorter, and
 * after as many rejoin intervals if there is nobody but lost members and seeds */
#define HS_SILENT_PERIODS 3u

struct hs_isolation {
    struct hs_core *core;
    const struct hs_health *health;
    const struct hs_contacts *contacts;
    enum hearsay_isolation now;
    uint32_t unsent_periods; /* in a row in which nothing left, though something was to be sent */
    uint64_t sent, unsent;   /* datagrams until the last period */
};

/* The pointers are borrowed. */
void hs_isolation_init(struct hs_isolation *isolation, struct hs_core *core,
                       const struct hs_health *health, const struct hs_contacts *contacts);

/* Finds out how it stands. Called once per period. */
void hs_isolation_check(struct hs_isolation *isolation);

#endif
