/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The seal protects the body of a datagram and authenticates its head (R9: datagram). It is a table
 * of functions, so that a cluster key needs another table but no other wire format.
 * hearsay_seal_none, the null cipher, leaves the body readable. Its 32-bit checksum detects damage
 * but does not stop an attacker.
 *
 * Wire order: head | body | trailer, in one buffer without gaps. `head` is authenticated and `body`
 * is transformed in place. The trailer has a fixed size and is one msgpack object. `binding` is
 * XXH3-64 of the receiver's name, or 0 where the sender cannot know the name. A datagram that is
 * bound to another name does not open.
 *
 * The functions are called by the thread of the node, with the config's seal_context. Table and
 * context are borrowed and must outlive the node.
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
    bool authenticates;  /* true: datagrams below the sender's floor are dropped (R11) */

    /* Seals `body` in place and writes trailer_size bytes to `trailer`. Cannot fail. The head holds
     * the sender's id and the creation time. Together they are unique to each datagram, so an AEAD
     * can make its nonce from them. */
    void (*seal)(const void *context, uint64_t binding, const uint8_t *head, size_t head_len,
                 uint8_t *body, size_t body_len, uint8_t *trailer);

    /* Opens `body` in place. Returns false if anything was altered. Then the contents of `body` are
     * unspecified. */
    bool (*open)(const void *context, uint64_t binding, const uint8_t *head, size_t head_len,
                 uint8_t *body, size_t body_len, const uint8_t *trailer);

    /* Returns a keyed 64-bit code over `bytes`, for the nonces that prove an address (R25: joining,
     * R28: no amplification). Without `secret` nobody must be able to make it. */
    uint64_t (*mac)(const void *context, const uint8_t secret[32], const void *bytes, size_t len);
};

/* The null cipher. Its context is NULL. Its checksum is the low half of XXH3-64. Its mac is keyed
 * XXH3. That stops accidental forgery and simple attackers, but not cryptanalysis. */
extern const struct hearsay_seal hearsay_seal_none;

#ifdef __cplusplus
}
#endif
#endif
