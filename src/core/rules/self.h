/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Our own record (R2, R4, R5, R8) and our goodbye (R23).
 */
#ifndef HS_RULES_SELF_H
#define HS_RULES_SELF_H

#include "rules/contacts.h"
#include "rules/health.h"

#define HS_LEAVE_ACKS   3u      /* R23: peers that shall know of a goodbye */
#define HS_LEAVE_REPEAT 100000u /* microseconds */
#define HS_LEAVE_LINGER 200000u /* R23: still answers while its goodbye goes round */

struct hs_own {
    struct hs_core *core;
    struct hs_health *health;
    struct hs_contacts *contacts;
    uint64_t heard_timestamp; /* greatest timestamp of our name, ours included (R2) */
    struct hs_timer leave;
    uint64_t leave_until; /* boot time: the goodbye has waited long enough */
    uint32_t goodbye_acks[HS_LEAVE_ACKS];
    uint32_t goodbye_count;
};

/* Makes our first record. 0 or a negative code. */
int hs_self_init(struct hs_own *own, struct hs_core *core, struct hs_health *health,
                 struct hs_contacts *contacts);

/* Says our record anew, with a timestamp greater than any heard (R2). */
void hs_self_assert(struct hs_own *own);

/* A rumor about our own name (R4, R8). */
void hs_self_hear(struct hs_own *own, const struct hs_record *record, uint64_t id, uint32_t from);

/* What a challenge says is known of our name; 0 or a new record that is greater (R5, R8). */
void hs_self_catch_up(struct hs_own *own, uint64_t timestamp, uint64_t start, uint8_t state);

/* R8: is our start later than that? */
bool hs_self_began_after(const struct hs_own *own, uint64_t start);

int hs_self_set_tags(struct hs_own *own, const struct hearsay_tag *tags, size_t count);
void hs_self_leave(struct hs_own *own);
void hs_self_leave_timer(struct hs_own *own);
void hs_self_goodbye_acked(struct hs_own *own, uint32_t slot);

#endif
