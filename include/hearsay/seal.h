/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How datagrams are guarded (R9: datagram, R32: seal). A datagram has one of two forms:
 *
 *   plain    the body is readable. A checksum detects damage but does not stop an attacker:
 *            struct hearsay_seal, of which hearsay_seal_none is the one to use
 *   sealed   encrypted and authenticated under a key: struct hearsay_cipher. The one to use is
 *            hearsay_cipher_siv (hearsay/keyring.h)
 *
 * A config with a cipher has a mode, which says which forms are taken and sent (R35: switching on).
 *
 * Wire order: head | body | trailer, in one buffer without gaps. `head` is authenticated and `body`
 * is transformed in place. The trailer has a fixed size and is one msgpack object. The length of
 * the trailer tells the forms apart, so both must differ in it. `binding` is XXH3-64 of the
 * receiver's name, or 0 where the sender cannot know the name. A datagram that is bound to another
 * name does not open.
 *
 * The functions are called by the thread of the node, with the context of the config. Tables and
 * contexts are borrowed. They must live as long as the node, or until hearsay_node_set_cipher
 * replaces them.
 */
#ifndef HEARSAY_SEAL_H
#define HEARSAY_SEAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HEARSAY_SEAL_TRAILER_MAX  32 /* bytes; hearsay_cipher_siv has 19 */
#define HEARSAY_SEAL_NONE_TRAILER 5  /* bytes; of hearsay_seal_none */
#define HEARSAY_KEYS_MAX          8  /* keys that a cipher holds (R33: keys) */

struct hearsay_seal {
    const char *name;
    size_t trailer_size; /* at most HEARSAY_SEAL_TRAILER_MAX */

    /* Writes trailer_size bytes to `trailer`. Cannot fail. */
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

/* Which forms a node takes and sends (R35: switching on). */
enum hearsay_seal_mode {
    HEARSAY_SEAL_OFF,     /* plain only; the keys of the cipher are not used */
    HEARSAY_SEAL_ACCEPT,  /* takes both, sends plain */
    HEARSAY_SEAL_ON,      /* takes both, sends sealed to members that have a key of ours */
    HEARSAY_SEAL_REQUIRE, /* sealed only */
    HEARSAY_SEAL_MODES
};

/* Returns "off", "accept", "on" or "require"; never NULL; static storage; safe from any thread. */
const char *hearsay_seal_mode_name(enum hearsay_seal_mode mode);

/* What came of opening a sealed datagram. */
enum hearsay_opened {
    HEARSAY_OPENED,
    HEARSAY_OPEN_KEY,    /* its key is not one of ours */
    HEARSAY_OPEN_FORGED, /* it was made without the key, altered, or bound to another name */
};

/* A cipher and its keys, which are its context. A key is named by its mark: the first four bytes of
 * its fingerprint, big-endian, never 0. No two keys of one context have the same mark. */
struct hearsay_cipher {
    const char *name;
    size_t trailer_size; /* at most HEARSAY_SEAL_TRAILER_MAX, and not that of the plain form */

    /* Writes the marks of the keys in their order and returns their number, at least 1. The first
     * key seals; all open. */
    size_t (*keys)(const void *context, uint32_t ret_marks[HEARSAY_KEYS_MAX]);

    /* Encrypts `body` in place under the key with this mark and writes trailer_size bytes to
     * `trailer`. Returns false if there is no such key. */
    bool (*seal)(const void *context, uint32_t mark, uint64_t binding, const uint8_t *head,
                 size_t head_len, uint8_t *body, size_t body_len, uint8_t *trailer);

    /* Opens `body` in place. *ret_mark is set to the mark of the key that opened it. Unless the
     * result is HEARSAY_OPENED, `body` is unspecified and *ret_mark untouched. */
    enum hearsay_opened (*open)(const void *context, uint64_t binding, const uint8_t *head,
                                size_t head_len, uint8_t *body, size_t body_len,
                                const uint8_t *trailer, uint32_t *ret_mark);

    /* Replaces that of hearsay_seal: a code that nobody can make without `secret`. */
    uint64_t (*mac)(const void *context, const uint8_t secret[32], const void *bytes, size_t len);
};

#ifdef __cplusplus
}
#endif
#endif
