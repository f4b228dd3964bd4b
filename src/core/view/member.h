/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One member as this node holds it, and the order of its records (R3). What the member says of
 * itself is its metadata, which nodes may share. This struct holds what this node alone knows of
 * the member.
 */
#ifndef HS_VIEW_MEMBER_H
#define HS_VIEW_MEMBER_H

#include <stdbool.h>
#include <stdint.h>

#include <hearsay/addr.h>
#include <hearsay/member.h>

#include "base/assert.h"
#include "base/heap.h"
#include "codec/message.h"
#include "codec/wire.h"
#include "view/metadata.h"

/* What decides between two records of one name: the greater (timestamp, status, hash) wins. */
struct hs_version {
    uint64_t timestamp;
    uint64_t blob_hash;
    enum hearsay_status status;
    enum hearsay_cause cause;
};

/* The hash of a record. It decides ties (R3: order of records) and is the member's part of the
 * digest. */
uint64_t hs_version_hash(const struct hs_version *version);

/* Returns a negative number, 0 or a positive number if `a` is less than, equal to or greater than
 * `b` (R3: order of records). The order is total over (timestamp, status, cause, blob), so merging
 * is commutative, associative and idempotent. */
int hs_version_compare(const struct hs_version *a, const struct hs_version *b);

struct hs_suspicion; /* view/suspicion.h */

enum hs_member_flag {
    HS_MEMBER_PROVEN = 1,     /* its address has echoed a nonce or datagram id of ours (R28) */
    HS_MEMBER_IN_RING = 2,    /* the current ring has its tokens */
    HS_MEMBER_RING_STALE = 4, /* … but with another token count or zone than it has now */
    /* a tombstone past its ttl: neither in the digest nor in exchanges (R7) */
    HS_MEMBER_HIDDEN = 8,
    HS_MEMBER_BLOB_NEWS = 16, /* its waiting rumor must carry the blob */
    HS_MEMBER_ELSEWHERE = 32, /* it has answered from another address than that of its record */
    HS_MEMBER_DISPLACED = 64, /* suspect, because another member has its address (R18) */
    HS_MEMBER_TOLD = 128,     /* it has been told of its death at such an address (R39) */
    HS_MEMBER_PROVEN_SEALED = 256, /* proven by a sealed datagram (R35) */
    HS_MEMBER_AGAIN = 512,         /* we have said something again to it that it has challenged */
    HS_MEMBER_ENDED = 1024,        /* dead: its own last words say so (R60) */
    HS_MEMBER_HELD = 2048, /* dead of `failed`, but not for long enough to lose its tokens (R62) */
    HS_MEMBER_OTHER_TIMING = 4096, /* its ring-hold or ring-settle differs from ours (R62) */
};

/* All that is known of an address. It goes when the address does. */
#define HS_MEMBER_OF_ADDR                                                                          \
    (HS_MEMBER_PROVEN | HS_MEMBER_PROVEN_SEALED | HS_MEMBER_ELSEWHERE | HS_MEMBER_TOLD)

struct hs_member {
    const struct hs_meta *meta; /* owned: a share */
    uint64_t timestamp;
    union {
        struct hs_suspicion *suspicion; /* while it is suspect: see hs_member_suspicion */
        int64_t age_base; /* dead: boot time at which its tombstone was 0 s old; may be negative */
    };
    uint64_t floor; /* sealed datagrams up to this creation time may be repeats (R11a); 0: unset */
    uint32_t since; /* hs_coarse_time of the last change of status */
    uint32_t srtt_us, rttvar_us;     /* RFC 6298 */
    uint32_t probe_list_at;          /* place in the probe list; HS_NO_SLOT: not in it */
    uint32_t bucket_next;            /* next member of the same bucket */
    uint32_t rumor_next, rumor_prev; /* links of the rumor queue */
    uint16_t rumor_version; /* changes with each new rumor, so that late acks do not count */
    uint16_t rtt_at;        /* boot second of the last sample; wraps around after 18 hours */
    uint16_t flapped_at;    /* view/damping.h: time of the last flap, in steps of 262 ms */
    uint16_t flags;
    uint8_t status : 4, cause : 4;           /* enum hearsay_status, enum hearsay_cause */
    uint8_t rtt_samples : 4, flap_count : 4; /* view/damping.h: flaps in a row */
    uint8_t rumor_list;                      /* list of the rumor queue plus one; 0: not queued */
    uint8_t
        challenged_at; /* boot time in gaps, modulo 256, of the last challenge (R11a: freshness) */
};

