/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What waits to be sent: a datagram that is not made yet. It is encoded when the owner asks for it,
 * with the news of that moment, so no queue of bytes has to be bounded, aged or thrown away.
 */
#ifndef HS_RULES_SEND_QUEUE_H
#define HS_RULES_SEND_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include <hearsay/addr.h>
#include <hearsay/allocator.h>
#include <hearsay/stats.h>

#define HS_SEND_QUEUE_MAX 2048u /* a drained socket's acks (R21) */

/* One entry. The kind says which member of the union holds. */
struct hs_send {
    struct hearsay_addr to;
    uint8_t kind;  /* enum hearsay_kind */
    uint16_t cap;  /* greatest length; R28: what an unproven address may get */
    uint32_t slot; /* the receiver's, or HS_NO_SLOT: then `id` means nothing */
    uint64_t id;   /* of the receiver */
    union {
        struct {
            uint64_t started; /* of the probe that this is a try of */
            uint32_t probe;   /* its place plus one; 0: of none */
        } gossip;
        struct {
            uint64_t acked; /* creation time of what is answered */
            uint64_t told;  /* what the receiver has just told us: see hs_merge_rumors */
            bool tell_it;   /* its own record, which is older than ours (R5) */
        } ack;
        struct {
            uint64_t target; /* member id */
            uint32_t probe;  /* place plus one */
            uint8_t helper;  /* which of the probe's helpers this one is */
        } probe_request;
        struct {
            uint64_t asked;  /* creation time of the probe-request */
            uint8_t finding; /* enum hs_finding */
        } nack;
        struct {
            uint64_t nonce, echo;
            uint64_t name_hash; /* of the name in question, or 0 */
        } challenge;
        struct {
            uint64_t nonce, echo;
        } join;
        struct {
            uint64_t echo;
            uint64_t name_hash; /* of the name in question */
            uint8_t reason;     /* enum hs_refusal_reason */
        } refusal;
        struct {
            uint64_t exchange;
            uint32_t response; /* place plus one; 0: a step of our own exchange */
            uint8_t step;      /* enum hs_sync_step */
        } sync;
    } as;
};

_Static_assert(sizeof(struct hs_send) == 64, "2,048 entries take 128 KiB");

struct hs_send_queue {
    struct hs_send *items; /* a ring of HS_SEND_QUEUE_MAX */
    uint32_t first, count;
};

/* 0 or NOMEM. */
int hs_send_queue_init(struct hs_send_queue *queue, const struct hearsay_allocator *allocator);
void hs_send_queue_fini(struct hs_send_queue *queue, const struct hearsay_allocator *allocator);

/* False at the bound: nothing is queued. */
bool hs_send_queue_push(struct hs_send_queue *queue, const struct hs_send *send);

/* The oldest entry, borrowed until the next push or pop; NULL when there is none. */
const struct hs_send *hs_send_queue_first(const struct hs_send_queue *queue);
void hs_send_queue_pop(struct hs_send_queue *queue);

#endif
