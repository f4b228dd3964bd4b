/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The seal: how a datagram's body is protected and its head authenticated (R9). A cluster key is a
 * matter of giving another vtable, not of another wire format. hearsay_seal_none, the null cipher,
 * leaves the body readable and guards it with a 32-bit checksum against damage, not against malice.
 *
 * Wire order: head | body | trailer, in one buffer without gaps. `head` is authenticated, `body` is
 * transformed in place, the trailer has a fixed size and is itself one msgpack object. `binding` is
 * XXH3-64 of the receiver's name, 0 where the sender cannot know it: a datagram for another name
 * does not open.
 */
#ifndef HEARSAY_SEAL_H
#define HEARSAY_SEAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HEARSAY_SEAL_TRAILER_MAX 32 /* bytes; the null cipher uses 5, an AEAD tag 18 */

struct hearsay_seal {
    const char *name;
    size_t trailer_size; /* at most HEARSAY_SEAL_TRAILER_MAX */
    bool authenticates;  /* true: the dedup floor is enforced (R11) */

    /* Seals `body` in place and writes trailer_size bytes to `trailer`. Cannot fail. The head holds
     * sender id and creation time, unique for each datagram: they make the nonce. */
    void (*seal)(const void *context, uint64_t binding, const uint8_t *head, size_t head_len,
                 uint8_t *body, size_t body_len, uint8_t *trailer);

    /* Opens `body` in place. Returns false, with `body` unspecified, when anything was altered. */
    bool (*open)(const void *context, uint64_t binding, const uint8_t *head, size_t head_len,
                 uint8_t *body, size_t body_len, const uint8_t *trailer);

    /* A keyed 64-bit code over `bytes`, for address nonces (R25, R28): who does not hold `secret`
     * cannot make it. */
    uint64_t (*mac)(const void *context, const uint8_t secret[32], const void *bytes, size_t len);
};

/* The null cipher. Context: NULL. Its checksum is the low half of XXH3-64; its mac is keyed XXH3,
 * which stops forgery by chance and by outsiders, not by a cryptanalyst. */
extern const struct hearsay_seal hearsay_seal_none;

#ifdef __cplusplus
}
#endif
#endif