/* Every member holds a view of thousands, so each byte counts: docs/scaling.md. */
_Static_assert(sizeof(struct hs_member) == 72, "a member's record stays small");

/* Boot time in four bytes, in steps of 16 ms. Differences up to 814 days are right. */
#define HS_COARSE_SHIFT 14
static inline uint32_t hs_coarse_time(uint64_t boot)
{
    return (uint32_t)(boot >> HS_COARSE_SHIFT);
}
/* Microseconds since a coarse time, in steps of 16 ms. */
static inline uint64_t hs_coarse_since(uint64_t boot, uint32_t then)
{
    return (uint64_t)(hs_coarse_time(boot) - then) << HS_COARSE_SHIFT;
}

/* The member's suspicion, or NULL if it is not suspect. */
static inline struct hs_suspicion *hs_member_suspicion(const struct hs_member *member)
{
    return member->status == HEARSAY_STATUS_SUSPECT ? member->suspicion : NULL;
}

/* The name, terminated. Borrowed from the metadata. */
static inline const char *hs_member_name(const struct hs_member *member)
{
    return hs_meta_name(member->meta);
}

/* The version of the record that is held. */
static inline struct hs_version hs_member_version(const struct hs_member *member)
{
    return (struct hs_version){member->timestamp, member->meta->hash,
                               (enum hearsay_status)member->status,
                               (enum hearsay_cause)member->cause};
}

/* Returns true if the member is alive or suspect: it owns tokens (R29), is probed and may receive
 * gossip. */
static inline bool hs_member_present(const struct hs_member *member)
{
    return member->status == HEARSAY_STATUS_ALIVE || member->status == HEARSAY_STATUS_SUSPECT;
}

/* R39: isolation. Returns true if we hold the member dead, and it has said at this timestamp of its
 * own that it is alive, so it does not know. Who has left may linger, and knows. */
static inline bool hs_member_is_unaware(const struct hs_member *member, uint64_t timestamp)
{
    return member->status == HEARSAY_STATUS_DEAD &&
           (timestamp < member->timestamp ||
            (timestamp == member->timestamp && member->cause != HEARSAY_CAUSE_LEFT));
}

/* R5: catching up. Returns true if the member is held present at another address than this one,
 * from which it says that its own record is older. It does not know the one that is held, so
 * somebody else has written it. */
static inline bool hs_member_is_moved(const struct hs_member *member,
                                      const struct hearsay_addr *from, uint64_t timestamp)
{
    return hs_member_present(member) && timestamp < member->timestamp &&
           !hearsay_addr_equal(&member->meta->addr, from);
}

/* R28: the member has echoed something of ours from the address of its record. */
static inline void hs_member_prove(struct hs_member *member, bool is_sealed)
{
    member->flags |= HS_MEMBER_PROVEN;
    if (is_sealed)
        member->flags |= HS_MEMBER_PROVEN_SEALED;
}

/* Returns true if the member is counted in the digest and takes part in exchanges (R7). */
static inline bool hs_member_in_digest(const struct hs_member *member)
{
    return !(member->flags & HS_MEMBER_HIDDEN);
}

/* The age of a dead member's tombstone, microseconds (R7). The member must be dead. */
static inline uint64_t hs_member_age_us(const struct hs_member *member, uint64_t boot)
{
    HS_ASSERT(member->status == HEARSAY_STATUS_DEAD);
    return (uint64_t)((int64_t)boot - member->age_base);
}

/* Adds a round-trip time of `rtt_us` microseconds to the estimate (RFC 6298, integer form). */
void hs_member_rtt_sample(struct hs_member *member, uint32_t rtt_us, uint64_t boot);

/* How long to wait for the member's answer, microseconds (R17: timeout). The result is srtt + 4
 * rttvar if there are 3 samples and the last one is at most HS_RTT_FRESH_S old, else `unknown`; in
 * both cases within [min, max]. */
uint64_t hs_member_timeout(const struct hs_member *member, uint64_t boot, uint64_t min,
                           uint64_t max, uint64_t unknown);

#define HS_RTT_SAMPLES_MIN 3
#define HS_RTT_FRESH_S     600

#endif
