/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The responder's part of an exchange (R24). It is apart from rules/sync.h, the initiator's part,
 * because it keeps no state between questions.
 */
#ifndef HS_RULES_SYNC_RESPONSE_H
#define HS_RULES_SYNC_RESPONSE_H

#include "rules/core.h"
#include "rules/merge.h"

/* answers that are being sent at a time */
#define HS_SYNC_RESPONSES_MAX 8u
/* greatest number of buckets of one step `fine` */
#define HS_FINE_MAX (HEARSAY_DATAGRAM_MAX / HS_FINE_SIZE)
/* greatest number of records that one answer asks for */
#define HS_SYNC_RESPONSE_WANTED 160u

/* One answer: records that are being sent to a peer, and those that we want from it. */
struct hs_sync_response {
    uint64_t exchange;
    uint32_t peer;
    uint32_t key; /* of the question: the answer has its form (R33) */
    uint16_t record_count, record_next, wanted_count;
    uint8_t bits;
    uint8_t covered[HS_BITMAP_SIZE];
    uint8_t masks[HS_FINE_MAX]; /* finer: masks of the buckets covered, in their order */
    uint8_t mask_count;
    uint32_t records[HS_SYNC_RESPONSE_RECORDS];
    uint32_t wanted[HS_SYNC_RESPONSE_WANTED]; /* low halves of name hashes */
};

struct hs_responses {
    struct hs_core *core;
    uint64_t peer_ids[HS_SYNC_RESPONSES_MAX]; /* of the receivers; 0: the place is free */
    struct hs_sync_response *items;           /* array of as many, written only when used */
};

/* Allocates the places for answers. `core` is borrowed. 0 or NOMEM. */
int hs_responses_init(struct hs_responses *responses, struct hs_core *core);
/* Frees the places. */
void hs_responses_fini(struct hs_responses *responses);

/* Each answers one step of a peer's exchange; the datagrams of the answer are queued. When all
 * places are in use there is no answer, and the peer asks again. */
void hs_sync_response_differ(struct hs_responses *responses, uint32_t slot,
                             const struct hs_message *message);
void hs_sync_response_finer(struct hs_responses *responses, uint32_t slot,
                            const struct hs_message *message);
void hs_sync_response_records(struct hs_responses *responses, uint32_t slot,
                              const struct hs_message *message);

/* Queues the records that a peer has asked for, except those that it has just sent as we hold
 * them. */
void hs_sync_response_wanted(struct hs_responses *responses, uint32_t slot,
                             const struct hs_message *message, const struct hs_told *told);

/* ---- datagrams --------------------------------------------------------------------------- */

/* Buffers that a message of an exchange borrows while it is encoded. */
struct hs_sync_scratch {
    uint8_t bytes[HEARSAY_DATAGRAM_MAX]; /* bucket sums, list entries or wanted hashes */
    uint8_t bitmap[HS_BITMAP_SIZE];
    uint8_t masks[HS_BUCKETS];
};

/* Fills in the fields of the next datagram of an answer; they borrow *scratch. `place`: the place
 * of the answer plus one. */
void hs_sync_response_fill(const struct hs_responses *responses, uint32_t place,
                           struct hs_message *message, struct hs_sync_scratch *scratch);

/* Appends records to the datagram. Returns true if it is the last one of its answer. */
bool hs_sync_response_append(struct hs_responses *responses, uint32_t place, enum hs_sync_step step,
                             struct hs_encoder *encoder);

/* Frees an answer that will not be sent, because its receiver has gone. */
void hs_sync_response_abandon(struct hs_responses *responses, uint32_t place);

#endif
