/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The answering half of an exchange (R24); rules/sync.h has the asking half.
 */
#ifndef HS_RULES_SYNC_RESPONSE_H
#define HS_RULES_SYNC_RESPONSE_H

#include "rules/core.h"
#include "rules/merge.h"

#define HS_SYNC_RESPONSES_MAX 8u                                    /* answers being sent */
#define HS_FINE_MAX           (HEARSAY_DATAGRAM_MAX / HS_FINE_SIZE) /* buckets of one step `fine` */
/* records that one answer asks for */
#define HS_SYNC_RESPONSE_WANTED 160u

/* Records on their way to a peer, and those that we want from it: state of one answer. */
struct hs_sync_response {
    uint64_t exchange;
    uint64_t peer_id; /* 0: free */
    uint32_t peer;
    uint16_t record_count, record_next, wanted_count;
    uint8_t bits;
    bool closing; /* carries `covered` and `wanted` with its last datagram */
    uint8_t covered[HS_BITMAP_SIZE];
    uint8_t masks[HS_FINE_MAX]; /* finer: of the buckets covered, in their order */
    uint8_t mask_count;
    uint32_t records[HS_SYNC_RESPONSE_RECORDS];
    uint32_t wanted[HS_SYNC_RESPONSE_WANTED]; /* low halves of name hashes */
};

struct hs_responses {
    struct hs_core *core;
    struct hs_sync_response *items; /* HS_SYNC_RESPONSES_MAX */
};

/* 0 or NOMEM. */
int hs_responses_init(struct hs_responses *responses, struct hs_core *core);
void hs_responses_fini(struct hs_responses *responses);

/* Answers to a peer's steps: each makes one answer, whose datagrams follow. When all places are in use
 * the peer is not answered, and asks again. */
void hs_sync_response_differ(struct hs_responses *responses, uint32_t slot,
                             const struct hs_message *message);
void hs_sync_response_finer(struct hs_responses *responses, uint32_t slot,
                            const struct hs_message *message);
void hs_sync_response_records(struct hs_responses *responses, uint32_t slot,
                              const struct hs_message *message);

/* Sends the records that a peer has asked for, but for those of which it has just told us. */
void hs_sync_response_wanted(struct hs_responses *responses, uint32_t slot,
                             const struct hs_message *message, const struct hs_told *told);

/* ---- datagrams --------------------------------------------------------------------------- */

/* What a message of an exchange borrows while it is encoded. */
struct hs_sync_scratch {
    uint8_t bytes[HEARSAY_DATAGRAM_MAX]; /* bucket sums, list entries or wanted hashes */
    uint8_t bitmap[HS_BITMAP_SIZE];
    uint8_t masks[HS_BUCKETS];
};

/* Fills in the fields of the next datagram of an answer. `place`: its place plus one. */
void hs_sync_response_fill(const struct hs_responses *responses, uint32_t place,
                           struct hs_message *message, struct hs_sync_scratch *scratch);

/* Appends records to it. True: it is the last datagram of its answer. */
bool hs_sync_response_append(struct hs_responses *responses, uint32_t place, enum hs_sync_step step,
                             struct hs_encoder *encoder);

/* It will not be sent: its receiver has gone. */
void hs_sync_response_abandon(struct hs_responses *responses, uint32_t place);

#endif
