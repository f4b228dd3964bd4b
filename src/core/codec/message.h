/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The wire: every kind of datagram, decoded and encoded in one place. docs/protocol.md draws the
 * same bytes with the reasons.
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
 *   gossip         u64 digest, u64 stamp (the sender's own), rumor*
 *   ack            u64 digest, u64 acked (creation time of the datagram answered), rumor*
 *   probe-request  u64 digest, u64 target (member id), rumor*, nil when short: room for a nack
 *   nack           u64 digest, u64 asked (creation time of the probe-request), finding, rumor*
 *   challenge      u64 nonce, u64 echo, and when the name is known: u64 stamp, u64 start, state
 *   join           u64 nonce (0: no answer wanted), u64 echo (0: none), rumor* (the sender's first)
 *   refusal        u64 echo, reason, address of the holder (bin; may be empty when full)
 *   sync           u64 digest, u64 exchange, step, then by step:
 *       buckets    bits, bin of 2^bits u32 (low halves of the bucket sums)
 *       differ     bits, bin bitmap of 2^bits bits
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
 *   record  [0, blob (bin), u64 stamp, state, extra…]
 *   brief   [1, u64 id, u32 blob check, u64 stamp, state, extra…]  blob unchanged, not repeated
 *
 *   state = status | cause << 2. extra: dead: age in seconds. suspect: age in milliseconds, mask of
 *   refused (bit i: accuser i found the port closed), then up to 4 accuser ids: as many u64 as
 *   follow. alive: none.
 *
 * Blob (R1), written by its subject alone and opaque to all others:
 *
 *   [name (str), address (bin, 6 or 18: bytes, port big-endian), u64 instance, u64 start, tokens,
 *    tags (map of str to str), version min, version max, …]
 */
#ifndef HS_CODEC_MESSAGE_H
#define HS_CODEC_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hearsay/addr.h>
#include <hearsay/config.h>
#include <hearsay/member.h>
#include <hearsay/seal.h>
#include <hearsay/stats.h>

#define HS_WIRE_VERSION 1
#define HS_VERSION_MIN  1 /* wire versions that we speak */
#define HS_VERSION_MAX  1

#define HS_HEAD_SIZE      28  /* up to the body */
#define HS_BLOB_MAX       896 /* one record of the greatest size fits HEARSAY_MTU_MIN */
#define HS_ACCUSERS_MAX   4   /* R18 */
#define HS_RUMOR_OVERHEAD 64  /* the most that a record's rumor takes beside its blob */
#define HS_BUCKET_BITS    8   /* R24: most buckets a datagram can hold, as a power of two */
#define HS_BUCKETS        (1u << HS_BUCKET_BITS)
#define HS_BITMAP_SIZE    (HS_BUCKETS / 8)
#define HS_NACK_BODY      19 /* bytes of a nack's body without rumors */
#define HS_ENTRY_SIZE     8  /* bytes of a list entry */
#define HS_EIGHTHS        8  /* parts of a bucket: the next three bits of the name's hash */
#define HS_FINE_SIZE      (4 * HS_EIGHTHS) /* bytes of a bucket's sums in fine */
#define HS_WANTED_SIZE    4                /* bytes of a wanted name hash */

_Static_assert(HS_HEAD_SIZE + 18 + HS_BLOB_MAX + HS_RUMOR_OVERHEAD + HEARSAY_SEAL_TRAILER_MAX <=
                   HEARSAY_MTU_MIN,
               "a join with the greatest record fits the least mtu");

/* XXH3-64 of bytes. The one hash of the wire. */
uint64_t hs_hash(const void *bytes, size_t len);

/* Member id: XXH3-64 of the name's bytes followed by the instance, little-endian. */
uint64_t hs_member_id(const char *name, size_t name_len, uint64_t instance);

/* The 32-bit tag of a cluster's name in the head. */
uint32_t hs_cluster_tag(const char *cluster);

/* ---- blob -------------------------------------------------------------------------------- */

/* A blob decoded: borrows from its bytes. `tags` is the encoded msgpack map. */
struct hs_blob {
    const char *name; /* not terminated */
    size_t name_len;
    struct hearsay_addr addr;
    uint64_t instance, start;
    uint32_t tokens;
    const uint8_t *tags;
    size_t tags_len;
    uint8_t version_min, version_max;
};

/* Returns the blob's length, or HEARSAY_ERR_TOOBIG when it or its tags exceed their bounds.
 * `tags` are the pairs to encode; blob->tags is ignored. */
int hs_blob_encode(uint8_t *bytes, size_t room, const struct hs_blob *blob,
                   const struct hearsay_tag *tags, size_t tag_count);

/* Returns false unless every known field is there and within its range. Fields behind them are
 * skipped, so that a later release may add some. */
bool hs_blob_decode(struct hs_blob *ret_blob, const uint8_t *bytes, size_t len);

/* Walks an encoded tag map; see hearsay_member_next_tag. */
bool hs_tags_next(const uint8_t *tags, size_t len, size_t *cursor, const char **key,
                  size_t *key_len, const char **value, size_t *value_len);

/* ---- rumor ------------------------------------------------------------------------------- */

/* What a member was found to be when it did not answer (R17). */
enum hs_finding {
    HS_FINDING_SILENT = 0,
    HS_FINDING_REFUSED = 1,
};

/* A record on the wire, decoded: borrows from the datagram. blob is NULL in a brief. */
struct hs_rumor {
    const uint8_t *blob;
    size_t blob_len;
    uint64_t id;         /* brief: the member's id; record: set by decoding from the blob */
    uint32_t blob_check; /* brief: low half of hs_hash(blob); record: not on the wire, 0 */
    uint64_t stamp;
    enum hearsay_status status;
    enum hearsay_cause cause;
    uint32_t age; /* dead: seconds; suspect: milliseconds */
    uint8_t accuser_count, refused_mask;
    uint64_t accusers[HS_ACCUSERS_MAX];
    struct hs_blob decoded; /* last; set with blob, by hs_rumors_next. hs_encode_rumor has no use */
};

/* ---- cursor over rumors ------------------------------------------------------------------ */

/* Rumors are decoded one by one, while merging, from a body that hs_message_decode has already
 * walked through: it is well-formed msgpack. */
struct hs_rumors {
    const uint8_t *at, *end;
};

enum hs_rumor_result {
    HS_RUMOR_END = 0,
    HS_RUMOR_OK,
    HS_RUMOR_SKIP,  /* a kind that we do not know: skipped (R12) */
    HS_RUMOR_VALUE, /* a known kind with a field out of its range: counted, the next may be fine */
};

enum hs_rumor_result hs_rumors_next(struct hs_rumors *rumors, struct hs_rumor *ret_rumor);

/* ---- message ----------------------------------------------------------------------------- */

enum hs_sync_step {
    HS_SYNC_BUCKETS = 0,
    HS_SYNC_DIFFER = 1,
    HS_SYNC_LIST = 2,
    HS_SYNC_RECORDS = 3,
    HS_SYNC_FINE = 4,
    HS_SYNC_FINER = 5,
};

/* Bytes of one of `entries` in this step; 0: it has none. */
size_t hs_sync_entry_size(enum hs_sync_step step);

/* How many of the 1 << bits bits are set. */
size_t hs_bitmap_count(const uint8_t *bitmap, unsigned bits);

enum hs_refusal_reason {
    HS_REFUSAL_NAME = 0, /* the name is held by a live member at `holder` (R8) */
    HS_REFUSAL_FULL = 1, /* max_members reached */
};

struct hs_message {
    unsigned kind; /* enum hearsay_kind */
    uint64_t sender, created;

    uint64_t digest;         /* gossip, ack, probe-request, nack, sync */
    uint64_t stamp;          /* gossip; challenge: the known stamp */
    uint64_t acked;          /* ack, nack: creation time of what is answered */
    uint64_t target;         /* probe-request: member id */
    enum hs_finding finding; /* nack */

    uint64_t nonce, echo; /* challenge, join, refusal (echo) */
    uint64_t start;       /* challenge: the known start */
    uint8_t state;        /* challenge: the known status | cause << 2; 0 when unknown */

    enum hs_refusal_reason reason; /* refusal */
    struct hearsay_addr holder;

    uint64_t exchange; /* sync */
    enum hs_sync_step step;
    unsigned bits;
    const uint8_t *buckets; /* sync buckets: 4 << bits bytes, big-endian u32 each */
    const uint8_t *bitmap;  /* all other steps: bytes for 1 << bits bits, least first */
    const uint8_t *entries; /* list, records (wanted), fine, finer: of hs_sync_entry_size */
    size_t entry_count;     /* fine, finer: as many as the bitmap has */
    const uint8_t *masks;   /* list: of the buckets in the bitmap, in their order */
    size_t mask_count;      /* 0: all of each is meant */

    struct hs_rumors rumors; /* the kinds that carry some; else empty */
};

/* The head alone, for ICMP quotes and for early drops. Returns false when `bytes` does not hold
 * one. */
struct hs_head {
    unsigned version, kind;
    uint32_t cluster;
    uint64_t sender, created;
    size_t body_len;
};
bool hs_head_decode(struct hs_head *ret_head, const uint8_t *bytes, size_t len);

/* How datagrams are sealed, and what is ours. */
struct hs_wire {
    const struct hearsay_seal *seal;
    const void *seal_context;
    uint32_t cluster;      /* hs_cluster_tag */
    uint64_t self_id;      /* our member id */
    uint64_t self_binding; /* hs_hash of our name */
};

/* Opens and decodes a datagram, in place. `ret_message` borrows from `bytes`. Returns true, or
 * false with *ret_why. `ret_message` is filled, too, when that is SELF: a datagram of our own that
 * came back, opened and well-formed like any other. The kinds join and challenge are always bound
 * to no name (binding 0), all others always to ours. Everything is checked here except the fields
 * of rumors (hs_rumors_next). Does not look at the cache of duplicates: see the node. */
bool hs_message_decode(struct hs_message *ret_message, enum hearsay_drop *ret_why,
                       const struct hs_wire *wire, uint8_t *bytes, size_t len);

/* ---- encoding ---------------------------------------------------------------------------- */

/* A datagram under construction in the caller's buffer. hs_encode_begin writes head and the fixed
 * part of the body; rumors are appended while they fit; hs_encode_end seals. */
struct hs_encoder {
    uint8_t *bytes;
    size_t at;    /* next byte to write */
    size_t limit; /* end of the body: room for the trailer is kept behind it */
    const struct hs_wire *wire;
    uint64_t binding;
};

/* `message` gives kind, created and the fields of that kind; its rumors are ignored. `max` bounds
 * the whole datagram, trailer included. `binding` is hs_hash of the receiver's name; join and
 * challenge take 0 in its place. Returns false when the fixed part does not fit. A kind that
 * carries no rumors has room for none. */
bool hs_encode_begin(struct hs_encoder *ret_encoder, const struct hs_wire *wire, uint8_t *bytes,
                     size_t max, uint64_t binding, const struct hs_message *message);

/* Appends a rumor: a record when rumor->blob is set, else a brief. Returns false, and appends
 * nothing, when it does not fit. */
bool hs_encode_rumor(struct hs_encoder *encoder, const struct hs_rumor *rumor);

/* Appends nils, which readers skip as they skip rumors of unknown kinds, until the datagram has at
 * least `len` bytes or is full: a question as long as its answer (R28). */
void hs_encode_pad(struct hs_encoder *encoder, size_t len);

/* Bytes that are left for rumors. */
size_t hs_encode_room(const struct hs_encoder *encoder);

/* Seals and returns the datagram's length. */
size_t hs_encode_end(struct hs_encoder *encoder);

#endif
