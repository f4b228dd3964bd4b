/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where in a datagram a member's name is signed, so that one node can speak for several: the head
 * has fixed widths, and so has the fixed part of each kind's body (docs/protocol.md, "The wire").
 * Nothing else is read or written here; rumors stay as the core has made them.
 *
 *      0   1        2          7         16          25     28          37          46      len-5
 *    +---+----+-----------+----------+-----------+--------+-----------+-----------+-------+------+
 *    |96 | VK | ce cluster| cf sender| cf created| c5 len | cf digest | timestamp | rumors| ce   |
 *    |   |    |           |          |           |        |  or nonce | or acked, |  …    | sum  |
 *    |   |    |           |          |           |        |           | target,   |       |      |
 *    |   |    |           |          |           |        |           | echo,     |       |      |
 *    |   |    |           |          |           |        |           | exchange  |       |      |
 */
#ifndef SWARM_WIRE_H
#define SWARM_WIRE_H

#include <stddef.h>
#include <stdint.h>

#define WIRE_KIND    1u
#define WIRE_SENDER  8u
#define WIRE_CREATED 17u
#define WIRE_LENGTH  26u /* of the body, in two bytes */
#define WIRE_FIRST   29u /* digest; nonce of a join or challenge */
#define WIRE_SECOND  38u /* what the kind has there, see above */
#define WIRE_RUMORS  46u
#define WIRE_TRAILER 5u
#define WIRE_IDLE    (WIRE_RUMORS + WIRE_TRAILER) /* length of a gossip or ack without rumors */
/* An alive record ends with its timestamp and its state; here the trailer follows. */
#define WIRE_RECORD_TIMESTAMP (WIRE_TRAILER + 1u + 8u)
/* A challenge in full says who answers after the fixed part, two u64 and a state. */
#define WIRE_CHALLENGE_NAME (WIRE_RUMORS + 9u + 9u + 1u)

static inline uint64_t wire_get(const uint8_t *bytes, size_t at)
{
    uint64_t value = 0;
    for (size_t i = 0; i < 8; i++)
        value = value << 8 | bytes[at + i];
    return value;
}

static inline void wire_put(uint8_t *bytes, size_t at, uint64_t value)
{
    for (size_t i = 8; i-- > 0; value >>= 8)
        bytes[at + i] = (uint8_t)value;
}

static inline unsigned wire_kind(const uint8_t *bytes)
{
    return bytes[WIRE_KIND] & 0x0fu;
}

static inline void wire_set_kind(uint8_t *bytes, unsigned kind)
{
    bytes[WIRE_KIND] = (uint8_t)((bytes[WIRE_KIND] & 0xf0u) | kind);
}

/* The body has become shorter or longer: `len` is the whole datagram's length. */
static inline void wire_set_length(uint8_t *bytes, size_t len)
{
    size_t body = len - WIRE_TRAILER - (WIRE_FIRST - 1u);

    bytes[WIRE_LENGTH] = (uint8_t)(body >> 8);
    bytes[WIRE_LENGTH + 1u] = (uint8_t)body;
}

/* Where the sender's record in a join ends: an array of four, its kind, the blob, u64, a state. */
static inline size_t wire_record_end(const uint8_t *join)
{
    const uint8_t *blob = join + WIRE_RUMORS + 2u;
    size_t size = blob[0] == 0xc4 ? 2u + blob[1] : 3u + (size_t)(blob[1] << 8 | blob[2]);

    return WIRE_RUMORS + 2u + size + 9u + 1u;
}

#endif
