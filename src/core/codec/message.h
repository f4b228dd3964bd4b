/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bytes of every kind of datagram. docs/protocol.md describes the same format with more words.
 *
 * Datagram (R9), all multi-byte integers big-endian as msgpack has them:
 *
 *   offset size
 *        0    1  0x96               array of 6
 *        1    1  VK                 version << 4 | kind: a positive fixint, so versions end at 7
 *        2    5  0xce cluster       low half of XXH3-64 of the cluster's name
 *        7    9  0xcf sender        XXH3-64 of the sender's name and instance
 *       16    9  0xcf created       microseconds, strictly growing within an instance
 *       25    3  0xc5 length        bin 16: the body, sealed or plain
 *       28    n  body
 *     28+n    5  0xce checksum      the null cipher's trailer; an AEAD's is 0xc4 0x10 and 16 bytes
 *
 * Body: a run of msgpack objects to the body's end, so that an idle gossip costs 51 bytes:
 *
 *   gossip         u64 digest, u64 timestamp (the sender's own), rumor*
 *   ack            u64 digest, u64 acked (creation time of the datagram answered), rumor*
 *   probe-request  u64 digest, u64 target (member id), rumor*, nil when short: room for a nack
 *   nack           u64 digest, u64 asked (creation time of the probe-request), finding, rumor*
 *   challenge      u64 nonce, u64 echo, and when the name is known: u64 timestamp, u64 start,
 *                  state. In full, to a join that means somebody: always those (state 0: not
 *                  known), then name (str) and origin of the sender
 *   join           u64 nonce (0: no answer wanted), u64 echo (0: none), rumor* (the sender's
 *                  first), call, nil*: as many as make room for a challenge in full
 *   refusal        u64 echo, 0 or 1, address of the holder (bin; may be empty with 1), then an
 *                  array: [reason, refuser's name (str, may be empty), max_members, u64 clock, …].
 *                  The number before it is what the first release knows: 0 for a name, else 1. That
 *                  release writes no array, and passes over it; it reads 1 as "full"
 *   sync           u64 digest, u64 exchange, step, then by step:
 *       buckets    bits, bin of 2^bits u32 (low halves of the bucket sums), origin
 *       differ     bits, bin bitmap of 2^bits bits, origin
 *       list       bits, bin bitmap covered, bin of entries (u32 name hash, u32 record hash), bin
 *                  of masks: empty, or for each bucket covered one byte, the eighths of it that are
 *                  meant
 *       records    bits, bin bitmap covered, bin of wanted u32 name hashes, rumor*
 *       fine       bits, bin bitmap, bin: for each bucket in it eight u32, the sums of its eighths
 *       finer      bits, bin bitmap, bin: for each bucket in it a mask of the eighths that differ
 *
 * Here "u64" is always the nine bytes 0xcf …; other integers are as short as msgpack allows.
 *
 * Rumor: an array whose first element is its kind; unknown kinds are skipped (R12), as are elements
 * after those known here.
 *
 *   record  [0, blob (bin), u64 timestamp, state, extra…]
 *   brief   [1, u64 id, u32 blob check, u64 timestamp, state, extra…]  blob unchanged, not repeated
 *
 *   state = status | cause << 2. extra: dead: age in seconds; of the cause `failed`, milliseconds
 *   behind them, and, if the subject's own last words say so (R60), true. suspect: age in
 *   milliseconds, mask of refused (bit i: accuser i found the port closed), then up to 4 accuser
 *   ids: as many u64 as follow. alive: none.
 *
 * Origin (R26), of a cluster: its founder's u64 id (0: it has not met anybody), u64 XXH3-64 of its
 * name, address (bin). It may be missing.
 *
 * Call (R26), an array that older releases skip as an unknown rumor:
 *
 *   [9, origin of the sender's cluster (three elements), u64 meant, judged, …]
 *
 *   meant: XXH3-64 of the name of the member that is meant, 0 for anybody; judged: 1 when a
 *   challenge in full has told the sender who answers.
 *
 * Blob (R1), written by its subject alone and opaque to all others:
 *
 *   [name (str), address (bin, 6 or 18: bytes, port big-endian), u64 instance, u64 start, tokens,
 *    tags (map of str to str), version min, version max, …]
 *   and behind these: [… fingerprints (bin), [ring-hold, ring-settle] in milliseconds, drained: 1,
 *   whose tokens are 1, …]
 */
#ifndef HS_CODEC_MESSAGE_H
#define HS_CODEC_MESSAGE_H

#include "codec/hash.h"
#include "codec/origin.h"
#include "codec/rumor.h"
#include "codec/wire.h"

enum hs_refusal_reason {
    HS_REFUSAL_NAME = 0,    /* the name is held by a live member at `holder` (R8) */
    HS_REFUSAL_FULL = 1,    /* max_members reached */
    HS_REFUSAL_CLOCK = 2,   /* the newcomer's timestamp is too far ahead (R6) */
    HS_REFUSAL_CLUSTER = 3, /* the newcomer is of another cluster */
    HS_REFUSAL_OTHER = 4,   /* read only: a reason of a later release */
};

struct hs_message {
    unsigned kind; /* enum hearsay_kind */
    uint64_t sender, created;
    uint32_t key; /* mark of the key that seals it, or HS_KEY_PLAIN */

    uint64_t digest;         /* gossip, ack, probe-request, nack, sync */
    uint64_t timestamp;      /* gossip; challenge: the known timestamp */
    uint64_t acked;          /* ack, nack: creation time of what is answered */
    uint64_t target;         /* probe-request: member id */
    enum hs_finding finding; /* nack */

    uint64_t nonce, echo; /* challenge, join, refusal (echo) */
    uint64_t start;       /* challenge: the known start */
    uint8_t state;        /* challenge: the known status | cause << 2; 0 when unknown */
    const char *name;     /* challenge in full: the sender's name, not terminated; else NULL */
    size_t name_len;
    struct hs_origin origin; /* challenge in full, sync: of the sender's cluster */

    enum hs_refusal_reason reason; /* refusal */
    struct hearsay_addr holder;
    const char *refuser; /* refusal: a name, not terminated; NULL: not said */
    size_t refuser_len;
    uint32_t table_max; /* refusal: the refuser's max_members; 0: not said */
    uint64_t clock;     /* refusal: the refuser's wall clock; 0: not said */

    uint64_t exchange; /* sync */
    enum hs_sync_step step;
    unsigned bits;
    const uint8_t *buckets; /* sync buckets: 4 << bits bytes, big-endian u32 each */
    const uint8_t *bitmap;  /* all other steps: bytes for 1 << bits bits, least first */
    const uint8_t *entries; /* list, records (wanted), fine, finer: of hs_sync_entry_size */
    size_t entry_count;     /* fine, finer: one for each bit that is set in the bitmap */
    const uint8_t *masks;   /* list: of the buckets in the bitmap, in their order */
    size_t mask_count;      /* 0: all of each is meant */

    struct hs_rumors rumors; /* empty for kinds that carry no rumors */
};

/* Reads only the head, for ICMP quotes and for early drops. Returns false if `bytes` does not begin
 * with a head. */
struct hs_head {
    unsigned version, kind;
    uint32_t cluster;
    uint64_t sender, created;
    size_t body_len;
};
bool hs_head_decode(struct hs_head *ret_head, const uint8_t *bytes, size_t len);

#endif
