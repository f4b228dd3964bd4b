/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the encoding and the decoding side must agree on and nobody else needs: where the head's
 * fields lie, whom a kind is bound to, which kinds carry rumors, and how addresses and states look.
 */
#ifndef HS_CODEC_WIRE_H
#define HS_CODEC_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "codec/message.h"

/* Offsets of the head's values behind their markers; codec/message.h draws them. */
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
#define HS_FIXINT_MAX    0x7f /* msgpack's integers of one byte end here */

#define HS_ADDR_SIZE_V4  6 /* address, then port, big-endian */
#define HS_ADDR_SIZE_V6  18
#define HS_ADDR_SIZE_MAX HS_ADDR_SIZE_V6

enum hs_rumor_kind {
    HS_RUMOR_KIND_RECORD = 0,
    HS_RUMOR_KIND_BRIEF = 1,
};

_Static_assert(HEARSAY_KIND_LIMIT <= HEARSAY_KIND_ROOM && HEARSAY_KIND_ROOM == HS_KIND_MASK + 1,
               "a kind fits its four bits, and its counter the room for it");
_Static_assert(HS_VERSION_MAX <= HS_FIXINT_MAX >> HS_VERSION_SHIFT, "version and kind fit a byte");
_Static_assert(HEARSAY_DATAGRAM_MAX <= UINT16_MAX, "the body's length fits bin 16");

/* The binding that a kind is sealed with: 0 for join and challenge, whose sender does not know the
 * receiver's name, else the name's. The kind alone decides, because a seal that opens in place
 * leaves nothing for a second try. */
uint64_t hs_wire_binding(unsigned kind, uint64_t name_binding);

/* True when what follows the fixed part of the body are rumors. */
bool hs_wire_has_rumors(unsigned kind, enum hs_sync_step step);

/* Writes an address and returns its size, 0 for none. */
size_t hs_wire_write_addr(uint8_t bytes[HS_ADDR_SIZE_MAX], const struct hearsay_addr *addr);

/* Returns false unless these are an address and port that a datagram can be sent to. IPv4-mapped
 * IPv6 becomes IPv4, as everywhere. */
bool hs_wire_read_addr(struct hearsay_addr *ret_addr, const uint8_t *bytes, size_t len);

/* status | cause << 2, and whether such a number is one: dead has a cause, the others have none. */
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
