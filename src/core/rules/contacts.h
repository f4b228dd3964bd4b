/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Contacts: addresses that this node joins through (R25, R26), the attempts under way, and the
 * nonces that prove addresses (R28). The three are together because an attempt is recognised by its
 * nonce.
 */
#ifndef HS_RULES_CONTACTS_H
#define HS_RULES_CONTACTS_H

#include <hearsay/event.h>

#include "rules/meant.h"

#define HS_CONTACTS_MAX 64u /* addresses that we join through, or once did */
/* of these, addresses of failed members that outlive their tombstones */
#define HS_LOST_MAX 16u

#define HS_JOIN_RETRY       500000u  /* between the tries of one attempt to join, microseconds */
#define HS_JOIN_TRIES       3u       /* tries when no process answers */
#define HS_JOIN_TRIES_HEARD 12u      /* tries once a process has answered */
#define HS_NONCE_SLOT       8000000u /* a nonce is valid for one to two slots, microseconds */
/* R26, R27: a failed member is called for 7 days, microseconds */
#define HS_LOST_LIFE UINT64_C(604800000000)

enum hs_contact_flag {
    HS_CONTACT_SEED = 1,    /* given by the owner: never removed (R26) */
    HS_CONTACT_ACTIVE = 2,  /* an attempt is under way */
    HS_CONTACT_HEARD = 4,   /* a process there has answered */
    HS_CONTACT_RIVAL = 8,   /* a process there may use our name; the attempt finds out (R8) */
    HS_CONTACT_CLOSED = 16, /* its port was found closed */
    HS_CONTACT_REPORT = 32, /* the owner waits for the result of the attempt */
    HS_CONTACT_LOST = 64,   /* of a failed member whose tombstone is gone: kept for a while */
    /* the other process has the earlier `start`, so it must stop, not we (R8) */
    HS_CONTACT_EARLIER = 128,
    HS_CONTACT_ANYBODY = 256, /* the owner has given the address now: the attempt means anybody */
    /* R37: state. An earlier process of this member knew it: kept like a lost one */
    HS_CONTACT_REMEMBERED = 512,
    HS_CONTACT_UNCALLED = 1024,  /* remembered, and it is not its turn yet: rules/recall.c */
    HS_CONTACT_OURSELVES = 2048, /* a sealed join of ours came back, from us or an attacker */
};
#define HS_CONTACT_KEPT (HS_CONTACT_SEED | HS_CONTACT_LOST | HS_CONTACT_REMEMBERED)

struct hs_contact {
    struct hs_timer timer;
    struct hearsay_addr addr;
    uint64_t nonce;
    uint64_t created; /* creation time of our last datagram to it: identifies ICMP errors */
    /* A lost or remembered one is called until this boot time. Of any it is HS_LOST_LIFE after its
     * member was last known to be there; 0: never. */
    uint64_t until;
    /* R26: who had the address when it was last known; all zero: nobody has answered there yet */
    struct hs_meant meant;
    uint64_t judged; /* the process that has answered and that we mean; 0: none yet */
    uint32_t key;    /* heard: of the challenge, whose form our joins have from then on (R33) */
    uint16_t flags;
    uint8_t tries;
    bool silent;  /* in the whole last attempt (R40) */
    bool is_self; /* the last attempt has found this node itself there */
};

struct hs_contacts {
    struct hs_core *core;
    struct hs_contact items[HS_CONTACTS_MAX];
    struct hs_timer rejoin;
    uint32_t resume; /* where the next calls begin, if the last ones were cut short */
    bool recalls;    /* R37: state. Remembered contacts get their turn (rules/recall.c) */
};

/* Arms the first rejoin. `core` is borrowed. */
void hs_contacts_init(struct hs_contacts *contacts, struct hs_core *core);

/* Stops all calls that this node makes by itself, because it is leaving. */
void hs_contacts_stop(struct hs_contacts *contacts);

/* Begins an attempt to join through an address, unless one is under way. `flags`: enum
 * hs_contact_flag. `meant`: who had the address (R26); NULL: what the contact or else the view
 * remembers. 0, or FULL when all HS_CONTACTS_MAX places are in use. */
int hs_contacts_call(struct hs_contacts *contacts, const struct hearsay_addr *addr, uint16_t flags,
                     const struct hs_meant *meant);

/* The contact at this address, or a new one without flags. NULL when all places are in use. A
 * remembered one that is not being called gives way to another. Borrowed. */
struct hs_contact *hs_contacts_place(struct hs_contacts *contacts, const struct hearsay_addr *addr);

/* Returns true if a contact that is called because it was lost or remembered need not be called any
 * more. */
bool hs_contacts_is_over(const struct hs_contacts *contacts, const struct hs_contact *contact);

/* Returns true while an attempt is under way that means anybody. */
bool hs_contacts_joining(const struct hs_contacts *contacts);

/* Whom an attempt means; all zero: anybody. */
struct hs_meant hs_contacts_meant(const struct hs_contact *contact);

