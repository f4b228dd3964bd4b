/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one node knows about one member (docs/protocol.md, "The record"; rules R1 to R8). The
 * functions here are safe from any thread as long as what they are given is.
 */
#ifndef HEARSAY_MEMBER_H
#define HEARSAY_MEMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hearsay/addr.h>
#include <hearsay/seal.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HEARSAY_NAME_MAX    128  /* bytes of a name, [A-Za-z0-9._:-] (R1) */
#define HEARSAY_TAGS_MAX    512  /* bytes of all tags as encoded in the record (R1) */
#define HEARSAY_TAG_KEY_MAX 64   /* bytes of one key, [A-Za-z0-9._-] */
#define HEARSAY_TAGS_COUNT  32   /* tags a member can carry */
#define HEARSAY_TOKENS_MAX  4096 /* virtual nodes of one member (R1) */

/* The values are the ranks of R3 (order): of two records with equal timestamps, alive beats
 * suspect, and dead beats both. */
enum hearsay_status {
    HEARSAY_STATUS_NONE = 0, /* not a status: "never seen", the `from` of a member's first event */
    HEARSAY_STATUS_SUSPECT = 1,
    HEARSAY_STATUS_ALIVE = 2,
    HEARSAY_STATUS_DEAD = 3,
};

/* Why a dead member was declared dead. */
enum hearsay_cause {
    HEARSAY_CAUSE_NONE = 0,   /* not dead */
    HEARSAY_CAUSE_FAILED = 1, /* its suspicion timed out (R22) */
    HEARSAY_CAUSE_LEFT = 2,   /* it said goodbye (R23) */
    HEARSAY_CAUSE_FORCED = 3, /* an operator removed it */
};

struct hearsay_tag {
    const char *key;
    const char *value;
};

/* A member as hearsay_node_next_member, hearsay_node_member and hearsay_node_self fill it in. Its
 * pointers borrow from the node. They are valid until the next call that takes the node as
 * non-const. */
struct hearsay_member {
    const char *name; /* terminated */
    struct hearsay_addr addr;
    enum hearsay_status status;
    enum hearsay_cause cause;
    uint64_t id;        /* XXH3-64 of name and instance: this process of this member */
    uint64_t instance;  /* 64 random bits of this process */
    uint64_t timestamp; /* microseconds, by the subject's own clock (R2) */
    uint64_t start;     /* microseconds, by the subject's own clock; the later start wins (R8) */
    uint32_t tokens;    /* 0: drained */
    uint8_t version_min, version_max; /* wire versions it speaks */
    bool self;
    bool hidden;          /* an expired tombstone, kept only to answer outdated news (R7) */
    uint64_t in_state_us; /* how long it has had this status in our view, ± 17 ms of boot time */
    uint32_t rtt_us;      /* smoothed round trip time; 0: not known */
    const void *tags;     /* encoded; read with hearsay_member_next_tag */
    size_t tags_len;
    /* the marks of its keys in their order (hearsay/seal.h), and their number; 0: it has none */
    uint32_t keys[HEARSAY_KEYS_MAX];
    size_t key_count;
    uint64_t ring_hold_us, ring_settle_us; /* its settings (R62), whole milliseconds */
    uint64_t in_ring; /* 1: the node's ring has its tokens, though it may be dead (R62) */
};

/* Walks the tags of a member. Set *cursor to 0 before the first call. Returns true with the next
 * key and value, or false at the end. Both borrow from the member's tags and are not terminated:
 * use the lengths. */
bool hearsay_member_next_tag(const struct hearsay_member *member, size_t *cursor, const char **key,
                             size_t *key_len, const char **value, size_t *value_len);

/* Returns the value of one tag and its length, or NULL if the member does not have the tag. The
 * value borrows from the member's tags and is not terminated. */
const char *hearsay_member_tag(const struct hearsay_member *member, const char *key,
                               size_t *ret_len);

/* "alive", "suspect", "dead", "none": the words of the log, the control protocol and the tool.
 * Never NULL; static storage. */
const char *hearsay_status_name(enum hearsay_status status);

/* "none", "failed", "left", "forced". Never NULL; static storage. */
const char *hearsay_cause_name(enum hearsay_cause cause);

/* True if the terminated string is a valid member name (R1: the record). */
bool hearsay_name_valid(const char *name);

#ifdef __cplusplus
}
#endif
#endif
