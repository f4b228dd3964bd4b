/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What encoding and decoding must agree on: the offsets in the head, which kinds are bound to a
 * name, which kinds carry rumors, and the format of addresses and states.
 */
#ifndef HS_CODEC_WIRE_H
#define HS_CODEC_WIRE_H

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
#define HS_BLOB_MAX       896 /* so that the largest record fits HEARSAY_MTU_MIN */
#define HS_ACCUSERS_MAX   4   /* R18: suspicion */
#define HS_RUMOR_OVERHEAD 64  /* most bytes of a record's rumor besides its blob */
#define HS_BUCKET_BITS    8   /* R24: log2 of the most buckets that a datagram holds */
#define HS_BUCKETS        (1u << HS_BUCKET_BITS)
#define HS_BITMAP_SIZE    (HS_BUCKETS / 8)
#define HS_NACK_BODY      19  /* bytes of a nack's body without rumors */
#define HS_CHALLENGE_MAX  205 /* bytes of the longest body of a challenge in full */
#define HS_CALL_MAX       50  /* bytes of the longest call in a join */
#define HS_ENTRY_SIZE     8   /* bytes of a list entry */
#define HS_EIGHTHS        8   /* parts of a bucket, by three more bits of the name's hash */
#define HS_FINE_SIZE      (4 * HS_EIGHTHS) /* bytes of a bucket's sums in fine */
#define HS_WANTED_SIZE    4                /* bytes of a wanted name hash */

_Static_assert(HS_HEAD_SIZE + 18 + HS_BLOB_MAX + HS_RUMOR_OVERHEAD + HS_CALL_MAX +
                       HEARSAY_SEAL_TRAILER_MAX <=
                   HEARSAY_MTU_MIN,
               "a join with the greatest record fits the least mtu");

/* What a helper found about a member that did not answer (R17: probe). */
enum hs_finding {
    HS_FINDING_SILENT = 0,
    HS_FINDING_REFUSED = 1,
};

enum hs_sync_step {
    HS_SYNC_BUCKETS = 0,
    HS_SYNC_DIFFER = 1,
    HS_SYNC_LIST = 2,
    HS_SYNC_RECORDS = 3,
    HS_SYNC_FINE = 4,
    HS_SYNC_FINER = 5,
};

/* Returns true if the origin of the sender's cluster may follow in this step. */
bool hs_sync_has_origin(enum hs_sync_step step);

/* The size in bytes of one of `entries` in this step; 0 if the step has none. */
size_t hs_sync_entry_size(enum hs_sync_step step);

/* The offsets of the head's values, after their markers. codec/message.h shows the head. */
enum hs_head_at {
    HS_AT_VERSION_KIND = 1, /* a fixint, without a marker */
    HS_AT_CLUSTER = 3,
    HS_AT_SENDER = 8,
    HS_AT_CREATED = 17,
    HS_AT_LENGTH = 26,
};

#define HS_HEAD_ELEMENTS 6 /* version and kind, cluster, sender, created, body, trailer */
#define HS_KIND_MASK     0x0fu
#define HS_VERSION_SHIFT 4
#define HS_FIXINT_MAX    0x7f /* the greatest msgpack integer of one byte */

#define HS_ADDR_SIZE_V4  6 /* address, then port, big-endian */
#define HS_ADDR_SIZE_V6  18
#define HS_ADDR_SIZE_MAX HS_ADDR_SIZE_V6

enum hs_rumor_kind {
    HS_RUMOR_KIND_RECORD = 0,
    HS_RUMOR_KIND_BRIEF = 1,
    HS_RUMOR_KIND_CALL = 9, /* in joins: no rumor, but passed over like an unknown one */
};

_Static_assert(HEARSAY_KIND_COUNT <= HEARSAY_KIND_ROOM && HEARSAY_KIND_ROOM == HS_KIND_MASK + 1,
               "a kind fits its four bits, and its counter the room for it");
_Static_assert(HS_VERSION_MAX <= HS_FIXINT_MAX >> HS_VERSION_SHIFT, "version and kind fit a byte");
_Static_assert(HEARSAY_DATAGRAM_MAX <= UINT16_MAX, "the body's length fits bin 16");

/* The binding that a kind is sealed with: 0 for join and challenge, because their sender may not
 * know the receiver's name, else the binding of the name. Only the kind decides, because a seal
 * opens in place and so cannot be tried twice. */
uint64_t hs_wire_binding(unsigned kind, uint64_t name_binding);

/* True if rumors follow the fixed part of the body. */
bool hs_wire_has_rumors(unsigned kind, enum hs_sync_step step);

/* Writes an address and returns its size, or 0 if there is no address. */
size_t hs_wire_write_addr(uint8_t bytes[HS_ADDR_SIZE_MAX], const struct hearsay_addr *addr);

/* Returns false unless the bytes are an address and port that a datagram can be sent to. An
 * IPv4-mapped IPv6 address becomes an IPv4 address, as everywhere. */
bool hs_wire_read_addr(struct hearsay_addr *ret_addr, const uint8_t *bytes, size_t len);

/* A state is status | cause << 2. It is valid if a dead member has a cause and the others have
 * none. */
static inline uint8_t hs_wire_state(enum hearsay_status status, enum hearsay_cause cause)
{
    return (uint8_t)((unsigned)status | (unsigned)cause << 2);
}

static inline enum hearsay_status hs_wire_status(uint8_t state)
{
    return (enum hearsay_status)(state & 3u);
}

bool hs_wire_state_valid(uint64_t state);

#endif
