/* SPDX-License-Identifier: Apache-2.0 */
/* A member as a mirror holds it: what a line of `follow` says of it, read once and checked. */
#ifndef HS_MIRROR_MEMBER_H
#define HS_MIRROR_MEMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include <hearsay/addr.h>
#include <hearsay/member.h>
#include <hearsay/ring.h>

struct hs_mirror_member {
    unsigned refs; /* hs_mirror_member_ref, hs_mirror_member_unref */
    const char *name;
    struct hearsay_addr addr;
    enum hearsay_status status;
    enum hearsay_cause cause;
    uint64_t id, instance, timestamp, start; /* as in struct hearsay_member */
    uint64_t since;                          /* when it got this status, microseconds since 1970 */
    uint32_t tokens;
    uint32_t rtt_us; /* 0: not known */
    uint8_t version_min, version_max;
    bool self;
    size_t tag_count;
    const struct hearsay_tag *tags;
    size_t key_count;
    uint32_t keys[HEARSAY_KEYS_MAX];
    uint64_t ring_hold_us, ring_settle_us; /* R62: ring hold */
};

/* Who holds a reference sees the member as it is, whatever the mirror is told later, but for its
 * round trip: that has no version. Returns the member. */
const struct hs_mirror_member *hs_mirror_member_ref(const struct hs_mirror_member *member);

/* Frees the member with its last reference. NULL is a no-op. */
void hs_mirror_member_unref(const struct hs_mirror_member *member);

/* Reads a member, which has one reference. Errors: SYNTAX, NOMEM. */
int hs_mirror_member_read(const json_t *object, struct hs_mirror_member **ret_member);

/* A copy of a member, which has one reference. NULL: no memory. */
struct hs_mirror_member *hs_mirror_member_copy(const struct hs_mirror_member *member);

/* Returns true if the two differ in what an agent tells: in more than their timestamps, round trips
 * and the time of their status. */
bool hs_mirror_member_differs(const struct hs_mirror_member *a, const struct hs_mirror_member *b);

/* Returns true if the tags of the two differ, in whatever order they stand. */
bool hs_mirror_member_tags_differ(const struct hs_mirror_member *a,
                                  const struct hs_mirror_member *b);

/* The value of a tag, or NULL. */
const char *hs_mirror_member_tag(const struct hs_mirror_member *member, const char *key);

/* R62: ring hold. Returns true if the member is dead and this ring, perhaps NULL, has it still: it
 * owns its keys until its death is `ring-hold` old. */
bool hs_mirror_member_held(const struct hs_mirror_member *member, const struct hearsay_ring *ring);

/* The object that `members` shows (docs/control.md), at a time in microseconds since 1970. `ring`
 * says whether the member is in it; NULL: there is none. NULL: no memory. */
json_t *hs_mirror_member_json(const struct hs_mirror_member *member, uint64_t wall,
                              const struct hearsay_ring *ring);

/* The object that `follow` tells, which does not change as time passes. NULL: no memory. */
json_t *hs_mirror_member_since_json(const struct hs_mirror_member *member);

#endif
