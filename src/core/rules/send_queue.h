/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The send queue. An entry says what is to be sent; the datagram is encoded only when the owner
 * asks for it, so that it carries the newest rumors. So no queue of bytes has to be bounded, aged
 * or discarded.
 */
#ifndef HS_RULES_SEND_QUEUE_H
#define HS_RULES_SEND_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include <hearsay/addr.h>
#include <hearsay/allocator.h>
#include <hearsay/stats.h>

#define HS_SEND_QUEUE_MAX 2048u /* the acks for what one full socket buffer holds (R21) */

/* One entry. The kind says which member of the union is valid. */
struct hs_send {
    struct hearsay_addr to;
    uint8_t kind;     /* enum hearsay_kind */
    bool keyed : 1;   /* `key` gives its form, as for all answers; else the receiver's record */
    bool judged : 1;  /* join: we have heard who answers, and mean it */
    bool in_full : 1; /* challenge: with our name and origin */
    bool tied : 1;    /* challenge: the receiver's record is as new as ours, and loses (R3) */
    uint16_t cap;     /* greatest length, bytes (R28: no amplification) */
    uint32_t slot;    /* of the receiver, or HS_NO_SLOT: then `id` has no meaning */
    uint32_t key;     /* keyed: the mark of a key, or HS_KEY_PLAIN (R33) */
    uint64_t id;      /* of the receiver */
    union {
        struct {
            uint64_t started; /* start of the probe that this is a try of */
            uint32_t probe;   /* its place plus one; 0: not a try */
        } gossip;
        struct {
            uint64_t acked; /* creation time of what is answered */
            uint64_t told;  /* mask of what the receiver has just told us: see hs_merge_rumors */
            bool tell_it;   /* send its own record, which is older there than here (R5) */
        } ack;
        struct {
            uint64_t target; /* member id */
            uint32_t probe;  /* place plus one */
            uint8_t helper;  /* index of the helper in the probe */
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
            uint64_t meant; /* hash of the name of whom it means, or 0 */
        } join;
        struct {
            uint64_t echo;
            uint64_t name_hash; /* of the name in question */
            uint32_t cluster;   /* HS_REFUSAL_CLUSTER: the cluster of the newcomer */
            uint8_t reason;     /* enum hs_refusal_reason */
        } refusal;
        struct {
            uint64_t exchange;
            uint32_t response; /* its place plus one; 0: a step of our own exchange */
            uint8_t step;      /* enum hs_sync_step */
        } sync;
    } as;
};

_Static_assert(sizeof(struct hs_send) == 64, "2,048 entries take 128 KiB");

struct hs_send_queue {
    struct hs_send *items; /* array of HS_SEND_QUEUE_MAX, used as a ring */
    uint32_t first, count;
};

/* Allocates the queue. 0 or NOMEM. */
int hs_send_queue_init(struct hs_send_queue *queue, const struct hearsay_allocator *allocator);
/* Frees the queue. */
void hs_send_queue_fini(struct hs_send_queue *queue, const struct hearsay_allocator *allocator);

/* Queues a copy of an entry. Returns false at the bound: nothing is queued. */
bool hs_send_queue_push(struct hs_send_queue *queue, const struct hs_send *send);

/* Returns the oldest entry, or NULL when there is none. Borrowed until the next push or pop. */
const struct hs_send *hs_send_queue_first(const struct hs_send_queue *queue);
/* Removes the oldest entry. The queue must not be empty. */
void hs_send_queue_pop(struct hs_send_queue *queue);

#endif
