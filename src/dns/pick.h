/* SPDX-License-Identifier: Apache-2.0 */
/* Which members an answer is about: those whom a question names, that live, and that have a record
 * of the type in question. */
#ifndef HS_DNS_PICK_H
#define HS_DNS_PICK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hearsay/ring.h>

#include "dns/spelling.h"
#include "dns/want.h"
#include "mirror/mirror.h"

/* More records of HS_DNS_RECORD_MIN bytes, the least that there are, no answer can hold. Of more
 * members, a random choice is kept: of HS_DNS_PICK_SPARE times as many as fit, because some share
 * their address, and at most of HS_DNS_PICK_MAX. */
#define HS_DNS_PICK_MAX   4096
#define HS_DNS_PICK_SPARE 4
#define HS_DNS_RECORD_MIN 16

/* Of the preference list of a key, what is looked at before memory is taken for the rest. */
#define HS_DNS_PREFERENCE 64

struct hs_dns_choice {
    const struct hs_mirror_member *member;
    uint16_t port;     /* of a service: of the member's tag; else of its address */
    uint16_t priority; /* of a replica its place, else 0 */
};

struct hs_dns_pick {
    uint64_t random; /* state of the random numbers; the owner gives the first one */
    bool exists;     /* the name has records of some type, or names below it have */
    size_t count;
    size_t most;   /* that are kept */
    uint64_t seen; /* members that belong into the answer, those beyond `most`, too */
    struct hs_dns_choice choices[HS_DNS_PICK_MAX];
};

/* What is looked at. */
struct hs_dns_sight {
    struct hs_mirror *mirror;
    const struct hs_dns_spellings *spellings;
    uint32_t replicas; /* of a key */
    bool zones;        /* replicas of distinct zones first */
    size_t room;       /* bytes of the answer */
};

/* Fills in the members of a name, for a type; of a key only as many as that type shows. An answer
 * has them in random order, but replicas in their own; no address comes twice among A and AAAA. */
void hs_dns_pick(struct hs_dns_pick *pick, const struct hs_dns_sight *sight,
                 const struct hs_dns_want *want, uint16_t type);

/* True if the member lives: alive or suspect; not the agent itself once it leaves. */
bool hs_dns_member_lives(const struct hs_mirror *mirror, const struct hs_mirror_member *member);

/* The port in the member's tag of this name, without regard to case; 0: there is none. */
uint16_t hs_dns_member_port(const struct hs_mirror_member *member, const char *tag);

#endif
