/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The exchange that this node begins (anti-entropy, R24). It is apart from rules/sync_response.h,
 * which answers others' exchanges, because only this half keeps state between datagrams.
 */
#ifndef HS_RULES_SYNC_H
#define HS_RULES_SYNC_H

#include "rules/contacts.h"
#include "rules/merge.h"
#include "rules/sync_response.h"

#define HS_SYNC_RETRY 250000u /* microseconds, like all times below */
#define HS_SYNC_TRIES 8u
/* R24: an exchange at least this often while digests differ */
#define HS_SYNC_GAP 1000000u
/* R24: exchanges that do not wait for the pause, after one of an attempt to join */
#define HS_SYNC_EARLY 3u
/* R24: greatest backoff of exchanges that do not become equal */
#define HS_SYNC_BACKOFF_MAX 300000000u
#define HS_SYNC_CUT_MAX     8000000u /* the same, if a list was cut */

enum hs_sync_phase { HS_SYNC_IDLE = 0, HS_SYNC_ASKED, HS_SYNC_REFINING, HS_SYNC_LISTING };

/* The exchange that this node has begun; there is one at a time (R24). */
struct hs_sync {
    struct hs_core *core;
    struct hs_contacts *contacts;
    struct hs_merger *merger;
    struct hs_responses *responses;
    struct hs_timer timer;
    uint64_t peer_id;
    uint64_t exchange;
    /* creation time of our last datagram in it: a challenge to that one is expected */
    uint64_t created;
    uint64_t changes_before; /* changes of the view before it began */
    uint64_t digests;        /* both digests, mixed, when the last exchange began */
    uint64_t next_at;        /* no exchange before this boot time */
    uint64_t differ_since;   /* boot time; 0: the last digest heard was equal to ours */
    uint64_t backoff;
    /* of the digest heard last, if it differed and an early exchange is to find out why */
    uint64_t heard, heard_id;
    uint32_t heard_from;
    uint32_t peer;
    uint64_t contact; /* nonce of the attempt to join that waits for it, or 0 */
    uint8_t phase, tries;
    uint8_t bits;
    uint8_t early;   /* exchanges that need not wait for the pause */
    bool challenged; /* the last step was sent again after a challenge */
    bool gave;       /* the peer has asked for records of ours */
    bool cut;        /* a bucket was too large for any list, so a difference may be unseen */
    bool newcomer;   /* we knew only the peer when it began: its records are not news to others */
    bool again;   /* it began with the same digests as the one before, which has changed nothing */
    bool refined; /* the lists cover eighths of buckets */
    struct hs_told told; /* from its last answer */
    uint8_t todo[HS_BITMAP_SIZE];
    /* of those to do, the buckets whose eighths are not compared yet */
    uint8_t rough[HS_BITMAP_SIZE];
    uint8_t masks[HS_BUCKETS]; /* the eighths of each bucket that differ */
};

/* The pointers are borrowed. */
void hs_sync_init(struct hs_sync *sync, struct hs_core *core, struct hs_contacts *contacts,
                  struct hs_merger *merger, struct hs_responses *responses);

/* Takes in the digest of the member at `slot`, and begins an exchange if one is due. */
void hs_sync_heard(struct hs_sync *sync, uint32_t slot, uint64_t digest);
/* Begins an exchange with a peer. `contact`: nonce of the attempt to join that waits for it, or 0.
 * An exchange under way goes on unless an attempt needs the place. */
void hs_sync_start(struct hs_sync *sync, uint32_t slot, uint64_t contact);
/* Repeats the last step, or gives up after too many tries. Between exchanges it begins an early
 * one. */
void hs_sync_timer(struct hs_sync *sync);
/* The member at `slot` has challenged us, and what proves our address to it is queued: if it is the
 * peer of our exchange, the last step is sent again, once. */
void hs_sync_challenged(struct hs_sync *sync, uint32_t slot);
/* Handles a message of an exchange from the member at `slot`: a step of our own exchange, or one of
 * the member's, which is answered. */
void hs_sync_on_message(struct hs_sync *sync, uint32_t slot, struct hs_message *message);
/* Returns true if this message belongs to the exchange that this node has begun. */
bool hs_sync_is_answer(const struct hs_sync *sync, uint32_t slot, const struct hs_message *message);
/* Fills in the fields of our next datagram in it, which borrows *scratch. */
void hs_sync_fill(struct hs_sync *sync, struct hs_message *message,
                  struct hs_sync_scratch *scratch);

/* Ends our exchange, if there is one, because its peer will be forgotten. */
void hs_sync_drop(struct hs_sync *sync);

#endif
