/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is meant by a call, and who belongs to this node's cluster (R26: who is meant). Here is what
 * this node says of where its cluster comes from, and how it judges who answers at an address that
 * it has remembered.
 */
#ifndef HS_RULES_MEANT_H
#define HS_RULES_MEANT_H

#include "rules/core.h"

/* Who is meant by a call to an address. All zero: anybody. */
struct hs_meant {
    uint64_t name_hash; /* XXH3-64 of its name */
    uint64_t id;        /* of its process when it was last known; 0: not known */
};

/* Whom a call to this member means. */
struct hs_meant hs_meant_of(const struct hs_member *member);

/* What this node says of its cluster's origin. While it has met nobody it names itself, with the id
 * 0. */
struct hs_origin hs_meant_origin(const struct hs_core *core);

/* The same for those who belong to this node's cluster or have to judge whether they do: while it
 * has met nobody, the origin that an earlier process of this member has left behind, if there is
 * one (R37: state). A newcomer does not say it where it may not belong. */
struct hs_origin hs_meant_home(const struct hs_core *core);

/* R37: state. Returns true if this node has come into another cluster than its earlier process. */
bool hs_meant_is_elsewhere(const struct hs_core *core);

/* Two clusters, or a cluster and a newcomer, have met. A process that had met nobody takes their
 * origin. If both have met nobody, this node becomes the founder. Of two clusters that are joined
 * on purpose the lesser origin stays. An origin with address family 0 was not given. */
void hs_meant_met(struct hs_core *core, const struct hs_origin *theirs);

/* Returns true if who answers a call with this challenge in full belongs to this node's cluster, or
 * has met nobody yet and has the name that was meant. `addr` is the address that was called. */
bool hs_meant_judge(const struct hs_core *core, const struct hs_meant *meant,
                    const struct hearsay_addr *addr, const struct hs_message *challenge);

/* Returns true if this process is known as a member, or was when it was called. */
bool hs_meant_is_known(const struct hs_core *core, const struct hs_meant *meant, uint64_t id);

#define HS_FOREIGN_MAX     16u /* addresses at which somebody else answers that are remembered */
#define HS_FOREIGN_TOLD_US UINT64_C(3600000000) /* the owner is told of each at most so often */

/* Whom the owner has been told of lately. */
struct hs_foreigners {
    struct {
        uint64_t key;   /* hash of address, and process */
        uint64_t until; /* boot time until which it is not told again; 0: free */
    } items[HS_FOREIGN_MAX];
};

/* Returns true if the owner is to be told that this process answers at this address, and notes that
 * it is: once an hour for each, and of HS_FOREIGN_MAX in an hour. */
bool hs_meant_may_tell(struct hs_foreigners *foreigners, uint64_t boot,
                       const struct hearsay_addr *addr, uint64_t id);

#endif
