/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Contacts: addresses that this node joins through (R25, R26), the attempts under way, and the nonces
 * by which addresses are proven (R28).
 */
#ifndef HS_RULES_CONTACTS_H
#define HS_RULES_CONTACTS_H

#include <hearsay/event.h>

#include "rules/core.h"

#define HS_CONTACTS_MAX 64u /* addresses that we join through, or once did */
#define HS_LOST_MAX     16u /* of them, addresses of failed members that outlive tombstones */

#define HS_JOIN_RETRY       500000u  /* between tries of one attempt to join, microseconds */
#define HS_JOIN_TRIES       3u       /* tries when nobody answers */
#define HS_JOIN_TRIES_HEARD 12u      /* tries once somebody has answered */
#define HS_NONCE_SLOT       8000000u /* a nonce is good for this long, at most twice */
#define HS_LOST_LIFE        UINT64_C(604800000000) /* R26, R27: a failed member is called for 7 days */

enum hs_contact_flag {
    HS_CONTACT_SEED = 1,    /* given by the owner: remembered (R26) */
    HS_CONTACT_ACTIVE = 2,  /* an attempt is under way */
    HS_CONTACT_HEARD = 4,   /* somebody there has answered */
    HS_CONTACT_RIVAL = 8,   /* it may hold our name: is it there? (R8) */
    HS_CONTACT_CLOSED = 16, /* its port was found closed */
    HS_CONTACT_REPORT = 32, /* the owner waits for the attempt's end */
    HS_CONTACT_LOST = 64,   /* of a failed member whose tombstone is gone: remembered for a while */
    HS_CONTACT_EARLIER = 128, /* our rival there began before us: it is the one to give way (R8) */
};
#define HS_CONTACT_KEPT (HS_CONTACT_SEED | HS_CONTACT_LOST)

struct hs_contact {
    struct hs_timer timer;
    struct hearsay_addr addr;
    uint64_t nonce;
    uint64_t created; /* of our last datagram to it, for ICMP */
    uint64_t until;   /* lost: called until this boot time */
    uint8_t flags, tries;
};

struct hs_contacts {
    struct hs_core *core;
    struct hs_contact items[HS_CONTACTS_MAX];
    struct hs_timer rejoin;
};

void hs_contacts_init(struct hs_contacts *contacts, struct hs_core *core);

/* Calls nobody any more by itself: we are leaving. */
void hs_contacts_stop(struct hs_contacts *contacts);

/* Begins an attempt to join through an address, unless one is under way. `flags`: enum
 * hs_contact_flag. 0 or FULL. */
int hs_contacts_call(struct hs_contacts *contacts, const struct hearsay_addr *addr, uint8_t flags);

/* The attempt with this nonce; NULL: there is none. */
struct hs_contact *hs_contacts_with_nonce(struct hs_contacts *contacts, uint64_t nonce);

/* Ends an attempt: the owner hears of it, and all contacts but those to be kept are forgotten. `slot`
 * is the member that answered, or HS_NO_SLOT. */
void hs_contacts_finish(struct hs_contacts *contacts, struct hs_contact *contact,
                        enum hearsay_join_result result, uint32_t slot);

/* The exchange that an attempt waited for has ended. Ignored when the attempt with this nonce has ended
 * before. */
void hs_contacts_synced(struct hs_contacts *contacts, uint64_t nonce,
                        enum hearsay_join_result result, uint32_t slot);

/* A join of our own has come back: the address of the attempt with this nonce is ours. */
void hs_contacts_met_self(struct hs_contacts *contacts, uint64_t nonce);

/* The timers of an attempt, and of the next calls (R26). */
void hs_contacts_timer(struct hs_contacts *contacts, struct hs_contact *contact);
void hs_contacts_rejoin(struct hs_contacts *contacts);

/* A join has been encoded under this creation time. An ICMP error says that its port is closed. */
void hs_contacts_sent(struct hs_contacts *contacts, const struct hearsay_addr *to,
                      uint64_t created);
void hs_contacts_closed(struct hs_contacts *contacts, const struct hearsay_addr *to,
                        uint64_t created);

/* R26: the tombstone of a failed member, of this age, is gone. Its address outlives it for a while, or
 * halves of a cluster that were apart for days would not find each other again. */
void hs_contacts_remember(struct hs_contacts *contacts, const struct hearsay_addr *addr,
                          uint64_t age_us);

/* ---- the handshake ----------------------------------------------------------------------- */

/* Asks an address to echo a nonce (R25, R28). `question`: length of what it sent. */
void hs_contacts_challenge(struct hs_contacts *contacts, const struct hearsay_addr *to,
                           uint64_t sender, uint64_t echo, uint64_t name_hash, size_t question);

/* Does this echo a nonce of such a challenge to this address and peer, in time? */
bool hs_contacts_is_echo(const struct hs_contacts *contacts, const struct hearsay_addr *addr,
                         uint64_t peer, uint64_t echo);

/* Sends a join. */
void hs_contacts_send_join(struct hs_contacts *contacts, const struct hearsay_addr *to,
                           uint64_t nonce, uint64_t echo);

/* Answers a challenge to something other than a join: a peer that has been restarted does not know
 * us. */
void hs_contacts_return(struct hs_contacts *contacts, const struct hearsay_addr *to, uint64_t peer,
                        uint64_t echo);

/* Does this message answer such a join? */
bool hs_contacts_is_return(const struct hs_contacts *contacts, const struct hearsay_addr *from,
                           const struct hs_message *message);

#endif
