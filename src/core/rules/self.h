/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Our own record (R2, R4, R5, R8) and our goodbye (R23). They are one rule because the goodbye is a
 * record, too.
 */
#ifndef HS_RULES_SELF_H
#define HS_RULES_SELF_H

#include "rules/contacts.h"
#include "rules/health.h"

#define HS_LEAVE_ACKS   3u      /* R23: peers that must ack our goodbye */
#define HS_LEAVE_REPEAT 100000u /* microseconds */
/* R23: after the acks this node still answers for this long, microseconds */
#define HS_LEAVE_LINGER 200000u
/* R39: time between two revivals of a member that is not reached at its address, microseconds */
#define HS_REVIVAL_GAP 300000000u

struct hs_own {
    struct hs_core *core;
    struct hs_health *health;
    struct hs_contacts *contacts;
    uint64_t heard_timestamp; /* greatest timestamp of our name, ours included (R2) */
    uint64_t revived_at;      /* boot time: see hs_self_may_revive; 0: never */
    struct hs_timer leave, keys;
    uint64_t leave_until; /* boot time at which waiting for acks of the goodbye ends */
    uint32_t goodbye_acks[HS_LEAVE_ACKS];
    uint32_t goodbye_count;
};

/* Makes our first record. The pointers are borrowed. 0 or a negative code; on failure nothing has
 * been added to the view. */
int hs_self_init(struct hs_own *own, struct hs_core *core, struct hs_health *health,
                 struct hs_contacts *contacts);

/* Makes our record newer, with a timestamp greater than any heard (R2). */
void hs_self_assert(struct hs_own *own);

/* Takes in a record of our own name that the member at `from` sent; `id` is its subject's (R4:
 * refutation; R8: name conflict). */
void hs_self_hear(struct hs_own *own, const struct hs_record *record, uint64_t id, uint32_t from);

/* R39: isolation. Returns false if a challenge to something other than a join has told this process
 * of its death less than HS_REVIVAL_GAP ago, and now again: whoever is told so is not reached at
 * its own address, and to come back again and again would move its keys each time. */
bool hs_self_may_revive(struct hs_own *own, const struct hs_message *challenge);

/* Takes in what a challenge says is known of our name. If it is newer than our record, our record
 * is made newer (R5: catching up; R8: name conflict). If this very process was held suspect or
 * dead, the owner is told (R39: isolation). Returns false if what is known is
 * too far ahead of our clock (R6: limit of future timestamps); that is counted. */
bool hs_self_catch_up(struct hs_own *own, uint64_t timestamp, uint64_t start, uint8_t state);

/* R8: returns true if our start is later than this one. */
bool hs_self_began_after(const struct hs_own *own, uint64_t start);

/* R38: puts another address into our record. Nothing is told if it is the one that we have. 0 or a
 * negative code; on failure the old address stays. */
int hs_self_set_addr(struct hs_own *own, const struct hearsay_addr *addr);

/* Replaces our tags, copies of which go into our blob. 0 or a negative code; on failure the old
 * tags stay. */
int hs_self_set_tags(struct hs_own *own, const struct hearsay_tag *tags, size_t count);
/* Replaces the number of our tokens; 0: drained. 0 or a negative code; on failure nothing has
 * changed. */
int hs_self_set_tokens(struct hs_own *own, uint32_t tokens);
/* R33: keys; R62: ring hold. The first: our keys or our ring settings are others now, and our
 * record will say so at a moment drawn at random. The second: it says so now, unless it does
 * already. */
void hs_self_settings_changed(struct hs_own *own);
void hs_self_tell_settings(struct hs_own *own);
/* Notes whether the ring settings of a member, whose blob this is, or of all members differ from
 * ours. */
void hs_self_note_timing(struct hs_own *own, uint32_t slot, const struct hs_blob *blob);
void hs_self_note_all_timings(struct hs_own *own);
/* Begins to leave (R23). */
void hs_self_leave(struct hs_own *own);
/* The timer of the goodbye. */
void hs_self_leave_timer(struct hs_own *own);
/* The member at `slot` has acked a datagram with our goodbye. */
void hs_self_goodbye_acked(struct hs_own *own, uint32_t slot);

#endif