/* Returns the attempt with this nonce, or NULL. Borrowed. */
struct hs_contact *hs_contacts_with_nonce(struct hs_contacts *contacts, uint64_t nonce);

/* Ends an attempt: the owner gets an event if it waits for one, and the contact is removed unless
 * it is to be kept. `slot` is the member that answered, or HS_NO_SLOT. */
void hs_contacts_finish(struct hs_contacts *contacts, struct hs_contact *contact,
                        enum hearsay_join_result result, uint32_t slot);

/* Why an attempt was refused, and by whom: see struct hearsay_event. */
struct hs_refused {
    enum hearsay_refusal refusal;
    const char *name; /* NULL: not known */
    size_t name_len;
    int64_t clock_ahead_us;
    uint32_t table_max;
};

/* Ends an attempt that was refused. */
void hs_contacts_refused(struct hs_contacts *contacts, struct hs_contact *contact,
                         const struct hs_refused *refused);

/* Reports that the exchange which an attempt waited for has ended. Ignored when the attempt with
 * this nonce has ended before. */
void hs_contacts_synced(struct hs_contacts *contacts, uint64_t nonce,
                        enum hearsay_join_result result, uint32_t slot);

/* Reports that a join of our own has come back, in the form of this key: the address of the attempt
 * with this nonce is ours. If it was sealed, the attempt goes on until its tries are used up. */
void hs_contacts_met_self(struct hs_contacts *contacts, uint64_t nonce, uint32_t key);

/* How many contacts may still answer: all but those that were silent for a whole attempt, and our
 * own address (R40). */
uint32_t hs_contacts_open(const struct hs_contacts *contacts);

/* All contacts may answer again, because the view was dropped and is learned anew. What answers the
 * joins of before does not count. */
void hs_contacts_reopen(struct hs_contacts *contacts);

/* The timers of an attempt, and of the next calls (R26: rejoin). */
void hs_contacts_timer(struct hs_contacts *contacts, struct hs_contact *contact);
void hs_contacts_rejoin(struct hs_contacts *contacts);

/* The first: a join has been encoded under this creation time. The second: an ICMP error says that
 * the port is closed. */
void hs_contacts_sent(struct hs_contacts *contacts, const struct hearsay_addr *to,
                      uint64_t created);
void hs_contacts_closed(struct hs_contacts *contacts, const struct hearsay_addr *to,
                        uint64_t created);

/* R26: rejoin. The tombstone of a failed member is gone. Its address is kept longer:
 * otherwise the halves of a cluster that were apart for days would not find each other again. */
void hs_contacts_remember(struct hs_contacts *contacts, const struct hs_member *member);

/* R39: isolation. Returns true if there is somebody whom R26 calls: a seed that is not this node
 * itself, a failed member, or an address that once was one's. */
bool hs_contacts_any(const struct hs_contacts *contacts);

/* ---- the handshake ----------------------------------------------------------------------- */

/* Asks an address to echo a nonce (R25: handshake). `question` and `key` are length and key of the
 * datagram that it answers (R28: no amplification, R33: keys). `in_full`: says who we are,
 * because the sender means somebody. */
void hs_contacts_challenge(struct hs_contacts *contacts, const struct hearsay_addr *to,
                           uint64_t sender, uint64_t echo, uint64_t name_hash, size_t question,
                           bool in_full, uint32_t key);

/* The same to a newcomer whose record was not taken, so that it writes a newer one (R5: catching
 * up). `tied`: its record has the timestamp of ours. */
void hs_contacts_outbid(struct hs_contacts *contacts, const struct hearsay_addr *to,
                        uint64_t sender, uint64_t echo, uint64_t name_hash, bool in_full, bool tied,
                        uint32_t key);

/* Returns true if `echo` is a nonce that hs_contacts_challenge gave to this address and peer and
 * that is still valid. */
bool hs_contacts_is_echo(const struct hs_contacts *contacts, const struct hearsay_addr *addr,
                         uint64_t peer, uint64_t echo);

/* Queues the join of an attempt, with this echo. Unless somebody has answered there, nobody knows
 * which keys are known there: the join goes out once in each form that we speak (R33). */
void hs_contacts_send_join(struct hs_contacts *contacts, const struct hs_contact *contact,
                           uint64_t echo);
/* Queues a join that welcomes a newcomer; `key` is that of its join. */
void hs_contacts_welcome(struct hs_contacts *contacts, const struct hearsay_addr *to, uint64_t echo,
                         uint32_t key);

/* Answers a challenge to something other than a join: a peer that has been restarted does not know
 * us and needs our record. `meant`: the hash of the name that we know there. */
void hs_contacts_return(struct hs_contacts *contacts, const struct hearsay_addr *to, uint64_t peer,
                        uint64_t echo, uint64_t meant, bool judged, uint32_t key);

/* Returns true if this message answers such a join. */
bool hs_contacts_is_return(const struct hs_contacts *contacts, const struct hearsay_addr *from,
                           const struct hs_message *message);

#endif
