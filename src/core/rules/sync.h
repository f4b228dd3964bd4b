/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The exchange that we begin (anti-entropy, R24); rules/sync_response.h answers others'.
 */
#ifndef HS_RULES_SYNC_H
#define HS_RULES_SYNC_H

#include "rules/contacts.h"
#include "rules/merge.h"
#include "rules/sync_response.h"

#define HS_SYNC_RETRY       250000u /* microseconds, as all below */
#define HS_SYNC_TRIES       8u
#define HS_SYNC_GAP         1000000u   /* R24: at least once a second while digests differ */
#define HS_SYNC_BACKOFF_MAX 300000000u /* R24: an exchange that cannot become equal */
#define HS_SYNC_CUT_MAX     8000000u   /* … as far as its lists showed */

enum hs_sync_phase { HS_SYNC_IDLE = 0, HS_SYNC_ASKED, HS_SYNC_REFINING, HS_SYNC_LISTING };

/* The exchange that we have begun: one at a time (R24). */
struct hs_sync {
    struct hs_core *core;
    struct hs_contacts *contacts;
    struct hs_merger *merger;
    struct hs_responses *responses;
    struct hs_timer timer;
    uint64_t peer_id;
    uint64_t exchange;
    uint64_t created;        /* of our last datagram in it: a challenge to that one is asked for */
    uint64_t changes_before; /* of the view, at its start */
    uint64_t digests;        /* ours and theirs, mixed, when the last one was begun */
    uint64_t next_at;        /* not before this boot time */
    uint64_t differ_since;   /* boot time; 0: the last digest heard was ours */
    uint64_t backoff;
    uint32_t peer;
    uint64_t contact; /* nonce of the attempt to join that waits for it, or 0 */
    uint8_t phase, tries;
    uint8_t bits;
    bool gave;     /* the peer has asked for records of ours */
    bool cut;      /* a bucket was too large for any list: what differs may not have been seen */
    bool newcomer; /* we knew nobody else when it began: what it brings is no news to others */
    bool again; /* it was begun with the digests of the one before, which so has changed nothing */
    bool refined;        /* the lists speak of eighths of buckets */
    struct hs_told told; /* by its last answer */
    uint8_t todo[HS_BITMAP_SIZE];
    uint8_t rough[HS_BITMAP_SIZE]; /* of those to do, the buckets not yet looked at more closely */
    uint8_t masks[HS_BUCKETS];     /* the eighths of each bucket that differ */
};

void hs_sync_init(struct hs_sync *sync, struct hs_core *core, struct hs_contacts *contacts,
                  struct hs_merger *merger, struct hs_responses *responses);

/* A peer's digest has been heard. */
void hs_sync_heard(struct hs_sync *sync, uint32_t slot, uint64_t digest);
/* Begins an exchange with a peer, for an attempt to join (`contact`: its nonce, or 0). */
void hs_sync_start(struct hs_sync *sync, uint32_t slot, uint64_t contact);
void hs_sync_timer(struct hs_sync *sync);
void hs_sync_on_message(struct hs_sync *sync, uint32_t slot, struct hs_message *message);
/* Is this a message of the exchange that we have begun? */
bool hs_sync_is_answer(const struct hs_sync *sync, uint32_t slot, const struct hs_message *message);
/* Fills in the fields of our next datagram in it. */
void hs_sync_fill(struct hs_sync *sync, struct hs_message *message,
                  struct hs_sync_scratch *scratch);

/* Ends our own exchange, if there is one: its peer will be forgotten. */
void hs_sync_drop(struct hs_sync *sync);

#endif
